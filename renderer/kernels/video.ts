/**
 * Between packed RGB and frames as video has them: a plane of brightness and two of colour at half the size, by BT.709, white at 235. Sides
 * are even, and at least 16 pixels. See `src/pixels/video-frame.ts`.
 */
import { all, BYTES, blues, doubled, greens, PART, PIXELS, part, reds, repeatEnds, storePixels, sum } from './pixels';

/** Levels of brightness between black and white, and of colour between its ends, of a channel's 255. */
const LIGHTS: f32 = 219 / 256;
const COLOURS: f32 = 224 / 256;
const RED: f32 = 0.2126;
const GREEN: f32 = 0.7152;
const BLUE: f32 = 0.0722;
/** From one end of a colour to the other. */
const BLUENESS: f32 = 2 * (1 - BLUE);
const REDNESS: f32 = 2 * (1 - RED);
const SHIFT: i32 = 6;
/** Black, and no colour, with half a level to round by. */
const BLACK: i16 = (16 << 6) + 32;
const GREY: i16 = (128 << 6) + 32;

function lights(red: v128, green: v128, blue: v128): v128 {
  const warm = sum(part(red, all(RED * LIGHTS)), part(green, all(GREEN * LIGHTS)));
  return i16x8.shr_s(sum(sum(warm, part(blue, all(BLUE * LIGHTS))), i16x8.splat(BLACK)), SHIFT);
}

/** The mean of a channel over two rows of sixteen pixels, two by two. */
function meanOf(above: v128, below: v128, aboveNext: v128, belowNext: v128): v128 {
  const first = i32x4.shr_s(i32x4.extadd_pairwise_i16x8_s(i16x8.add(above, below)), 2);
  const next = i32x4.shr_s(i32x4.extadd_pairwise_i16x8_s(i16x8.add(aboveNext, belowNext)), 2);
  return i16x8.narrow_i32x4_s(first, next);
}

/** Three channels' shares in a colour, as bytes. */
function storeColour(at: usize, red: v128, green: v128, blue: v128): void {
  const colour = i16x8.shr_s(sum(sum(sum(red, green), blue), i16x8.splat(GREY)), SHIFT);
  v128.store64_lane(at, i8x16.narrow_i16x8_u(colour, colour), 0);
}

/** Packed RGB into a frame of video. What is left of a row is done again with the pixels before it. */
export function codeFrame(picture: usize, video: usize, width: i32, height: i32): void {
  const stride = <usize>width * 3;
  const half = <usize>width >> 1;
  const blueness = video + <usize>(width * height);
  const redness = blueness + half * (<usize>height >> 1);
  for (let y = 0; y < height; y += 2) {
    const row = picture + <usize>y * stride;
    const light = video + <usize>(y * width);
    const colours = half * (<usize>y >> 1);
    for (let across = 0; across < width; across += 2 * PIXELS) {
      const x = <usize>min(across, width - 2 * PIXELS);
      const above = row + 3 * x;
      const below = above + stride;
      const a = v128.load(above);
      const b = v128.load(above, 8);
      const c = v128.load(above, 24);
      const d = v128.load(above, 32);
      const e = v128.load(below);
      const f = v128.load(below, 8);
      const g = v128.load(below, 24);
      const h = v128.load(below, 32);
      const redAbove = reds(a, b);
      const redNext = reds(c, d);
      const redBelow = reds(e, f);
      const redLast = reds(g, h);
      const greenAbove = greens(a, b);
      const greenNext = greens(c, d);
      const greenBelow = greens(e, f);
      const greenLast = greens(g, h);
      const blueAbove = blues(a, b);
      const blueNext = blues(c, d);
      const blueBelow = blues(e, f);
      const blueLast = blues(g, h);
      const upper = lights(redAbove, greenAbove, blueAbove);
      const lower = lights(redBelow, greenBelow, blueBelow);
      v128.store(light + x, i8x16.narrow_i16x8_u(upper, lights(redNext, greenNext, blueNext)));
      v128.store(light + x + width, i8x16.narrow_i16x8_u(lower, lights(redLast, greenLast, blueLast)));
      const red = meanOf(redAbove, redBelow, redNext, redLast);
      const green = meanOf(greenAbove, greenBelow, greenNext, greenLast);
      const blue = meanOf(blueAbove, blueBelow, blueNext, blueLast);
      const at = colours + (x >> 1);
      storeColour(
        blueness + at,
        part(red, all((-RED / BLUENESS) * COLOURS)),
        part(green, all((-GREEN / BLUENESS) * COLOURS)),
        part(blue, all(0.5 * COLOURS)),
      );
      storeColour(
        redness + at,
        part(red, all(0.5 * COLOURS)),
        part(green, all((-GREEN / REDNESS) * COLOURS)),
        part(blue, all((-BLUE / REDNESS) * COLOURS)),
      );
    }
  }
}

/** A level of a frame's brightness or colour as it is laid out below, in those of a channel. */
const LEVELS: f32 = 64.25 / 128;

/** One row of a colour for `doubled`: `near` is the row of its plane that is three times as near as `far`. Up to seven values beyond are read. */
function layColour(near: usize, far: usize, half: i32, row: usize): void {
  let o = row + PART;
  for (let x = 0; x < half; x += PIXELS, near += PIXELS, far += PIXELS, o += <usize>PIXELS * PART) {
    const thrice = i16x8.mul(v128.load8x8_u(near), i16x8.splat(3));
    const four = i16x8.sub(i16x8.add(thrice, v128.load8x8_u(far)), i16x8.splat(512));
    v128.store(o, i16x8.shl(four, 5));
  }
  repeatEnds(row, half);
}

/** A frame of video into packed RGB; `room` is for two rows of parts, eight of them longer than a row of colour. */
export function showFrame(video: usize, picture: usize, room: usize, width: i32, height: i32): void {
  const half = width >> 1;
  const halfHeight = height >> 1;
  const blueness = video + <usize>(width * height);
  const redness = blueness + <usize>(half * halfHeight);
  const next = <usize>(half + 2 * PIXELS) * PART;
  for (let y = 0; y < height; y += 1) {
    const near = <usize>(half * (y >> 1));
    const far = <usize>(half * max(0, min(halfHeight - 1, (y >> 1) + ((y & 1) === 1 ? 1 : -1))));
    layColour(blueness + near, blueness + far, half, room);
    layColour(redness + near, redness + far, half, room + next);
    let p = video + <usize>(y * width);
    let o = picture + <usize>(y * width) * 3;
    let small = room;
    for (let x = 0; x < width; x += PIXELS, p += PIXELS, o += BYTES, small += 4 * PART) {
      const level = i16x8.shl(i16x8.sub(v128.load8x8_u(p), i16x8.splat(16)), 7);
      const light = part(level, all((LEVELS * 255) / 219));
      const blue = doubled(v128.load(small));
      const red = doubled(v128.load(small + next));
      // Of blue as much as it is and a little more.
      const bluer = sum(blue, part(blue, all(((LEVELS * 255) / 224) * BLUENESS - 1)));
      storePixels(
        o,
        sum(light, part(red, all(((LEVELS * 255) / 224) * REDNESS))),
        sum(
          sum(light, part(blue, all(((LEVELS * -255) / 224) * ((BLUE * BLUENESS) / GREEN)))),
          part(red, all(((LEVELS * -255) / 224) * ((RED * REDNESS) / GREEN))),
        ),
        sum(light, bluer),
      );
    }
  }
}
