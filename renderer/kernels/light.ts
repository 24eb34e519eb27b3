/**
 * Rows of packed 8-bit RGB, four pixels at a time, where a table for each brightness would take longer than the sums themselves. Rows
 * are read and written up to three pixels beyond their ends: there must be room.
 */

const PIXELS: i32 = 4;
const BYTES: usize = 12;
const FLOATS: usize = 16;
/** Added to a float it leaves the nearest whole number in the low bits. */
const ROUNDER: f32 = 12_582_912;
const ROUNDER_BITS: i32 = 0x4b40_0000;

function channel(four: v128, place: v128): v128 {
  return f32x4.convert_i32x4_s(i8x16.swizzle(four, place));
}

function reds(): v128 {
  return i8x16(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1);
}

function greens(): v128 {
  return i8x16(1, -1, -1, -1, 4, -1, -1, -1, 7, -1, -1, -1, 10, -1, -1, -1);
}

function blues(): v128 {
  return i8x16(2, -1, -1, -1, 5, -1, -1, -1, 8, -1, -1, -1, 11, -1, -1, -1);
}

function whole(value: v128): v128 {
  return i32x4.sub(f32x4.add(value, f32x4.splat(ROUNDER)), i32x4.splat(ROUNDER_BITS));
}

/** Rounds, and keeps each channel within 0 to 255. */
function storePixels(at: usize, red: v128, green: v128, blue: v128): void {
  const last = whole(blue);
  const planes = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(whole(red), whole(green)), i16x8.narrow_i32x4_s(last, last));
  const packed = i8x16.shuffle(planes, planes, 0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, 0, 0, 0, 0);
  v128.store64_lane(at, packed, 0);
  v128.store32_lane(at + 8, packed, 2);
}

function mixed(from: v128, to: v128, share: v128): v128 {
  return f32x4.add(from, f32x4.mul(f32x4.sub(to, from), share));
}

function times(values: v128, factor: f32): v128 {
  return f32x4.mul(values, f32x4.splat(factor));
}

/** 0 at `from`, 1 at `from + span`, with flat ends. */
function smooth(value: v128, from: f32, span: f32): v128 {
  const exact = times(f32x4.sub(value, f32x4.splat(from)), <f32>1 / span);
  const share = f32x4.pmin(f32x4.splat(1), f32x4.pmax(f32x4.splat(0), exact));
  return f32x4.mul(f32x4.mul(share, share), f32x4.sub(f32x4.splat(3), f32x4.add(share, share)));
}

/**
 * `light` holds three channels' tints, three of the air, three of the glow, how far the row is, and the strength of it all; `glow` a
 * value for every sixteenth pixel and one more. See `src/pixels/relight.ts`.
 */
export function lightRow(source: usize, target: usize, light: usize, glow: usize, width: i32): void {
  const tintRed = v128.load32_splat(light);
  const tintGreen = v128.load32_splat(light, 4);
  const tintBlue = v128.load32_splat(light, 8);
  const airRed = v128.load32_splat(light, 12);
  const airGreen = v128.load32_splat(light, 16);
  const airBlue = v128.load32_splat(light, 20);
  const warmRed = v128.load32_splat(light, 24);
  const warmGreen = v128.load32_splat(light, 28);
  const warmBlue = v128.load32_splat(light, 32);
  const far = v128.load32_splat(light, 36);
  const strength = v128.load32_splat(light, 40);
  let p = source;
  let o = target;
  for (let x = 0; x < width; x += PIXELS) {
    const four = v128.load(p);
    const red = channel(four, reds());
    const green = channel(four, greens());
    const blue = channel(four, blues());
    const luma = f32x4.add(f32x4.add(times(red, 0.3), times(green, 0.59)), times(blue, 0.11));
    const air = mixed(times(smooth(luma, 150, 90), 0.18), f32x4.splat(1), far);
    const grey = times(luma, 0.15);
    const node = glow + ((<usize>(x >> 4)) << 2);
    const within = f32x4.add(f32x4.splat(<f32>(x & 15)), f32x4(0, 1, 2, 3));
    const warm = mixed(v128.load32_splat(node), v128.load32_splat(node, 4), times(within, 0.0625));
    let litRed = mixed(f32x4.mul(f32x4.add(times(red, 0.85), grey), tintRed), airRed, air);
    let litGreen = mixed(f32x4.mul(f32x4.add(times(green, 0.85), grey), tintGreen), airGreen, air);
    let litBlue = mixed(f32x4.mul(f32x4.add(times(blue, 0.85), grey), tintBlue), airBlue, air);
    litRed = f32x4.add(litRed, f32x4.mul(warm, warmRed));
    litGreen = f32x4.add(litGreen, f32x4.mul(warm, warmGreen));
    litBlue = f32x4.add(litBlue, f32x4.mul(warm, warmBlue));
    storePixels(o, mixed(red, litRed, strength), mixed(green, litGreen, strength), mixed(blue, litBlue, strength));
    p += BYTES;
    o += BYTES;
  }
}

/** Four values of a row at twice their number: each lies a quarter of the way from one small value to the next. */
function doubled(four: v128): v128 {
  const near = i32x4.shuffle(four, four, 1, 1, 2, 2);
  const next = i32x4.shuffle(four, four, 0, 2, 1, 3);
  return f32x4.add(times(near, 0.75), times(next, 0.25));
}

/**
 * Covers a row with a picture of half its size: packed RGB as floats, of which `above` and `below` are the rows about it and `down` is
 * the way from one to the other. `share` is how much of each pixel is covered, `row` room for a small row and two pixels.
 */
export function coverRow(
  target: usize,
  share: usize,
  above: usize,
  below: usize,
  row: usize,
  down: f32,
  strength: f32,
  width: i32,
): void {
  const small = width >> 1;
  const bytes = <usize>small * BYTES;
  const way = f32x4.splat(down);
  for (let i: usize = 0; i < bytes; i += FLOATS) {
    v128.store(row + BYTES + i, mixed(v128.load(above + i), v128.load(below + i), way));
  }
  memory.copy(row, row + BYTES, BYTES);
  memory.copy(row + BYTES + bytes, row + bytes, BYTES);
  let o = target;
  let s = share;
  for (let p = row, x = 0; x < width; x += PIXELS, p += 2 * BYTES) {
    const cover = times(v128.load(s), strength);
    const first = v128.load(p);
    const second = v128.load(p, 16);
    const third = v128.load(p, 32);
    // Red stands at 0, 3, 6 and 9 of the twelve floats, green and blue one and two further on.
    const red = i32x4.shuffle(i32x4.shuffle(first, second, 0, 3, 6, 6), third, 0, 1, 2, 5);
    const green = i32x4.shuffle(i32x4.shuffle(first, second, 1, 4, 7, 7), third, 0, 1, 2, 6);
    const blue = i32x4.shuffle(i32x4.shuffle(first, second, 2, 5, 5, 5), third, 0, 1, 4, 7);
    const four = v128.load(o);
    storePixels(
      o,
      mixed(channel(four, reds()), doubled(red), cover),
      mixed(channel(four, greens()), doubled(green), cover),
      mixed(channel(four, blues()), doubled(blue), cover),
    );
    o += BYTES;
    s += FLOATS;
  }
}
