/**
 * Finds the sky of a video, frame by frame. Invariants:
 * 1. Everything under a column's boundary row is ground; above it is sky and what stands before it.
 * 2. The first frame's boundary is chosen among many (`sky-candidates.ts`); from then on it moves with the camera.
 * 3. Colours of sky and ground follow slowly, and the mask is smoothed along the camera's motion, so that it does not flicker.
 * 4. `confidence` says how far the mask may be trusted; a caller below its threshold grades the whole frame instead.
 */
import { estimateMotion, type Luma, type Motion, NO_MOTION, shrinkLuma } from '../motion/estimate.ts';
import { classifyColours, createFeatures, createHalf, type Features, readFeatures } from './features.ts';
import { createGuidedFit, type GuidedFit } from './guided-filter.ts';
import { smoothstep } from './numbers.ts';
import { createSkyBackdrop, type SkyBackdrop } from './sky-backdrop.ts';
import { type BoundaryFinder, createBoundaryFinder, measureEdges } from './sky-boundary.ts';
import { chooseBoundary, rateBoundary, separationOf } from './sky-candidates.ts';
import { createSkyColours, type SkyColours, skyColourOf } from './sky-colours.ts';
import { createSkyGuide, type SkyGuide } from './sky-guide.ts';
import { createSkyThings, type SkyThings } from './sky-things.ts';

/** Colours are learned anew after so many frames. */
const LEARNING_FRAMES = 4;
const LEARNING_RATE = 0.28;
/** What is behind things changes slowly. */
const BACKDROP_FRAMES = 2;
/** How far below its lowest row, in frame heights, the boundary is searched. */
const SEARCH_BELOW = 0.2;
/** As a share of the longer side. */
const GUIDE_RADIUS = 0.014;
const GUIDE_EPSILON = 4e-4;
/** Small rows above the boundary from which on all is sky that nothing stands before, and below it from which on all is ground. */
const DEEP_ROWS = 26;
const GROUND_ROWS = 3;
/** Share of the frame before, moved with the camera, where the picture there is still the same. */
const MEMORY = 0.7;
/** A change of brightness by this much halves that share. */
const CHANGED_LUMA = 0.05;
/** The width that the camera's motion is measured at. */
const MOTION_WIDTH = 160;

export interface SkyMask {
  readonly features: Features;
  /** The picture that everything soft is measured on: `features` or its half. */
  readonly soft: Features;
  /** How much of each soft pixel is sky, 0 to 1. */
  readonly alpha: Float32Array;
  /** First ground row of each column of `features`. */
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

/** From which share on a colour is known as the sky's: what stands before it may cover all of a place. */
const KNOWN = [0.45, 0.85] as const;

/** The guided filter leaves a little everywhere. */
export function sharpen(share: number): number {
  return smoothstep(0.12, 0.88, share);
}

/** Near things move faster than the sky does: what is well below the boundary hardly counts. */
function weighFar({ width, height }: Features, boundary: Int16Array, weights: Luma): Luma {
  for (let y = 0, i = 0; y < weights.height; y += 1) {
    for (let x = 0; x < weights.width; x += 1, i += 1) {
      const row = boundary[((x * width) / weights.width) | 0] as number;
      weights.values[i] = 0.04 + smoothstep(0.3, 0.02, y / weights.height - row / height);
    }
  }
  return weights;
}

/** The boundary in the soft picture's columns. */
interface SoftBoundary {
  /** In soft rows and their parts. */
  readonly rows: Float32Array;
  readonly rounded: Int16Array;
  /** Rows of `features` in a soft one. */
  readonly scale: number;
}

/** Boundaries lie between rows, so that a soft row's is half of it lower. */
function softenBoundary(boundary: Int16Array, { rows, rounded, scale }: SoftBoundary): void {
  for (let x = 0; x < rows.length; x += 1) {
    const first = boundary[x * scale] as number;
    const second = boundary[Math.min(boundary.length - 1, x * scale + scale - 1)] as number;
    rows[x] = ((first + second) / 2 - (scale - 1) / 2) / scale;
    rounded[x] = Math.round(rows[x] as number);
  }
}

/** Tells only near the boundary how likely each soft pixel is sky by its colours. */
function judgeNear(
  colours: SkyColours,
  soft: Features,
  { rounded, scale }: SoftBoundary,
  likeness: Float32Array,
): void {
  let highest = soft.height;
  let lowest = 0;
  for (let x = 0; x < soft.width; x += 1) {
    highest = Math.min(highest, rounded[x] as number);
    lowest = Math.max(lowest, rounded[x] as number);
  }
  const from = Math.max(0, highest - DEEP_ROWS / scale - 2);
  const to = Math.min(soft.height, lowest + GROUND_ROWS + 2);
  colours.judge({ plane: soft, boundary: rounded, from, to }, likeness);
}

/** Before the first backdrop is read, what is above the boundary counts as sky. */
function fillAbove(boundary: Int16Array, soft: Features, scale: number, alpha: Float32Array): void {
  for (let y = 0, i = 0; y < soft.height; y += 1) {
    for (let x = 0; x < soft.width; x += 1, i += 1) {
      alpha[i] = y * scale < (boundary[Math.min(boundary.length - 1, x * scale)] as number) - GROUND_ROWS ? 1 : 0;
    }
  }
}

interface Rough {
  readonly soft: Features;
  readonly softened: SoftBoundary;
  readonly likeness: Float32Array;
  readonly things: SkyThings;
}

/** What is above the boundary is sky where it has the sky's colours, and high above it, where clouds of any colour may be. */
function roughShare({ soft, softened, likeness, things }: Rough, target: Float32Array): void {
  const { width, height } = soft;
  const { rows, scale } = softened;
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      const above = ((rows[x] as number) - y) * scale;
      if (above < -GROUND_ROWS) {
        target[i] = 0;
        continue;
      }
      const open = 1 - (things.solid[i] as number);
      if (above > DEEP_ROWS) {
        target[i] = open;
        continue;
      }
      const near = smoothstep(0.25, 0.7, likeness[i] as number);
      const sky = Math.max(near, smoothstep(6, DEEP_ROWS, above), things.reach[i] as number);
      target[i] = smoothstep(-GROUND_ROWS, 2, above) * sky * open;
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
    const left = (motion.x - motion.roll * qy) * half;
    const up = (motion.y + motion.zoom * qy) * half;
    for (let x = 0; x < width; x += 1, i += 1) {
      const across = x + 0.5 - half;
      const fx = x - left - motion.zoom * across;
      const fy = y - up - motion.roll * across;
      if (fx < 0 || fy < 0 || fx >= width - 1 || fy >= height - 1) continue;
      const at = (fy | 0) * width + (fx | 0);
      const tx = fx - (fx | 0);
      const ty = fy - (fy | 0);
      const a = (1 - tx) * (1 - ty);
      const b = tx * (1 - ty);
      const c = (1 - tx) * ty;
      const d = tx * ty;
      const below = at + width;
      const now = share[i] as number;
      // Nearly everywhere all is as it was: sky or ground alone.
      if (now === before[at] && now === before[at + 1] && now === before[below] && now === before[below + 1]) continue;
      const light =
        (lumaBefore[at] as number) * a +
        (lumaBefore[at + 1] as number) * b +
        (lumaBefore[below] as number) * c +
        (lumaBefore[below + 1] as number) * d;
      const was =
        (before[at] as number) * a +
        (before[at + 1] as number) * b +
        (before[below] as number) * c +
        (before[below + 1] as number) * d;
      const change = ((luma[i] as number) - light) * (1 / CHANGED_LUMA);
      share[i] = now + ((was - now) * MEMORY) / (1 + change * change);
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

interface Search {
  readonly features: Features;
  readonly colours: SkyColours;
  readonly find: BoundaryFinder;
  /** Room for each pixel's edge and its probability of being sky. */
  readonly edges: Float32Array;
  readonly probability: Float32Array;
  readonly step: 1 | 2;
}

/** Finds the boundary again about where the camera has moved it. */
function search(
  { features, colours, find, edges, probability, step }: Search,
  last: Float32Array,
  boundary: Int16Array,
): void {
  const { height } = features;
  let lowest = 0;
  for (let x = 0; x < boundary.length; x += 1) {
    boundary[x] = Math.min(height, Math.max(0, Math.round(last[x] as number)));
    lowest = Math.max(lowest, boundary[x] as number);
  }
  const rows = Math.min(height, Math.round(lowest + height * SEARCH_BELOW));
  colours.judge({ plane: features, boundary, to: rows, step }, probability);
  measureEdges(features, edges, { rows, step });
  find({ edges, sky: probability, last, rows, step }, boundary);
}

/** What the backdrop may be learned from: pixels that are hardly anything but sky, and of colours that are known to be its. */
function markCertain(alpha: Float32Array, { bins }: Features, { shares }: SkyColours, certain: Float32Array): void {
  for (let i = 0; i < alpha.length; i += 1) {
    const share = alpha[i] as number;
    const known = shares[bins[i] as number] as number;
    certain[i] = share === 0 || known <= KNOWN[0] ? 0 : share ** 2 * share ** 2 * smoothstep(KNOWN[0], KNOWN[1], known);
  }
}

function applyFit({ slope, offset }: GuidedFit, guide: Float32Array, alpha: Float32Array): void {
  for (let i = 0; i < alpha.length; i += 1) {
    alpha[i] = sharpen((slope[i] as number) * (guide[i] as number) + (offset[i] as number));
  }
}

export interface SkyMaskOptions {
  /** Full-size pixels per pixel of `features`. */
  readonly factor: number;
  /** Whether what is soft is measured at half of that size. */
  readonly halved?: boolean;
}

export function createSkyMask(
  fullWidth: number,
  fullHeight: number,
  { factor, halved = false }: SkyMaskOptions,
): SkyMask {
  const features = createFeatures(fullWidth, fullHeight, factor);
  const soft = halved ? createHalf(features) : features;
  const scale = halved ? 2 : 1;
  const { width, height, luma } = features;
  const plane = () => new Float32Array(width * height);
  const softPlane = () => new Float32Array(soft.width * soft.height);
  const [probability, edges] = [plane(), plane()];
  const [alpha, likeness, rough] = [softPlane(), softPlane(), softPlane()];
  const [before, lumaBefore, certain, guide] = [softPlane(), softPlane(), softPlane(), softPlane()];
  const boundary = new Int16Array(width);
  const last = new Float32Array(width);
  const softened = { rows: new Float32Array(soft.width), rounded: new Int16Array(soft.width), scale };
  const colours = createSkyColours(features);
  const find = createBoundaryFinder(features);
  const backdrop = createSkyBackdrop(soft);
  const things = createSkyThings({ features, soft, backdrop });
  const skyGuide = createSkyGuide(features);
  const filter = createGuidedFit(soft, Math.round(Math.max(soft.width, soft.height) * GUIDE_RADIUS), GUIDE_EPSILON);
  const motionWidth = Math.min(MOTION_WIDTH, width);
  let weights: Luma | undefined;
  let small: Luma | undefined;
  let motion = NO_MOTION;
  let frame = 0;
  const area = () => alpha.reduce((sum, value) => sum + value, 0) / alpha.length;

  function follow(): void {
    const now = shrinkLuma({ width, height, values: luma }, motionWidth);
    if (small === undefined) {
      chooseBoundary({ features, colours, find }, boundary);
      fillAbove(boundary, soft, scale, alpha);
    } else {
      weights ??= { ...now, values: new Float32Array(now.values.length) };
      motion = estimateMotion(small, now, weighFar(features, boundary, weights));
      moveBoundary(boundary, motion, features, last);
      search({ features, colours, find, edges, probability, step: scale }, last, boundary);
      if (frame % LEARNING_FRAMES === 0) colours.learn(boundary, LEARNING_RATE);
    }
    small = now;
    softenBoundary(boundary, softened);
    judgeNear(colours, soft, softened, likeness);
  }

  function read(rgb: Uint8Array): void {
    const isFirst = small === undefined;
    frame += 1;
    lumaBefore.set(soft.luma);
    before.set(rough);
    readFeatures(features, rgb, fullWidth, halved ? soft : undefined);
    follow();
    if (isFirst || frame % BACKDROP_FRAMES === 0) classifyColours(soft, 0, soft.height);
    for (let pass = 0; pass < (isFirst ? 2 : 1); pass += 1) {
      if (isFirst || frame % BACKDROP_FRAMES === 0) {
        markCertain(alpha, soft, colours, certain);
        backdrop.read(certain);
      }
      things.read(boundary);
      roughShare({ soft, softened, likeness, things }, rough);
      if (!isFirst) rememberAlong({ motion, before, lumaBefore }, soft, rough);
      skyGuide.fill(boundary, soft, guide);
      filter.fit(guide, rough);
      applyFit(filter, guide, alpha);
    }
  }

  function confidence(): number {
    measureEdges(features, edges);
    const share = area();
    if (share < 0.03 || share > 0.95 || skyColourOf(soft, alpha) === undefined) return 0;
    return rateBoundary(features, edges, boundary) * separationOf(colours);
  }

  return {
    ...{ features, soft, alpha, boundary, backdrop, things, guide: skyGuide, filter },
    ...{ area, confidence, motion: () => motion, read },
  };
}
