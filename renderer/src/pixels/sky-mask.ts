/**
 * Finds the sky of a video, frame by frame. Invariants:
 * 1. The sky is what can be reached from the top edge: everything under a column's boundary row is ground.
 * 2. Colours of sky and ground are learned on the first frame and follow slowly, so the mask does not flicker.
 * 3. `confidence` says how far the mask may be trusted; a caller below its threshold grades the whole frame instead.
 */
import { COLOUR_BINS, createFeatures, type Features, readFeatures } from './features.ts';
import { createGuidedFilter, type GuidedFilter } from './guided-filter.ts';
import { clamp, smoothstep } from './numbers.ts';
import { edgeStrength, findBoundary } from './sky-boundary.ts';
import { createSkyGuide } from './sky-guide.ts';

const LEARNING_RATE = 0.15;
const FIRST_PASSES = 3;
const GUIDE_RADIUS = 6;
const GUIDE_EPSILON = 4e-4;
/** Share of the frame before in the mask: enough to calm edges, little enough not to trail. */
const MEMORY = 0.25;
/** What can be reached changes slowly; finding it is a tenth of a frame's time. */
const REACH_INTERVAL = 3;
const LEAST_PROBABILITY = 0.03;

export interface SkyMask {
  readonly features: Features;
  /** How much of each small pixel is sky, 0 to 1. */
  readonly alpha: Float32Array;
  /** Each small pixel's likeness to the sky's colours, wherever it stands: water that mirrors the sky has it too. */
  readonly likeness: Float32Array;
  /** First ground row of each column. */
  readonly boundary: Int16Array;
  readonly area: () => number;
  readonly confidence: () => number;
  /** Reads the next frame. */
  readonly read: (rgb: Uint8Array) => void;
}

/** How much must be crossed on the smoothest way from the top edge to each pixel. A pale horizon is reached cheaply, a hill is not. */
function reachFromTop(features: Features, reach: Float32Array): void {
  const { width, height, luma, blue, red } = features;
  reach.fill(1e6);
  reach.fill(0, 0, width);
  const relax = (i: number, from: number): void => {
    const light = Math.abs((luma[i] as number) - (luma[from] as number));
    const colour =
      Math.abs((blue[i] as number) - (blue[from] as number)) + Math.abs((red[i] as number) - (red[from] as number));
    // Squaring lets a thousand small changes (a gradient) cost less than one large one (an outline).
    const change = light + colour / 160;
    const cost = (reach[from] as number) + 0.0006 + change * change * 60;
    if (cost < (reach[i] as number)) reach[i] = cost;
  };
  for (let y = 1; y < height; y += 1) {
    const row = y * width;
    for (let x = 0; x < width; x += 1) {
      relax(row + x, row + x - width);
      if (x > 0) relax(row + x, row + x - 1);
    }
    for (let x = width - 2; x >= 0; x -= 1) relax(row + x, row + x + 1);
  }
  for (let y = height - 2; y > 0; y -= 1) {
    const row = y * width;
    for (let x = 0; x < width; x += 1) relax(row + x, row + x + width);
  }
}

/** Before anything is learned: blue or bright and smooth, high in the frame, reachable from the top. */
function guessSky(features: Features, reach: Float32Array, sky: Float32Array): void {
  const { width, height, luma, blue, red, texture } = features;
  for (let i = 0; i < sky.length; i += 1) {
    const y = ((i / width) | 0) / height;
    const u = blue[i] as number;
    const v = red[i] as number;
    const light = luma[i] as number;
    const bluish = smoothstep(3, 22, u) * smoothstep(0.22, 0.45, light) * smoothstep(6, -4, v);
    const whitish = smoothstep(0.62, 0.86, light) * smoothstep(26, 10, Math.abs(u) + Math.abs(v)) * 0.9;
    const rough = smoothstep(0.012, 0.05, texture[i] as number);
    const colour = Math.max(bluish, whitish) * (1 - 0.75 * rough) * smoothstep(0.95, 0.45, y);
    const reached = smoothstep(0.75, 0.3, reach[i] as number) * (1 - 0.6 * rough) * smoothstep(0.97, 0.7, y);
    const high = 0.25 * smoothstep(0.25, 0, y) * (1 - rough);
    sky[i] = clamp(Math.max(colour * 0.85, reached * 0.92) + high, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY);
  }
}

interface ColourModel {
  readonly sky: Float32Array;
  readonly ground: Float32Array;
}

/** Spreads each colour's count to its neighbours, so that a shade not seen before still has a likeness. */
function spread(counts: Float32Array): Float32Array {
  const result = new Float32Array(COLOUR_BINS);
  for (let bin = 0; bin < COLOUR_BINS; bin += 1) {
    const count = counts[bin] as number;
    if (count === 0) continue;
    const a = bin >> 8;
    const b = (bin >> 4) & 15;
    const c = bin & 15;
    for (let i = Math.max(0, a - 1); i <= Math.min(15, a + 1); i += 1) {
      for (let j = Math.max(0, b - 1); j <= Math.min(15, b + 1); j += 1) {
        for (let k = Math.max(0, c - 1); k <= Math.min(15, c + 1); k += 1) {
          const steps = Math.abs(i - a) + Math.abs(j - b) + Math.abs(k - c);
          const neighbour = (i << 8) | (j << 4) | k;
          result[neighbour] = (result[neighbour] as number) + count * 0.5 ** steps;
        }
      }
    }
  }
  return result;
}

function learnColours(features: Features, boundary: Int16Array, model: ColourModel, rate: number): void {
  const { width, height, bins } = features;
  const above = new Float32Array(COLOUR_BINS);
  const below = new Float32Array(COLOUR_BINS);
  let skyCount = 50;
  let groundCount = 50;
  for (let x = 0; x < width; x += 1) {
    const row = boundary[x] as number;
    for (let y = 0; y < height; y += 1) {
      const bin = bins[y * width + x] as number;
      if (y < row - 2) {
        above[bin] = (above[bin] as number) + 1;
        skyCount += 1;
      } else if (y > row + 2) {
        below[bin] = (below[bin] as number) + 1;
        groundCount += 1;
      }
    }
  }
  const sky = spread(above);
  const ground = spread(below);
  for (let bin = 0; bin < COLOUR_BINS; bin += 1) {
    const s = model.sky[bin] as number;
    const g = model.ground[bin] as number;
    model.sky[bin] = s + ((sky[bin] as number) / skyCount - s) * rate;
    model.ground[bin] = g + ((ground[bin] as number) / groundCount - g) * rate;
  }
}

/** Sky probability from the learned colours, helped by reachability where both sides share a colour. */
function judgeSky(features: Features, model: ColourModel, reach: Float32Array, sky: Float32Array): void {
  const { bins, texture } = features;
  for (let i = 0; i < sky.length; i += 1) {
    const bin = bins[i] as number;
    const s = (model.sky[bin] as number) + 1e-6;
    const share = s / (s + (model.ground[bin] as number) + 1e-6);
    const rough = smoothstep(0.015, 0.06, texture[i] as number);
    const reached = smoothstep(0.9, 0.35, reach[i] as number);
    const colour = share * (1 - 0.35 * rough * (share < 0.97 ? 1 : 0));
    sky[i] = clamp(colour * 0.75 + reached * (1 - 0.7 * rough) * 0.25, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY);
  }
}

function roughAlpha(features: Features, boundary: Int16Array, sky: Float32Array, target: Float32Array): void {
  const { width, height } = features;
  for (let x = 0; x < width; x += 1) {
    const row = boundary[x] as number;
    for (let y = 0; y < height; y += 1) {
      const i = y * width + x;
      if (y > row + 3) {
        target[i] = 0;
        continue;
      }
      const probability = sky[i] as number;
      const deep = smoothstep(row - 6, row - 26, y) * smoothstep(0.02, 0.2, probability);
      target[i] = smoothstep(row + 3, row - 2, y) * Math.max(smoothstep(0.25, 0.7, probability), deep);
    }
  }
}

/** Skies are blue, grey or white and bright, warm and bright, or dark; grass, bricks and a red bowl are none of these. */
function hasSkyColour({ luma, blue, red }: Features, alpha: Float32Array): boolean {
  let total = 1e-6;
  let light = 0;
  let u = 0;
  let v = 0;
  for (let i = 0; i < alpha.length; i += 1) {
    const weight = alpha[i] as number;
    total += weight;
    light += weight * (luma[i] as number);
    u += weight * (blue[i] as number);
    v += weight * (red[i] as number);
  }
  light /= total;
  u /= total;
  v /= total;
  const isBlue = u > 3 && v < 8;
  const isGrey = light > 0.45 && Math.abs(u) + Math.abs(v) < 20;
  const isWarm = light > 0.45 && v > 0 && v < 42 && u > -48;
  const isDark = light < 0.2 && Math.abs(u) + Math.abs(v) < 20;
  return isBlue || isGrey || isWarm || isDark;
}

function measureConfidence(features: Features, mask: Pick<SkyMask, 'boundary' | 'alpha' | 'area'>): number {
  const { width, height } = features;
  const area = mask.area();
  let support = 0;
  let columns = 0;
  for (let x = 0; x < width; x += 1) {
    const row = mask.boundary[x] as number;
    if (row < 4 || row > height - 4) continue;
    columns += 1;
    support += Math.max(
      edgeStrength(features, x, row - 1),
      edgeStrength(features, x, row),
      edgeStrength(features, x, row + 1),
    );
  }
  if (columns < width * 0.15 || area < 0.03 || area > 0.93) return 0;
  if (!hasSkyColour(features, mask.alpha)) return 0;
  let decided = 0;
  for (const value of mask.alpha) decided += Math.abs(value - 0.5) * 2;
  return (support / columns) * (decided / mask.alpha.length);
}

export function createSkyMask(fullWidth: number, fullHeight: number, factor: number): SkyMask {
  const features = createFeatures(fullWidth, fullHeight, factor);
  const count = features.width * features.height;
  const alpha = new Float32Array(count);
  const likeness = new Float32Array(count);
  const reach = new Float32Array(count);
  const rough = new Float32Array(count);
  const fine = new Float32Array(count);
  const boundary = new Int16Array(features.width);
  const model: ColourModel = { sky: new Float32Array(COLOUR_BINS), ground: new Float32Array(COLOUR_BINS) };
  const refine: GuidedFilter = createGuidedFilter(features, GUIDE_RADIUS, GUIDE_EPSILON);
  const guide = new Float32Array(count);
  const fillGuide = createSkyGuide(features);
  let frame = 0;
  const area = () => alpha.reduce((sum, value) => sum + value, 0) / count;

  function read(rgb: Uint8Array): void {
    const isFirst = frame === 0;
    readFeatures(features, rgb, fullWidth);
    if (frame % REACH_INTERVAL === 0) reachFromTop(features, reach);
    if (isFirst) guessSky(features, reach, likeness);
    for (let pass = 0; pass < (isFirst ? FIRST_PASSES : 1); pass += 1) {
      if (!isFirst || pass > 0) judgeSky(features, model, reach, likeness);
      findBoundary(features, likeness, boundary, isFirst);
      learnColours(features, boundary, model, isFirst ? 1 : LEARNING_RATE);
    }
    roughAlpha(features, boundary, likeness, rough);
    fillGuide(boundary, guide);
    refine(guide, rough, fine);
    const memory = isFirst ? 0 : MEMORY;
    for (let i = 0; i < count; i += 1) {
      const sharp = smoothstep(0.12, 0.88, fine[i] as number);
      alpha[i] = sharp + ((alpha[i] as number) - sharp) * memory;
    }
    frame += 1;
  }

  return {
    ...{ features, alpha, likeness, boundary, area, read },
    confidence: () => measureConfidence(features, { boundary, alpha, area }),
  };
}
