/** What the camera's motion is estimated by: small pictures, and sums over the places that tell of it. See `src/motion/estimate.ts`. */
import { FLOATS, VALUE } from './pixels';

const PLACES: i32 = 4;
const SUMS: usize = 14;
/** A place is a row and a column in one number. */
const COLUMN_BITS: i32 = 16;
const COLUMN_MASK: i32 = (1 << COLUMN_BITS) - 1;

/** One row of a smaller picture from `rows` rows of a larger one: the mean of each cell. `sums` has room for a row of `width`. */
export function shrinkRow(source: usize, sums: usize, target: usize, width: i32, rows: i32, smallWidth: i32): void {
  const stride = <usize>width * VALUE;
  memory.fill(sums, 0, stride);
  for (let row = 0; row < rows; row += 1, source += stride) {
    // Up to three values beyond a row are added to what nobody reads.
    for (let x: usize = 0; x < stride; x += FLOATS) {
      v128.store(sums + x, f32x4.add(v128.load(sums + x), v128.load(source + x)));
    }
  }
  for (let x = 0; x < smallWidth; x += 1) {
    const left = (x * width) / smallWidth;
    const right = max(left + 1, ((x + 1) * width) / smallWidth);
    let sum: f64 = 0;
    for (let column = left; column < right; column += 1) sum += load<f32>(sums + ((<usize>column) << 2));
    store<f32>(target + ((<usize>x) << 2), <f32>(sum / <f64>(rows * (right - left))));
  }
}

/** The values at four places of a plane. */
function gather(plane: usize, index: v128): v128 {
  let four = v128.load32_zero(plane + ((<usize>i32x4.extract_lane(index, 0)) << 2));
  four = v128.load32_lane(plane + ((<usize>i32x4.extract_lane(index, 1)) << 2), four, 1);
  four = v128.load32_lane(plane + ((<usize>i32x4.extract_lane(index, 2)) << 2), four, 2);
  return v128.load32_lane(plane + ((<usize>i32x4.extract_lane(index, 3)) << 2), four, 3);
}

function plus(sum: v128, one: v128, other: v128): v128 {
  return f32x4.add(sum, f32x4.mul(one, other));
}

/** Adds products to one of the sums, which are four each while they are added up. */
function add(sum: usize, one: v128, other: v128): void {
  v128.store(sum, plus(v128.load(sum), one, other));
}

/** The slopes' products with each other: the upper half of the matrix, row by row. Then those with the error. */
function addEquations(sums: usize, slopeX: v128, slopeY: v128, qx: v128, qy: v128, error: v128, weight: v128): void {
  const slopeZoom = plus(f32x4.mul(slopeX, qx), slopeY, qy);
  const slopeRoll = f32x4.sub(f32x4.mul(slopeY, qx), f32x4.mul(slopeX, qy));
  const forX = f32x4.mul(weight, slopeX);
  const forY = f32x4.mul(weight, slopeY);
  const forZoom = f32x4.mul(weight, slopeZoom);
  const forRoll = f32x4.mul(weight, slopeRoll);
  add(sums, forX, slopeX);
  add(sums + FLOATS, forX, slopeY);
  add(sums + 2 * FLOATS, forX, slopeZoom);
  add(sums + 3 * FLOATS, forX, slopeRoll);
  add(sums + 4 * FLOATS, forY, slopeY);
  add(sums + 5 * FLOATS, forY, slopeZoom);
  add(sums + 6 * FLOATS, forY, slopeRoll);
  add(sums + 7 * FLOATS, forZoom, slopeZoom);
  add(sums + 8 * FLOATS, forZoom, slopeRoll);
  add(sums + 9 * FLOATS, forRoll, slopeRoll);
  add(sums + 10 * FLOATS, forX, error);
  add(sums + 11 * FLOATS, forY, error);
  add(sums + 12 * FLOATS, forZoom, error);
  add(sums + 13 * FLOATS, forRoll, error);
}

/**
 * Fills `sums`, four parts of each, with the upper half of the normal equations' matrix, row by row, and with their right side, for a shift, a zoom
 * and a turn that add to the given ones. `weights` is 0 where all places count alike. Up to three places beyond `count` are read.
 */
export function sumMotion(
  before: usize,
  after: usize,
  weights: usize,
  places: usize,
  sums: usize,
  count: i32,
  width: i32,
  height: i32,
  shiftX: f32,
  shiftY: f32,
  zoom: f32,
  roll: f32,
  perError: f32,
): void {
  const half = f32x4.splat(<f32>width / 2);
  const one = f32x4.splat(1);
  const columns = i32x4.splat(width);
  const stride = <usize>width * VALUE;
  memory.fill(sums, 0, SUMS * FLOATS);
  for (let place = 0; place < count; place += PLACES) {
    const known = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count - place));
    const at = v128.and(v128.load(places + ((<usize>place) << 2)), known);
    const column = v128.and(at, i32x4.splat(COLUMN_MASK));
    const row = i32x4.shr_u(at, COLUMN_BITS);
    const x = f32x4.convert_i32x4_s(column);
    const y = f32x4.convert_i32x4_s(row);
    const qx = f32x4.div(f32x4.add(x, f32x4.splat(0.5 - <f32>width / 2)), half);
    const qy = f32x4.div(f32x4.add(y, f32x4.splat(0.5 - <f32>height / 2)), half);
    const zoomedX = plus(f32x4.splat(shiftX), f32x4.splat(zoom), qx);
    const zoomedY = plus(f32x4.splat(shiftY), f32x4.splat(zoom), qy);
    const px = plus(x, plus(zoomedX, f32x4.splat(-roll), qy), half);
    const py = plus(y, plus(zoomedY, f32x4.splat(roll), qx), half);
    const within = v128.and(f32x4.ge(f32x4.min(px, py), one), f32x4.lt(px, f32x4.splat(<f32>(width - 2))));
    const counts = v128.and(known, v128.and(within, f32x4.lt(py, f32x4.splat(<f32>(height - 2)))));
    // What is beyond the picture is looked up at its first place, and counts nothing.
    const left = v128.and(i32x4.trunc_sat_f32x4_s(px), counts);
    const top = v128.and(i32x4.trunc_sat_f32x4_s(py), counts);
    const tx = f32x4.sub(px, f32x4.convert_i32x4_s(left));
    const ty = f32x4.sub(py, f32x4.convert_i32x4_s(top));
    const index = i32x4.add(i32x4.mul(top, columns), left);
    const a = gather(after, index);
    const c = gather(after + stride, index);
    const upper = f32x4.sub(gather(after + VALUE, index), a);
    const lower = f32x4.sub(gather(after + stride + VALUE, index), c);
    const seen = plus(a, upper, tx);
    const down = f32x4.sub(plus(c, lower, tx), seen);
    const slopeX = f32x4.mul(plus(upper, f32x4.sub(lower, upper), ty), half);
    const own = i32x4.add(i32x4.mul(row, columns), column);
    const error = f32x4.sub(f32x4.sub(gather(before, own), seen), f32x4.mul(down, ty));
    const asked = weights === 0 ? one : gather(weights, own);
    const weight = f32x4.div(asked, plus(one, f32x4.mul(error, error), f32x4.splat(perError)));
    addEquations(sums, slopeX, f32x4.mul(down, half), qx, qy, error, v128.and(counts, weight));
  }
}
