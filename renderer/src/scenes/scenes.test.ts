/** Scenes as pictures: how bright, how different, what moves. Small frames, painted without encoding. */
import { expect, test } from 'vitest';
import type { Size } from '../geometry.ts';
import { type CameraPose, createCameraPath } from '../motion/camera.ts';
import { planPrompt } from '../prompt/plan.ts';
import { buildScene, chooseScene } from './build.ts';
import { createComposer } from './compose.ts';

const SIZE: Size = { width: 214, height: 120 };
const REST: CameraPose = { zoom: 1, depthZoom: 0, x: 0, y: 0, parallaxX: 0, parallaxY: 0 };

function paintAt(prompt: string, seconds: readonly number[], pose = REST, seed = 7): Uint8Array[] {
  const plan = planPrompt(prompt, 'text-to-video');
  const compose = createComposer(buildScene(plan, chooseScene(plan, prompt, seed), SIZE, seed), SIZE, seed);
  return seconds.map((moment) => {
    const rgb = new Uint8Array(SIZE.width * SIZE.height * 3);
    compose({ pose, seconds: moment }, rgb);
    return rgb;
  });
}

const painted = new Map<string, Uint8Array>();

function paint(prompt: string): Uint8Array {
  const rgb = painted.get(prompt) ?? paintAt(prompt, [1])[0];
  if (rgb === undefined) throw new Error('No frame.');
  painted.set(prompt, rgb);
  return rgb;
}

/** Mean of one channel over a band of rows. */
function mean(rgb: Uint8Array, channel: 0 | 1 | 2, from = 0, to = SIZE.height): number {
  let sum = 0;
  for (let i = from * SIZE.width; i < to * SIZE.width; i += 1) sum += rgb[i * 3 + channel] ?? 0;
  return sum / ((to - from) * SIZE.width);
}

/** Mean absolute difference over a band of rows. */
function distance(a: Uint8Array, b: Uint8Array, from = 0, to = SIZE.height): number {
  let sum = 0;
  for (let i = from * SIZE.width * 3; i < to * SIZE.width * 3; i += 1) sum += Math.abs((a[i] ?? 0) - (b[i] ?? 0));
  return sum / ((to - from) * SIZE.width * 3);
}

const PLACES = [
  ...['the sea', 'a beach', 'an island', 'mountains', 'a lake', 'a river in a valley', 'hills', 'a canyon', 'a city'],
  ...['a forest', 'a desert', 'a snowfield', 'a road', 'a meadow', 'a village', 'a street'],
];

test.each(PLACES)('%s is darker by night, but never black', (place) => {
  const night = paint(`${place} at night`);
  expect(mean(night, 1)).toBeLessThan(mean(paint(`${place} at noon`), 1) - 40);
  expect(mean(night, 1, 70)).toBeGreaterThan(12);
});

test.each(['the sea', 'mountains', 'a city', 'a desert'])('%s is warm at the golden hour, then blue', (place) => {
  const warmth = (time: string): number => {
    const rgb = paint(`${place} at ${time}`);
    return mean(rgb, 0) / mean(rgb, 2);
  };
  const golden = warmth('golden hour');
  expect(golden).toBeGreaterThan(warmth('noon') * 1.15);
  expect(warmth('blue hour')).toBeLessThan(golden * 0.75);
});

test('every place is a picture of its own', () => {
  const pictures = PLACES.map((place) => paint(`${place} at noon`));
  for (const [index, one] of pictures.entries()) {
    for (const other of pictures.slice(index + 1)) expect(distance(one, other, 60)).toBeGreaterThan(1.5);
  }
});

test.each([
  ['a desert', 'a road through a desert'],
  ['a forest', 'a river through a forest'],
  ['a city at night', 'mountains behind a city at night'],
  ['a snowfield', 'a village in a snowfield'],
  ['the sea', 'a lighthouse by the sea'],
  ['the sea', 'a sailboat on the sea'],
  ['a beach', 'a beach with palm trees'],
  ['a canyon', 'hot air balloons over a canyon'],
  ['a forest at night', 'an aurora over a forest'],
  ['mountains', 'snowy mountains'],
])('more nouns change the picture and not the place: %s, %s', (plain, more) => {
  const change = distance(paint(plain), paint(more));
  expect(change).toBeGreaterThan(0.4);
  expect(change).toBeLessThan(distance(paint(plain), new Uint8Array(SIZE.width * SIZE.height * 3)));
});

test.each([
  ['clouds', 'mountains', 0, 40],
  ['waves', 'the sea', 72, 120],
  ['the wash on a beach', 'a beach', 84, 110],
  ['a city by night', 'a city at night', 80, 96],
  ['cars on a street', 'a street', 64, 110],
] as const)('%s move by themselves', (_, prompt, from, to) => {
  const [first, second] = paintAt(prompt, [1, 2.5]);
  expect(first && second && distance(first, second, from, to)).toBeGreaterThan(0.5);
});

test('a sky without clouds is even', () => {
  const edges = (rgb: Uint8Array): number => {
    let sum = 0;
    for (let i = 3; i < 40 * SIZE.width * 3; i += 3) sum += Math.abs((rgb[i] ?? 0) - (rgb[i - 3] ?? 0));
    return sum;
  };
  expect(edges(paint('the sea at noon without clouds'))).toBeLessThan(edges(paint('the sea at noon')) * 0.6);
});

test('near things pass far ones when the camera pans', () => {
  const shifted = (seconds: number) => paintAt('mountains', [seconds], { ...REST, x: 0.04 })[0] ?? new Uint8Array();
  const resting = paint('mountains');
  const moved = shifted(1);
  const shiftOf = (row: number): number => {
    const costs = Array.from({ length: 30 }, (_, shift) => {
      let sum = 0;
      for (let x = 0; x < SIZE.width - 30; x += 1) {
        const at = (row * SIZE.width + x) * 3 + 1;
        sum += Math.abs((moved[at] ?? 0) - (resting[at + shift * 3] ?? 0));
      }
      return sum;
    });
    return costs.indexOf(Math.min(...costs));
  };
  expect(shiftOf(108)).toBeGreaterThan(shiftOf(58) + 3);
});

test('a wet street mirrors its lamps', () => {
  const spread = (prompt: string): number => {
    const rgb = paint(prompt);
    let [low, high] = [255, 0];
    for (let i = 100 * SIZE.width; i < 118 * SIZE.width; i += 1) {
      low = Math.min(low, rgb[i * 3] ?? 0);
      high = Math.max(high, rgb[i * 3] ?? 0);
    }
    return high - low;
  };
  expect(spread('a street at night in the rain')).toBeGreaterThan(spread('a street at night') * 1.3);
});

test('a push-in walks along a street: its houses grow from its vanishing point', () => {
  const [before] = paintAt('a street', [0]);
  const [after] = paintAt('a street', [0], { ...REST, depthZoom: 0.22 });
  expect(before && after && distance(before, after)).toBeGreaterThan(8);
});

test.each([
  ['a street', 'a street'],
  ['a city that the camera tilts over', 'tilt up, a city at night'],
  ['a storm', 'a storm at sea'],
  ['a walk along a street', 'push in, a street at night'],
])('nothing jumps from one frame to the next: %s', (_, prompt) => {
  const plan = planPrompt(prompt, 'text-to-video');
  const compose = createComposer(buildScene(plan, chooseScene(plan, prompt, 7), SIZE, 7), SIZE, 7);
  const camera = createCameraPath({ moves: plan.cameraMoves, handheld: false, clipSeconds: 3, seed: 7 });
  const frames = Array.from({ length: 72 }, (_frame, index) => {
    const rgb = new Uint8Array(SIZE.width * SIZE.height * 3);
    compose({ pose: camera({ share: index / 71, seconds: index / 24 }), seconds: index / 24 }, rgb);
    return rgb;
  });
  const changes = frames.slice(1).map((frame, index) => distance(frame, frames[index] ?? frame));
  const jumps = changes
    .slice(1, -1)
    .map((change, index) => change - ((changes[index] ?? 0) + (changes[index + 2] ?? 0)) / 2);
  expect(Math.max(...jumps)).toBeLessThan(2);
});

test.each(['orbit around', 'push in to', 'pan right over'])('three seconds of "%s" are seen at a glance', (move) => {
  const prompt = `${move} a meadow`;
  const plan = planPrompt(prompt, 'text-to-video');
  const compose = createComposer(buildScene(plan, chooseScene(plan, prompt, 7), SIZE, 7), SIZE, 7);
  const camera = createCameraPath({ moves: plan.cameraMoves, handheld: false, clipSeconds: 3, seed: 7 });
  const [first, last] = [0, 1].map((share) => {
    const rgb = new Uint8Array(SIZE.width * SIZE.height * 3);
    compose({ pose: camera({ share, seconds: 0 }), seconds: 0 }, rgb);
    return rgb;
  });
  expect(first && last && distance(first, last, 66)).toBeGreaterThan(14);
});

test('another seed is another landscape', () => {
  const [one] = paintAt('mountains', [1], REST, 7);
  const [other] = paintAt('mountains', [1], REST, 8);
  expect(one && other && distance(one, other)).toBeGreaterThan(3);
});
