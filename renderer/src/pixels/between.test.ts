import { expect, test } from 'vitest';
import type { Size } from '../geometry.ts';
import { createBetween } from './between.ts';
import { fineNoise, sampleNoise } from './noise.ts';

const SIZE: Size = { width: 320, height: 180 };

/** Ground that moves to the left by `time` times 6 pixels, and a bright disc that goes to the right by as much. */
function scene(time: number): Uint8Array {
  const rgb = new Uint8Array(SIZE.width * SIZE.height * 3);
  const noise = fineNoise();
  for (let y = 0, o = 0; y < SIZE.height; y += 1) {
    for (let x = 0; x < SIZE.width; x += 1, o += 3) {
      const ground = 60 + 120 * sampleNoise(noise, (x + time * 6) / 400, y / 400);
      const disc = Math.hypot(x - 150 - time * 6, y - 90) < 26 ? 90 : 0;
      rgb.fill(Math.min(255, ground * 0.8 + disc), o, o + 3);
    }
  }
  return rgb;
}

function meanError(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += Math.abs((a[i] as number) - (b[i] as number));
  return sum / a.length;
}

test('a frame made between two is where things would have been, not both ends at once', () => {
  const between = createBetween(SIZE);
  const [first, second] = [scene(0), scene(1)];
  between.read(first);
  between.read(second);
  const made = new Uint8Array(first.length);
  for (const share of [0.33, 0.5, 0.75]) {
    between.paint(share, made);
    const truth = scene(share);
    const blended = first.map((value, i) => value * (1 - share) + (second[i] as number) * share);
    expect(meanError(made, truth)).toBeLessThan(meanError(blended, truth) * 0.45);
  }
});

test('the smallest picture has frames between its own', () => {
  const between = createBetween({ width: 16, height: 16 });
  const grey = new Uint8Array(16 * 16 * 3).fill(90);
  between.read(grey);
  between.read(grey);
  const made = new Uint8Array(grey.length);
  between.paint(0.5, made);
  expect(meanError(made, grey)).toBeLessThan(1);
});
