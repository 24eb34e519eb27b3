/** The line between sky and ground: one row per column, found for all columns at once by dynamic programming. */
import type { Features } from './features.ts';

/** Weight of the pixels' own probabilities, of an edge that is missing, of a step between columns, of moving in time. */
const PIXEL_WEIGHT = 0.22;
const EDGE_WEIGHT = 9;
const STEP_WEIGHT = 0.32;
const TIME_WEIGHT = 0.6;
const MAX_TIME_ROWS = 10;
/** What the frame's border is as an edge: a column without sky is possible, but not for want of a better edge. */
const BORDER_EDGE = 0.4;

/** Logarithms of probabilities in steps of 1/1024: exact enough, and the frame needs half a million of them. */
const LOG_STEPS = 1024;
const LOGS = Float32Array.from({ length: LOG_STEPS + 1 }, (_, step) => Math.log(Math.max(0.5, step) / LOG_STEPS));
/** What it costs more that a pixel is sky instead of ground, by how surely it is ground. */
const TURN_COSTS = LOGS.map((log, step) => PIXEL_WEIGHT * (log - (LOGS[LOG_STEPS - step] as number)));

const EDGE_CHANGE = [0.015, 0.09] as const;

/**
 * Fills the first `rows` rows of `edges` with how clearly the picture changes across each: 0 not at all, 1 surely. The frame's
 * borders are half an edge. Other columns than those of the search may be left out.
 */
export function measureEdges(
  features: Features,
  edges: Float32Array,
  { rows = features.height, step = 1 }: Pick<BoundarySearch, 'rows' | 'step'> = {},
): void {
  const { width, height, luma, blue, red } = features;
  const reach = 2 * width;
  const end = Math.min(rows, height - 2);
  edges.fill(BORDER_EDGE, 0, 3 * width);
  if (end < rows) edges.fill(BORDER_EDGE, end * width);
  for (let y = 3; y < end; y += 1) {
    for (let i = y * width, last = i + width; i < last; i += step) {
      const above = i - reach;
      const below = i + reach;
      const light = Math.abs((luma[below] as number) - (luma[above] as number));
      const colour =
        Math.abs((blue[below] as number) - (blue[above] as number)) +
        Math.abs((red[below] as number) - (red[above] as number));
      const share = (light + colour * (1 / 200) - EDGE_CHANGE[0]) * (1 / (EDGE_CHANGE[1] - EDGE_CHANGE[0]));
      edges[i] = share <= 0 ? 0 : share >= 1 ? 1 : share * share * (3 - 2 * share);
    }
  }
}

export interface BoundarySearch {
  readonly edges: Float32Array;
  /** Each pixel's probability of being sky; without it only edges count. */
  readonly sky?: Float32Array;
  /** The rows where the boundary was, moved with the camera; without it every row is as likely. */
  readonly last?: Float32Array;
  /** Only the first so many rows are searched. */
  readonly rows?: number;
  /** Only every so many columns are searched; between them the boundary is half way. */
  readonly step?: 1 | 2;
}

/** Replaces `boundary` with the first ground row of every column. */
export type BoundaryFinder = (search: BoundarySearch, boundary: Int16Array) => void;

/** For each row the cheapest row of the column before, with steps costing by their length; two passes find it exactly. */
function cheapestSteps(
  previous: Float32Array,
  best: Float32Array,
  from: Int16Array,
  offset: number,
  rows: number,
  stepWeight: number,
): void {
  let least = Number.POSITIVE_INFINITY;
  let row = 0;
  for (let y = 0; y < rows; y += 1) {
    const own = previous[y] as number;
    least += stepWeight;
    if (own <= least) {
      least = own;
      row = y;
    }
    best[y] = least;
    from[offset + y] = row;
  }
  for (let y = rows - 1; y >= 0; y -= 1) {
    const own = best[y] as number;
    least += stepWeight;
    if (least < own) {
      best[y] = least;
      from[offset + y] = row;
    } else {
      least = own;
      row = from[offset + y] as number;
    }
  }
}

/** What it costs that everything above each row of column `x` is sky and everything from it on is ground. */
function pixelCosts(sky: Float32Array, width: number, x: number, costs: Float32Array, rows: number): void {
  let sum = 0;
  for (let y = 0, i = x; y < rows; y += 1, i += width) {
    costs[y] = sum;
    sum += TURN_COSTS[((1 - (sky[i] as number)) * LOG_STEPS) | 0] as number;
  }
  costs[rows] = sum;
}

/** How far a row is from where it is expected, at most what can be held against it. */
function timeCost(y: number, expected: number): number {
  const moved = y < expected ? expected - y : y - expected;
  return (moved < MAX_TIME_ROWS ? moved : MAX_TIME_ROWS) * TIME_WEIGHT;
}

export function createBoundaryFinder({ width, height }: Pick<Features, 'width' | 'height'>): BoundaryFinder {
  const from = new Int16Array(width * (height + 1));
  const best = new Float32Array(height + 1);
  const costs = new Float32Array(height + 1);
  const columns = [new Float32Array(height + 1), new Float32Array(height + 1)] as const;
  return ({ edges, sky, last, rows: limit = height, step = 1 }, boundary) => {
    const rows = limit + 1;
    columns[0].fill(0);
    costs.fill(0);
    let previous: Float32Array = columns[0];
    let current: Float32Array = columns[1];
    for (let x = 0; x < width; x += step) {
      cheapestSteps(previous, best, from, x * rows, rows, STEP_WEIGHT / step);
      if (sky !== undefined) pixelCosts(sky, width, x, costs, limit);
      const expected = last?.[x] ?? 0;
      const time = last === undefined ? 0 : 1;
      for (let y = 0, i = x; y < limit; y += 1, i += width) {
        const fixed = (costs[y] as number) + EDGE_WEIGHT * (1 - (edges[i] as number));
        current[y] = fixed + timeCost(y, expected) * time + (best[y] as number);
      }
      const border = sky === undefined ? 0 : BORDER_EDGE;
      const missing = (costs[limit] as number) + EDGE_WEIGHT * (1 - border);
      current[limit] = missing + timeCost(limit, expected) * time + (best[limit] as number);
      [previous, current] = [current, previous];
    }
    let row = 0;
    for (let y = 1; y < rows; y += 1) if ((previous[y] as number) < (previous[row] as number)) row = y;
    for (let x = width - 1 - ((width - 1) % step); x >= 0; x -= step) {
      boundary[x] = row;
      row = from[x * rows + row] as number;
    }
    for (let x = 1; x < width && step === 2; x += 2) {
      boundary[x] =
        ((boundary[x - 1] as number) + (boundary[Math.min(x + 1, width - 1 - ((width - 1) % 2))] as number)) >> 1;
    }
  };
}
