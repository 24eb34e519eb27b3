/**
 * What a still picture tells about its space, by rules of thumb: no neural network is asked. The sky is at infinity; ground is
 * the nearer the lower it is; in a picture with a blurred background the sharp things are near; what differs in colour from the
 * picture's borders is taken for a subject before them. Wrong guesses show little, since the depth is soft: it has no edge at
 * which a picture could tear.
 */
import type { Size } from '../geometry.ts';
import { boxBlur } from './box-blur.ts';
import type { Features } from './features.ts';
import { createGuidedFilter } from './guided-filter.ts';
import { clamp, mix, smoothstep } from './numbers.ts';
import { type DepthMap, maskFactor } from './picture.ts';
import { createSkyMask, type SkyMask } from './sky-mask.ts';

export interface PictureDepth extends DepthMap {
  /** How much of each value's place is sky, 0 to 1; all 0 where the sky was not found for sure. */
  readonly sky: Float32Array;
  readonly mask: SkyMask;
}

/** A mask less sure of itself than this is not used. */
const LEAST_CONFIDENCE = 0.25;
/** Depth is soft: a mask of 290 pixels of width tells as much of it as one of 430, in half of the time. */
const COARSER = 1.4;
const SKY_DEPTH = 0.02;
const FARTHEST_GROUND = 0.16;
const NEAREST_GROUND = 0.86;
/** Measured on photographs at 530 pixels of width: what is in focus has this sharpness or more, a blurred background at most the other. */
const IN_FOCUS = 0.5;
const OUT_OF_FOCUS = 0.4;
/** A picture has a blurred background where shares of its outlines from here on are blurred; a landscape has none. */
const BLURRED_SHARES = [0.04, 0.14] as const;
const FOCUSED_SHARES = [0.04, 0.14] as const;
const OUTLINE = 0.03;
const SALIENT_LIFT = 0.26;
/** Changes of brightness below this are the film's noise. */
const LEAST_CHANGE = 0.008;
const GUIDE_EPSILON = 2e-3;
/** How far a near thing reaches beyond its outline, in widths: bends of straight lines get too long to be seen. */
const WIDENED = 0.024;
/** Of the widening: less than this and neighbours would cross on the farthest orbit. */
const SOFTNESS = 1.9;

type Blur = (source: Float32Array, target: Float32Array, radius: number) => void;

function createBlur(features: Features): Blur {
  return (source, target, radius) => boxBlur(source, target, { plane: features, radius });
}

/** The value below which `share` of all values are. */
function quantile(values: Float32Array, share: number): number {
  const sorted = Float32Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

interface Sharpness {
  /** Fine changes of brightness as a share of coarse ones. What is flat has none of its own and takes that of what is around it. */
  readonly values: Float32Array;
  /** Whether they tell near from far, 0 to 1. */
  readonly trust: number;
}

function measureSharpness({ luma, edges, width, height }: Features, blur: Blur, sky: Float32Array): Sharpness {
  const smooth = new Float32Array(luma.length);
  const coarse = new Float32Array(luma.length);
  blur(luma, smooth, 3);
  for (let y = 0, i = 0; y < height; y += 1) {
    const down = y < height - 4 ? width * 4 : 0;
    for (let x = 0; x < width; x += 1, i += 1) {
      const right = x < width - 4 ? 4 : 0;
      const here = smooth[i] as number;
      coarse[i] = Math.abs((smooth[i + right] as number) - here) + Math.abs((smooth[i + down] as number) - here);
    }
  }
  const fine = Float32Array.from(edges);
  const weight = new Float32Array(luma.length);
  const radius = Math.max(3, Math.round(width * 0.016));
  const counts = { outlines: 1, blurred: 0, focused: 0 };
  blur(fine, fine, radius);
  blur(coarse, coarse, radius);
  for (let i = 0; i < fine.length; i += 1) {
    const change = Math.max(fine[i] as number, (coarse[i] as number) * 0.5);
    const trust = smoothstep(LEAST_CHANGE, LEAST_CHANGE * 5, change);
    const ratio = (fine[i] as number) / ((coarse[i] as number) * 0.9 + 0.02);
    weight[i] = trust + 1e-3;
    fine[i] = clamp(ratio, 0, 1.6) * (weight[i] as number);
    if ((coarse[i] as number) < OUTLINE || (sky[i] as number) > 0.5) continue;
    counts.outlines += 1;
    if (ratio < OUT_OF_FOCUS) counts.blurred += 1;
    if (ratio > IN_FOCUS) counts.focused += 1;
  }
  for (let pass = 0; pass < 2; pass += 1) {
    blur(fine, fine, radius);
    blur(weight, weight, radius);
  }
  for (let i = 0; i < fine.length; i += 1) fine[i] = (fine[i] as number) / (weight[i] as number);
  const trust =
    smoothstep(...BLURRED_SHARES, counts.blurred / counts.outlines) *
    smoothstep(...FOCUSED_SHARES, counts.focused / counts.outlines);
  return { values: fine, trust };
}

/** Distance in colour from what the left, right and upper borders show, 0 to 1, and more in the middle. */
function saliency({ luma, blue, red, width, height }: Features, blur: Blur): Float32Array {
  const border = { light: 0, blue: 0, red: 0, count: 0 };
  const edge = Math.max(2, Math.round(width * 0.05));
  for (let i = 0; i < luma.length; i += 1) {
    const x = i % width;
    const y = (i / width) | 0;
    if (x >= edge && x < width - edge && y >= edge) continue;
    border.light += luma[i] as number;
    border.blue += blue[i] as number;
    border.red += red[i] as number;
    border.count += 1;
  }
  const values = new Float32Array(luma.length);
  for (let i = 0; i < values.length; i += 1) {
    const x = ((i % width) + 0.5) / width - 0.5;
    const y = (((i / width) | 0) + 0.5) / height - 0.55;
    const light = (luma[i] as number) - border.light / border.count;
    const u = ((blue[i] as number) - border.blue / border.count) / 60;
    const v = ((red[i] as number) - border.red / border.count) / 60;
    values[i] = Math.hypot(light, u, v) * smoothstep(0.6, 0.15, Math.hypot(x, y));
  }
  blur(values, values, Math.max(2, Math.round(width * 0.02)));
  const most = Math.max(0.12, quantile(values, 0.97));
  return values.map((value) => smoothstep(0.35, 1, value / most));
}

/**
 * Makes near things larger by `radius` and softens the whole: where depth changes, the background stretches and the thing
 * before it keeps its shape.
 */
function widen(values: Float32Array, { width, height }: Features, blur: Blur, radius: number): void {
  const rows = new Float32Array(values.length);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let most = 0;
      for (let near = Math.max(0, x - radius); near <= Math.min(width - 1, x + radius); near += 1) {
        most = Math.max(most, values[y * width + near] as number);
      }
      rows[y * width + x] = most;
    }
  }
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let most = 0;
      for (let near = Math.max(0, y - radius); near <= Math.min(height - 1, y + radius); near += 1) {
        most = Math.max(most, rows[near * width + x] as number);
      }
      values[y * width + x] = most;
    }
  }
  for (let pass = 0; pass < 2; pass += 1) blur(values, values, Math.round(radius * SOFTNESS));
}

function groundDepth(y: number, horizon: number): number {
  return mix(FARTHEST_GROUND, NEAREST_GROUND, smoothstep(horizon - 0.12, 1.05, y));
}

export function estimateDepth(rgb: Uint8Array, size: Size): PictureDepth {
  const mask = createSkyMask(size.width, size.height, { factor: Math.round(maskFactor(size) * COARSER) });
  mask.read(rgb);
  const { features } = mask;
  const { width, height, luma } = features;
  const isOutdoors = mask.confidence() > LEAST_CONFIDENCE;
  const sky = isOutdoors ? Float32Array.from(mask.alpha) : new Float32Array(width * height);
  const blur = createBlur(features);
  const sharp = measureSharpness(features, blur, sky);
  const salient = saliency(features, blur);
  const lift = SALIENT_LIFT * (1 - 0.5 * sharp.trust) * (isOutdoors ? 1 - smoothstep(0.06, 0.2, mask.area()) * 0.7 : 1);
  const horizon = isOutdoors ? (mask.boundary.toSorted()[width >> 1] ?? 0) / height : 0.35;
  const rough = new Float32Array(width * height);
  for (let i = 0; i < rough.length; i += 1) {
    const ground = groundDepth(((i / width) | 0) / height, horizon);
    const inFocus = smoothstep(OUT_OF_FOCUS * 0.8, IN_FOCUS * 1.3, sharp.values[i] as number);
    const focused = mix(0.1 + ground * 0.25, 0.85, inFocus);
    const thing = mix(ground, focused, sharp.trust) + (salient[i] as number) * lift;
    rough[i] = mix(thing, SKY_DEPTH, sky[i] as number);
  }
  const values = new Float32Array(width * height);
  createGuidedFilter(features, Math.max(4, Math.round(width * 0.03)), GUIDE_EPSILON)(luma, rough, values);
  for (let i = 0; i < values.length; i += 1) values[i] = clamp(values[i] as number, 0, 1);
  widen(values, features, blur, Math.max(2, Math.round(width * WIDENED)));
  return { width, height, values, sky, mask };
}
