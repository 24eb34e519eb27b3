import { describe, expect, test } from 'vitest';
import type { CameraMove } from '../prompt/lexicon.ts';
import type { CameraStep } from '../prompt/plan.ts';
import { type CameraPath, createCameraPath } from './camera.ts';

const MOVES: readonly CameraMove[] = [
  ...(['push-in', 'pull-out', 'pan-left', 'pan-right', 'pan', 'tilt-up', 'tilt-down', 'orbit', 'still'] as const),
];

function steps(...moves: readonly CameraMove[]): CameraStep[] {
  return moves.map((move, index) => ({
    move,
    pace: 1.8,
    start: index / moves.length,
    end: (index + 1) / moves.length,
  }));
}

function pathOf(moves: readonly CameraMove[], handheld = false, clipSeconds = 15): CameraPath {
  return createCameraPath({ moves: steps(...moves), handheld, clipSeconds, seed: 3 });
}

const poseAt = (path: CameraPath, share: number) => ({ ...path({ share, seconds: share * 15 }) });

test.each([
  ...MOVES.flatMap((first) => MOVES.map((second) => [[first, second], false] as const)),
  [['pan-left', 'pan-left', 'pan-left'], false] as const,
  [['orbit', 'tilt-up'], true] as const,
  [[], true] as const,
  [[], false] as const,
])('%j never leaves the picture (handheld: %s)', (moves, handheld) => {
  const path = pathOf(moves, handheld);
  for (let share = 0; share <= 1; share += 0.02) {
    const { x, y, zoom, depthZoom } = poseAt(path, share);
    expect(Math.abs(x) + 0.5 / zoom).toBeLessThanOrEqual(0.5);
    expect(Math.abs(y) + 0.5 / zoom).toBeLessThanOrEqual(0.5);
    expect(depthZoom).toBeGreaterThanOrEqual(-1e-9);
  }
});

describe('the order of the prompt', () => {
  test('push in, then pan left', () => {
    const path = pathOf(['push-in', 'pan-left']);
    const [begin, middle, end] = [poseAt(path, 0), poseAt(path, 0.5), poseAt(path, 1)];
    expect(middle.zoom / begin.zoom).toBeGreaterThan(1.1);
    expect(end.zoom / middle.zoom).toBeCloseTo(1, 1);
    expect(middle.x).toBeCloseTo(begin.x, 2);
    expect(end.x).toBeLessThan(middle.x - 0.1);
  });

  test('moves that share their time happen together', () => {
    const both = steps('push-in', 'pan-right').map((step) => ({ ...step, start: 0, end: 1 }));
    const path = createCameraPath({ moves: both, handheld: false, clipSeconds: 5, seed: 1 });
    expect(poseAt(path, 0.5).x).toBeGreaterThan(poseAt(path, 0.2).x + 0.01);
    expect(poseAt(path, 0.5).zoom).toBeGreaterThan(poseAt(path, 0.2).zoom + 0.01);
  });
});

test.each(MOVES.filter((move) => move !== 'still'))('%s eases in and out', (move) => {
  const path = pathOf([move]);
  const distance = (from: number, to: number) => {
    const [a, b] = [poseAt(path, from), poseAt(path, to)];
    return Math.hypot(a.x - b.x, a.y - b.y, a.zoom - b.zoom, a.parallaxX - b.parallaxX);
  };
  const fastest = distance(0.49, 0.51);
  expect(distance(0, 0.02)).toBeLessThan(fastest * 0.2);
  expect(distance(0.98, 1)).toBeLessThan(fastest * 0.2);
});

test('a prompt without a move drifts, a still one stands', () => {
  const drift = pathOf([]);
  expect(poseAt(drift, 1).zoom).toBeGreaterThan(poseAt(drift, 0).zoom + 0.02);
  const still = pathOf(['still']);
  expect(poseAt(still, 1)).toEqual(poseAt(still, 0));
});
