/** He, Sun and Tang's guided filter: moves a rough mask's edge onto the edges of the picture it was made from. */
import { boxBlur, type Plane } from './box-blur.ts';

export interface GuidedFit {
  /** After `fit` the mask is `slope * guide + offset` at every place; both are smooth, so it holds at any size of the guide. */
  readonly slope: Float32Array;
  readonly offset: Float32Array;
  readonly fit: (guide: Float32Array, mask: Float32Array) => void;
}

export function createGuidedFit(plane: Plane, radius: number, epsilon: number): GuidedFit {
  const count = plane.width * plane.height;
  const meanGuide = new Float32Array(count);
  const meanMask = new Float32Array(count);
  const slope = new Float32Array(count);
  const offset = new Float32Array(count);
  const scratch = new Float32Array(count);
  const blur = (source: Float32Array, target: Float32Array) => boxBlur(source, target, { plane, radius, scratch });
  function fit(guide: Float32Array, mask: Float32Array): void {
    blur(guide, meanGuide);
    blur(mask, meanMask);
    for (let i = 0; i < count; i += 1) {
      const value = guide[i] as number;
      slope[i] = value * value;
      offset[i] = value * (mask[i] as number);
    }
    blur(slope, slope);
    blur(offset, offset);
    for (let i = 0; i < count; i += 1) {
      const mean = meanGuide[i] as number;
      const meanOfMask = meanMask[i] as number;
      const a = ((offset[i] as number) - mean * meanOfMask) / ((slope[i] as number) - mean * mean + epsilon);
      slope[i] = a;
      offset[i] = meanOfMask - a * mean;
    }
    blur(slope, slope);
    blur(offset, offset);
  }

  return { slope, offset, fit };
}

export type GuidedFilter = (guide: Float32Array, mask: Float32Array, target: Float32Array) => void;

export function createGuidedFilter(plane: Plane, radius: number, epsilon: number): GuidedFilter {
  const { slope, offset, fit } = createGuidedFit(plane, radius, epsilon);
  return (guide, mask, target) => {
    fit(guide, mask);
    for (let i = 0; i < target.length; i += 1) {
      target[i] = (slope[i] as number) * (guide[i] as number) + (offset[i] as number);
    }
  };
}
