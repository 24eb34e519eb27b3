/** Packed 8-bit RGB, four pixels at a time: each channel becomes four floats and goes back. */

export const PIXELS: i32 = 4;
export const BYTES: usize = 12;
export const FLOATS: usize = 16;
/** Added to a float it leaves the nearest whole number in the low bits. */
const ROUNDER: f32 = 12_582_912;
const ROUNDER_BITS: i32 = 0x4b40_0000;

export function channel(four: v128, place: v128): v128 {
  return f32x4.convert_i32x4_s(i8x16.swizzle(four, place));
}

export function reds(): v128 {
  return i8x16(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1);
}

export function greens(): v128 {
  return i8x16(1, -1, -1, -1, 4, -1, -1, -1, 7, -1, -1, -1, 10, -1, -1, -1);
}

export function blues(): v128 {
  return i8x16(2, -1, -1, -1, 5, -1, -1, -1, 8, -1, -1, -1, 11, -1, -1, -1);
}

function whole(value: v128): v128 {
  return i32x4.sub(f32x4.add(value, f32x4.splat(ROUNDER)), i32x4.splat(ROUNDER_BITS));
}

/** Rounds, and keeps each channel within 0 to 255. */
export function storePixels(at: usize, red: v128, green: v128, blue: v128): void {
  const last = whole(blue);
  const planes = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(whole(red), whole(green)), i16x8.narrow_i32x4_s(last, last));
  const packed = i8x16.shuffle(planes, planes, 0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, 0, 0, 0, 0);
  v128.store64_lane(at, packed, 0);
  v128.store32_lane(at + 8, packed, 2);
}

export function mixed(from: v128, to: v128, share: v128): v128 {
  return f32x4.add(from, f32x4.mul(f32x4.sub(to, from), share));
}

export function times(values: v128, factor: f32): v128 {
  return f32x4.mul(values, f32x4.splat(factor));
}

/** 0 at `from`, 1 at `from + span`, with flat ends. */
export function smooth(value: v128, from: f32, span: f32): v128 {
  const exact = times(f32x4.sub(value, f32x4.splat(from)), <f32>1 / span);
  const share = f32x4.pmin(f32x4.splat(1), f32x4.pmax(f32x4.splat(0), exact));
  return f32x4.mul(f32x4.mul(share, share), f32x4.sub(f32x4.splat(3), f32x4.add(share, share)));
}

/** Four values of a row at twice their number: each lies a quarter of the way from one small value to the next. */
export function doubled(four: v128): v128 {
  const near = i32x4.shuffle(four, four, 1, 1, 2, 2);
  const next = i32x4.shuffle(four, four, 0, 2, 1, 3);
  return f32x4.add(times(near, 0.75), times(next, 0.25));
}
