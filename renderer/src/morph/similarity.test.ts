import { expect, test } from 'vitest';
import { invert, partOf, type Similarity } from './similarity.ts';

function apply({ mx, my, dx, dy }: Similarity, x: number, y: number): readonly [number, number] {
  return [mx * x - my * y + dx, mx * y + my * x + dy];
}

const CAMERAS: readonly [string, Similarity][] = [
  ['a pan', { mx: 1, my: 0, dx: -0.3, dy: 0.1 }],
  ['a zoom', { mx: 1.8, my: 0, dx: 0, dy: 0 }],
  ['a zoom that is almost none', { mx: 1.00001, my: 0, dx: 0.2, dy: 0 }],
  ['a zoom towards a corner with a turn', { mx: 0.6, my: 0.1, dx: 0.3, dy: -0.2 }],
];

test.each(CAMERAS)('%s begins with nothing and ends with all of it', (_name, camera) => {
  const point = [0.4, -0.7] as const;
  const start = apply(partOf(camera, 0), ...point);
  const end = apply(partOf(camera, 1), ...point);
  const expected = apply(camera, ...point);
  for (const axis of [0, 1] as const) {
    expect(start[axis]).toBeCloseTo(point[axis], 6);
    expect(end[axis]).toBeCloseTo(expected[axis], 5);
  }
});

test.each(CAMERAS)('%s can be gone from both of its ends', (_name, camera) => {
  const forwards = apply(partOf(camera, 0.3), 0.2, 0.5);
  const backwards = apply(partOf(invert(camera), 0.7), ...apply(camera, 0.2, 0.5));
  for (const axis of [0, 1] as const) expect(backwards[axis]).toBeCloseTo(forwards[axis], 4);
});
