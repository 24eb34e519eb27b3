/** The innermost loop of a scene's layers: a row of a texture, four bytes a texel, over a row of a frame, three floats a pixel. */
import { VALUE } from './pixels';
import { between, floats } from './texels';

const PIXEL: usize = 12;

function storePixel(at: usize, values: v128): void {
  v128.store64_lane(at, values, 0);
  v128.store32_lane(at + 8, values, 2);
}

function times(values: v128, factor: f32): v128 {
  return f32x4.mul(values, f32x4.splat(factor));
}

/** The way from one texel to the next, and from one row to the next, are in 256ths; `below` is how far the next row is. */
function blendTexel(out: usize, texel: usize, below: usize, across: i32, down: i32): void {
  const a = load<u32>(texel);
  const b = load<u32>(texel, 4);
  const c = load<u32>(texel + below);
  const d = load<u32>(texel + below, 4);
  // Most texels are quite empty or quite full.
  if ((a | b | c | d) < 0x0100_0000) return;
  if ((a & b & c & d) >= 0xff00_0000) {
    const upper = i16x8.extend_low_i8x16_u(v128.load64_zero(texel));
    const lower = i16x8.extend_low_i8x16_u(v128.load64_zero(texel + below));
    const both = between(upper, lower, down);
    const colour = between(both, i64x2.shuffle(both, both, 1, 1), across);
    storePixel(out, f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(colour)));
    return;
  }
  const before = 256 - across;
  const above = 256 - down;
  const wa = <f32>before * <f32>above * <f32>(a >>> 24);
  const wb = <f32>across * <f32>above * <f32>(b >>> 24);
  const wc = <f32>before * <f32>down * <f32>(c >>> 24);
  const wd = <f32>across * <f32>down * <f32>(d >>> 24);
  const opacity: f32 = (wa + wb + wc + wd) / 65_536.0;
  if (opacity < 1) return;
  const first = f32x4.add(times(floats(texel), wa), times(floats(texel + VALUE), wb));
  const second = f32x4.add(times(floats(texel + below), wc), times(floats(texel + below + VALUE), wd));
  const under = v128.load64_zero(out);
  const pixel = v128.load32_lane(out + 8, under, 2);
  const kept = f32x4.sub(pixel, times(pixel, opacity / 255.0));
  storePixel(out, f32x4.add(kept, times(f32x4.add(first, second), 1.0 / (65_536.0 * 255.0))));
}

/** `count` pixels from `out` on; the first shows the place `from` of the texture's row, in texels, and each one more `step`. */
export function layerRow(out: usize, count: i32, texels: usize, width: i32, from: f64, step: f64, down: i32): void {
  const below = <usize>width * VALUE;
  const last = <f64>(width - 1);
  for (let i = 0; i < count; i += 1, out += PIXEL) {
    const place = from + <f64>i * step;
    if (place < 0 || place >= last) continue;
    const column = <i32>place;
    const across = <i32>((place - <f64>column) * 256);
    blendTexel(out, texels + ((<usize>column) << 2), below, across, down);
  }
}

const WAVE_STEPS: i32 = 1024;
/** Steps of the wave to one radian. */
const WAVE_SCALE: f64 = 162.974_661_726_100_8;

/** How far wind bends what stands at a column, -1 to 1; looked up, as two sines for every texel cost more than all the rest. */
function swayAt(wave: usize, column: f64, seconds: f64): f64 {
  const gust = load<f32>(wave + ((<usize>(<i32>(column * 0.0063 * WAVE_SCALE) & (WAVE_STEPS - 1))) << 2));
  const place = (seconds * 1.7 + column * 0.021 + <f64>gust * 3) * WAVE_SCALE;
  const step = floor<f64>(place);
  const at = wave + ((<usize>(<i32>step & (WAVE_STEPS - 1))) << 2);
  const low = <f64>load<f32>(at);
  return low + (<f64>load<f32>(at, 4) - low) * (place - step);
}

/** The same where it sways in the wind, as far as `swing`; `wave` is a sine in 1024 steps and one more. */
export function swayingRow(
  out: usize,
  count: i32,
  texels: usize,
  width: i32,
  from: f64,
  step: f64,
  down: i32,
  swing: f64,
  seconds: f64,
  wave: usize,
): void {
  const below = <usize>width * VALUE;
  const last = <f64>(width - 1);
  for (let i = 0; i < count; i += 1, out += PIXEL) {
    const still = from + <f64>i * step;
    const place = still + swing * swayAt(wave, still, seconds);
    if (place < 0 || place >= last) continue;
    const column = <i32>place;
    const across = <i32>((place - <f64>column) * 256);
    blendTexel(out, texels + ((<usize>column) << 2), below, across, down);
  }
}
