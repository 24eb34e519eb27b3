import { expect, test } from 'vitest';
import { estimateDepth } from './depth.ts';
import { fineNoise, sampleNoise } from './noise.ts';

const SIZE = { width: 640, height: 360 };

type Colour = readonly [number, number, number];

function paint(colourAt: (x: number, y: number) => Colour): Uint8Array {
  const rgb = new Uint8Array(SIZE.width * SIZE.height * 3);
  for (let y = 0, o = 0; y < SIZE.height; y += 1) {
    for (let x = 0; x < SIZE.width; x += 1, o += 3) rgb.set(colourAt(x, y), o);
  }
  return rgb;
}

/** Detail of this many pixels: fine where in focus, coarse where blurred. */
function detail(x: number, y: number, pixels: number): number {
  return sampleNoise(fineNoise(), x / (pixels * 64), y / (pixels * 64));
}

function meanDepth(rgb: Uint8Array, inside: (x: number, y: number) => boolean): number {
  const { width, height, values } = estimateDepth(rgb, SIZE);
  const seen = [...values].filter((_, i) => inside((i % width) / width, ((i / width) | 0) / height));
  return seen.reduce((sum, value) => sum + value, 0) / seen.length;
}

test('the sky is far, and ground is the nearer the lower', () => {
  const landscape = paint((x, y) => {
    if (y < 140) return [110, 160, 230];
    const light = 60 + 90 * detail(x, y, 3);
    return [light, light * 1.1, light * 0.5];
  });
  const sky = meanDepth(landscape, (_, y) => y < 0.3);
  const middle = meanDepth(landscape, (_, y) => y > 0.45 && y < 0.6);
  const front = meanDepth(landscape, (_, y) => y > 0.85);
  expect(sky).toBeLessThan(0.08);
  expect(middle).toBeGreaterThan(sky + 0.1);
  expect(front).toBeGreaterThan(middle + 0.2);
});

test('what is sharp stands before a blurred background, even high in the picture', () => {
  const inDisc = (x: number, y: number) => Math.hypot(x - 220, y - 130) < 80;
  const portrait = paint((x, y) => {
    const light = inDisc(x, y) ? 255 * detail(x, y, 1.5) : 30 + 200 * detail(x, y, 60);
    return [light * 0.9, light, light * 0.4];
  });
  const disc = meanDepth(portrait, (x, y) => inDisc(x * 640, y * 360));
  const behind = meanDepth(portrait, (x, y) => x > 0.6 && y < 0.6);
  expect(disc).toBeGreaterThan(behind + 0.25);
});

test('the depth has no edge at which a picture could tear', () => {
  const hard = paint((x, y) => (x > 200 && x < 420 && y > 100 ? [230, 60, 40] : [30, 60, 90]));
  const { width, values } = estimateDepth(hard, SIZE);
  let steepest = 0;
  for (let i = 1; i < values.length; i += 1) {
    if (i % width !== 0) steepest = Math.max(steepest, Math.abs((values[i] as number) - (values[i - 1] as number)));
  }
  // A pixel of the frame moves at most a tenth of the width against the farthest: neighbours must not cross.
  expect(steepest * width * 0.1).toBeLessThan(0.9);
});
