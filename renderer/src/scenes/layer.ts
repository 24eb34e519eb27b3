/** Paints textures of layers. Lengths are in frame heights, so that a scene looks the same at every size. */
import { clamp } from '../pixels/numbers.ts';
import type { Rgb, SkyPalette } from '../pixels/palette.ts';
import { drawPiece } from './drawn-together.ts';
import type { Layer } from './scene.ts';

/**
 * Room on each side of the frame for the camera's moves, in frame widths. What is far moves little: a texture as wide as the
 * nearest would be painted in vain.
 */
export function sideRoom(depth: number): number {
  return 0.05 + 0.36 * depth;
}

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

function placeOf(shape: LayerShape): Omit<Layer, 'rgba' | 'texels'> {
  const { frameWidth, frameHeight } = shape;
  const room = sideRoom(Math.max(shape.depthTop, shape.depthBottom));
  const top = Math.floor(shape.top * frameHeight);
  return {
    ...{
      width: Math.ceil(frameWidth * (1 + room * 2)),
      height: Math.max(2, Math.ceil(shape.bottom * frameHeight) - top),
    },
    ...{ top, left: -Math.round(frameWidth * room) },
    ...{ depthTop: shape.depthTop, depthBottom: shape.depthBottom },
    ...(shape.sway !== undefined && { sway: shape.sway }),
    ...(shape.bob !== undefined && { bob: shape.bob }),
    ...(shape.drift !== undefined && { drift: shape.drift }),
  };
}

function withTexels(place: Omit<Layer, 'rgba' | 'texels'>, rgba: Uint8Array): Layer {
  return { ...place, rgba, texels: new Uint32Array(rgba.buffer, rgba.byteOffset, rgba.byteLength / 4) };
}

/** An empty layer of this thread's own. */
export function createLayer(shape: LayerShape): LayerCanvas {
  const place = placeOf(shape);
  return { unit: shape.frameHeight, layer: withTexels(place, new Uint8Array(place.width * place.height * 4)) };
}

/** A layer that one of the painting threads draws for all: see `drawn-together.ts`. */
export function drawLayerTogether(shape: LayerShape, draw: (canvas: LayerCanvas) => void): Layer {
  const place = placeOf(shape);
  const rgba = drawPiece(place.width * place.height * 4, (bytes) => {
    draw({ unit: shape.frameHeight, layer: withTexels(place, bytes) });
  });
  return withTexels(place, rgba);
}

/** Blends a colour over what is there. */
export function putPixel(layer: Layer, x: number, y: number, colour: Rgb | Float64Array, opacity: number): void {
  if (x < 0 || y < 0 || x >= layer.width || y >= layer.height || opacity <= 0) return;
  const i = y * layer.width + x;
  const { texels } = layer;
  const before = texels[i] as number;
  const under = (before >>> 24) / 255;
  const total = opacity + under * (1 - opacity);
  const share = opacity / total;
  const red = before & 255;
  const green = (before >>> 8) & 255;
  const blue = (before >>> 16) & 255;
  // One write for all four, and no arrays: this runs for every texel of a scene.
  texels[i] =
    clamp(red + ((colour[0] as number) - red) * share, 0, 255) |
    (clamp(green + ((colour[1] as number) - green) * share, 0, 255) << 8) |
    (clamp(blue + ((colour[2] as number) - blue) * share, 0, 255) << 16) |
    (Math.round(total * 255) << 24);
}

const WHITE: Rgb = [255, 255, 255];

/** Puts a surface's colour in a sky's light: `facing` is 0 in shadow and 1 in full light, `far` how much air is before it. */
export function lightUp(palette: SkyPalette, colour: Float64Array, facing: number, far: number): void {
  const { tint, exposure, haze, sun } = palette;
  const strength = sun?.strength ?? 0.25;
  // Under an even sky nothing lies in full light, but nothing in shadow either.
  const light = 0.86 - 0.24 * strength + (facing - 0.4) * 0.75 * (0.4 + 0.6 * strength);
  // How much the sun colours what faces it. Written out for each channel: this runs for every texel of a scene.
  const warm = facing * 0.7;
  const [sunRed, sunGreen, sunBlue] = sun?.colour ?? WHITE;
  const gain = light * exposure;
  const red = (colour[0] as number) * gain * tint[0] * (1 + (sunRed / 255 - 1) * warm);
  const green = (colour[1] as number) * gain * tint[1] * (1 + (sunGreen / 255 - 1) * warm);
  const blue = (colour[2] as number) * gain * tint[2] * (1 + (sunBlue / 255 - 1) * warm);
  colour[0] = clamp(red + (haze[0] - red) * far, 0, 255);
  colour[1] = clamp(green + (haze[1] - green) * far, 0, 255);
  colour[2] = clamp(blue + (haze[2] - blue) * far, 0, 255);
}

const own = new Float64Array(3);

/** The same of a colour that stays. */
export function lit(palette: SkyPalette, colour: Rgb, facing: number, far: number): Rgb {
  own.set(colour);
  lightUp(palette, own, facing, far);
  return [own[0] as number, own[1] as number, own[2] as number];
}
