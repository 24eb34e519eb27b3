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
/** In half widths: a change like this moves nothing by a tenth of a pixel at 1080p. */
const SETTLED = 5e-5;

/** Where each of `count` cells begins in `length` pixels, and where the last one ends. */
function cellEdges(length: number, count: number): Int32Array {
  return Int32Array.from({ length: count + 1 }, (_, index) => Math.floor((index * length) / count));
}

/** Area average of `source`'s rows, which `addRow` adds to sums of their columns: that walks memory in order. */
function shrink(source: Size, width: number, addRow: (row: number, sums: Float32Array) => void): Luma {
  const height = Math.max(8, Math.round((source.height * width) / source.width));
  const values = new Float32Array(width * height);
  const columns = cellEdges(source.width, width);
  const rows = cellEdges(source.height, height);
  const sums = new Float32Array(source.width);
  for (let y = 0, o = 0; y < height; y += 1) {
    const top = rows[y] as number;
    const bottom = Math.max(top + 1, rows[y + 1] as number);
    sums.fill(0);
    for (let row = top; row < bottom; row += 1) addRow(row, sums);
    for (let x = 0; x < width; x += 1, o += 1) {
      const left = columns[x] as number;
      const right = Math.max(left + 1, columns[x + 1] as number);
      let sum = 0;
      for (let column = left; column < right; column += 1) sum += sums[column] as number;
      values[o] = sum / ((bottom - top) * (right - left));
    }
  }
  return { width, height, values };
}

export function shrinkLuma(source: Luma, width: number): Luma {
  return shrink(source, width, (row, sums) => {
    for (let x = 0, i = row * source.width; x < sums.length; x += 1, i += 1) {
      sums[x] = (sums[x] as number) + (source.values[i] as number);
    }
  });
}

/** A picture's brightness, small: without a plane of its full size, which is 4 MB at 720p. */
export function smallLuma(rgb: Uint8Array, size: Size, width: number): Luma {
  const small = shrink(size, width, (row, sums) => {
    for (let x = 0, o = row * size.width * 3; x < sums.length; x += 1, o += 3) {
      const light = Math.imul(299, rgb[o] as number) + Math.imul(587, rgb[o + 1] as number);
      sums[x] = (sums[x] as number) + light + Math.imul(114, rgb[o + 2] as number);
    }
  });
  for (let i = 0; i < small.values.length; i += 1) small.values[i] = (small.values[i] as number) / 255_000;
  return small;
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

/** A row and a column in one number. */
const COLUMN_BITS = 16;
const COLUMN_MASK = (1 << COLUMN_BITS) - 1;

function allPlaces({ width, height }: Size): Int32Array {
  const inner = width - 2;
  return Int32Array.from({ length: inner * (height - 2) }, (_, i) => {
    return ((1 + ((i / inner) | 0)) << COLUMN_BITS) | (1 + (i % inner));
  });
}

/** More contrast, squared, counts as this much: else one dark thing that moves by itself is all that is looked at. */
const MOST_CONTRAST = 0.004;

/**
 * The pixels that tell most of a motion: those with more contrast than the mean, each counted by its weight. They are about a
 * fifth of a picture and hold about nine tenths of its contrast.
 */
function tellingPlaces({ width, height, values }: Luma, weights: Luma | undefined): Int32Array {
  const contrast = new Float32Array(width * height);
  let sum = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1, i = y * width + 1; x < width - 1; x += 1, i += 1) {
      const across = (values[i + 1] as number) - (values[i - 1] as number);
      const down = (values[i + width] as number) - (values[i - width] as number);
      const told =
        Math.min(MOST_CONTRAST, across * across + down * down) *
        (weights === undefined ? 1 : (weights.values[i] as number));
      contrast[i] = told;
      sum += told;
    }
  }
  const mean = sum / contrast.length;
  const places = new Int32Array(contrast.length);
  let count = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1, i = y * width + 1; x < width - 1; x += 1, i += 1) {
      if ((contrast[i] as number) < mean) continue;
      places[count] = (y << COLUMN_BITS) | x;
      count += 1;
    }
  }
  return places.subarray(0, count);
}

export interface StepOptions {
  /** How much each place counts, in the pictures' own size. */
  readonly weights?: Luma | undefined;
  readonly toleratedError?: number;
  /** The pixels that are looked at, as `tellingPlaces` returns them; all of them where absent. */
  readonly places?: Int32Array | undefined;
}

function changed({ x, y, zoom, roll }: Motion, [byX = 0, byY = 0, byZoom = 0, byRoll = 0]: Float64Array): Motion {
  return { x: x + byX, y: y + byY, zoom: zoom + byZoom, roll: roll + byRoll };
}

/**
 * One Gauss-Newton step: how `motion` should change so that `after` at the moved points equals `before`. The sums of the normal
 * equations are written out: kept in arrays they took six times as long.
 */
export function improve(before: Luma, { values: moved }: Luma, motion: Motion, options: StepOptions = {}): Motion {
  const { width, height, values } = before;
  const { toleratedError = TOLERATED_ERROR, places = allPlaces(before) } = options;
  const weights = options.weights?.values;
  const half = width / 2;
  const { zoom, roll } = motion;
  const perError = 1 / (toleratedError * toleratedError);
  const middle = 0.5 - height / 2;
  let xx = 0;
  let xy = 0;
  let xz = 0;
  let xr = 0;
  let yy = 0;
  let yz = 0;
  let yr = 0;
  let zz = 0;
  let zr = 0;
  let rr = 0;
  let ex = 0;
  let ey = 0;
  let ez = 0;
  let er = 0;
  for (let place = 0; place < places.length; place += 1) {
    const at = places[place] as number;
    const x = at & COLUMN_MASK;
    const y = at >> COLUMN_BITS;
    const qx = (x + 0.5) / half - 1;
    const qy = (y + middle) / half;
    const px = x + (motion.x + zoom * qx - roll * qy) * half;
    const py = y + (motion.y + zoom * qy + roll * qx) * half;
    if (!(px >= 1 && py >= 1 && px < width - 2 && py < height - 2)) continue;
    const tx = px - (px | 0);
    const ty = py - (py | 0);
    const i = (py | 0) * width + (px | 0);
    const a = moved[i] as number;
    const b = moved[i + 1] as number;
    const c = moved[i + width] as number;
    const d = moved[i + width + 1] as number;
    const upper = b - a;
    const lower = d - c;
    const top = a + upper * tx;
    const down = c + lower * tx - top;
    const slopeX = (upper + (lower - upper) * ty) * half;
    const slopeY = down * half;
    const error = (values[y * width + x] as number) - top - down * ty;
    const weight = (weights?.[y * width + x] ?? 1) / (1 + error * error * perError);
    const slopeZoom = slopeX * qx + slopeY * qy;
    const slopeRoll = slopeY * qx - slopeX * qy;
    const forX = weight * slopeX;
    const forY = weight * slopeY;
    const forZoom = weight * slopeZoom;
    const forRoll = weight * slopeRoll;
    xx += forX * slopeX;
    xy += forX * slopeY;
    xz += forX * slopeZoom;
    xr += forX * slopeRoll;
    yy += forY * slopeY;
    yz += forY * slopeZoom;
    yr += forY * slopeRoll;
    zz += forZoom * slopeZoom;
    zr += forZoom * slopeRoll;
    rr += forRoll * slopeRoll;
    ex += forX * error;
    ey += forY * error;
    ez += forZoom * error;
    er += forRoll * error;
  }
  const matrix = Float64Array.of(xx, xy, xz, xr, xy, yy, yz, yr, xz, yz, zz, zr, xr, yr, zr, rr);
  return changed(motion, solve(matrix, Float64Array.of(ex, ey, ez, er)));
}

interface Pair {
  readonly before: Luma;
  readonly after: Luma;
}

function levelOf(picture: Luma, width: number): Luma {
  return width === picture.width ? picture : shrinkLuma(picture, width);
}

/** What cannot be a camera between two frames of a video is a cut or noise. */
function isPlausible({ x, y, zoom, roll }: Motion): boolean {
  return Math.hypot(x, y) < 0.25 && Math.abs(zoom) < 0.12 && Math.abs(roll) < 0.08;
}

/** Steps until the motion no longer changes. */
function settle({ before, after }: Pair, start: Motion, steps: number, options: StepOptions): Motion {
  let motion = start;
  for (let step = 0; step < steps; step += 1) {
    const next = improve(before, after, motion, options);
    const change = Math.hypot(next.x - motion.x, next.y - motion.y, next.zoom - motion.zoom, next.roll - motion.roll);
    motion = next;
    if (change < SETTLED) break;
  }
  return motion;
}

/** `weights` says how much each place counts, at any size. */
export function estimateMotion(before: Luma, after: Luma, weights?: Luma): Motion {
  const finest = Math.min(before.width, WIDTHS[WIDTHS.length - 1] as number);
  const places = weights === undefined ? undefined : shrinkLuma(weights, finest);
  let motion = NO_MOTION;
  for (const width of WIDTHS) {
    if (width > before.width) break;
    const pair = { before: levelOf(before, width), after: levelOf(after, width) };
    const weight = places === undefined ? undefined : shrinkLuma(places, width);
    const isLast = width === WIDTHS[WIDTHS.length - 1];
    const options: StepOptions = { weights: weight, places: tellingPlaces(pair.before, weight) };
    motion = settle(pair, motion, STEPS, options);
    // What moves by itself pulls at a tolerant estimate; near the end it is told from what stands.
    if (isLast) {
      motion = settle(pair, motion, LAST_STEPS, { ...options, toleratedError: LAST_TOLERATED_ERROR });
    }
    if (!isPlausible(motion)) return NO_MOTION;
  }
  return motion;
}
