/** Reads small planes at full size, bilinear, in stretches of rows: where a whole row is not needed, an `Enlarger` does too much. */
import type { Size } from '../geometry.ts';
import type { Features } from './features.ts';

export interface SoftRows {
  /** For each full-size column the small one left of it, and how far it is on the way to the next. */
  readonly left: Int32Array;
  readonly right: Float32Array;
  /** Fills `row` with the plane's values at full-size row `y` that the columns `from` to `to` lie between. */
  readonly blend: (plane: Float32Array, stretch: Stretch, row: Float32Array) => void;
}

export interface Stretch {
  readonly y: number;
  readonly from: number;
  readonly to: number;
}

/** The value `t` of the way from a small pixel to the next. */
export function between(row: Float32Array, left: number, t: number): number {
  const value = row[left] as number;
  return value + ((row[left + 1] as number) - value) * t;
}

export function createSoftRows({ width, height, factor }: Features, size: Size): SoftRows {
  const left = new Int32Array(size.width);
  const right = new Float32Array(size.width);
  for (let x = 0; x < size.width; x += 1) {
    const position = Math.min(width - 1.001, Math.max(0, (x + 0.5) / factor - 0.5));
    left[x] = Math.floor(position);
    right[x] = position - Math.floor(position);
  }
  return {
    left,
    right,
    blend(plane, { y, from, to }, row) {
      const position = Math.min(height - 1.001, Math.max(0, (y + 0.5) / factor - 0.5));
      const top = Math.floor(position) * width;
      const down = position - Math.floor(position);
      for (let x = left[from] as number, end = (left[to - 1] as number) + 1; x <= end; x += 1) {
        const upper = plane[top + x] as number;
        row[x] = upper + ((plane[top + width + x] as number) - upper) * down;
      }
    },
  };
}
