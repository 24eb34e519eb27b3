/** The line between sky and ground: one row per column, found for all columns at once by dynamic programming. */
import type { Features } from './features.ts';
import { smoothstep } from './numbers.ts';

/** Weight of the pixels' own probabilities, of an edge that is missing, of a step between columns, of moving in time. */
const PIXEL_WEIGHT = 0.22;
const EDGE_WEIGHT = 9;
const STEP_WEIGHT = 0.32;
const TIME_WEIGHT = 0.15;
const MAX_TIME_ROWS = 8;

/** Logarithms of probabilities in steps of 1/1024: exact enough, and the frame needs half a million of them. */
const LOG_STEPS = 1024;
const LOGS = Float32Array.from({ length: LOG_STEPS + 1 }, (_, step) => Math.log(Math.max(0.5, step) / LOG_STEPS));

/** How clearly the picture changes across row `y` of column `x`: 0 not at all, 1 surely. */
export function edgeStrength(features: Features, x: number, y: number): number {
  const { width, height, luma, blue, red } = features;
  if (y <= 2 || y >= height - 2) return 1;
  const above = (y - 2) * width + x;
  const below = (y + 2) * width + x;
  const light = Math.abs((luma[below] as number) - (luma[above] as number));
  const colour =
    Math.abs((blue[below] as number) - (blue[above] as number)) +
    Math.abs((red[below] as number) - (red[above] as number));
  return smoothstep(0.015, 0.09, light + colour / 200);
}

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

/** Replaces `boundary` with the first ground row of every column. `sky` holds each pixel's probability of being sky. */
export function findBoundary(features: Features, sky: Float32Array, boundary: Int16Array, isFirst: boolean): void {
  const { width, height } = features;
  const rows = height + 1;
  const from = new Int16Array(width * rows);
  const best = new Float32Array(rows);
  let previous = new Float32Array(rows);
  let current = new Float32Array(rows);
  for (let x = 0; x < width; x += 1) {
    cheapestSteps(previous, best, from, x * rows);
    let below = 0;
    for (let y = 0; y < height; y += 1) below -= LOGS[((1 - (sky[y * width + x] as number)) * LOG_STEPS) | 0] as number;
    let above = 0;
    const last = boundary[x] as number;
    for (let y = 0; y <= height; y += 1) {
      const moved = isFirst ? 0 : Math.min(MAX_TIME_ROWS, Math.abs(y - last)) * TIME_WEIGHT;
      const cost = (above + below) * PIXEL_WEIGHT + EDGE_WEIGHT * (1 - edgeStrength(features, x, y)) + moved;
      current[y] = cost + (best[y] as number);
      if (y === height) break;
      const probability = sky[y * width + x] as number;
      above -= LOGS[(probability * LOG_STEPS) | 0] as number;
      below += LOGS[((1 - probability) * LOG_STEPS) | 0] as number;
    }
    [previous, current] = [current, previous];
  }
  let row = 0;
  for (let y = 1; y < rows; y += 1) if ((previous[y] as number) < (previous[row] as number)) row = y;
  for (let x = width - 1; x >= 0; x -= 1) {
    boundary[x] = row;
    row = from[x * rows + row] as number;
  }
}
