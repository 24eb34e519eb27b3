/** The line between sky and ground: one row per column, found for all columns at once by dynamic programming. */
import type { Features } from './features.ts';
import { smoothstep } from './numbers.ts';

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

/** Fills `edges` with how clearly the picture changes across each row: 0 not at all, 1 surely. The frame's borders are half an edge. */
export function measureEdges(features: Features, edges: Float32Array): void {
  const { width, height, luma, blue, red } = features;
  edges.fill(BORDER_EDGE);
  const reach = 2 * width;
  for (let i = reach + width, end = (height - 2) * width; i < end; i += 1) {
    const above = i - reach;
    const below = i + reach;
    const light = Math.abs((luma[below] as number) - (luma[above] as number));
    const colour =
      Math.abs((blue[below] as number) - (blue[above] as number)) +
      Math.abs((red[below] as number) - (red[above] as number));
    edges[i] = smoothstep(0.015, 0.09, light + colour / 200);
  }
}

export interface BoundarySearch {
  readonly edges: Float32Array;
  /** Each pixel's probability of being sky; without it only edges count. */
  readonly sky?: Float32Array;
  /** The rows where the boundary was, moved with the camera; without it every row is as likely. */
  readonly last?: Float32Array;
}

/** Replaces `boundary` with the first ground row of every column. */
export type BoundaryFinder = (search: BoundarySearch, boundary: Int16Array) => void;

/** For each row the cheapest row of the column before, with steps costing by their length; two passes find it exactly. */
function cheapestSteps(previous: Float32Array, best: Float32Array, from: Int16Array, offset: number): void {
  const rows = previous.length;
  for (let y = 0; y < rows; y += 1) {
    const own = previous[y] as number;
    const above = y > 0 ? (best[y - 1] as number) + STEP_WEIGHT : Number.POSITIVE_INFINITY;
    best[y] = Math.min(own, above);
    from[offset + y] = above < own ? (from[offset + y - 1] as number) : y;
  }
  for (let y = rows - 2; y >= 0; y -= 1) {
    const below = (best[y + 1] as number) + STEP_WEIGHT;
    if (below >= (best[y] as number)) continue;
    best[y] = below;
    from[offset + y] = from[offset + y + 1] as number;
  }
}

/** What it costs that everything above each row of column `x` is sky and everything from it on is ground. */
function pixelCosts(sky: Float32Array, width: number, x: number, costs: Float32Array): void {
  const height = costs.length - 1;
  let sum = 0;
  for (let y = 0; y < height; y += 1) sum -= LOGS[((1 - (sky[y * width + x] as number)) * LOG_STEPS) | 0] as number;
  for (let y = 0; y < height; y += 1) {
    costs[y] = sum * PIXEL_WEIGHT;
    const probability = sky[y * width + x] as number;
    sum += (LOGS[((1 - probability) * LOG_STEPS) | 0] as number) - (LOGS[(probability * LOG_STEPS) | 0] as number);
  }
  costs[height] = sum * PIXEL_WEIGHT;
}

export function createBoundaryFinder({ width, height }: Pick<Features, 'width' | 'height'>): BoundaryFinder {
  const rows = height + 1;
  const from = new Int16Array(width * rows);
  const best = new Float32Array(rows);
  const costs = new Float32Array(rows);
  const columns = [new Float32Array(rows), new Float32Array(rows)] as const;
  return ({ edges, sky, last }, boundary) => {
    columns[0].fill(0);
    let previous: Float32Array = columns[0];
    let current: Float32Array = columns[1];
    for (let x = 0; x < width; x += 1) {
      cheapestSteps(previous, best, from, x * rows);
      if (sky !== undefined) pixelCosts(sky, width, x, costs);
      const expected = last?.[x];
      const border = sky === undefined ? 0 : BORDER_EDGE;
      for (let y = 0; y < rows; y += 1) {
        const edge = y === height ? border : (edges[y * width + x] as number);
        const moved = expected === undefined ? 0 : Math.min(MAX_TIME_ROWS, Math.abs(y - expected)) * TIME_WEIGHT;
        current[y] = (costs[y] as number) + EDGE_WEIGHT * (1 - edge) + moved + (best[y] as number);
      }
      [previous, current] = [current, previous];
    }
    costs.fill(0);
    let row = 0;
    for (let y = 1; y < rows; y += 1) if ((previous[y] as number) < (previous[row] as number)) row = y;
    for (let x = width - 1; x >= 0; x -= 1) {
      boundary[x] = row;
      row = from[x * rows + row] as number;
    }
  };
}
