/** Camera paths over a still picture. Pure: a move, its strength and a moment give a pose. */

import { sampleNoise, softNoise } from '../pixels/noise.ts';
import { ease } from '../pixels/numbers.ts';
import type { CameraMove } from '../prompt/lexicon.ts';

export interface CameraPose {
  /** 1 shows the whole picture, more shows less of it. */
  readonly zoom: number;
  /** What is added to the zoom of the nearest things. */
  readonly depthZoom: number;
  /** Where the view's middle is off the picture's middle, in shares of its width and height. */
  readonly x: number;
  readonly y: number;
  /** How far near things move against far ones, in shares of the width and height. */
  readonly parallaxX: number;
  readonly parallaxY: number;
}

export interface CameraTime {
  /** 0 at the first frame, 1 at the last. */
  readonly share: number;
  readonly seconds: number;
  /** Strength of the move; 1 is its own distance. */
  readonly pace: number;
  readonly seed: number;
}

const REST: CameraPose = { zoom: 1, depthZoom: 0, x: 0, y: 0, parallaxX: 0, parallaxY: 0 };

/** Room that a shift of `x` and `y` needs around the view, so that it never leaves the picture. */
function roomFor(x: number, y: number): number {
  return 1 / (1 - 2 * Math.max(Math.abs(x), Math.abs(y)) - 0.02);
}

function shift(x: number, y: number, reachX: number, reachY: number): CameraPose {
  const parallax = 0.32;
  return {
    ...REST,
    zoom: roomFor(reachX * (1 + parallax / 2), reachY * (1 + parallax / 2)),
    ...{ x, y, parallaxX: x * parallax, parallaxY: y * parallax },
  };
}

type Path = (time: CameraTime) => CameraPose;

function pan(direction: number): Path {
  return ({ share, pace }) => {
    const reach = Math.min(0.13, 0.085 * pace);
    return shift(direction * reach * (ease(share) * 2 - 1), 0, reach, 0);
  };
}

function tilt(direction: number): Path {
  return ({ share, pace }) => {
    const reach = Math.min(0.13, 0.08 * pace);
    return shift(0, direction * reach * (ease(share) * 2 - 1), 0, reach);
  };
}

function pushedBy(amount: number, pace: number): CameraPose {
  return { ...REST, zoom: 1.02 + 0.15 * amount * pace, depthZoom: 0.22 * amount * pace };
}

const PATHS: Readonly<Record<CameraMove | 'drift', Path>> = {
  still: () => ({ ...REST, zoom: 1.01 }),
  drift: ({ share, pace }) => {
    const amount = ease(share) * 0.55;
    const sway = 0.012 * Math.sin(share * Math.PI * 2);
    return { ...pushedBy(amount, pace), zoom: 1.06 + 0.1 * amount * pace, x: sway, parallaxX: sway * 1.4 };
  },
  'push-in': ({ share, pace }) => pushedBy(ease(share), pace),
  'pull-out': ({ share, pace }) => pushedBy(1 - ease(share), pace),
  'pan-left': pan(-1),
  'pan-right': pan(1),
  pan: pan(1),
  'tilt-up': tilt(-1),
  'tilt-down': tilt(1),
  orbit: ({ share, pace }) => {
    const turn = (ease(share) - 0.5) * 0.1 * Math.min(1.3, pace);
    return { ...REST, zoom: 1.13, depthZoom: 0.03, x: -turn * 0.25, parallaxX: turn };
  },
  handheld: ({ seconds, seed }) => {
    const noise = softNoise();
    const phase = (seed % 97) / 97;
    const x = (sampleNoise(noise, seconds * 0.09, 0.1 + phase) - 0.5) * 0.05;
    const y = (sampleNoise(noise, seconds * 0.09, 0.6 + phase) - 0.5) * 0.04;
    return { ...REST, zoom: 1.12, x, y, parallaxX: x * 0.4, parallaxY: y * 0.4 };
  },
};

/** A short clip moves less, so that its camera is not hurried. */
export function paceFor(pace: number, clipSeconds: number): number {
  return pace * Math.min(1.25, Math.max(0.35, clipSeconds / 5));
}

export function cameraPose(move: CameraMove | undefined, time: CameraTime): CameraPose {
  return PATHS[move ?? 'drift'](time);
}
