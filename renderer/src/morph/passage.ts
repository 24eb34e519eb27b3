/**
 * Plans the way from a first picture to a last one. Two views of one place are joined by the camera move that leads from one
 * to the other, and what moved by itself moves on its own way (`aligned`). Two different places are joined by a move that
 * carries on through both, while the second one comes in place after place (`unrelated`): nowhere are the two seen mixed for long.
 */
import type { Size } from '../geometry.ts';
import { estimateDepth } from '../pixels/depth.ts';
import { fineNoise, sampleNoise } from '../pixels/noise.ts';
import { clamp, smoothstep } from '../pixels/numbers.ts';
import type { DepthMap } from '../pixels/picture.ts';
import type { CameraMove } from '../prompt/lexicon.ts';
import type { PromptPlan } from '../prompt/plan.ts';
import { alignPictures } from './align.ts';
import { estimateFlow } from './flow.ts';
import { invert, type Similarity, toSimilarity } from './similarity.ts';
import { createStructureMaps } from './structure.ts';

/** Values on a grid over a picture's view; every array has `width * height` of them. */
export interface PassageGrid extends Size {
  /** How far what is seen in the first picture moves by itself until the end, in half widths of the view. */
  readonly fromX: Float32Array;
  readonly fromY: Float32Array;
  /** 1 where both pictures show the same and may be mixed for long. */
  readonly agreement: Float32Array;
  /** 0 where the last picture appears first, 1 where it does at the end. */
  readonly order: Float32Array;
}

interface Movement {
  /** Where the camera takes the first picture's points until the end, and where it has the last one's come from. */
  readonly first: Similarity;
  readonly last: Similarity;
  readonly grid: PassageGrid;
}

export type Passage =
  | (Movement & { readonly kind: 'aligned' })
  | (Movement & {
      readonly kind: 'unrelated';
      /** How far off what is seen in the last picture is at the beginning, on a grid of the same size over that picture. */
      readonly toX: Float32Array;
      readonly toY: Float32Array;
    });

/** How much larger a picture is at the far end of its way, and where its middle is then: in half widths, halves of the height. */
interface FarEnd {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

const AT_REST: FarEnd = { zoom: 1, x: 0, y: 0 };

function shifted(x: number, y: number, zoom = 1 + Math.max(Math.abs(x), Math.abs(y))): FarEnd {
  return { zoom, x, y };
}

/**
 * Both pictures move the same way. A pan has to zoom as much as it shifts, since each picture fills the frame at its own end;
 * what a zoom shows beyond a picture's edge stays small because that picture goes only a part of the way.
 */
const FAR_ENDS: Readonly<Record<CameraMove | 'drift', { readonly first: FarEnd; readonly last: FarEnd }>> = {
  still: { first: AT_REST, last: AT_REST },
  handheld: { first: { ...AT_REST, zoom: 1.06 }, last: { ...AT_REST, zoom: 0.98 } },
  drift: { first: { ...AT_REST, zoom: 1.26 }, last: { ...AT_REST, zoom: 0.93 } },
  'push-in': { first: { ...AT_REST, zoom: 1.45 }, last: { ...AT_REST, zoom: 0.9 } },
  'pull-out': { first: { ...AT_REST, zoom: 0.9 }, last: { ...AT_REST, zoom: 1.45 } },
  'pan-left': { first: shifted(0.24, 0), last: shifted(-0.24, 0) },
  'pan-right': { first: shifted(-0.24, 0), last: shifted(0.24, 0) },
  pan: { first: shifted(-0.24, 0), last: shifted(0.24, 0) },
  'tilt-up': { first: shifted(0, 0.24), last: shifted(0, -0.24) },
  'tilt-down': { first: shifted(0, -0.24), last: shifted(0, 0.24) },
  orbit: { first: shifted(-0.12, 0, 1.14), last: shifted(0.12, 0, 1.14) },
};

const GRID_SIDE = 160;
/** How much more near things move than far ones. */
const PARALLAX = 0.55;
const PIVOT_DEPTH = 0.45;

function depthAt({ width, height, values }: DepthMap, qx: number, qy: number, aspect: number): number {
  const x = clamp(((qx + 1) / 2) * width, 0, width - 1) | 0;
  const y = clamp(((qy * aspect + 1) / 2) * height, 0, height - 1) | 0;
  return values[y * width + x] as number;
}

/** Where the view is filled from: a pan brings the last picture in from the side that it turns to, a zoom from or to the middle. */
function arrival({ zoom, x, y }: FarEnd, qx: number, qy: number, aspect: number): number {
  const shift = Math.hypot(x, y);
  if (shift > 0) return 0.5 + (0.5 * (qx * x + qy * aspect * y)) / shift;
  const radius = Math.hypot(qx, qy * aspect) / Math.SQRT2;
  return zoom >= 1 ? radius : 1 - radius;
}

function toCamera({ zoom, x, y }: FarEnd, strength: number, aspect: number): Similarity {
  return { mx: zoom ** strength, my: 0, dx: x * strength, dy: (y * strength) / aspect };
}

/** How much farther than the whole picture each of its places goes, the nearer the more. */
function parallax(rgb: Uint8Array, size: Size, camera: Similarity, grid: Size) {
  const depth = estimateDepth(rgb, size);
  const aspect = size.width / size.height;
  const x = new Float32Array(grid.width * grid.height);
  const y = new Float32Array(grid.width * grid.height);
  for (let row = 0, i = 0; row < grid.height; row += 1) {
    const qy = (((row + 0.5) / grid.height) * 2 - 1) / aspect;
    for (let column = 0; column < grid.width; column += 1, i += 1) {
      const qx = ((column + 0.5) / grid.width) * 2 - 1;
      const share = (depthAt(depth, qx, qy, aspect) - PIVOT_DEPTH) * PARALLAX;
      x[i] = ((camera.mx - 1) * qx + camera.dx) * share;
      y[i] = ((camera.mx - 1) * qy + camera.dy) * share;
    }
  }
  return { x, y };
}

export interface Pictures {
  readonly first: Uint8Array;
  readonly last: Uint8Array;
  readonly size: Size;
}

function planUnrelated(pictures: Pictures, plan: PromptPlan, seed: number): Passage {
  const { size } = pictures;
  const ends = FAR_ENDS[plan.camera ?? 'drift'];
  const strength = Math.min(1.3, plan.pace);
  const aspect = size.width / size.height;
  const width = Math.max(2, Math.round(GRID_SIDE * Math.min(1, aspect)));
  const height = Math.max(2, Math.round(width / aspect));
  const first = toCamera(ends.first, strength, aspect);
  const last = toCamera(ends.last, strength, aspect);
  const from = parallax(pictures.first, size, first, { width, height });
  const to = parallax(pictures.last, size, last, { width, height });
  const order = new Float32Array(width * height);
  const noise = fineNoise();
  for (let row = 0, i = 0; row < height; row += 1) {
    const qy = (((row + 0.5) / height) * 2 - 1) / aspect;
    for (let column = 0; column < width; column += 1, i += 1) {
      const qx = ((column + 0.5) / width) * 2 - 1;
      const grain = sampleNoise(noise, qx * 0.11 + (seed % 89) / 89, qy * 0.11 + (seed % 97) / 97);
      order[i] = 0.5 * arrival(ends.first, qx, qy, aspect) + 0.5 * smoothstep(0.25, 0.75, grain);
    }
  }
  const agreement = new Float32Array(width * height);
  const grid = { width, height, fromX: from.x, fromY: from.y, agreement, order };
  return { kind: 'unrelated', first, last, grid, toX: to.x, toY: to.y };
}

export function planPassage(pictures: Pictures, plan: PromptPlan, seed: number): Passage {
  const maps = {
    first: createStructureMaps(pictures.first, pictures.size),
    last: createStructureMaps(pictures.last, pictures.size),
  };
  const motion = alignPictures(maps.first, maps.last);
  if (motion === undefined) return planUnrelated(pictures, plan, seed);
  const first = toSimilarity(motion);
  const { width, height, x, y, agreement } = estimateFlow(maps.first, maps.last, first);
  const order = new Float32Array(width * height).fill(0.5);
  return { kind: 'aligned', first, last: invert(first), grid: { width, height, fromX: x, fromY: y, agreement, order } };
}
