/**
 * What weather does to a picture, eight pixels at a time, from one frame of packed RGB to another: rows are written up to seven pixels
 * beyond their ends, where the next row then begins. Soft things come as small planes of floats and are laid along each row at every
 * eighth pixel. See `src/pixels/rain.ts`, `snow.ts` and `haze.ts`.
 */
import {
  all,
  allOf,
  along,
  BYTES,
  blues,
  doubled,
  greens,
  LEVEL,
  layHalf,
  less,
  lumaOf,
  mixed,
  ONE,
  PART,
  PIXELS,
  part,
  partsOf,
  reds,
  smooth,
  storePixels,
  sum,
  twice,
  VALUE,
} from './pixels';

/** A pixel of three floats, and one of four parts. */
const COLOUR: usize = 12;
const PLACE: usize = 8;
/** What `rows` tells of each row: where it lies in the haze's plane, and three things that each weather reads its own way. */
const ROW_BYTES: usize = 16;

/** Where an eighth pixel of a frame `frameWidth` wide lies in a plane. */
function placeOf(step: i32, frameWidth: i32, width: i32): f32 {
  const scale = <f32>width / <f32>frameWidth;
  return min(max((<f32>(step * PIXELS) + 0.5) * scale - 0.5, 0), <f32>width - 1.001);
}

function stepsOf(width: i32): i32 {
  return width / PIXELS + 2;
}

/** Where room is left after a row of shares. */
function afterShares(room: usize, frameWidth: i32): usize {
  return room + <usize>((stepsOf(frameWidth) + 7) & ~7) * PART;
}

/** One row of a plane of shares in 256ths, at every eighth pixel of the frame. */
function layShares(plane: usize, width: i32, down: f32, frameWidth: i32, laid: usize): void {
  const top = <i32>down;
  const share = down - <f32>top;
  const upper = plane + <usize>(top * width) * VALUE;
  const lower = upper + <usize>width * VALUE;
  for (let step = 0, steps = stepsOf(frameWidth); step < steps; step += 1) {
    const place = placeOf(step, frameWidth, width);
    const left = <usize>(<i32>place) * VALUE;
    const across = place - <f32>(<i32>place);
    const a = load<f32>(upper + left);
    const c = load<f32>(lower + left);
    const above = a + (load<f32>(upper + left, VALUE) - a) * across;
    const below = c + (load<f32>(lower + left, VALUE) - c) * across;
    store<i16>(laid + <usize>step * PART, <i16>((above + (below - above) * share) * (ONE / 256)));
  }
}

function between(from: v128, to: v128, share: v128): v128 {
  return f32x4.add(from, f32x4.mul(f32x4.sub(to, from), share));
}

/** The same of packed colours as floats up to 255. */
function layColours(plane: usize, width: i32, down: f32, frameWidth: i32, laid: usize): void {
  const top = <i32>down;
  const share = f32x4.splat(down - <f32>top);
  const level = f32x4.splat(LEVEL);
  const upper = plane + <usize>(top * width) * COLOUR;
  const lower = upper + <usize>width * COLOUR;
  for (let step = 0, steps = stepsOf(frameWidth); step < steps; step += 1) {
    const place = placeOf(step, frameWidth, width);
    const left = <usize>(<i32>place) * COLOUR;
    const across = f32x4.splat(place - <f32>(<i32>place));
    const above = between(v128.load(upper + left), v128.load(upper + left, COLOUR), across);
    const below = between(v128.load(lower + left), v128.load(lower + left, COLOUR), across);
    const colour = f32x4.mul(between(above, below, share), level);
    v128.store64_lane(laid + <usize>step * PLACE, partsOf(colour, colour), 0);
  }
}

/** Fog and dust. `air` has its three channels; each of `rows` begins with where the row lies in the plane of `haze`. */
export function veilPicture(
  source: usize,
  target: usize,
  rows: usize,
  air: usize,
  haze: usize,
  hazeWidth: i32,
  room: usize,
  width: i32,
  height: i32,
): void {
  const airRed = allOf(air, LEVEL);
  const airGreen = allOf(air + 4, LEVEL);
  const airBlue = allOf(air + 8, LEVEL);
  for (let y = 0; y < height; y += 1, rows += ROW_BYTES) {
    layShares(haze, hazeWidth, load<f32>(rows), width, room);
    let p = source + <usize>(y * width) * 3;
    let o = target + <usize>(y * width) * 3;
    let at = room;
    for (let x = 0; x < width; x += PIXELS, p += BYTES, o += BYTES, at += PART) {
      const first = v128.load(p);
      const second = v128.load(p, 8);
      const veil = along(at, PART);
      storePixels(
        o,
        mixed(reds(first, second), airRed, veil),
        mixed(greens(first, second), airGreen, veil),
        mixed(blues(first, second), airBlue, veil),
      );
    }
  }
}

/** How much of what stands above it the ground mirrors: dark ground more; grass and leaves drink the rain, stone and roads shine. */
function mirroredShare(red: v128, green: v128, blue: v128, most: v128): v128 {
  const dark = less(all(1), part(smooth(lumaOf(red, green, blue), 30, 110), all(0.55)));
  // From 4 levels more green than blue to 26, three quarters less: 17.4 times the difference.
  const greener = i16x8.max_s(i16x8.splat(0), less(less(green, blue), all(4 * LEVEL)));
  const plants = i16x8.shl(i16x8.min_s(greener, all(22 * LEVEL)), 4);
  const bare = less(all(1), sum(plants, part(plants, all(0.0866))));
  return part(part(dark, most), bare);
}

/**
 * Rain. Each of `rows` goes on with how much of its colour the row keeps, how much of what stands above it the ground mirrors at most,
 * and where that lies in the plane `mirror`; `dim` is how much light is left.
 */
export function wetPicture(
  source: usize,
  target: usize,
  rows: usize,
  air: usize,
  haze: usize,
  hazeWidth: i32,
  mirror: usize,
  mirrorWidth: i32,
  room: usize,
  dim: f32,
  width: i32,
  height: i32,
): void {
  const airRed = allOf(air, LEVEL);
  const airGreen = allOf(air + 4, LEVEL);
  const airBlue = allOf(air + 8, LEVEL);
  const colours = afterShares(room, width);
  const dimmed = all(dim);
  for (let y = 0; y < height; y += 1, rows += ROW_BYTES) {
    layShares(haze, hazeWidth, load<f32>(rows), width, room);
    const colour = allOf(rows + 4, 0.5);
    const most = load<f32>(rows, 8);
    const mirrors = most > 0;
    if (mirrors) layColours(mirror, mirrorWidth, load<f32>(rows, 12), width, colours);
    let p = source + <usize>(y * width) * 3;
    let o = target + <usize>(y * width) * 3;
    let at = room;
    let place = colours;
    for (let x = 0; x < width; x += PIXELS, p += BYTES, o += BYTES, at += PART, place += PLACE) {
      const first = v128.load(p);
      const second = v128.load(p, 8);
      let red = reds(first, second);
      let green = greens(first, second);
      let blue = blues(first, second);
      const light = lumaOf(red, green, blue);
      const veil = along(at, PART);
      // Half of what is left of the light. Wet things are darker, but for highlights, which shine.
      const wet = sum(all(0.42), part(smooth(light, 50, 140), all(0.13)));
      const gain = part(part(wet, dimmed), less(all(1), veil));
      red = part(sum(light, twice(part(less(red, light), colour))), part(gain, all(0.97)));
      green = part(sum(light, twice(part(less(green, light), colour))), gain);
      blue = part(sum(light, twice(part(less(blue, light), colour))), sum(gain, part(gain, all(0.03))));
      red = sum(twice(red), part(airRed, veil));
      green = sum(twice(green), part(airGreen, veil));
      blue = sum(twice(blue), part(airBlue, veil));
      if (mirrors) {
        const share = mirroredShare(red, green, blue, all(most));
        red = mixed(red, along(place, PLACE), share);
        green = mixed(green, along(place + PART, PLACE), share);
        blue = mixed(blue, along(place + 2 * PART, PLACE), share);
      }
      storePixels(o, red, green, blue);
    }
  }
}

/**
 * Snow. Each of `rows` goes on with where it lies in the plane `lying`, which has half of the picture's size and how much of each place
 * is hidden; `level` is how bright snow is.
 */
export function whitenPicture(
  source: usize,
  target: usize,
  rows: usize,
  air: usize,
  haze: usize,
  hazeWidth: i32,
  lying: usize,
  lyingWidth: i32,
  room: usize,
  level: f32,
  width: i32,
  height: i32,
): void {
  const airRed = allOf(air, LEVEL);
  const airGreen = allOf(air + 4, LEVEL);
  const airBlue = allOf(air + 8, LEVEL);
  const row = afterShares(room, width);
  const bright = all(level);
  // A white sky lights hollows too.
  const hollow = all(9 * LEVEL * level);
  for (let y = 0; y < height; y += 1, rows += ROW_BYTES) {
    layShares(haze, hazeWidth, load<f32>(rows), width, room);
    layHalf(lying, lyingWidth, load<f32>(rows, 4), 1, row);
    let p = source + <usize>(y * width) * 3;
    let o = target + <usize>(y * width) * 3;
    let at = room;
    let small = row;
    for (let x = 0; x < width; x += PIXELS, p += BYTES, o += BYTES, at += PART, small += 4 * PART) {
      const first = v128.load(p);
      const second = v128.load(p, 8);
      const red = reds(first, second);
      const green = greens(first, second);
      const blue = blues(first, second);
      const light = lumaOf(red, green, blue);
      const veil = along(at, PART);
      const clear = less(all(1), veil);
      const covered = part(doubled(v128.load(small)), clear);
      const own = less(clear, covered);
      // What lies is smooth: little of the ground's own light and shadow is left in it.
      const white = part(part(sum(all(180 * LEVEL), part(light, all(0.24))), bright), covered);
      const grey = sum(part(light, all(0.12)), hollow);
      const ownRed = part(sum(grey, part(red, all(0.84))), own);
      const ownGreen = part(sum(grey, part(green, all(0.85))), own);
      const ownBlue = part(sum(grey, part(blue, all(0.87))), own);
      storePixels(
        o,
        sum(sum(ownRed, part(white, all(0.975))), part(airRed, veil)),
        sum(sum(ownGreen, part(white, all(0.992))), part(airGreen, veil)),
        sum(sum(ownBlue, sum(white, part(white, all(0.03)))), part(airBlue, veil)),
      );
    }
  }
}
