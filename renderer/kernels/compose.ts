/**
 * Passes over a whole drawn frame: its sky, painted at half size, a canvas that is laid on it, and its way into bytes. Rows of less than four pixels are not
 * taken; what is left of a width that is no multiple of four is done again with the pixels before it.
 */
import { FLOATS, VALUE } from './pixels';

const PIXELS: i32 = 4;
/** A pixel of three floats. */
const PIXEL: usize = 12;

function nearer(here: v128, beside: v128): v128 {
  return f32x4.add(f32x4.mul(here, f32x4.splat(0.75)), f32x4.mul(beside, f32x4.splat(0.25)));
}

/** Four pixels of `row` as eight of `out`: each lies a quarter of the way from one small pixel to the next. */
function widenFour(row: usize, out: usize): void {
  const first = v128.load(row);
  const second = v128.load(row, 16);
  const third = v128.load(row, 32);
  const a0 = nearer(first, v128.load(row - PIXEL));
  const a1 = nearer(second, v128.load(row - PIXEL, 16));
  const a2 = nearer(third, v128.load(row - PIXEL, 32));
  const b0 = nearer(first, v128.load(row, 12));
  const b1 = nearer(second, v128.load(row, 28));
  const b2 = nearer(third, v128.load(row, 44));
  v128.store(out, i32x4.shuffle(a0, b0, 0, 1, 2, 4));
  v128.store(out, i32x4.shuffle(i32x4.shuffle(b0, a0, 1, 2, 7, 7), a1, 0, 1, 2, 4), 16);
  v128.store(out, i32x4.shuffle(i32x4.shuffle(a1, b0, 1, 7, 7, 7), b1, 0, 1, 4, 5), 32);
  v128.store(out, i32x4.shuffle(i32x4.shuffle(a1, a2, 2, 3, 4, 4), b1, 0, 1, 2, 6), 48);
  v128.store(out, i32x4.shuffle(i32x4.shuffle(b1, b2, 3, 4, 4, 4), a2, 0, 1, 5, 6), 64);
  v128.store(out, i32x4.shuffle(a2, b2, 3, 5, 6, 7), 80);
}

/**
 * Doubles a picture of `width` times `height` pixels of three floats into the first `rows` rows of one twice as wide, from its column
 * `from` to `to` at least, counted in small pixels. `row` is room for a small row and two pixels.
 */
export function enlarge(
  small: usize,
  frame: usize,
  row: usize,
  width: i32,
  height: i32,
  rows: i32,
  from: i32,
  to: i32,
): void {
  const stride = <usize>width * PIXEL;
  const inner = row + PIXEL;
  for (let y = 0; y < rows; y += 1) {
    const above = max(0, (y - 1) >> 1);
    const upper = small + <usize>above * stride;
    const lower = small + <usize>min(height - 1, (y + 1) >> 1) * stride;
    const way = f32x4.splat((y & 1) === 1 ? 0.25 : 0.75);
    const begin = max(0, from - 1);
    const end = min(width, to + PIXELS);
    for (let i = <usize>begin * PIXEL, last = <usize>end * PIXEL; i < last; i += FLOATS) {
      const value = v128.load(upper + i);
      v128.store(inner + i, f32x4.add(value, f32x4.mul(f32x4.sub(v128.load(lower + i), value), way)));
    }
    memory.copy(row, inner, PIXEL);
    memory.copy(inner + stride, inner + stride - PIXEL, PIXEL);
    const out = frame + <usize>y * stride * 2;
    for (let x = from; x < to; x += PIXELS) {
      const at = <usize>min(x, width - PIXELS) * PIXEL;
      widenFour(inner + at, out + 2 * at);
    }
  }
}

/** `aside` is how far each column is from the middle, squared; `dither` a row of noise, twice over. See `src/scenes/compose.ts`. */
export function finish(frame: usize, aside: usize, dither: usize, out: usize, width: i32, height: i32): void {
  const one = f32x4.splat(1);
  const loss = f32x4.splat(0.42);
  const none = f32x4.splat(0);
  let p = frame;
  let o = out;
  for (let y = 0; y < height; y += 1, p += <usize>width * PIXEL, o += <usize>width * 3) {
    const middle = <f32>y / <f32>height - 0.5;
    const down = f32x4.splat(middle * middle - 0.1);
    const noises = dither + <usize>((<u32>(y + 7) * 40_503) % <u32>width) * VALUE;
    for (let x = 0; x < width; x += PIXELS) {
      const column = <usize>min(x, width - PIXELS);
      const far = f32x4.pmax(none, f32x4.add(v128.load(aside + column * VALUE), down));
      const light = f32x4.sub(one, f32x4.mul(loss, far));
      const noise = v128.load(noises + column * VALUE);
      const at = p + column * PIXEL;
      const first = lit(
        v128.load(at),
        i32x4.shuffle(light, light, 0, 0, 0, 1),
        i32x4.shuffle(noise, noise, 0, 0, 0, 1),
      );
      const second = lit(
        v128.load(at, 16),
        i32x4.shuffle(light, light, 1, 1, 2, 2),
        i32x4.shuffle(noise, noise, 1, 1, 2, 2),
      );
      const third = lit(
        v128.load(at, 32),
        i32x4.shuffle(light, light, 2, 3, 3, 3),
        i32x4.shuffle(noise, noise, 2, 3, 3, 3),
      );
      const bytes = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(first, second), i16x8.narrow_i32x4_s(third, third));
      v128.store64_lane(o + column * 3, bytes, 0);
      v128.store32_lane(o + column * 3, bytes, 2, 8);
    }
  }
}

function lit(value: v128, light: v128, noise: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.add(f32x4.mul(value, light), noise)));
}

function colours(pixels: v128, places: v128): v128 {
  return f32x4.convert_i32x4_s(i8x16.swizzle(pixels, places));
}

/** Four pixels of bytes as floats, opacity left out. */
function spread(pixels: v128, out: usize): void {
  v128.store(out, colours(pixels, i8x16(0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 4, -1, -1, -1)));
  v128.store(out, colours(pixels, i8x16(5, -1, -1, -1, 6, -1, -1, -1, 8, -1, -1, -1, 9, -1, -1, -1)), 16);
  v128.store(out, colours(pixels, i8x16(10, -1, -1, -1, 12, -1, -1, -1, 13, -1, -1, -1, 14, -1, -1, -1)), 32);
}

/** Pixels of four bytes that stand column by column become a frame's rows of three floats. */
export function unroll(canvas: usize, frame: usize, width: i32, height: i32): void {
  const column = <usize>height * VALUE;
  const stride = <usize>width * PIXEL;
  for (let down = 0; down < height; down += PIXELS) {
    const y = <usize>min(down, height - PIXELS);
    for (let across = 0; across < width; across += PIXELS) {
      const x = <usize>min(across, width - PIXELS);
      const from = canvas + x * column + y * VALUE;
      const first = v128.load(from);
      const second = v128.load(from + column);
      const third = v128.load(from + 2 * column);
      const fourth = v128.load(from + 3 * column);
      const upper = i32x4.shuffle(first, second, 0, 4, 1, 5);
      const upperRight = i32x4.shuffle(third, fourth, 0, 4, 1, 5);
      const lower = i32x4.shuffle(first, second, 2, 6, 3, 7);
      const lowerRight = i32x4.shuffle(third, fourth, 2, 6, 3, 7);
      const out = frame + y * stride + x * PIXEL;
      spread(i32x4.shuffle(upper, upperRight, 0, 1, 4, 5), out);
      spread(i32x4.shuffle(upper, upperRight, 2, 3, 6, 7), out + stride);
      spread(i32x4.shuffle(lower, lowerRight, 0, 1, 4, 5), out + 2 * stride);
      spread(i32x4.shuffle(lower, lowerRight, 2, 3, 6, 7), out + 3 * stride);
    }
  }
}
