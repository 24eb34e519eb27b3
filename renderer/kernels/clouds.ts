/** A row of clouds over a row of sky, four pixels of packed float RGB at a time. See `src/pixels/sky.ts`. */
import { FLOATS, VALUE } from './pixels';

/** Values of a tile of noise in a row, and bytes between rows of it here, which end with their first value again. */
const TILE: i32 = 512;
const TILE_BYTES: usize = 2048;
const TILE_ROW: usize = 2064;
const TILE_ROWS: i32 = 8;
/** Bytes of four pixels. */
const COLOURS: usize = 48;

/** Where `settings` has what it tells: places on the noise first, then how the clouds look. */
const PLACE: usize = 0;
const STEP: usize = 4;
const SLANT: usize = 8;
const SLANT_STEP: usize = 12;
const LEAN: usize = 16;
const DRIFT: usize = 20;
const DOWN: usize = 24;
const THRESHOLD: usize = 40;
const FADE: usize = 44;
/** Three colours, each four times over. */
const LIT: usize = 48;
const SHADOW: usize = 96;
const RIM: usize = 144;

/** Shares of large shapes and of the detail of their edges, and how much smaller that is. */
const LARGE: f32 = 0.68;
const DETAIL: f32 = 0.32;
const DETAIL_SCALE: f32 = 2.9;

function times(values: v128, factor: f32): v128 {
  return f32x4.mul(values, f32x4.splat(factor));
}

function plus(values: v128, addend: f32): v128 {
  return f32x4.add(values, f32x4.splat(addend));
}

function clamp(values: v128, low: f32, high: f32): v128 {
  return f32x4.pmin(f32x4.splat(high), f32x4.pmax(f32x4.splat(low), values));
}

/** 0 at 0, 1 at 1, with flat ends. */
function smooth(value: v128): v128 {
  const share = clamp(value, 0, 1);
  return f32x4.mul(f32x4.mul(share, share), f32x4.sub(f32x4.splat(3), f32x4.add(share, share)));
}

function mixed(from: v128, to: v128, share: v128): v128 {
  return f32x4.add(from, f32x4.mul(f32x4.sub(to, from), share));
}

function pairs(row: usize, one: i32, other: i32): v128 {
  return v128.load64_lane(row + ((<usize>other) << 2), v128.load64_zero(row + ((<usize>one) << 2)), 1);
}

/** Four values of a row of noise, each between two. */
function between(row: usize, index: v128, share: v128): v128 {
  const near = pairs(row, i32x4.extract_lane(index, 0), i32x4.extract_lane(index, 1));
  const far = pairs(row, i32x4.extract_lane(index, 2), i32x4.extract_lane(index, 3));
  return mixed(i32x4.shuffle(near, far, 0, 2, 4, 6), i32x4.shuffle(near, far, 1, 3, 5, 7), share);
}

/** `u` counts tiles; the two rows stand one after the other. */
function noise(rows: usize, u: v128, down: f32): v128 {
  const place = times(f32x4.sub(u, f32x4.floor(u)), <f32>TILE);
  const whole = i32x4.trunc_sat_f32x4_s(place);
  const share = f32x4.sub(place, f32x4.convert_i32x4_s(whole));
  const index = v128.and(whole, i32x4.splat(TILE - 1));
  return mixed(between(rows, index, share), between(rows + TILE_ROW, index, share), f32x4.splat(down));
}

function density(rows: usize, settings: usize, u: v128, down: usize): v128 {
  const large = noise(rows, u, load<f32>(settings + down));
  const detail = noise(
    rows + 2 * TILE_ROW,
    plus(times(u, DETAIL_SCALE), load<f32>(settings, DRIFT)),
    load<f32>(settings + down, VALUE),
  );
  return f32x4.add(times(large, LARGE), times(detail, DETAIL));
}

/** Fills two rows with the clouds' density at every second pixel, and a little towards the light. */
function readDensity(tiles: usize, settings: usize, dense: usize, towards: usize, columns: i32): void {
  const step = load<f32>(settings, STEP);
  const slantStep = load<f32>(settings, SLANT_STEP);
  const lanes = f32x4(0, 1, 2, 3);
  for (let at = 0; at < columns; at += 4) {
    const column = plus(lanes, <f32>at);
    const u = plus(times(column, step), load<f32>(settings, PLACE));
    const slant = clamp(plus(times(column, slantStep), load<f32>(settings, SLANT)), -1, 1);
    const beside = f32x4.add(u, times(slant, load<f32>(settings, LEAN)));
    const o = (<usize>at) << 2;
    v128.store(dense + o, density(tiles, settings, u, DOWN));
    v128.store(towards + o, density(tiles + 4 * TILE_ROW, settings, beside, DOWN + 2 * VALUE));
  }
}

/** Values at every second pixel, for each of four. */
function everyPixel(row: usize): v128 {
  const four = v128.load(row);
  return times(f32x4.add(i32x4.shuffle(four, four, 0, 0, 1, 1), i32x4.shuffle(four, four, 0, 1, 1, 2)), 0.5);
}

/** One of three parts of four packed pixels; shares are of each of its values, `colours` are settings from the part's place on. */
function blend(at: usize, colours: usize, dark: v128, edge: v128, opacity: v128): void {
  const body = mixed(v128.load(colours, LIT), v128.load(colours, SHADOW), dark);
  v128.store(at, mixed(v128.load(at), mixed(body, v128.load(colours, RIM), edge), opacity));
}

/**
 * Paints `count` pixels of `row`; up to three beyond are painted, too. `tiles` are two rows of large noise and two of fine, and the same for what
 * is towards the light; `room` is for a value for each pixel and eight more.
 */
export function cloudRow(row: usize, tiles: usize, settings: usize, room: usize, count: i32): void {
  for (let tile = 0, at = tiles; tile < TILE_ROWS; tile += 1, at += TILE_ROW) {
    store<f32>(at + TILE_BYTES, load<f32>(at));
  }
  const columns = (count >> 1) + 2;
  const besides = room + ((<usize>((columns + 3) & ~3)) << 2);
  readDensity(tiles, settings, room, besides, columns);
  const threshold = load<f32>(settings, THRESHOLD);
  const fade = load<f32>(settings, FADE);
  for (let x = 0; x < count; x += 4, row += COLOURS) {
    const at = (<usize>x) << 1;
    const dense = everyPixel(room + at);
    if (!v128.any_true(f32x4.gt(dense, f32x4.splat(threshold)))) continue;
    const cover = times(smooth(times(plus(dense, -threshold), <f32>1 / 0.26)), fade);
    const light = clamp(plus(times(f32x4.sub(dense, everyPixel(besides + at)), 5), 0.45), 0, 1);
    const core = smooth(times(plus(cover, -0.1), <f32>1 / 0.85));
    const dark = f32x4.mul(core, f32x4.sub(f32x4.splat(1), times(light, 0.55)));
    const edge = times(f32x4.mul(f32x4.sub(f32x4.splat(1), core), light), 0.6);
    const opacity = times(cover, 0.93);
    blend(
      row,
      settings,
      i32x4.shuffle(dark, dark, 0, 0, 0, 1),
      i32x4.shuffle(edge, edge, 0, 0, 0, 1),
      i32x4.shuffle(opacity, opacity, 0, 0, 0, 1),
    );
    blend(
      row + FLOATS,
      settings + FLOATS,
      i32x4.shuffle(dark, dark, 1, 1, 2, 2),
      i32x4.shuffle(edge, edge, 1, 1, 2, 2),
      i32x4.shuffle(opacity, opacity, 1, 1, 2, 2),
    );
    blend(
      row + 2 * FLOATS,
      settings + 2 * FLOATS,
      i32x4.shuffle(dark, dark, 2, 3, 3, 3),
      i32x4.shuffle(edge, edge, 2, 3, 3, 3),
      i32x4.shuffle(opacity, opacity, 2, 3, 3, 3),
    );
  }
}
