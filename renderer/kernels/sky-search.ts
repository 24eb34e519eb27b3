/** Where a picture changes, and the line between its sky and its ground. See `src/pixels/features.ts` and `sky-boundary.ts`. */
import { FLOATS, VALUE } from './pixels';

const ROW: usize = 2;

/** Fills `edges` with how much brightness changes to the right and down, at most `most`. Four values beyond a row may be read. */
export function measureChange(luma: usize, edges: usize, width: i32, height: i32, most: f32): void {
  const stride = <usize>width * VALUE;
  const limit = f32x4.splat(most);
  for (let y = 0; y < height; y += 1) {
    const row = luma + <usize>y * stride;
    const down: usize = y < height - 1 ? stride : 0;
    const out = edges + <usize>y * stride;
    for (let x: usize = 0; x < stride; x += FLOATS) {
      const here = v128.load(row + x);
      const right = f32x4.abs(f32x4.sub(v128.load(row + x, VALUE), here));
      const below = f32x4.abs(f32x4.sub(v128.load(row + down + x), here));
      v128.store(out + x, f32x4.min(f32x4.add(right, below), limit));
    }
    const last = stride - VALUE;
    store<f32>(out + last, min(abs(load<f32>(row + down + last) - load<f32>(row + last)), most));
  }
}

/** For each row the cheapest row of the column before, with steps costing by their length; two passes find it exactly. */
function cheapestSteps(previous: usize, best: usize, from: usize, rows: i32, weight: f32): void {
  let least = f32.MAX_VALUE;
  let row = 0;
  for (let y = 0; y < rows; y += 1) {
    const own = load<f32>(previous + ((<usize>y) << 2));
    least += weight;
    if (own <= least) {
      least = own;
      row = y;
    }
    store<f32>(best + ((<usize>y) << 2), least);
    store<i16>(from + ((<usize>y) << 1), <i16>row);
  }
  for (let y = rows - 1; y >= 0; y -= 1) {
    const own = load<f32>(best + ((<usize>y) << 2));
    least += weight;
    if (least < own) {
      store<f32>(best + ((<usize>y) << 2), least);
      store<i16>(from + ((<usize>y) << 1), <i16>row);
    } else {
      least = own;
      row = load<i16>(from + ((<usize>y) << 1));
    }
  }
}

/** How far a row is from where it is expected, at most what can be held against it. */
function timeCost(y: i32, expected: f32, weight: f32, most: f32): f32 {
  return min(abs(<f32>y - expected), most) * weight;
}

/**
 * Fills the rows of every `step`th column in `boundary`. `sky` and `last` are 0 where they are not known; `turns` are 1,025 costs of a
 * pixel being sky instead of ground, by how surely it is ground. `from` has room for a row of 16 bits for each pixel and one more each
 * column, `room` for three columns of floats.
 */
export function findBoundary(
  edges: usize,
  sky: usize,
  last: usize,
  turns: usize,
  from: usize,
  room: usize,
  boundary: usize,
  width: i32,
  limit: i32,
  step: i32,
  edgeWeight: f32,
  stepWeight: f32,
  timeWeight: f32,
  mostTime: f32,
  borderEdge: f32,
): void {
  const rows = limit + 1;
  const stride = <usize>width * VALUE;
  const best = room;
  let previous = best + <usize>rows * VALUE;
  let current = previous + <usize>rows * VALUE;
  const weight: f32 = last === 0 ? 0 : timeWeight;
  const border: f32 = sky === 0 ? 0 : borderEdge;
  memory.fill(previous, 0, <usize>rows * VALUE);
  for (let x = 0; x < width; x += step) {
    cheapestSteps(previous, best, from + <usize>(x * rows) * ROW, rows, stepWeight);
    const expected: f32 = last === 0 ? 0 : load<f32>(last + <usize>x * VALUE);
    let cost: f32 = 0;
    let at = <usize>x * VALUE;
    for (let y = 0; y < limit; y += 1, at += stride) {
      const missing = edgeWeight * (<f32>1 - load<f32>(edges + at));
      const steps = load<f32>(best + ((<usize>y) << 2));
      store<f32>(current + ((<usize>y) << 2), cost + missing + timeCost(y, expected, weight, mostTime) + steps);
      if (sky !== 0) cost += load<f32>(turns + ((<usize>(<i32>((<f32>1 - load<f32>(sky + at)) * 1024))) << 2));
    }
    const missing = edgeWeight * (<f32>1 - border) + timeCost(limit, expected, weight, mostTime);
    store<f32>(current + ((<usize>limit) << 2), cost + missing + load<f32>(best + ((<usize>limit) << 2)));
    const swapped = previous;
    previous = current;
    current = swapped;
  }
  let row = 0;
  for (let y = 1; y < rows; y += 1) {
    if (load<f32>(previous + ((<usize>y) << 2)) < load<f32>(previous + ((<usize>row) << 2))) row = y;
  }
  for (let x = width - 1 - ((width - 1) % step); x >= 0; x -= step) {
    store<i16>(boundary + <usize>x * ROW, <i16>row);
    row = load<i16>(from + <usize>(x * rows + row) * ROW);
  }
}
