/**
 * Estimates how the camera moved between two frames: a shift, a zoom and a turn of the whole picture, found by least squares
 * on brightness from coarse to fine. What moves by itself is outweighed by what does not (each pixel's weight falls with its error).
 */
import type { Size } from '../geometry.ts';
import { copyIn, copyOut, kernels, roomsOf, SPARE_BYTES } from '../kernels.ts';

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
/** Steps at most, in which an error of this much brightness halves a pixel's weight. */
interface Tolerance {
  readonly steps: number;
  readonly error: number;
}
const TOLERATED_ERROR = 0.06;
const TOLERANT: Tolerance = { steps: 6, error: TOLERATED_ERROR };
/** What moves by itself pulls at a tolerant estimate; near the end it is told from what stands. */
const STRICT: Tolerance = { steps: 8, error: 0.015 };
/** In half widths: a change like this moves nothing by a tenth of a pixel at 1080p. */
const SETTLED = 5e-5;

/** Area average, a row at a time: a large picture is never all in the kernels' memory. `read` fills a plane with some of its rows. */
function shrink(source: Size, width: number, read: (top: number, bottom: number) => Float32Array): Luma {
  const height = Math.max(8, Math.round((source.height * width) / source.width));
  const values = new Float32Array(width * height);
  const edgeOf = (row: number) => Math.floor((row * source.height) / height);
  const rowBytes = source.width * Float32Array.BYTES_PER_ELEMENT + SPARE_BYTES;
  const rows = Math.ceil(source.height / height) + 1;
  const [band = 0, sums = 0, target = 0] = roomsOf([rows * rowBytes, rowBytes, values.byteLength]);
  for (let y = 0; y < height; y += 1) {
    const top = edgeOf(y);
    const bottom = Math.max(top + 1, edgeOf(y + 1));
    copyIn(read(top, bottom), band);
    const row = target + y * width * Float32Array.BYTES_PER_ELEMENT;
    kernels.shrinkRow(band, sums, row, source.width, bottom - top, width);
  }
  copyOut(target, values);
  return { width, height, values };
}

export function shrinkLuma(source: Luma, width: number): Luma {
  return shrink(source, width, (top, bottom) => source.values.subarray(top * source.width, bottom * source.width));
}

/** A picture's brightness, small: without a plane of its full size, which is 4 MB at 720p. */
export function smallLuma(rgb: Uint8Array, size: Size, width: number): Luma {
  const band = new Float32Array(size.width * (Math.ceil(size.width / width) + 2));
  const small = shrink(size, width, (top, bottom) => {
    const count = (bottom - top) * size.width;
    for (let i = 0, o = top * size.width * 3; i < count; i += 1, o += 3) {
      const light = Math.imul(299, rgb[o] as number) + Math.imul(587, rgb[o + 1] as number);
      band[i] = light + Math.imul(114, rgb[o + 2] as number);
    }
    return band.subarray(0, count);
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

interface StepOptions {
  /** How much each place counts, in the pictures' own size. */
  readonly weights?: Luma | undefined;
  /** The pixels that are looked at, as `tellingPlaces` returns them; all of them where absent. */
  readonly places?: Int32Array | undefined;
}

function changed({ x, y, zoom, roll }: Motion, [byX = 0, byY = 0, byZoom = 0, byRoll = 0]: Float64Array): Motion {
  return { x: x + byX, y: y + byY, zoom: zoom + byZoom, roll: roll + byRoll };
}

/** Sums of the normal equations: the upper half of a symmetric matrix of four rows, and the right side. Each comes in four parts. */
const SUMS = 14;
const PARTS = 4;
const MATRIX = [0, 1, 2, 3, 1, 4, 5, 6, 2, 5, 7, 8, 3, 6, 8, 9] as const;
const RIGHT = [10, 11, 12, 13] as const;

/**
 * Gauss-Newton steps: each changes `motion` so that `after` at the moved points comes nearer to `before`. The kernels keep
 * the pictures, until something else is asked of them.
 */
function createSteps({ before, after }: Pair, { weights, places = allPlaces(before) }: StepOptions) {
  const { width, height } = before;
  const planes = [before.values, after.values, places, weights?.values ?? new Float32Array(0)] as const;
  const sums = new Float32Array(SUMS * PARTS);
  const sumAt = (index: number) => {
    let sum = 0;
    for (let part = index * PARTS; part < (index + 1) * PARTS; part += 1) sum += sums[part] as number;
    return sum;
  };
  const rooms = roomsOf([...planes.map((plane) => plane.byteLength + SPARE_BYTES), sums.byteLength]);
  for (const [index, plane] of planes.entries()) copyIn(plane, rooms[index] ?? 0);
  const [beforeAt = 0, afterAt = 0, placesAt = 0, weightsAt = 0, sumsAt = 0] = rooms;
  return ({ x, y, zoom, roll }: Motion, toleratedError: number): Motion => {
    const known = [beforeAt, afterAt, weights === undefined ? 0 : weightsAt, placesAt, sumsAt, places.length] as const;
    kernels.sumMotion(...known, width, height, x, y, zoom, roll, 1 / (toleratedError * toleratedError));
    copyOut(sumsAt, sums);
    return changed({ x, y, zoom, roll }, solve(Float64Array.from(MATRIX, sumAt), Float64Array.from(RIGHT, sumAt)));
  };
}

interface Pair {
  readonly before: Luma;
  readonly after: Luma;
}

/** As many steps from `start`, whatever they change. */
export function refineMotion(pair: Pair, start: Motion, steps: number): Motion {
  const step = createSteps(pair, {});
  let motion = start;
  for (let count = 0; count < steps; count += 1) motion = step(motion, TOLERATED_ERROR);
  return motion;
}

function levelOf(picture: Luma, width: number): Luma {
  return width === picture.width ? picture : shrinkLuma(picture, width);
}

/** What cannot be a camera between two frames of a video is a cut or noise. */
function isPlausible({ x, y, zoom, roll }: Motion): boolean {
  return Math.hypot(x, y) < 0.25 && Math.abs(zoom) < 0.12 && Math.abs(roll) < 0.08;
}

/** Steps until the motion no longer changes. */
function settle(pair: Pair, start: Motion, options: StepOptions, tolerances: readonly Tolerance[]): Motion {
  const step = createSteps(pair, options);
  let motion = start;
  for (const { steps, error } of tolerances) {
    for (let count = 0; count < steps; count += 1) {
      const next = step(motion, error);
      const change = Math.hypot(next.x - motion.x, next.y - motion.y, next.zoom - motion.zoom, next.roll - motion.roll);
      motion = next;
      if (change < SETTLED) break;
    }
  }
  return motion;
}

/** `weights` says how much each place counts, at any size. */
export function estimateMotion(before: Luma, after: Luma, weights?: Luma): Motion {
  const finest = Math.min(before.width, WIDTHS[WIDTHS.length - 1] as number);
  const places = weights && levelOf(weights, finest);
  let motion = NO_MOTION;
  for (const width of WIDTHS) {
    if (width > before.width) break;
    const pair = { before: levelOf(before, width), after: levelOf(after, width) };
    const weight = places && levelOf(places, width);
    const isLast = width === WIDTHS[WIDTHS.length - 1];
    const options: StepOptions = { weights: weight, places: tellingPlaces(pair.before, weight) };
    motion = settle(pair, motion, options, isLast ? [TOLERANT, STRICT] : [TOLERANT]);
    if (!isPlausible(motion)) return NO_MOTION;
  }
  return motion;
}
