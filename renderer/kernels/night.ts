/** What a time of day does to tones, and what shines at night, eight pixels at a time. See `src/pixels/time-of-day.ts` and `lamps.ts`. */
import {
  all,
  BYTES,
  blues,
  doubled,
  greens,
  LEVEL,
  layHalf,
  less,
  lumaOf,
  PART,
  PIXELS,
  part,
  reds,
  storePixels,
  sum,
  twice,
  VALUE,
} from './pixels';

/** A curve's bytes: the low and the high ones of its 16 values, and the same of how far each is from the next. */
const CURVE: usize = 64;

/** A curve over brightness, of 16 stretches that are straight each: `places` has each pixel's stretch twice. */
function curveAt(curve: usize, places: v128, beyond: v128): v128 {
  const high = i16x8.splat(<i16>0xff00);
  const value = v128.bitselect(
    i8x16.swizzle(v128.load(curve, 16), places),
    i8x16.swizzle(v128.load(curve), places),
    high,
  );
  const rise = v128.bitselect(
    i8x16.swizzle(v128.load(curve, 48), places),
    i8x16.swizzle(v128.load(curve, 32), places),
    high,
  );
  return sum(value, part(rise, beyond));
}

/** `curves` are four: half of what each channel is multiplied by, and what is added to red, green and blue then. */
export function tonePicture(source: usize, target: usize, curves: usize, pixels: i32): void {
  let p = source;
  let o = target;
  for (let i = 0; i < pixels; i += PIXELS, p += BYTES, o += BYTES) {
    const first = v128.load(p);
    const second = v128.load(p, 8);
    const red = reds(first, second);
    const green = greens(first, second);
    const blue = blues(first, second);
    const light = lumaOf(red, green, blue);
    const stretch = i16x8.shr_u(light, 10);
    const places = v128.or(stretch, i16x8.shl(stretch, 8));
    const beyond = i16x8.shl(v128.and(light, i16x8.splat(1023)), 5);
    const gain = curveAt(curves, places, beyond);
    storePixels(
      o,
      sum(twice(part(red, gain)), curveAt(curves + CURVE, places, beyond)),
      sum(twice(part(green, gain)), curveAt(curves + 2 * CURVE, places, beyond)),
      sum(twice(part(blue, gain)), curveAt(curves + 3 * CURVE, places, beyond)),
    );
  }
}

/** Brightness of each pixel as a byte. */
export function lightPicture(source: usize, target: usize, pixels: i32): void {
  let p = source;
  let o = target;
  for (let i = 0; i < pixels; i += PIXELS, p += BYTES, o += PIXELS) {
    const first = v128.load(p);
    const second = v128.load(p, 8);
    const light = lumaOf(reds(first, second), greens(first, second), blues(first, second));
    const level = i16x8.shr_u(light, 6);
    v128.store64_lane(o, i8x16.narrow_i16x8_u(level, level), 0);
  }
}

/** Where row `y` of a picture lies in a plane of half its size. */
function halfRow(y: i32, height: i32): f32 {
  return min(max((<f32>y + 0.5) * 0.5 - 0.5, 0), <f32>((height + 1) >> 1) - 1.001);
}

/**
 * Lists where eight pixels begin of which at least one is at least `least` bright, `contrast` brighter than what surrounds it, and that
 * at most `most` bright; returns how many there are. `around` has half of the picture's size and brightness from 0 to 255.
 */
export function findLamps(
  light: usize,
  around: usize,
  room: usize,
  places: usize,
  least: f32,
  contrast: f32,
  most: f32,
  width: i32,
  height: i32,
): i32 {
  const aroundWidth = (width + 1) >> 1;
  const dimmest = all(least * LEVEL);
  const clearer = all(contrast * LEVEL);
  const brightest = all(most * LEVEL);
  let count = 0;
  for (let y = 0; y < height; y += 1) {
    layHalf(around, aroundWidth, halfRow(y, height), LEVEL, room);
    let small = room;
    let p = light + <usize>(y * width);
    for (let x = 0; x < width; x += PIXELS, p += PIXELS, small += 4 * PART) {
      const own = i16x8.shl(v128.load8x8_u(p), 6);
      if (!v128.any_true(i16x8.ge_s(own, dimmest))) continue;
      const wall = doubled(v128.load(small));
      const isClear = v128.and(i16x8.ge_s(less(own, wall), clearer), i16x8.le_s(wall, brightest));
      if (!v128.any_true(v128.and(isClear, i16x8.ge_s(own, dimmest)))) continue;
      store<i32>(places + <usize>count * VALUE, y * width + x);
      count += 1;
    }
  }
  return count;
}

/** Adds light of one colour, of which `glow` at half of the picture's size has shares; `amount` goes with all of them. */
export function glowPicture(
  source: usize,
  target: usize,
  glow: usize,
  room: usize,
  amount: f32,
  red: f32,
  green: f32,
  blue: f32,
  width: i32,
  height: i32,
): void {
  const addedRed = all(red * LEVEL);
  const addedGreen = all(green * LEVEL);
  const addedBlue = all(blue * LEVEL);
  const glowWidth = (width + 1) >> 1;
  for (let y = 0; y < height; y += 1) {
    layHalf(glow, glowWidth, halfRow(y, height), amount, room);
    let small = room;
    let p = source + <usize>(y * width) * 3;
    let o = target + <usize>(y * width) * 3;
    for (let x = 0; x < width; x += PIXELS, p += BYTES, o += BYTES, small += 4 * PART) {
      const first = v128.load(p);
      const second = v128.load(p, 8);
      const share = doubled(v128.load(small));
      if (!v128.any_true(share)) {
        v128.store(o, first);
        v128.store64_lane(o + 16, second, 1);
        continue;
      }
      storePixels(
        o,
        sum(reds(first, second), part(addedRed, share)),
        sum(greens(first, second), part(addedGreen, share)),
        sum(blues(first, second), part(addedBlue, share)),
      );
    }
  }
}
