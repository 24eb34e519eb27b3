/** A small copy of a frame as brightness and two colour differences. See `src/pixels/features.ts`; sums are of 64 bits. */
import { VALUE } from './pixels';

const RED: f64 = 0.07475;
const GREEN: f64 = 0.14675;
const BLUE: f64 = 0.0285;

/** Four pixels in a square, channel by channel, in the lower half. */
function squareAt(at: usize, step: usize, below: usize): v128 {
  let four = v128.load32_zero(at);
  four = v128.load32_lane(at + step, four, 1);
  four = v128.load32_lane(at + below, four, 2);
  four = v128.load32_lane(at + below + step, four, 3);
  const columns = i16x8.add(i16x8.extend_low_i8x16_u(four), i16x8.extend_high_i8x16_u(four));
  return i16x8.add(columns, i64x2.shuffle(columns, columns, 1, 1));
}

function times(values: v128, factor: f64): v128 {
  return f64x2.mul(values, f64x2.splat(factor));
}

function storeTwo(at: usize, values: v128): void {
  v128.store64_lane(at, f32x4.demote_f64x2_zero(values), 0);
}

/** Every `factor`th square of a picture `fullWidth` wide, two at a time; one value beyond a plane may be written. */
export function readColours(
  picture: usize,
  luma: usize,
  blue: usize,
  red: usize,
  width: i32,
  height: i32,
  factor: i32,
  fullWidth: i32,
): void {
  const side = max(1, factor >> 1);
  const step = <usize>side * 3;
  const below = <usize>(side * fullWidth) * 3;
  const next = <usize>factor * 3;
  for (let y = 0; y < height; y += 1) {
    let p = picture + <usize>(y * factor * fullWidth) * 3;
    let o = <usize>(y * width) * VALUE;
    for (let x = 0; x < width; x += 2, p += 2 * next, o += 2 * VALUE) {
      const channels = i16x8.shuffle(
        squareAt(p, step, below),
        squareAt(p + next, step, below),
        0,
        8,
        1,
        9,
        2,
        10,
        3,
        11,
      );
      const warm = i32x4.extend_low_i16x8_u(channels);
      const reds = f64x2.convert_low_i32x4_s(warm);
      const greens = f64x2.convert_low_i32x4_s(i64x2.shuffle(warm, warm, 1, 1));
      const blues = f64x2.convert_low_i32x4_s(i32x4.extend_high_i16x8_u(channels));
      const light = f64x2.add(f64x2.add(times(reds, RED), times(greens, GREEN)), times(blues, BLUE));
      storeTwo(luma + o, times(light, 1 / <f64>255));
      storeTwo(blue + o, times(f64x2.sub(times(blues, 0.25), light), 0.564));
      storeTwo(red + o, times(f64x2.sub(times(reds, 0.25), light), 0.713));
    }
  }
}

function evens(at: usize): v128 {
  const four = v128.load(at);
  return f64x2.promote_low_f32x4(i32x4.shuffle(four, four, 0, 2, 0, 2));
}

function odds(at: usize): v128 {
  const four = v128.load(at);
  return f64x2.promote_low_f32x4(i32x4.shuffle(four, four, 1, 3, 1, 3));
}

/** A plane in half of its size; squares that stand over the border repeat it. One value beyond the target may be written. */
export function halvePlane(source: usize, target: usize, width: i32, height: i32): void {
  const stride = <usize>width * VALUE;
  const half = width >> 1;
  for (let y = 0; y < height; y += 2) {
    let i = source + <usize>y * stride;
    const down: usize = y + 1 < height ? stride : 0;
    const end = i + stride - VALUE;
    for (let x = 0; x < half; x += 2, i += 4 * VALUE, target += 2 * VALUE) {
      const upper = f64x2.add(evens(i), odds(i));
      storeTwo(target, times(f64x2.add(f64x2.add(upper, evens(i + down)), odds(i + down)), 0.25));
    }
    if ((half & 1) === 1) target -= VALUE;
    if ((width & 1) === 0) continue;
    store<f32>(target, <f32>((<f64>load<f32>(end) + <f64>load<f32>(end + down)) / 2));
    target += VALUE;
  }
}
