/**
 * The innermost loops of a street: upright columns of its panels, and its ground. Pixels and texels have four bytes, red first and
 * opacity last; the canvas stands column by column. See `src/scenes/panel.ts` and `src/scenes/street-ground.ts`.
 */
import { VALUE } from './pixels';
import { between, channels, floats } from './texels';

const NOTHING: i32 = 0;
const SOME: i32 = 1;
const ALL: i32 = 2;

function storeFloats(at: usize, values: v128): void {
  const whole = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(values), i32x4.splat(0));
  v128.store32_lane(at, i8x16.narrow_i16x8_u(whole, whole), 0);
}

/**
 * Draws `count` pixels of a column from `target` on. `texels` is the left of two columns of `rows` texels, `across` the place between them
 * in 256ths; `place` and `step` say where each pixel lies on it, in 65536ths of a texel. `light` holds four floats: the air's colour
 * times its share of what is seen; `keep` is what it leaves, and `share` how much is drawn at all, in 256ths.
 */
export function panelColumn(
  texels: usize,
  rows: i32,
  across: i32,
  place: i32,
  step: i32,
  target: usize,
  count: i32,
  light: usize,
  keep: i32,
  share: i32,
): void {
  const before = 256 - across;
  const last = ((rows - 1) << 16) - 1;
  const next = <usize>rows * VALUE;
  const air = v128.load(light);
  const airs = i16x8.narrow_i32x4_u(i32x4.trunc_sat_f32x4_s(f32x4.mul(air, f32x4.splat(256))), i32x4.splat(0));
  const kept = i16x8.splat(<i16>keep);
  let held = -1;
  let kind = NOTHING;
  let upper = i32x4.splat(0);
  let lower = upper;
  for (let i = 0; i < count; i += 1, place += step, target += VALUE) {
    const v = max(0, min(place, last));
    const row = v >> 16;
    const down = (v >> 8) & 255;
    const left = texels + <usize>row * VALUE;
    const right = left + next;
    if (row !== held) {
      const a = load<u32>(left);
      const b = load<u32>(right);
      const c = load<u32>(left + VALUE);
      const d = load<u32>(right + VALUE);
      kind = (a & b & c & d) >= 0xff00_0000 ? ALL : (a | b | c | d) < 0x0100_0000 ? NOTHING : SOME;
      if (kind === ALL) {
        upper = i16x8.shr_u(i16x8.add(i16x8.mul(between(channels(left), channels(right), across), kept), airs), 8);
        const below = between(channels(left + VALUE), channels(right + VALUE), across);
        lower = i16x8.shr_u(i16x8.add(i16x8.mul(below, kept), airs), 8);
      }
      held = row;
    }
    if (kind === NOTHING) continue;
    if (kind === ALL) {
      let colour = between(upper, lower, down);
      if (share !== 256) colour = between(channels(target), colour, share);
      v128.store32_lane(target, i8x16.narrow_i16x8_u(colour, colour), 0);
      continue;
    }
    const above = 256 - down;
    const wa = <f32>before * <f32>above * <f32>load<u8>(left + 3);
    const wb = <f32>across * <f32>above * <f32>load<u8>(right + 3);
    const wc = <f32>before * <f32>down * <f32>load<u8>(left + VALUE + 3);
    const wd = <f32>across * <f32>down * <f32>load<u8>(right + VALUE + 3);
    const sum = wa + wb + wc + wd;
    if (sum <= 0) continue;
    let colour = f32x4.add(f32x4.mul(floats(left), f32x4.splat(wa)), f32x4.mul(floats(right), f32x4.splat(wb)));
    colour = f32x4.add(colour, f32x4.mul(floats(left + VALUE), f32x4.splat(wc)));
    colour = f32x4.add(colour, f32x4.mul(floats(right + VALUE), f32x4.splat(wd)));
    colour = f32x4.add(f32x4.mul(colour, f32x4.splat(<f32>keep / (sum * 256))), air);
    const under = floats(target);
    const cover = f32x4.splat((sum * <f32>share) / (256.0 * 65_536.0 * 255.0));
    const mixed = f32x4.add(under, f32x4.mul(f32x4.sub(colour, under), cover));
    storeFloats(target, f32x4.add(mixed, f32x4.splat(0.5)));
  }
}

const TILE: i32 = 512;
const MASK: i32 = 511;

/** `sampleNoise` of `src/pixels/noise.ts`. */
function sample(tile: usize, u: f32, v: f32): f32 {
  const fx = (u - floor<f32>(u)) * <f32>TILE;
  const fy = (v - floor<f32>(v)) * <f32>TILE;
  const x0 = <i32>fx;
  const y0 = <i32>fy;
  const tx = fx - <f32>x0;
  const ty = fy - <f32>y0;
  const top = (y0 & MASK) * TILE;
  const bottom = ((y0 + 1) & MASK) * TILE;
  const left = x0 & MASK;
  const right = (x0 + 1) & MASK;
  const a = at(tile, top + left);
  const c = at(tile, bottom + left);
  const upper = a + (at(tile, top + right) - a) * tx;
  return upper + (c + (at(tile, bottom + right) - c) * tx - upper) * ty;
}

function at(values: usize, index: i32): f32 {
  return load<f32>(values + ((<usize>index) << 2));
}

function stripe(aside: f32, half: f32, pixel: f32): f32 {
  return clamp((half - abs<f32>(aside)) / pixel + 0.5) * min<f32>(1, (half * 2) / pixel);
}

function clamp(share: f32): f32 {
  return max<f32>(0, min<f32>(1, share));
}

function smooth(from: f32, to: f32, value: f32): f32 {
  const share = clamp((value - from) / (to - from));
  return share * share * (<f32>3 - share - share);
}

/** The lamps' light at a distance from the middle; `numbers` go on with its steps to a metre and the last of them. */
function lampAt(lampLight: usize, numbers: usize, aside: f32): f32 {
  return at(lampLight, min(<i32>at(numbers, 8), <i32>(aside * at(numbers, 7))));
}

const ONE: f32 = 1;

/**
 * `feet` are a column's first row of ground; `rows` nine planes of floats, one value for each row of the frame; `paints` six colours of
 * four floats: road, line, slab, kerb, light of lamps, air; `numbers` what is the same everywhere; `noise` 1024 floats of 0 to 1.
 */
export function streetGround(
  canvas: usize,
  feet: usize,
  rows: usize,
  paints: usize,
  numbers: usize,
  soft: usize,
  fine: usize,
  lampLight: usize,
  noise: usize,
  width: i32,
  height: i32,
  top: i32,
): void {
  const plane = <usize>height * VALUE;
  const road = v128.load(paints);
  const stroke = v128.load(paints, 16);
  const stone = v128.load(paints, 32);
  const rim = v128.load(paints, 48);
  const lampColour = v128.load(paints, 64);
  const air = v128.load(paints, 80);
  const centreX = at(numbers, 0);
  const seconds = at(numbers, 2);
  const marks = at(numbers, 3);
  const mirrorLeast = at(numbers, 4);
  const isWet = at(numbers, 5) > 0;
  const halfRoad = at(numbers, 6);
  for (let x = 0; x < width; x += 2) {
    const firstFoot = load<i32>(feet + ((<usize>x) << 2));
    const secondFoot = load<i32>(feet + ((<usize>x) << 2), 4);
    const aright = <f32>(x + 1) - centreX;
    const begin = max(top, min(firstFoot, secondFoot));
    let patch: f32 = 0;
    let grain: f32 = 0;
    let ripple: f32 = 0;
    let puddle: f32 = 0;
    for (let y = begin; y < height; y += 1) {
      const row = rows + ((<usize>y) << 2);
      const pixel = load<f32>(row + plane);
      const near = load<f32>(row + 2 * plane);
      const column = pixel * 2;
      const across = aright * pixel + at(numbers, 1);
      const aside = abs<f32>(across);
      if (y === begin || (y & 1) === 0) {
        const z = load<f32>(row);
        patch = sample(soft, across * 0.035, z * 0.024) - 0.5;
        grain = near > 0 ? (sample(fine, across * 0.16, z * 0.16) - 0.5) * near * 0.3 : 0;
        ripple = isWet ? sample(fine, across * 0.05 + seconds * 0.04, z * 0.16 - seconds * 0.11) - 0.5 : grain;
        puddle = isWet ? smooth(0.02, 0.13, patch + grain * 0.3) : 0;
      }
      const bend = <i32>(ripple * load<f32>(row + 6 * plane) * (ONE - puddle * 0.7));
      let onPavement: f32 = aside > halfRoad ? 1 : 0;
      let kerb: f32 = 0;
      let line: f32 = 0;
      const beside = halfRoad - aside;
      if (abs<f32>(beside) < column + ONE) {
        onPavement = clamp(0.5 - beside / column);
        kerb = stripe(beside + 0.14, 0.14, column);
        line = 0.6 * stripe(beside - 0.5, 0.05, column);
      }
      if (aside < column + 0.1) line += load<f32>(row + 3 * plane) * stripe(across, 0.075, column);
      line *= marks;
      let shade: f32 = grain + patch * 0.16 + ONE;
      if (onPavement > 0) {
        const slabs = aside * 1.25;
        const joint: f32 = slabs - floor<f32>(slabs) < 0.04 ? 0.1 * near : 0;
        shade *= ONE - onPavement * (load<f32>(row + 4 * plane) + joint);
      }
      const mirrored = (mirrorLeast + load<f32>(row + 7 * plane)) * (ONE - onPavement * 0.35) + puddle * 0.26;
      const faded = load<f32>(row + 8 * plane) * (ONE - mirrored);
      const seen = ONE - mirrored - faded;
      const lit = shade * seen;
      const rest = (ONE - onPavement) * (ONE - kerb) * lit;
      const lamp = lampAt(lampLight, numbers, aside) * load<f32>(row + 5 * plane) * seen;
      let colour = f32x4.mul(road, f32x4.splat(rest * (ONE - line)));
      colour = f32x4.add(colour, f32x4.mul(stroke, f32x4.splat(rest * line)));
      colour = f32x4.add(colour, f32x4.mul(stone, f32x4.splat(onPavement * (ONE - kerb) * lit)));
      colour = f32x4.add(colour, f32x4.mul(rim, f32x4.splat(kerb * lit)));
      colour = f32x4.add(colour, f32x4.mul(lampColour, f32x4.splat(lamp)));
      colour = f32x4.add(colour, f32x4.mul(air, f32x4.splat(faded)));
      for (let own = x, foot = firstFoot; own < x + 2; own += 1, foot = secondFoot) {
        if (y < foot) continue;
        const from = canvas + <usize>own * plane;
        const mirror = max(0, min(foot - 1, 2 * foot - y - 2 + bend));
        const other = f32x4.mul(floats(from + ((<usize>mirror) << 2)), f32x4.splat(mirrored));
        const dither = f32x4.splat(at(noise, (own * 389 + y) & 1023));
        storeFloats(from + ((<usize>y) << 2), f32x4.add(f32x4.add(colour, other), dither));
      }
    }
  }
}
