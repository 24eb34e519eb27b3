import { describe, expect, test } from 'vitest';
import type { Size } from '../geometry.ts';
import { createRandom, sampleNoise, softNoise } from '../pixels/noise.ts';
import { packPicture } from '../pixels/picture.ts';
import { planPrompt } from '../prompt/plan.ts';
import { createPassagePainter } from './paint.ts';
import { type Passage, planPassage } from './passage.ts';

const SIZE: Size = { width: 240, height: 136 };

interface View {
  /** What the frame shows of a place: its middle, the part it spans, how bright it is. */
  readonly x: number;
  readonly y: number;
  readonly span: number;
  readonly light: number;
}

const WHOLE: View = { x: 0.3, y: 0.4, span: 0.5, light: 1 };

/** A picture of a place; each odd `place` is another one, even ones are parts of the first. */
function picture(place: number, { x, y, span, light }: View): Uint8Array {
  const rgb = new Uint8Array(SIZE.width * SIZE.height * 3);
  const tile = softNoise();
  for (let row = 0, o = 0; row < SIZE.height; row += 1) {
    for (let column = 0; column < SIZE.width; column += 1, o += 3) {
      const u = x + ((column + 0.5) / SIZE.width - 0.5) * span;
      const v = y + ((row + 0.5 - SIZE.height / 2) / SIZE.width) * span;
      const value = sampleNoise(tile, u + place * 0.37, place % 2 === 0 ? v : 1 - u - 0.7 * v) * 255 * light;
      rgb.fill(value, o, o + 3);
    }
  }
  return rgb;
}

function passage(first: Uint8Array, last: Uint8Array, prompt = ''): Passage {
  return planPassage({ first, last, size: SIZE }, planPrompt(prompt), 3);
}

function difference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] as number)), 0) / a.length;
}

describe('one place', () => {
  test.each<[string, View, { readonly zoom: number; readonly x: number }]>([
    ['that stays', WHOLE, { zoom: 1, x: 0 }],
    ['in another light', { ...WHOLE, light: 0.4 }, { zoom: 1, x: 0 }],
    ['that the camera goes towards', { ...WHOLE, span: 0.3 }, { zoom: 5 / 3, x: 0 }],
    ['that the camera backs away from', { ...WHOLE, span: 0.75 }, { zoom: 2 / 3, x: 0 }],
    ['that the camera passes', { ...WHOLE, x: 0.4 }, { zoom: 1, x: -0.4 }],
  ])('%s is recognised', (_name, view, { zoom, x }) => {
    const found = passage(picture(0, WHOLE), picture(0, view));
    expect(found.kind).toBe('aligned');
    expect(found.first.mx).toBeCloseTo(zoom, 1);
    expect(found.first.dx).toBeCloseTo(x, 1);
  });
});

test.each([1, 3, 5])('two places are not taken for one: %i', (place) => {
  expect(passage(picture(0, WHOLE), picture(place, WHOLE)).kind).toBe('unrelated');
});

test('noise and plain colour are places of their own', () => {
  const random = createRandom(1);
  const noise = picture(0, WHOLE).map(() => random() * 255);
  const plain = new Uint8Array(noise.length).fill(120);
  expect(passage(noise, plain).kind).toBe('unrelated');
  expect(passage(plain, picture(0, WHOLE)).kind).toBe('unrelated');
});

describe.each([
  ['aligned', 0, ''],
  ['unrelated', 1, ''],
  ['unrelated', 1, 'pan left'],
  ['unrelated', 1, 'zoom out'],
  ['unrelated', 1, 'tilt up quickly'],
] as const)('%s pictures (%i, %s)', (kind, place, prompt) => {
  const first = picture(0, WHOLE);
  const last = picture(place, { ...WHOLE, span: 0.35, light: 0.8 });
  const planned = passage(first, last, prompt);
  const paint = createPassagePainter({
    ...{ passage: planned, size: SIZE },
    ...{ first: packPicture(first, SIZE), last: packPicture(last, SIZE) },
  });
  const frames = Array.from({ length: 25 }, (_, index) => {
    const out = new Uint8Array(first.length);
    paint(index / 24, out);
    return out;
  });

  test('are each shown as they are at their own end', () => {
    expect(planned.kind).toBe(kind);
    expect(difference(frames.at(0) ?? last, first)).toBeLessThan(1);
    expect(difference(frames.at(-1) ?? first, last)).toBeLessThan(1);
  });

  test('become each other without a cut', () => {
    const whole = difference(first, last);
    const steps = frames.slice(1).map((frame, index) => difference(frame, frames[index] ?? frame));
    expect(Math.max(...steps)).toBeLessThan(whole * 0.35);
    expect(Math.min(...steps)).toBeGreaterThan(0);
  });
});
