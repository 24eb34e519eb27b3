import { expect, test } from 'vitest';
import { createCanvas } from './canvas.ts';
import { fineNoise, sampleNoise } from './noise.ts';

const SIZE = { width: 320, height: 180 };

/** Land under a pale sky, with a hill's outline that runs into both sides. */
function landscape(): Uint8Array {
  const rgb = new Uint8Array(SIZE.width * SIZE.height * 3);
  for (let y = 0, o = 0; y < SIZE.height; y += 1) {
    for (let x = 0; x < SIZE.width; x += 1, o += 3) {
      const top = 80 + 18 * Math.sin(x * 0.03);
      const light = y < top ? 220 : 40 + 120 * sampleNoise(fineNoise(), x * 0.011, y * 0.011);
      rgb.set([light, light, light], o);
    }
  }
  return rgb;
}

function rowsOf(reach: number) {
  const { width, height, packed } = createCanvas(landscape(), SIZE, reach);
  const left = (width - SIZE.width) / 2;
  const top = (height - SIZE.height) / 2;
  const at = (x: number, y: number) => (packed[(y + top) * width + x + left] as number) & 255;
  return { left, at };
}

test('the picture itself stays as it is', () => {
  const { at } = rowsOf(1.4);
  const rgb = landscape();
  let off = 0;
  for (let y = 0; y < SIZE.height; y += 1) {
    for (let x = 0; x < SIZE.width; x += 1) off += Math.abs(at(x, y) - (rgb[(y * SIZE.width + x) * 3] as number));
  }
  expect(off).toBe(0);
});

test('what lies beyond a side is no mirror of what lies before it', () => {
  const { left, at } = rowsOf(1.4);
  let [mirrored, neighbouring] = [0, 0];
  for (let y = 110; y < SIZE.height; y += 1) {
    for (let x = 8; x < left - 8; x += 1) {
      mirrored += Math.abs(at(SIZE.width - 1 + x, y) - at(SIZE.width - 1 - x, y));
      neighbouring += Math.abs(at(SIZE.width - 1 - x, y) - at(SIZE.width - 41 - x, y));
    }
  }
  expect(mirrored).toBeGreaterThan(0.4 * neighbouring);
});

test('outlines run on over a side without a step', () => {
  const { at } = rowsOf(1.4);
  let [over, within] = [0, 0];
  for (let y = 0; y < SIZE.height; y += 1) {
    over += Math.abs(at(SIZE.width, y) - at(SIZE.width - 1, y));
    over += Math.abs(at(-1, y) - at(0, y));
    within += Math.abs(at(SIZE.width / 2, y) - at(SIZE.width / 2 - 1, y)) * 2;
  }
  expect(over).toBeLessThan(2 * within + SIZE.height);
});
