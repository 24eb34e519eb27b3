import { expect, test } from 'vitest';
import { fineNoise, sampleNoise } from '../pixels/noise.ts';
import { estimateMotion, type Luma, type Motion, NO_MOTION } from './estimate.ts';

const WIDTH = 160;
const HEIGHT = 90;

/** A noise picture whose content was moved by `motion`. */
function moved(motion: Motion): Luma {
  const values = new Float32Array(WIDTH * HEIGHT);
  const tile = fineNoise();
  for (let y = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1) {
      const px = (x + 0.5 - WIDTH / 2) / (WIDTH / 2) - motion.x;
      const py = (y + 0.5 - HEIGHT / 2) / (WIDTH / 2) - motion.y;
      const qx = px * (1 - motion.zoom) + py * motion.roll;
      const qy = py * (1 - motion.zoom) - px * motion.roll;
      values[y * WIDTH + x] = sampleNoise(tile, qx * 0.35 + 0.4, qy * 0.35 + 0.4);
    }
  }
  return { width: WIDTH, height: HEIGHT, values };
}

test.each<[string, Motion]>([
  ['nothing', NO_MOTION],
  ['a pan', { x: -0.03, y: 0.01, zoom: 0, roll: 0 }],
  ['a zoom', { x: 0, y: 0, zoom: 0.02, roll: 0 }],
  ['all at once', { x: 0.015, y: -0.008, zoom: -0.01, roll: 0.012 }],
])('finds %s', (_name, motion) => {
  const found = estimateMotion(moved(NO_MOTION), moved(motion));
  expect(found.x).toBeCloseTo(motion.x, 2);
  expect(found.y).toBeCloseTo(motion.y, 2);
  expect(found.zoom).toBeCloseTo(motion.zoom, 2);
  expect(found.roll).toBeCloseTo(motion.roll, 2);
});

test('takes a cut for no motion', () => {
  const other: Luma = { width: WIDTH, height: HEIGHT, values: new Float32Array(WIDTH * HEIGHT).fill(0.5) };
  expect(estimateMotion(moved(NO_MOTION), other)).toEqual(NO_MOTION);
});
