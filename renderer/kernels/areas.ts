/** The mean of eight areas around each place, for what flattens a picture. See `src/pixels/kuwahara.ts`. */

const PLACE_BITS: i32 = 4;

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
