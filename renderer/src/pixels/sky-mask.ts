/**
 * Finds the sky of a video, frame by frame. Invariants:
 * 1. Everything under a column's boundary row is ground; above it is sky and what stands before it.
 * 2. The first frame's boundary is chosen among many (`sky-candidates.ts`); from then on it moves with the camera.
 * 3. Colours of sky and ground follow slowly, and the mask is smoothed along the camera's motion, so that it does not flicker.
 * 4. `confidence` says how far the mask may be trusted; a caller below its threshold grades the whole frame instead.
 */
import { estimateMotion, type Luma, type Motion, NO_MOTION, shrinkLuma } from '../motion/estimate.ts';
import { createFeatures, type Features, readFeatures } from './features.ts';
import { createGuidedFit, type GuidedFit } from './guided-filter.ts';
import { smoothstep } from './numbers.ts';
import { createSkyBackdrop, type SkyBackdrop } from './sky-backdrop.ts';
import { createBoundaryFinder, measureEdges } from './sky-boundary.ts';
import { chooseBoundary, rateBoundary } from './sky-candidates.ts';
import { createSkyColours, skyColourOf } from './sky-colours.ts';
import { createSkyGuide, type SkyGuide } from './sky-guide.ts';
import { createSkyThings, type SkyThings } from './sky-things.ts';

const LEARNING_RATE = 0.08;
const GUIDE_RADIUS = 6;
const GUIDE_EPSILON = 4e-4;
/** Share of the frame before, moved with the camera, where the picture there is still the same. */
const MEMORY = 0.7;
/** A change of brightness by this much halves that share. */
const CHANGED_LUMA = 0.05;
/** The width that the camera's motion is measured at. */
const MOTION_WIDTH = 160;

export interface SkyMask {
  readonly features: Features;
  /** How much of each small pixel is sky, 0 to 1. */
  readonly alpha: Float32Array;
  /** Each small pixel's likeness to the sky's colours, wherever it stands: water that mirrors the sky has it too. */
  readonly likeness: Float32Array;
  /** First ground row of each column. */
  readonly boundary: Int16Array;
  readonly backdrop: SkyBackdrop;
  /** What stands before the sky. */
  readonly things: SkyThings;
  readonly guide: SkyGuide;
  /** `slope * guide + offset` is a share of sky that `sharpen` has still to be applied to. */
  readonly filter: GuidedFit;
  readonly area: () => number;
  readonly confidence: () => number;
  /** How the camera moved before the frame that was read last. */
  readonly motion: () => Motion;
  /** Reads the next frame. */
  readonly read: (rgb: Uint8Array) => void;
}

/** The guided filter leaves a little everywhere. */
export function sharpen(share: number): number {
  return smoothstep(0.12, 0.88, share);
}

/** Near things move faster than the sky does: what is well below the boundary hardly counts. */
function farWeights({ width, height }: Features, boundary: Int16Array, weights: Float32Array): Luma {
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      weights[i] = 0.04 + smoothstep(0.3, 0.02, (y - (boundary[x] as number)) / height);
    }
  }
  return { width, height, values: weights };
}

/** What is above the boundary is sky where it has the sky's colours, and high above it, where clouds of any colour may be. */
function roughShare(mask: Pick<SkyMask, 'features' | 'boundary' | 'likeness' | 'things'>, target: Float32Array): void {
  const { features, boundary, likeness, things } = mask;
  const { width, height } = features;
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      const row = boundary[x] as number;
      if (y > row + 3) {
        target[i] = 0;
        continue;
      }
      const near = smoothstep(0.25, 0.7, likeness[i] as number);
      const deep = smoothstep(row - 6, row - 26, y);
      const sky = Math.max(near, deep, things.reach[i] as number) * (1 - (things.solid[i] as number));
      target[i] = smoothstep(row + 3, row - 2, y) * sky;
    }
  }
}

interface Shift {
  readonly motion: Motion;
  readonly before: Float32Array;
  readonly lumaBefore: Float32Array;
}

/** Mixes into `share` what it was before, where the camera's motion explains what is seen. */
function rememberAlong(
  { motion, before, lumaBefore }: Shift,
  { width, height, luma }: Features,
  share: Float32Array,
): void {
  const half = width / 2;
  for (let y = 0, i = 0; y < height; y += 1) {
    const qy = (y + 0.5 - height / 2) / half;
    for (let x = 0; x < width; x += 1, i += 1) {
      const qx = (x + 0.5 - half) / half;
      const fx = x - (motion.x + motion.zoom * qx - motion.roll * qy) * half;
      const fy = y - (motion.y + motion.zoom * qy + motion.roll * qx) * half;
      if (fx < 0 || fy < 0 || fx >= width - 1 || fy >= height - 1) continue;
      const at = (fy | 0) * width + (fx | 0);
      const tx = fx - (fx | 0);
      const ty = fy - (fy | 0);
      const read = (values: Float32Array) =>
        ((values[at] as number) * (1 - tx) + (values[at + 1] as number) * tx) * (1 - ty) +
        ((values[at + width] as number) * (1 - tx) + (values[at + width + 1] as number) * tx) * ty;
      const change = ((luma[i] as number) - read(lumaBefore)) / CHANGED_LUMA;
      const memory = MEMORY / (1 + change * change);
      share[i] = (share[i] as number) + (read(before) - (share[i] as number)) * memory;
    }
  }
}

function moveBoundary(boundary: Int16Array, motion: Motion, { width, height }: Features, moved: Float32Array): void {
  const half = width / 2;
  for (let x = 0; x < width; x += 1) {
    const qx = (x + 0.5 - half) / half;
    const from = Math.round(x - (motion.x + motion.zoom * qx) * half);
    const row = boundary[Math.min(width - 1, Math.max(0, from))] as number;
    const qy = (row - height / 2) / half;
    moved[x] = row <= 0 ? 0 : row + (motion.y + motion.zoom * qy + motion.roll * qx) * half;
  }
}

export function createSkyMask(fullWidth: number, fullHeight: number, factor: number): SkyMask {
  const features = createFeatures(fullWidth, fullHeight, factor);
  const { width, height, luma } = features;
  const count = width * height;
  const plane = () => new Float32Array(count);
  const [alpha, likeness, edges] = [plane(), plane(), plane()] as const;
  const [rough, before, lumaBefore] = [plane(), plane(), plane()] as const;
  const [weights, guide] = [plane(), plane()] as const;
  const boundary = new Int16Array(width);
  const last = new Float32Array(width);
  const colours = createSkyColours(features);
  const find = createBoundaryFinder(features);
  const backdrop = createSkyBackdrop(features);
  const things = createSkyThings(features, backdrop);
  const skyGuide = createSkyGuide(features);
  const filter = createGuidedFit(features, GUIDE_RADIUS, GUIDE_EPSILON);
  let small: Luma | undefined;
  let motion = NO_MOTION;
  const area = () => alpha.reduce((sum, value) => sum + value, 0) / count;

  function follow(): void {
    const now = shrinkLuma({ width, height, values: luma }, Math.min(MOTION_WIDTH, width));
    if (small === undefined) {
      chooseBoundary({ features, colours, find }, boundary);
      colours.judge(boundary, likeness);
      for (let i = 0; i < count; i += 1) alpha[i] = ((i / width) | 0) < (boundary[i % width] as number) - 3 ? 1 : 0;
    } else {
      motion = estimateMotion(small, now, farWeights(features, boundary, weights));
      moveBoundary(boundary, motion, features, last);
      for (let x = 0; x < width; x += 1) boundary[x] = Math.min(height, Math.max(0, Math.round(last[x] as number)));
      colours.judge(boundary, likeness);
      measureEdges(features, edges);
      find({ edges, sky: likeness, last }, boundary);
      colours.learn(boundary, LEARNING_RATE);
    }
    small = now;
  }

  function read(rgb: Uint8Array): void {
    const isFirst = small === undefined;
    lumaBefore.set(luma);
    before.set(rough);
    readFeatures(features, rgb, fullWidth);
    follow();
    for (let pass = 0; pass < (isFirst ? 2 : 1); pass += 1) {
      for (let i = 0; i < count; i += 1) weights[i] = (alpha[i] as number) ** 4;
      backdrop.read(weights);
      things.read(boundary);
      roughShare({ features, boundary, likeness, things }, rough);
      if (!isFirst) rememberAlong({ motion, before, lumaBefore }, features, rough);
      skyGuide.fill(boundary, guide);
      filter.fit(guide, rough);
      const { slope, offset } = filter;
      for (let i = 0; i < count; i += 1) {
        alpha[i] = sharpen((slope[i] as number) * (guide[i] as number) + (offset[i] as number));
      }
    }
  }

  function confidence(): number {
    measureEdges(features, edges);
    const share = area();
    if (share < 0.03 || share > 0.95 || skyColourOf(features, alpha) === undefined) return 0;
    return rateBoundary(features, edges, boundary);
  }

  return {
    ...{ features, alpha, likeness, boundary, backdrop, things, guide: skyGuide, filter },
    ...{ area, confidence, motion: () => motion, read },
  };
}
