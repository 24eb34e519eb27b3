/** The line between sky and ground: one row per column, found for all columns at once by dynamic programming. */
import { copyIn, copyOut, kernels, roomsOf } from '../kernels.ts';
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

export function createBoundaryFinder({ width, height }: Pick<Features, 'width' | 'height'>): BoundaryFinder {
  const columnBytes = (height + 1) * Float32Array.BYTES_PER_ELEMENT;
  return ({ edges, sky, last, rows: limit = height, step = 1 }, boundary) => {
    const pixels = limit * width;
    const planeBytes = pixels * Float32Array.BYTES_PER_ELEMENT;
    const fromBytes = (pixels + width) * Int16Array.BYTES_PER_ELEMENT;
    const sizes = [planeBytes, planeBytes, width * Float32Array.BYTES_PER_ELEMENT, TURN_COSTS.byteLength, fromBytes];
    const rooms = roomsOf([...sizes, 3 * columnBytes, boundary.byteLength]);
    const [edgesAt = 0, skyAt = 0, lastAt = 0, turns = 0, from = 0, room = 0, boundaryAt = 0] = rooms;
    copyIn(edges.subarray(0, pixels), edgesAt);
    if (sky !== undefined) copyIn(sky.subarray(0, pixels), skyAt);
    if (last !== undefined) copyIn(last, lastAt);
    copyIn(TURN_COSTS, turns);
    const known = [edgesAt, sky === undefined ? 0 : skyAt, last === undefined ? 0 : lastAt, turns] as const;
    const weights = [EDGE_WEIGHT, STEP_WEIGHT / step, TIME_WEIGHT, MAX_TIME_ROWS, BORDER_EDGE] as const;
    kernels.findBoundary(...known, from, room, boundaryAt, width, limit, step, ...weights);
    copyOut(boundaryAt, boundary);
    for (let x = 1; x < width && step === 2; x += 2) {
      boundary[x] =
        ((boundary[x - 1] as number) + (boundary[Math.min(x + 1, width - 1 - ((width - 1) % 2))] as number)) >> 1;
    }
  };
}
