/**
 * Rows of packed 8-bit RGB, four pixels at a time, where a table for each brightness would take longer than the sums themselves. Rows
 * are read and written up to three pixels beyond their ends: there must be room.
 */
import {
  BYTES,
  blues,
  channel,
  doubled,
  FLOATS,
  greens,
  mixed,
  PIXELS,
  reds,
  smooth,
  storePixels,
  times,
} from './pixels';

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
