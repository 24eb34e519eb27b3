/**
 * Lights rows of packed 8-bit RGB, eight pixels at a time, where a table for each brightness would take longer than the sums
 * themselves. Rows are read and written up to seven pixels beyond their ends: there must be room.
 */
import {
  all,
  allOf,
  along,
  BYTES,
  blues,
  doubled,
  FLOATS,
  greens,
  LEVEL,
  lumaOf,
  mixed,
  PART,
  PIXELS,
  part,
  partsOf,
  reds,
  repeatEnds,
  smooth,
  storePixels,
  sum,
  twice,
  VALUE,
} from './pixels';

/** Four pixels of three floats. */
const FOUR: i32 = 4;
const FOUR_BYTES: usize = 48;

function mixedFloats(from: v128, to: v128, share: v128): v128 {
  return f32x4.mul(f32x4.add(from, f32x4.mul(f32x4.sub(to, from), share)), f32x4.splat(LEVEL));
}

/** Mixes two rows of packed floats into one of parts, one channel after the other, each with its ends repeated. */
function mixRows(above: usize, below: usize, down: f32, row: usize, stride: usize, width: i32): void {
  const way = f32x4.splat(down);
  let o = row + PART;
  for (let x = 0; x < width; x += FOUR, above += FOUR_BYTES, below += FOUR_BYTES, o += <usize>FOUR * PART) {
    const first = mixedFloats(v128.load(above), v128.load(below), way);
    const second = mixedFloats(v128.load(above, FLOATS), v128.load(below, FLOATS), way);
    const third = mixedFloats(v128.load(above, 2 * FLOATS), v128.load(below, 2 * FLOATS), way);
    // Red stands at 0, 3, 6 and 9 of the twelve floats, green and blue one and two further on.
    const red = i32x4.shuffle(i32x4.shuffle(first, second, 0, 3, 6, 6), third, 0, 1, 2, 5);
    const green = i32x4.shuffle(i32x4.shuffle(first, second, 1, 4, 7, 7), third, 0, 1, 2, 6);
    const blue = i32x4.shuffle(i32x4.shuffle(first, second, 2, 5, 5, 5), third, 0, 1, 4, 7);
    const two = partsOf(red, green);
    v128.store64_lane(o, two, 0);
    v128.store64_lane(o + stride, two, 1);
    v128.store64_lane(o + 2 * stride, partsOf(blue, blue), 0);
  }
  for (let plane: usize = 0; plane < 3 * stride; plane += stride) repeatEnds(row + plane, width);
}

/**
 * `light` holds three channels' tints, three of the air, three of the glow, how far the row is, and the strength of it all; `glow` a
 * part for every sixteenth pixel and one more. `share` is how much of each pixel the sky covers, 0 where it covers none of the row;
 * the sky has half of the picture's size, packed floats of which `above` and `below` are the rows about this one and `down` is the way
 * from one to the other. `room` is for three small rows of parts. See `src/pixels/relight.ts`.
 */
export function lightRow(
  source: usize,
  target: usize,
  light: usize,
  glow: usize,
  share: usize,
  above: usize,
  below: usize,
  room: usize,
  down: f32,
  width: i32,
): void {
  // Tints may be above 1: they are halved, and what they tint is doubled.
  const tintRed = allOf(light, 0.5);
  const tintGreen = allOf(light + 4, 0.5);
  const tintBlue = allOf(light + 8, 0.5);
  const airRed = allOf(light + 12, LEVEL);
  const airGreen = allOf(light + 16, LEVEL);
  const airBlue = allOf(light + 20, LEVEL);
  const warmRed = allOf(light + 24, LEVEL);
  const warmGreen = allOf(light + 28, LEVEL);
  const warmBlue = allOf(light + 32, LEVEL);
  const far = allOf(light + 36);
  const strength = allOf(light + 40);
  const whole = f32x4.splat(load<f32>(light, 40));
  const stride = (<usize>(width >> 1) + 32) * PART;
  if (share !== 0) mixRows(above, below, down, room, stride, width >> 1);
  let p = source;
  let o = target;
  let s = share;
  let small = room;
  for (let x = 0; x < width; x += PIXELS, p += BYTES, o += BYTES, s += 8 * VALUE, small += 4 * PART) {
    let cover = i16x8.splat(0);
    if (share !== 0) cover = partsOf(f32x4.mul(v128.load(s), whole), f32x4.mul(v128.load(s, FLOATS), whole));
    let red = cover;
    let green = cover;
    let blue = cover;
    if (v128.any_true(i16x8.lt_s(cover, all(1)))) {
      const first = v128.load(p);
      const second = v128.load(p, 8);
      const ownRed = reds(first, second);
      const ownGreen = greens(first, second);
      const ownBlue = blues(first, second);
      const luma = lumaOf(ownRed, ownGreen, ownBlue);
      const air = mixed(part(smooth(luma, 150, 90), all(0.18)), all(1), far);
      const grey = part(luma, all(0.15));
      const node = glow + <usize>(x >> 4) * PART;
      const here = v128.load16_splat(node);
      // Sixteenths of the way to the next.
      const way = sum(i16x8(0, 2048, 4096, 6144, 8192, 10240, 12288, 14336), i16x8.splat(<i16>((x & 8) << 11)));
      const warm = mixed(here, v128.load16_splat(node, PART), way);
      const litRed = twice(part(sum(part(ownRed, all(0.85)), grey), tintRed));
      const litGreen = twice(part(sum(part(ownGreen, all(0.85)), grey), tintGreen));
      const litBlue = twice(part(sum(part(ownBlue, all(0.85)), grey), tintBlue));
      red = mixed(ownRed, sum(mixed(litRed, airRed, air), part(warm, warmRed)), strength);
      green = mixed(ownGreen, sum(mixed(litGreen, airGreen, air), part(warm, warmGreen)), strength);
      blue = mixed(ownBlue, sum(mixed(litBlue, airBlue, air), part(warm, warmBlue)), strength);
    }
    if (v128.any_true(cover)) {
      red = mixed(red, doubled(v128.load(small)), cover);
      green = mixed(green, doubled(v128.load(small + stride)), cover);
      blue = mixed(blue, doubled(v128.load(small + 2 * stride)), cover);
    }
    storePixels(o, red, green, blue);
  }
}

/** Ripples are kept within these shares of the water's mean brightness, and are a little darker than what they mirror. */
const DULLEST_RIPPLE: f32 = 0.55 * 0.84;
const BRIGHTEST_RIPPLE: f32 = 1.5 * 0.84;
const MIRRORED: f32 = 0.84;

/**
 * Mirrors the sky in a row of water: its colours with the ripples' own light and shadow. `source` is the row as it was taken, `shares` has
 * a part for every eighth pixel and one more, `gain` is one over the water's mean brightness; the sky is handed over as for `lightRow`.
 */
export function mirrorRow(
  source: usize,
  target: usize,
  shares: usize,
  above: usize,
  below: usize,
  room: usize,
  down: f32,
  gain: f32,
  width: i32,
): void {
  const stride = (<usize>(width >> 1) + 32) * PART;
  mixRows(above, below, down, room, stride, width >> 1);
  const brightness = all((gain * MIRRORED) / 16);
  const least = all(DULLEST_RIPPLE / 2);
  const most = all(BRIGHTEST_RIPPLE / 2);
  let p = source;
  let o = target;
  let s = shares;
  let small = room;
  for (let x = 0; x < width; x += PIXELS, p += BYTES, o += BYTES, s += PART, small += 4 * PART) {
    const share = along(s, PART);
    if (!v128.any_true(share)) continue;
    const first = v128.load(p);
    const second = v128.load(p, 8);
    const luma = lumaOf(reds(first, second), greens(first, second), blues(first, second));
    // A channel of 255 is half a share: so are ripples.
    const light = twice(twice(twice(twice(part(luma, brightness)))));
    const ripple = i16x8.max_s(least, i16x8.min_s(most, light));
    const before = v128.load(o);
    const beyond = v128.load(o, 8);
    storePixels(
      o,
      mixed(reds(before, beyond), twice(part(doubled(v128.load(small)), ripple)), share),
      mixed(greens(before, beyond), twice(part(doubled(v128.load(small + stride)), ripple)), share),
      mixed(blues(before, beyond), twice(part(doubled(v128.load(small + 2 * stride)), ripple)), share),
    );
  }
}
