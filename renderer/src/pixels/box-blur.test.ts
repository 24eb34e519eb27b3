import { describe, expect, it } from 'vitest';
import { boxBlur } from './box-blur.ts';
import { createGuidedFit } from './guided-filter.ts';

const clampTo = (value: number, last: number) => Math.min(last, Math.max(0, value));

/** What the kernel has to give, written as its definition. */
function meanAround(values: Float32Array, width: number, height: number, radius: number): number[] {
  const means: number[] = [];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (let dy = -radius; dy <= radius; dy += 1) {
        for (let dx = -radius; dx <= radius; dx += 1) {
          sum += values[clampTo(y + dy, height - 1) * width + clampTo(x + dx, width - 1)] as number;
        }
      }
      means.push(sum / (2 * radius + 1) ** 2);
    }
  }
  return means;
}

const noise = (count: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.abs(Math.sin(i * 12.9898) * 43758.5453) % 1);

describe('boxBlur', () => {
  it.each([
    [1, 1, 3],
    [5, 3, 1],
    [7, 4, 2],
    [21, 6, 30],
    [32, 17, 4],
  ])('is the mean around each value of a %ix%i plane, radius %i', (width, height, radius) => {
    const values = noise(width * height);
    const wanted = meanAround(values, width, height, radius);
    const blurred = new Float32Array(values.length);
    boxBlur(values, blurred, { plane: { width, height }, radius });
    for (const [i, value] of blurred.entries()) expect(value).toBeCloseTo(wanted[i] as number, 5);
    boxBlur(values, values, { plane: { width, height }, radius });
    expect(values).toEqual(blurred);
  });

  it('leaves a larger plane alone when a smaller one follows, and the other way round', () => {
    const large = new Float32Array(900 * 500).fill(0.5);
    const small = new Float32Array(4).fill(2);
    boxBlur(small, small, { plane: { width: 2, height: 2 }, radius: 1 });
    boxBlur(large, large, { plane: { width: 900, height: 500 }, radius: 5 });
    expect(small.every((value) => value === 2)).toBe(true);
    expect(large.every((value) => Math.abs(value - 0.5) < 1e-5)).toBe(true);
  });
});

describe('createGuidedFit', () => {
  it('finds a mask that is a straight function of its guide', () => {
    const plane = { width: 37, height: 23 };
    const guide = noise(plane.width * plane.height);
    const { slope, offset, fit } = createGuidedFit(plane, 3, 1e-9);
    fit(
      guide,
      guide.map((value) => 0.7 * value + 0.1),
    );
    for (const value of slope) expect(value).toBeCloseTo(0.7, 2);
    for (const value of offset) expect(value).toBeCloseTo(0.1, 2);
  });
});
