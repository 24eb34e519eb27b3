/** The mean of eight areas around each place, for what flattens a picture. See `src/pixels/kuwahara.ts`. */
import { FLOATS, halve, lightOf } from './pixels';

const PLACE_BITS: i32 = 4;
const PLACES: i32 = 4;
/** Variance is judged by brightness: shadows vary little in all and would spread over everything beside them. */
const VARIANCE_SHARE: f32 = 0.15;
const DARKEST: f32 = 24;

/**
 * Splits a picture, at half of its size, into the four planes whose local means are needed: the last is of squared brightness. Up to
 * three values beyond a plane are written.
 */
export function readAreas(
  picture: usize,
  reddest: usize,
  greenest: usize,
  bluest: usize,
  squares: usize,
  width: i32,
  height: i32,
): void {
  halve(picture, reddest, greenest, bluest, width, height);
  const count = ((width + 1) >> 1) * ((height + 1) >> 1);
  for (let i = 0, o: usize = 0; i < count; i += PLACES, o += FLOATS) {
    const light = lightOf(v128.load(reddest + o), v128.load(greenest + o), v128.load(bluest + o));
    v128.store(squares + o, f32x4.mul(light, light));
  }
}

/** Weighs the means of `count` places by how little each varies; `areas` gets red, green, blue and the weight of each in turn. */
export function weighAreas(
  reddest: usize,
  greenest: usize,
  bluest: usize,
  squares: usize,
  areas: usize,
  count: i32,
): void {
  const one = f32x4.splat(1);
  let out = areas;
  let o: usize = 0;
  for (let i = 0; i < count; i += PLACES, o += FLOATS, out += 4 * FLOATS) {
    const red = v128.load(reddest + o);
    const green = v128.load(greenest + o);
    const blue = v128.load(bluest + o);
    const light = lightOf(red, green, blue);
    const variance = f32x4.max(f32x4.splat(0), f32x4.sub(v128.load(squares + o), f32x4.mul(light, light)));
    const bound = f32x4.mul(f32x4.splat(VARIANCE_SHARE), f32x4.add(light, f32x4.splat(DARKEST)));
    const soft = f32x4.div(one, f32x4.add(one, f32x4.div(variance, bound)));
    const weight = f32x4.mul(f32x4.mul(soft, soft), soft);
    const r = f32x4.mul(red, weight);
    const g = f32x4.mul(green, weight);
    const b = f32x4.mul(blue, weight);
    const rg = i32x4.shuffle(r, g, 0, 4, 1, 5);
    const bw = i32x4.shuffle(b, weight, 0, 4, 1, 5);
    const rgNext = i32x4.shuffle(r, g, 2, 6, 3, 7);
    const bwNext = i32x4.shuffle(b, weight, 2, 6, 3, 7);
    v128.store(out, i64x2.shuffle(rg, bw, 0, 2));
    v128.store(out, i64x2.shuffle(rg, bw, 1, 3), 16);
    v128.store(out, i64x2.shuffle(rgNext, bwNext, 0, 2), 32);
    v128.store(out, i64x2.shuffle(rgNext, bwNext, 1, 3), 48);
  }
}

function areaAt(areas: usize, index: i32): v128 {
  return v128.load(areas + ((<usize>index) << PLACE_BITS));
}

/**
 * `areas` has four floats for each place: red, green, blue times the area's weight, and the weight. `flat` gets the mean of those
 * `straight` places beside, above and below and of those `slanted` places across, and its brightness, as four bytes. Beyond the sides
 * stand the areas at them.
 */
export function gatherAreas(areas: usize, flat: usize, width: i32, height: i32, straight: i32, slanted: i32): void {
  const half = f32x4.splat(0.5);
  const parts = i32x4(77, 151, 28, 0);
  let out = flat;
  for (let y = 0; y < height; y += 1) {
    const row = y * width;
    const up = max(0, y - slanted) * width;
    const down = min(height - 1, y + slanted) * width;
    const top = max(0, y - straight) * width;
    const bottom = min(height - 1, y + straight) * width;
    for (let x = 0; x < width; x += 1, out += 4) {
      const left = max(0, x - slanted);
      const right = min(width - 1, x + slanted);
      const beside = f32x4.add(
        areaAt(areas, row + max(0, x - straight)),
        areaAt(areas, row + min(width - 1, x + straight)),
      );
      const over = f32x4.add(areaAt(areas, top + x), areaAt(areas, bottom + x));
      const upper = f32x4.add(areaAt(areas, up + left), areaAt(areas, up + right));
      const lower = f32x4.add(areaAt(areas, down + left), areaAt(areas, down + right));
      const sum = f32x4.add(f32x4.add(beside, over), f32x4.add(upper, lower));
      const mean = i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.div(sum, i32x4.shuffle(sum, sum, 3, 3, 3, 3)), half));
      const weighed = i32x4.mul(mean, parts);
      const light =
        (i32x4.extract_lane(weighed, 0) + i32x4.extract_lane(weighed, 1) + i32x4.extract_lane(weighed, 2)) >> 8;
      const words = i16x8.narrow_i32x4_s(i32x4.replace_lane(mean, 3, light), mean);
      v128.store32_lane(out, i8x16.narrow_i16x8_u(words, words), 0);
    }
  }
}
