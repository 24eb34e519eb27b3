/** He, Sun and Tang's guided filter: moves a rough mask's edge onto the edges of the picture it was made from. */
import { copyIn, copyOut, kernels, planesOf } from '../kernels.ts';
import type { Plane } from './box-blur.ts';

export interface GuidedFit {
  /** After `fit` the mask is `slope * guide + offset` at every place; both are smooth, so it holds at any size of the guide. */
  readonly slope: Float32Array;
  readonly offset: Float32Array;
  readonly fit: (guide: Float32Array, mask: Float32Array) => void;
}

export function createGuidedFit({ width, height }: Plane, radius: number, epsilon: number): GuidedFit {
  const slope = new Float32Array(width * height);
  const offset = new Float32Array(width * height);
  function fit(guide: Float32Array, mask: Float32Array): void {
    // Two planes of means, and for scratch a plane and a row, follow.
    const [guideAt = 0, maskAt = 0, slopeAt = 0, means = 0, , scratch = 0] = planesOf(width * height, 7);
    copyIn(guide, guideAt);
    copyIn(mask, maskAt);
    kernels.fitGuide(guideAt, maskAt, slopeAt, means, scratch, width, height, radius, epsilon);
    copyOut(slopeAt, slope);
    copyOut(maskAt, offset);
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
