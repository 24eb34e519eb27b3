/**
 * Packed 8-bit RGB, eight pixels at a time in whole numbers of 16 bits: shares are parts of 32,767, by which a multiplication takes one
 * step, and a channel is half of that at 255, so that what is brighter than white has room. Four pixels as floats took twice as long.
 */

export const PIXELS: i32 = 8;
export const BYTES: usize = 24;
/** Bytes of a float, of a part, and of four floats. */
export const VALUE: usize = 4;
export const PART: usize = 2;
export const FLOATS: usize = 16;
export const ONE: f32 = 32_767;
/** One of a channel's 255 levels as a share. */
export const LEVEL: f32 = 1 / 510;

/** Each byte twice is 257 of it, of which a quarter fills 14 bits. */
export function reds(first: v128, second: v128): v128 {
  return i16x8.shr_u(i8x16.shuffle(first, second, 0, 0, 3, 3, 6, 6, 9, 9, 12, 12, 15, 15, 26, 26, 29, 29), 2);
}

export function greens(first: v128, second: v128): v128 {
  return i16x8.shr_u(i8x16.shuffle(first, second, 1, 1, 4, 4, 7, 7, 10, 10, 13, 13, 24, 24, 27, 27, 30, 30), 2);
}

export function blues(first: v128, second: v128): v128 {
  return i16x8.shr_u(i8x16.shuffle(first, second, 2, 2, 5, 5, 8, 8, 11, 11, 14, 14, 25, 25, 28, 28, 31, 31), 2);
}

/** A level is 64 and a quarter: of what is left without the quarters each 64 are one. */
function bytes(value: v128): v128 {
  return i16x8.shr_s(i16x8.add_sat_s(i16x8.sub(value, i16x8.shr_s(value, 8)), i16x8.splat(32)), 6);
}

/** Rounds, and keeps each channel within 0 to 255. */
export function storePixels(at: usize, red: v128, green: v128, blue: v128): void {
  const two = i8x16.narrow_i16x8_u(bytes(red), bytes(green));
  const last = i8x16.narrow_i16x8_u(bytes(blue), i16x8.splat(0));
  v128.store(at, i8x16.shuffle(two, last, 0, 8, 16, 1, 9, 17, 2, 10, 18, 3, 11, 19, 4, 12, 20, 5));
  v128.store64_lane(at + 16, i8x16.shuffle(two, last, 13, 21, 6, 14, 22, 7, 15, 23, 0, 0, 0, 0, 0, 0, 0, 0), 0);
}

/** A number from -1 to 1 for all eight. */
export function all(value: f32): v128 {
  return i16x8.splat(<i16>(value * ONE));
}

/** The float at `address`, times `factor`, for all eight. */
export function allOf(address: usize, factor: f32 = 1): v128 {
  return all(load<f32>(address) * factor);
}

/** Eight floats as parts. */
export function partsOf(first: v128, second: v128): v128 {
  const one = f32x4.splat(ONE);
  return i16x8.narrow_i32x4_s(
    i32x4.trunc_sat_f32x4_s(f32x4.mul(first, one)),
    i32x4.trunc_sat_f32x4_s(f32x4.mul(second, one)),
  );
}

export function part(value: v128, share: v128): v128 {
  return i16x8.q15mulr_sat_s(value, share);
}

export function sum(one: v128, other: v128): v128 {
  return i16x8.add_sat_s(one, other);
}

export function less(one: v128, other: v128): v128 {
  return i16x8.sub_sat_s(one, other);
}

export function twice(value: v128): v128 {
  return i16x8.add_sat_s(value, value);
}

export function mixed(from: v128, to: v128, share: v128): v128 {
  return sum(from, part(less(to, from), share));
}

export function lumaOf(red: v128, green: v128, blue: v128): v128 {
  return sum(sum(part(red, all(0.3)), part(green, all(0.59))), part(blue, all(0.11)));
}

/** 0 at `from` levels of 255, 1 at `span` of them more, which are 64 or more, with flat ends. */
export function smooth(value: v128, from: f32, span: f32): v128 {
  const beyond = i16x8.max_s(i16x8.splat(0), less(value, all(from * LEVEL)));
  const share = twice(twice(twice(part(beyond, all(255 / span / 4)))));
  const square = part(share, share);
  return sum(square, twice(part(square, less(all(1), share))));
}

/** Of values at half of a picture's size, from one before the first, eight at its full size: each a quarter of the way to the next. */
export function doubled(eight: v128): v128 {
  return mixed(
    i16x8.shuffle(eight, eight, 1, 1, 2, 2, 3, 3, 4, 4),
    i16x8.shuffle(eight, eight, 0, 2, 1, 3, 2, 4, 3, 5),
    all(0.25),
  );
}

/** The value at `place`, and on the way to that `next` bytes on, which is eight pixels away. */
export function along(place: usize, next: usize): v128 {
  const ways = i16x8(0, 4096, 8192, 12288, 16384, 20480, 24576, 28672);
  return mixed(v128.load16_splat(place), v128.load16_splat(place + next), ways);
}

/** What `doubled` reads begins one before the row's first value and ends one after its last: there stand those beside them. */
export function repeatEnds(row: usize, width: i32): void {
  const end = row + (<usize>width + 1) * PART;
  store<i16>(row, load<i16>(row, PART));
  store<i16>(end, load<i16>(end - PART));
}

/** One row of parts for `doubled`, `down` rows below the first of a plane of half the picture's size, whose values are times `factor` parts. */
export function layHalf(plane: usize, width: i32, down: f32, factor: f32, row: usize): void {
  const bytes = <usize>width * VALUE;
  const above = plane + <usize>(<i32>down) * bytes;
  const share = f32x4.splat((down - <f32>(<i32>down)) * factor);
  const rest = f32x4.splat((1 - down + <f32>(<i32>down)) * factor);
  let o = row + PART;
  for (let i: usize = 0; i < bytes; i += 2 * FLOATS, o += FLOATS) {
    const left = f32x4.mul(v128.load(above + i), rest);
    const right = f32x4.mul(v128.load(above + i, FLOATS), rest);
    v128.store(
      o,
      partsOf(
        f32x4.add(left, f32x4.mul(v128.load(above + bytes + i), share)),
        f32x4.add(right, f32x4.mul(v128.load(above + bytes + i, FLOATS), share)),
      ),
    );
  }
  repeatEnds(row, width);
}

/** A level of the sum of four channels. */
const FOUR_LEVELS: f32 = 1 / 257;

/** A channel's mean over two pixels beside each other in both of two rows, as four floats up to 255. */
function meanOf(upper: v128, lower: v128): v128 {
  const sums = i32x4.extadd_pairwise_i16x8_s(i16x8.add(upper, lower));
  return f32x4.mul(f32x4.convert_i32x4_s(sums), f32x4.splat(FOUR_LEVELS));
}

/** Fills planes of half the picture's size with its channels, up to 255. Up to three values beyond a plane are written. */
export function halve(picture: usize, reddest: usize, greenest: usize, bluest: usize, width: i32, height: i32): void {
  const half = (width + 1) >> 1;
  for (let y = 0; y < height; y += 2) {
    let upper = picture + <usize>(y * width) * 3;
    let lower = picture + <usize>(min(y + 1, height - 1) * width) * 3;
    let o = <usize>((y >> 1) * half) * VALUE;
    for (let x = 0; x < half; x += 4, upper += BYTES, lower += BYTES, o += FLOATS) {
      const a = v128.load(upper);
      const b = v128.load(upper, 8);
      const c = v128.load(lower);
      const d = v128.load(lower, 8);
      v128.store(reddest + o, meanOf(reds(a, b), reds(c, d)));
      v128.store(greenest + o, meanOf(greens(a, b), greens(c, d)));
      v128.store(bluest + o, meanOf(blues(a, b), blues(c, d)));
    }
  }
}

/** Brightness of four pixels as floats. */
export function lightOf(red: v128, green: v128, blue: v128): v128 {
  const warm = f32x4.add(f32x4.mul(red, f32x4.splat(0.3)), f32x4.mul(green, f32x4.splat(0.59)));
  return f32x4.add(warm, f32x4.mul(blue, f32x4.splat(0.11)));
}
