/**
 * What two pictures of one place have in common whatever their light: brightness without its local mean and contrast. All
 * comparing of a first and a last picture is done on these maps.
 */

import type { Size } from '../geometry.ts';
import { type Luma, lumaOf, shrinkLuma } from '../motion/estimate.ts';
import { boxBlur } from '../pixels/box-blur.ts';

/** Contrast below this much brightness counts as noise and stays small. */
const CONTRAST_FLOOR = 0.025;
/** The neighbourhood that mean and contrast are taken from, in shares of the long side. */
const NEIGHBOURHOOD = 0.07;

/** Maps are made from a copy of this size, so that a large picture is read once. */
const LARGEST_SIDE = 384;
const BRIGHTNESS_SIDE = 64;

export interface StructureMaps {
  /** The picture's brightness, small. */
  readonly brightness: Luma;
  /** The map at a given length of its long side, at most 384. */
  readonly at: (longSide: number) => Luma;
}

function normalise(luma: Luma): Luma {
  const { width, height, values } = luma;
  const radius = Math.max(2, Math.round(Math.max(width, height) * NEIGHBOURHOOD));
  const options = { plane: luma, radius };
  const mean = new Float32Array(values.length);
  boxBlur(values, mean, options);
  const detail = values.map((value, i) => value - (mean[i] as number));
  const variance = detail.map((value) => value * value);
  boxBlur(variance, variance, options);
  for (let i = 0; i < detail.length; i += 1) {
    detail[i] = (detail[i] as number) / (Math.sqrt(Math.max(0, variance[i] as number)) + CONTRAST_FLOOR);
  }
  return { width, height, values: detail };
}

export function createStructureMaps(rgb: Uint8Array, size: Size): StructureMaps {
  const shrink = (luma: Luma, longSide: number) =>
    shrinkLuma(luma, Math.round((longSide * size.width) / Math.max(size.width, size.height)));
  const luma = shrink(lumaOf(rgb, size), LARGEST_SIDE);
  const maps = new Map<number, Luma>();
  return {
    brightness: shrink(luma, BRIGHTNESS_SIDE),
    at(longSide) {
      const map = maps.get(longSide) ?? normalise(shrink(luma, longSide));
      maps.set(longSide, map);
      return map;
    },
  };
}

/** Bilinear at a fractional pixel; NaN outside. */
export function sampleMap({ width, height, values }: Luma, x: number, y: number): number {
  if (!(x >= 0 && y >= 0 && x <= width - 1 && y <= height - 1)) return Number.NaN;
  const x0 = Math.min(width - 2, x | 0);
  const y0 = Math.min(height - 2, y | 0);
  const tx = x - x0;
  const ty = y - y0;
  const i = y0 * width + x0;
  const upper = (values[i] as number) * (1 - tx) + (values[i + 1] as number) * tx;
  const lower = (values[i + width] as number) * (1 - tx) + (values[i + width + 1] as number) * tx;
  return upper + (lower - upper) * ty;
}
