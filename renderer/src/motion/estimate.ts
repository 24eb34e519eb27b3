/**
 * Estimates how the camera moved between two frames: a shift, a zoom and a turn of the whole picture, found by least squares
 * on brightness from coarse to fine. What moves by itself is outweighed by what does not (each pixel's weight falls with its error).
 */
import type { Size } from '../geometry.ts';

/** A point `q`, measured from the middle in half widths, moves to `q + (x, y) + zoom * q + roll * perpendicular(q)`. */
export interface Motion {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
  readonly roll: number;
}

export const NO_MOTION: Motion = { x: 0, y: 0, zoom: 0, roll: 0 };

export interface Luma extends Size {
  readonly values: Float32Array;
}

const WIDTHS = [40, 80, 160] as const;
const STEPS = 6;
/** An error of this much brightness halves a pixel's weight: at first, and once the motion is nearly found. */
const TOLERATED_ERROR = 0.06;
const LAST_TOLERATED_ERROR = 0.015;
const LAST_STEPS = 8;

/** Area average, from finest to coarsest needed. */
export function shrinkLuma(source: Luma, width: number): Luma {
  const height = Math.max(8, Math.round((source.height * width) / source.width));
  const values = new Float32Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const y0 = Math.floor((y * source.height) / height);
    const y1 = Math.max(y0 + 1, Math.floor(((y + 1) * source.height) / height));
    for (let x = 0; x < width; x += 1) {
      const x0 = Math.floor((x * source.width) / width);
      const x1 = Math.max(x0 + 1, Math.floor(((x + 1) * source.width) / width));
      let sum = 0;
      for (let sy = y0; sy < y1; sy += 1) {
        for (let sx = x0; sx < x1; sx += 1) sum += source.values[sy * source.width + sx] as number;
      }
      values[y * width + x] = sum / ((y1 - y0) * (x1 - x0));
    }
  }
  return { width, height, values };
}

export function lumaOf(rgb: Uint8Array, { width, height }: Size): Luma {
  const values = new Float32Array(width * height);
  for (let i = 0, o = 0; i < values.length; i += 1, o += 3) {
    values[i] = (0.299 * (rgb[o] as number) + 0.587 * (rgb[o + 1] as number) + 0.114 * (rgb[o + 2] as number)) / 255;
  }
  return { width, height, values };
}

/** Gaussian elimination of a 4x4 system in place; an undetermined direction gets 0 thanks to the damping on the diagonal. */
function solve(matrix: Float64Array, right: Float64Array): Float64Array {
  const n = 4;
  for (let i = 0; i < n; i += 1) matrix[i * n + i] = (matrix[i * n + i] as number) * 1.0001 + 1e-7;
  for (let i = 0; i < n; i += 1) {
    const pivot = matrix[i * n + i] as number;
    for (let row = i + 1; row < n; row += 1) {
      const factor = (matrix[row * n + i] as number) / pivot;
      for (let k = i; k < n; k += 1)
        matrix[row * n + k] = (matrix[row * n + k] as number) - factor * (matrix[i * n + k] as number);
      right[row] = (right[row] as number) - factor * (right[i] as number);
    }
  }
  const solution = new Float64Array(n);
  for (let i = n - 1; i >= 0; i -= 1) {
    let sum = right[i] as number;
    for (let k = i + 1; k < n; k += 1) sum -= (matrix[i * n + k] as number) * (solution[k] as number);
    solution[i] = sum / (matrix[i * n + i] as number);
  }
  return solution;
}

/** One Gauss-Newton step: how `motion` should change so that `after` at the moved points equals `before`. */
export function improve(
  before: Luma,
  after: Luma,
  motion: Motion,
  weights: Luma | undefined,
  toleratedError = TOLERATED_ERROR,
): Motion {
  const { width, height } = before;
  const half = width / 2;
  const matrix = new Float64Array(16);
  const right = new Float64Array(4);
  const jacobian = new Float64Array(4);
  for (let y = 1; y < height - 1; y += 1) {
    const qy = (y + 0.5 - height / 2) / half;
    for (let x = 1; x < width - 1; x += 1) {
      const qx = (x + 0.5 - half) / half;
      const px = x + (motion.x + motion.zoom * qx - motion.roll * qy) * half;
      const py = y + (motion.y + motion.zoom * qy + motion.roll * qx) * half;
      if (px < 1 || py < 1 || px >= width - 2 || py >= height - 2) continue;
      const x0 = px | 0;
      const y0 = py | 0;
      const tx = px - x0;
      const ty = py - y0;
      const i = y0 * width + x0;
      const a = after.values[i] as number;
      const b = after.values[i + 1] as number;
      const c = after.values[i + width] as number;
      const d = after.values[i + width + 1] as number;
      const slopeX = ((b - a) * (1 - ty) + (d - c) * ty) * half;
      const slopeY = ((c - a) * (1 - tx) + (d - b) * tx) * half;
      const value = (a + (b - a) * tx) * (1 - ty) + (c + (d - c) * tx) * ty;
      const error = (before.values[y * width + x] as number) - value;
      const relative = error / toleratedError;
      const weight =
        (weights === undefined ? 1 : (weights.values[y * width + x] as number)) / (1 + relative * relative);
      jacobian[0] = slopeX;
      jacobian[1] = slopeY;
      jacobian[2] = slopeX * qx + slopeY * qy;
      jacobian[3] = slopeY * qx - slopeX * qy;
      for (let row = 0; row < 4; row += 1) {
        const weighted = weight * (jacobian[row] as number);
        right[row] = (right[row] as number) + weighted * error;
        for (let k = 0; k < 4; k += 1)
          matrix[row * 4 + k] = (matrix[row * 4 + k] as number) + weighted * (jacobian[k] as number);
      }
    }
  }
  const [x = 0, y = 0, zoom = 0, roll = 0] = solve(matrix, right);
  return { x: motion.x + x, y: motion.y + y, zoom: motion.zoom + zoom, roll: motion.roll + roll };
}

/** What cannot be a camera between two frames of a video is a cut or noise. */
function isPlausible({ x, y, zoom, roll }: Motion): boolean {
  return Math.hypot(x, y) < 0.25 && Math.abs(zoom) < 0.12 && Math.abs(roll) < 0.08;
}

/** `weights` says how much each place counts, at any size. */
export function estimateMotion(before: Luma, after: Luma, weights?: Luma): Motion {
  let motion = NO_MOTION;
  for (const width of WIDTHS) {
    if (width > before.width) break;
    const small = { before: shrinkLuma(before, width), after: shrinkLuma(after, width) };
    const weight = weights === undefined ? undefined : shrinkLuma(weights, width);
    for (let step = 0; step < STEPS; step += 1) {
      const next = improve(small.before, small.after, motion, weight);
      const change = Math.hypot(next.x - motion.x, next.y - motion.y);
      motion = next;
      if (change < 2e-5) break;
    }
    // What moves by itself pulls at a tolerant estimate; near the end it is told from what stands.
    for (let step = 0; width === WIDTHS[WIDTHS.length - 1] && step < LAST_STEPS; step += 1) {
      motion = improve(small.before, small.after, motion, weight, LAST_TOLERATED_ERROR);
    }
    if (!isPlausible(motion)) return NO_MOTION;
  }
  return motion;
}
