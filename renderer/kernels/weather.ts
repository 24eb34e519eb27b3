/**
 * What weather does to a picture, four pixels at a time, from one frame of packed RGB to another: rows are written up to three pixels
 * beyond their ends, where the next row then begins. Soft things come as small planes and are laid along each row at every eighth
 * pixel. See `src/pixels/rain.ts`, `snow.ts` and `haze.ts`.
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

/** Pixels between two places where soft things are known. */
const STEP_BITS: i32 = 3;
const STEP: i32 = 1 << STEP_BITS;
/** Each haze's share is one value at a place, each mirrored colour four. */
const VALUE: usize = 4;
/** What `rows` tells of each row: where it lies in the haze's plane, and three things that each weather reads its own way. */
const ROW_BYTES: usize = 16;

function way(x: i32): v128 {
  return times(f32x4.add(f32x4.splat(<f32>(x & (STEP - 1))), f32x4(0, 1, 2, 3)), <f32>1 / <f32>STEP);
}

function placeOf(step: i32, scale: f32, width: i32): f32 {
  return min(max((<f32>(step << STEP_BITS) + 0.5) * scale - 0.5, 0), <f32>width - 1.001);
}

/** One row of a plane of shares in 256ths, at every eighth pixel of the frame. */
function layShares(plane: usize, width: i32, down: f32, scale: f32, laid: usize, steps: i32): void {
  const top = <i32>down;
  const share = down - <f32>top;
  const upper = plane + <usize>(top * width) * VALUE;
  const lower = upper + <usize>width * VALUE;
  for (let step = 0; step < steps; step += 1) {
    const place = placeOf(step, scale, width);
    const left = <usize>(<i32>place) * VALUE;
    const across = place - <f32>(<i32>place);
    const a = load<f32>(upper + left);
    const c = load<f32>(lower + left);
    const above = a + (load<f32>(upper + left, VALUE) - a) * across;
    const below = c + (load<f32>(lower + left, VALUE) - c) * across;
    store<f32>(laid + <usize>step * VALUE, (above + (below - above) * share) * <f32>(1 / 256));
  }
}

/** The same of packed colours as floats, each laid as four values. */
function layColours(plane: usize, width: i32, down: f32, scale: f32, laid: usize, steps: i32): void {
  const top = <i32>down;
  const share = f32x4.splat(down - <f32>top);
  const upper = plane + <usize>(top * width) * BYTES;
  const lower = upper + <usize>width * BYTES;
  for (let step = 0; step < steps; step += 1) {
    const place = placeOf(step, scale, width);
    const left = <usize>(<i32>place) * BYTES;
    const across = f32x4.splat(place - <f32>(<i32>place));
    const above = mixed(v128.load(upper + left), v128.load(upper + left, BYTES), across);
    const below = mixed(v128.load(lower + left), v128.load(lower + left, BYTES), across);
    v128.store(laid + <usize>step * FLOATS, mixed(above, below, share));
  }
}

function lumaOf(red: v128, green: v128, blue: v128): v128 {
  return f32x4.add(f32x4.add(times(red, 0.301), times(green, 0.59)), times(blue, 0.109));
}

function within(value: v128): v128 {
  return f32x4.pmin(f32x4.splat(255), f32x4.pmax(f32x4.splat(0), value));
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
  const airRed = v128.load32_splat(air);
  const airGreen = v128.load32_splat(air, 4);
  const airBlue = v128.load32_splat(air, 8);
  const scale = <f32>hazeWidth / <f32>width;
  const steps = (width >> STEP_BITS) + 2;
  for (let y = 0; y < height; y += 1, rows += ROW_BYTES) {
    layShares(haze, hazeWidth, load<f32>(rows), scale, room, steps);
    let p = source + <usize>(y * width) * 3;
    let o = target + <usize>(y * width) * 3;
    for (let x = 0; x < width; x += PIXELS, p += BYTES, o += BYTES) {
      const four = v128.load(p);
      const at = room + <usize>(x >> STEP_BITS) * VALUE;
      const veil = mixed(v128.load32_splat(at), v128.load32_splat(at, VALUE), way(x));
      storePixels(
        o,
        mixed(channel(four, reds()), airRed, veil),
        mixed(channel(four, greens()), airGreen, veil),
        mixed(channel(four, blues()), airBlue, veil),
      );
    }
  }
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
  const airRed = v128.load32_splat(air);
  const airGreen = v128.load32_splat(air, 4);
  const airBlue = v128.load32_splat(air, 8);
  const one = f32x4.splat(1);
  const hazeScale = <f32>hazeWidth / <f32>width;
  const mirrorScale = <f32>mirrorWidth / <f32>width;
  const steps = (width >> STEP_BITS) + 2;
  const colours = room + <usize>((steps + 3) & ~3) * VALUE;
  for (let y = 0; y < height; y += 1, rows += ROW_BYTES) {
    layShares(haze, hazeWidth, load<f32>(rows), hazeScale, room, steps);
    const colour = v128.load32_splat(rows, 4);
    const most = load<f32>(rows, 8);
    if (most > 0) layColours(mirror, mirrorWidth, load<f32>(rows, 12), mirrorScale, colours, steps);
    let p = source + <usize>(y * width) * 3;
    let o = target + <usize>(y * width) * 3;
    for (let x = 0; x < width; x += PIXELS, p += BYTES, o += BYTES) {
      const four = v128.load(p);
      const ownRed = channel(four, reds());
      const ownGreen = channel(four, greens());
      const ownBlue = channel(four, blues());
      const light = lumaOf(ownRed, ownGreen, ownBlue);
      const at = room + <usize>(x >> STEP_BITS) * VALUE;
      const veil = mixed(v128.load32_splat(at), v128.load32_splat(at, VALUE), way(x));
      // Wet things are darker, but for highlights, which shine.
      const wet = f32x4.add(f32x4.splat(0.84), times(smooth(light, 50, 140), 0.26));
      const gain = f32x4.mul(times(wet, dim), f32x4.sub(one, veil));
      const kept = f32x4.mul(gain, colour);
      const grey = f32x4.mul(light, f32x4.sub(gain, kept));
      let red = f32x4.add(times(f32x4.add(grey, f32x4.mul(ownRed, kept)), 0.97), f32x4.mul(airRed, veil));
      let green = f32x4.add(f32x4.add(grey, f32x4.mul(ownGreen, kept)), f32x4.mul(airGreen, veil));
      let blue = f32x4.add(times(f32x4.add(grey, f32x4.mul(ownBlue, kept)), 1.03), f32x4.mul(airBlue, veil));
      if (most > 0) {
        red = within(red);
        green = within(green);
        blue = within(blue);
        const dark = f32x4.add(f32x4.splat(0.45), times(smooth(lumaOf(red, green, blue), 140, -110), 0.55));
        const plants = times(f32x4.sub(f32x4.sub(green, blue), f32x4.splat(4)), <f32>1 / 22);
        const bare = f32x4.sub(one, times(f32x4.pmin(one, f32x4.pmax(f32x4.splat(0), plants)), 0.75));
        const share = f32x4.mul(times(dark, most), bare);
        const place = colours + <usize>(x >> STEP_BITS) * FLOATS;
        const along = way(x);
        red = mixed(red, mixed(v128.load32_splat(place), v128.load32_splat(place, 16), along), share);
        green = mixed(green, mixed(v128.load32_splat(place, 4), v128.load32_splat(place, 20), along), share);
        blue = mixed(blue, mixed(v128.load32_splat(place, 8), v128.load32_splat(place, 24), along), share);
      }
      storePixels(o, red, green, blue);
    }
  }
}

/**
 * Snow. Each of `rows` goes on with where it lies in the plane `lying`, which has half of the frame's size and how much of each place is
 * hidden; `level` is how bright snow is.
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
  const airRed = v128.load32_splat(air);
  const airGreen = v128.load32_splat(air, 4);
  const airBlue = v128.load32_splat(air, 8);
  const hazeScale = <f32>hazeWidth / <f32>width;
  const steps = (width >> STEP_BITS) + 2;
  const row = room + <usize>((steps + 3) & ~3) * VALUE;
  const bytes = <usize>lyingWidth * VALUE;
  for (let y = 0; y < height; y += 1, rows += ROW_BYTES) {
    layShares(haze, hazeWidth, load<f32>(rows), hazeScale, room, steps);
    const down = load<f32>(rows, 4);
    const above = lying + <usize>(<i32>down) * bytes;
    const share = f32x4.splat(down - <f32>(<i32>down));
    for (let i: usize = 0; i < bytes; i += FLOATS) {
      v128.store(row + VALUE + i, mixed(v128.load(above + i), v128.load(above + bytes + i), share));
    }
    store<f32>(row, load<f32>(row, VALUE));
    store<f32>(row + VALUE + bytes, load<f32>(row + bytes));
    let p = source + <usize>(y * width) * 3;
    let o = target + <usize>(y * width) * 3;
    let s = row;
    for (let x = 0; x < width; x += PIXELS, p += BYTES, o += BYTES, s += 2 * VALUE) {
      const four = v128.load(p);
      const red = channel(four, reds());
      const green = channel(four, greens());
      const blue = channel(four, blues());
      const light = lumaOf(red, green, blue);
      const at = room + <usize>(x >> STEP_BITS) * VALUE;
      const veil = mixed(v128.load32_splat(at), v128.load32_splat(at, VALUE), way(x));
      const clear = f32x4.sub(f32x4.splat(1), veil);
      const covered = f32x4.mul(doubled(v128.load(s)), clear);
      const own = f32x4.sub(clear, covered);
      // What lies is smooth: little of the ground's own light and shadow is left in it.
      const white = f32x4.mul(times(f32x4.add(f32x4.splat(180), times(light, 0.24)), level), covered);
      // A white sky lights hollows too.
      const grey = f32x4.add(times(light, 0.12), f32x4.splat(9 * level));
      const ownRed = f32x4.mul(f32x4.add(grey, times(red, 0.84)), own);
      const ownGreen = f32x4.mul(f32x4.add(grey, times(green, 0.85)), own);
      const ownBlue = f32x4.mul(f32x4.add(grey, times(blue, 0.87)), own);
      storePixels(
        o,
        f32x4.add(f32x4.add(ownRed, times(white, 0.975)), f32x4.mul(airRed, veil)),
        f32x4.add(f32x4.add(ownGreen, times(white, 0.992)), f32x4.mul(airGreen, veil)),
        f32x4.add(f32x4.add(ownBlue, times(white, 1.03)), f32x4.mul(airBlue, veil)),
      );
    }
  }
}
