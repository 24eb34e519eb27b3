/** Where snow lies, four places at a time, at half of a picture's size. See `src/pixels/snow.ts`. */
import { FLOATS, halve, lightOf } from './pixels';

const PLACES: i32 = 4;
/** Most of a pixel's own light that the settled snow may hide. */
const MOST_LYING: f32 = 0.8;

function times(values: v128, factor: f32): v128 {
  return f32x4.mul(values, f32x4.splat(factor));
}

/** 0 at `from`, 1 at `from + span`, with flat ends. */
function smooth(value: v128, from: f32, span: f32): v128 {
  const exact = times(f32x4.sub(value, f32x4.splat(from)), <f32>1 / span);
  const share = f32x4.pmin(f32x4.splat(1), f32x4.pmax(f32x4.splat(0), exact));
  return f32x4.mul(f32x4.mul(share, share), f32x4.sub(f32x4.splat(3), f32x4.add(share, share)));
}

function but(value: v128, factor: f32): v128 {
  return f32x4.sub(f32x4.splat(1), times(value, factor));
}

/** Fills planes of half of the picture's size with each place's brightness, and how much redder than green and bluer than red it is. */
export function readGround(picture: usize, light: usize, redder: usize, bluer: usize, width: i32, height: i32): void {
  halve(picture, light, redder, bluer, width, height);
  const count = ((width + 1) >> 1) * ((height + 1) >> 1);
  for (let i = 0, o: usize = 0; i < count; i += PLACES, o += FLOATS) {
    const red = v128.load(light + o);
    const green = v128.load(redder + o);
    const blue = v128.load(bluer + o);
    v128.store(light + o, lightOf(red, green, blue));
    v128.store(redder + o, f32x4.sub(red, green));
    v128.store(bluer + o, f32x4.sub(blue, red));
  }
}

/** Every second of eight values. */
function everySecond(row: usize): v128 {
  return i32x4.shuffle(v128.load(row), v128.load(row, FLOATS), 0, 2, 4, 6);
}

/**
 * Fills a row of `lying`, all planes and rows given by where the row begins in them; `sky`, `mirror` and `still` are rows of the full
 * picture. `flat` is how much lies on ground as flat as this, `open` how far the row above was open water. Returns the share of the row that
 * is smooth and blue.
 */
export function layGround(
  light: usize,
  around: usize,
  rough: usize,
  redder: usize,
  bluer: usize,
  sky: usize,
  mirror: usize,
  still: usize,
  lying: usize,
  flat: f32,
  open: f32,
  width: i32,
): f32 {
  let sum = f32x4.splat(0);
  for (let x = 0; x < width; x += PLACES) {
    const at = (<usize>x) << 2;
    const near = v128.load(around + at);
    // Water is smooth, and as blue as a sky; hollows and the insides of trees stay bare, and nothing lies on coats and flowers.
    const even = f32x4.mul(smooth(v128.load(bluer + at), 2, 20), but(smooth(v128.load(rough + at), 1.4, 2.4), 1));
    const left = width - x;
    const counted = left >= PLACES ? even : v128.and(even, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(left)));
    sum = f32x4.add(sum, counted);
    const wet = f32x4.pmax(f32x4.pmax(everySecond(mirror + 2 * at), everySecond(still + 2 * at)), times(even, open));
    const dry = f32x4.mul(but(everySecond(sky + 2 * at), 1), but(wet, 1));
    const bare = f32x4.mul(dry, but(smooth(v128.load(redder + at), 58, 38), 0.85));
    const raised = times(f32x4.sub(v128.load(light + at), near), 0.012);
    const openness = f32x4.add(f32x4.splat(0.2), times(smooth(near, 14, 70), 0.42));
    // In patches, since snow is there or is not.
    const wanted = times(f32x4.add(openness, raised), flat);
    v128.store(lying + at, f32x4.mul(bare, times(smooth(wanted, 0.12, 0.66), MOST_LYING)));
  }
  const all =
    f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3);
  return all / <f32>width;
}
