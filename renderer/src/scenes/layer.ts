/** Paints textures of layers. Lengths are in frame heights, so that a scene looks the same at every size. */
import { clamp } from '../pixels/numbers.ts';
import type { Rgb, SkyPalette } from '../pixels/palette.ts';
import type { Layer } from './scene.ts';

/** Room on each side of the frame for the camera's moves, in frame widths. */
export const SIDE_ROOM = 0.4;

export interface LayerShape {
  readonly frameWidth: number;
  readonly frameHeight: number;
  /** First and last row, in frame heights. */
  readonly top: number;
  readonly bottom: number;
  readonly depthTop: number;
  readonly depthBottom: number;
  readonly sway?: number;
  readonly bob?: number;
  readonly drift?: number;
}

export interface LayerCanvas {
  readonly layer: Layer;
  /** Pixels per frame height. */
  readonly unit: number;
}

export function createLayer(shape: LayerShape): LayerCanvas {
  const { frameWidth, frameHeight } = shape;
  const width = Math.ceil(frameWidth * (1 + SIDE_ROOM * 2));
  const top = Math.floor(shape.top * frameHeight);
  const height = Math.max(2, Math.ceil(shape.bottom * frameHeight) - top);
  const rgba = new Uint8Array(width * height * 4);
  return {
    unit: frameHeight,
    layer: {
      ...{ width, height, top, left: -Math.round(frameWidth * SIDE_ROOM), rgba, texels: new Uint32Array(rgba.buffer) },
      ...{ depthTop: shape.depthTop, depthBottom: shape.depthBottom },
      ...(shape.sway !== undefined && { sway: shape.sway }),
      ...(shape.bob !== undefined && { bob: shape.bob }),
      ...(shape.drift !== undefined && { drift: shape.drift }),
    },
  };
}

/** Blends a colour over what is there. */
export function putPixel(layer: Layer, x: number, y: number, colour: Rgb, opacity: number): void {
  if (x < 0 || y < 0 || x >= layer.width || y >= layer.height || opacity <= 0) return;
  const o = (y * layer.width + x) * 4;
  const { rgba } = layer;
  const under = (rgba[o + 3] as number) / 255;
  const total = opacity + under * (1 - opacity);
  const share = opacity / total;
  for (let channel = 0; channel < 3; channel += 1) {
    const old = rgba[o + channel] as number;
    rgba[o + channel] = clamp(old + ((colour[channel] as number) - old) * share, 0, 255);
  }
  rgba[o + 3] = Math.round(total * 255);
}

/** A surface's colour in a sky's light: `facing` is 0 in shadow and 1 in full light, `far` how much air is before it. */
export function lit(palette: SkyPalette, colour: Rgb, facing: number, far: number): Rgb {
  const { tint, exposure, haze, sun } = palette;
  const strength = sun?.strength ?? 0.25;
  // Under an even sky nothing lies in full light, but nothing in shadow either.
  const light = 0.86 - 0.24 * strength + (facing - 0.4) * 0.75 * (0.4 + 0.6 * strength);
  const channel = (index: 0 | 1 | 2): number => {
    const sunColour = sun === undefined ? 255 : sun.colour[index];
    const warm = 1 + (sunColour / 255 - 1) * facing * 0.7;
    const value = colour[index] * light * warm * tint[index] * exposure;
    return clamp(value + (haze[index] - value) * far, 0, 255);
  };
  return [channel(0), channel(1), channel(2)];
}
