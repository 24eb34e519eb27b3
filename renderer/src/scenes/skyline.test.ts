import { expect, test } from 'vitest';
import { fineNoise, sampleNoise } from '../pixels/noise.ts';
import { SKY_PALETTES } from '../pixels/palette.ts';
import { createSkyline } from './skyline.ts';

const SIZE = { width: 426, height: 240 };
const HORIZON = 130;
const OPTIONS = { size: SIZE, palette: SKY_PALETTES.sunset, seed: 7 };
const WIDENED = { x: 0, y: 0, scale: 1.2, roll: 0 };

function picture(horizon: number): Uint8Array {
  const rgb = new Uint8Array(SIZE.width * SIZE.height * 3);
  for (let i = 0; i < SIZE.width * SIZE.height; i += 1) {
    const y = (i / SIZE.width) | 0;
    const light = 40 + 90 * sampleNoise(fineNoise(), (i % SIZE.width) * 0.02, y * 0.02);
    rgb.set(y < horizon ? [120, 165, 230] : [light, light * 1.2, light * 0.4], i * 3);
  }
  return rgb;
}

test('a city rises behind the ground and not before it', () => {
  const skyline = createSkyline({ ...OPTIONS, picture: picture(HORIZON) });
  const frame = new Uint8Array(SIZE.width * SIZE.height * 3).fill(200);
  skyline?.(frame, WIDENED, 1);
  const changed = (from: number, to: number) => {
    const rows = frame.subarray(from * SIZE.width * 3, to * SIZE.width * 3);
    return rows.filter((value) => Math.abs(value - 200) > 20).length / rows.length;
  };
  // The horizon, 10 rows below the middle, is seen 8 below it.
  expect(changed(HORIZON - 32, HORIZON - 8)).toBeGreaterThan(0.3);
  expect(changed(HORIZON + 4, SIZE.height)).toBe(0);
});

test('at first nothing is seen of it', () => {
  const skyline = createSkyline({ ...OPTIONS, picture: picture(HORIZON) });
  const frame = new Uint8Array(SIZE.width * SIZE.height * 3).fill(200);
  skyline?.(frame, WIDENED, 0);
  expect(frame.every((value) => value === 200)).toBe(true);
});

test('without a sky there is no place for it', () => {
  expect(createSkyline({ ...OPTIONS, picture: picture(0) })).toBeUndefined();
});
