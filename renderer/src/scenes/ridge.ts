/** Hills and mountains: a skyline, its slope in light and shadow, haze with distance. */

import { fineNoise, sampleNoise, softNoise } from '../pixels/noise.ts';
import { clamp, mix, smoothstep } from '../pixels/numbers.ts';
import type { Rgb, SkyPalette } from '../pixels/palette.ts';
import { drawLayerTogether, lit, putPixel } from './layer.ts';
import type { Layer, SceneOptions } from './scene.ts';

export interface RidgeShape {
  /** Row of the skyline's middle, and how far it goes up and down, in frame heights. */
  readonly crest: number;
  readonly swing: number;
  /** Where the texture ends, in frame heights. */
  readonly foot: number;
  /** Hills per frame height. */
  readonly frequency: number;
  /** 0 rounded hills, 1 sharp peaks. */
  readonly sharpness: number;
  readonly depth: number;
  /** Share of the air's colour. */
  readonly far: number;
  readonly colour: Rgb;
  /** The colour of hollows and of what grows in patches. */
  readonly patch: Rgb;
  /** Snow lies above this share of the swing; absent for none. */
  readonly snowLine?: number;
  /** Roughness of the slope in light: 0 for smooth dunes. */
  readonly relief: number;
  /** How much the sides of each hill, as its skyline rises or falls, lie in light or shadow. */
  readonly flank?: number;
}

/** Skyline height from -1 to 1. */
function skyline(x: number, shape: RidgeShape, offset: number): number {
  const soft = softNoise();
  const broad = sampleNoise(soft, x * shape.frequency * 0.25 + offset, offset * 3.7) * 2 - 1;
  const fine = sampleNoise(soft, x * shape.frequency * 0.9 + offset * 5.3, offset * 1.3 + 0.5) * 2 - 1;
  const peaks = 1 - Math.abs(fine) * 1.7;
  return mix(broad, broad * 0.72 + peaks * 0.42, shape.sharpness);
}

/** Gullies run down one way on a ridge: two ways would cross like a weave. */
function slopeLight(x: number, down: number, shape: RidgeShape, offset: number): number {
  const soft = softNoise();
  const u = x * shape.frequency * 0.62 + offset;
  const v = down * shape.frequency * 0.5 + offset * 2.1;
  const bend = (sampleNoise(soft, u * 0.8, v * 0.9) - 0.5) * 0.16;
  const lean = offset % 0.5 < 0.25 ? 0.7 : -0.7;
  const across = u + v * lean + bend;
  const broad = sampleNoise(soft, across, v * 0.7 + bend) - sampleNoise(soft, across + 0.02, v * 0.7 + bend + 0.006);
  const rock = broad * 7 * shape.relief;
  const flank = shape.flank ?? 0.25;
  const sheared = x - down * 1.1;
  // Rounded hills turn from light to shadow slowly, sharp ones at once.
  const step = mix(0.13, 0.03, shape.sharpness);
  const rise = (skyline(sheared + step, shape, offset) - skyline(sheared - step, shape, offset)) * flank;
  return clamp(0.5 + rock - rise * 1.6, 0, 1);
}

function surface(palette: SkyPalette, shape: RidgeShape, offset: number, x: number, down: number, high: number): Rgb {
  const fine = fineNoise();
  const soft = softNoise();
  const facing = slopeLight(x, down, shape, offset);
  const patchy =
    sampleNoise(soft, x * 0.9 + offset, down * 1.6 + offset) * 0.7 +
    sampleNoise(fine, x * 3.1, down * 4.3 + offset) * 0.3;
  const share = smoothstep(0.38, 0.62, patchy);
  const grain = 1 + (sampleNoise(fine, x * 5.7 + offset, down * 7.9) - 0.5) * 0.3 * shape.relief;
  let colour: Rgb = [
    mix(shape.colour[0], shape.patch[0], share) * grain,
    mix(shape.colour[1], shape.patch[1], share) * grain,
    mix(shape.colour[2], shape.patch[2], share) * grain,
  ];
  if (shape.snowLine !== undefined) {
    const ragged = (sampleNoise(fine, x * 2.3 + offset, down * 3.1) - 0.5) * 0.8 + (facing - 0.5) * 0.55;
    const snow = smoothstep(shape.snowLine - 0.12, shape.snowLine + 0.16, high + ragged);
    colour = [mix(colour[0], 246, snow), mix(colour[1], 249, snow), mix(colour[2], 255, snow)];
  }
  // Air gathers in the valleys.
  const far = clamp(shape.far + smoothstep(0.05, 0.45, down) * 0.22 * shape.far, 0, 0.97);
  return lit(palette, colour, facing, far);
}

export function createRidge({ size, palette, seed }: SceneOptions, shape: RidgeShape, index: number): Layer {
  const place = {
    ...{ frameWidth: size.width, frameHeight: size.height, depthTop: shape.depth, depthBottom: shape.depth },
    ...{ top: shape.crest - shape.swing * 1.2, bottom: shape.foot },
  };
  return drawLayerTogether(place, ({ layer, unit }) => {
    const offset = ((seed % 97) / 97) * 3 + index * 0.377;
    for (let px = 0; px < layer.width; px += 1) {
      const x = px / unit;
      const height = skyline(x, shape, offset);
      const crest = (shape.crest - height * shape.swing) * unit - layer.top;
      for (let y = Math.max(0, Math.floor(crest)); y < layer.height; y += 1) {
        const down = (y - crest) / unit;
        const opacity = clamp(y - crest + 1, 0, 1);
        const high = height - (down / Math.max(0.02, shape.swing)) * 0.9;
        const colour = surface(palette, shape, offset, x, down, high);
        putPixel(layer, px, y, colour, opacity);
      }
    }
  });
}
