/**
 * The camera's path over a clip: its moves in the prompt's order, each easing in and out, so that one leads into the next.
 * A view never leaves its picture: where a path goes far, the whole of it is seen from closer by.
 */
import { sampleNoise, softNoise } from '../pixels/noise.ts';
import { ease } from '../pixels/numbers.ts';
import type { CameraMove } from '../prompt/lexicon.ts';
import type { CameraStep } from '../prompt/plan.ts';

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

export interface TurnedPose extends CameraPose {
  /** How much larger the right edge is seen than the left one, as the camera goes round. */
  readonly turn: number;
}

export interface CameraTime {
  /** 0 at the first frame, 1 at the last. */
  readonly share: number;
  readonly seconds: number;
}

/** The pose at a moment. The object is the path's own and changes with the next call. */
export type CameraPath = (time: CameraTime) => TurnedPose;

export interface CameraPlan {
  readonly moves: readonly CameraStep[];
  readonly handheld: boolean;
  readonly clipSeconds: number;
  readonly seed: number;
}

/** A pose whose zooms are still logarithms or sums, and whose middle is not yet found. */
type Offset = { -readonly [Key in keyof TurnedPose]: number };

const AT_REST: Offset = { zoom: 0, depthZoom: 0, x: 0, y: 0, parallaxX: 0, parallaxY: 0, turn: 0 };
const KEYS = Object.keys(AT_REST) as readonly (keyof TurnedPose)[];
const SHIFT_PARALLAX = 0.45;

function shift(x: number, y: number): Offset {
  return { ...AT_REST, x, y, parallaxX: x * SHIFT_PARALLAX, parallaxY: y * SHIFT_PARALLAX };
}

/** What a move at its own pace changes in `OWN_SECONDS`, from its beginning to its end. */
const WAYS: Readonly<Record<CameraMove | 'drift', Offset>> = {
  still: AT_REST,
  handheld: AT_REST,
  drift: { ...AT_REST, zoom: 0.06, depthZoom: 0.14, parallaxX: 0.025 },
  'push-in': { ...AT_REST, zoom: 0.19, depthZoom: 0.3 },
  'pull-out': { ...AT_REST, zoom: -0.19, depthZoom: -0.3 },
  'pan-left': shift(-0.18, 0),
  'pan-right': shift(0.18, 0),
  pan: shift(0.18, 0),
  'tilt-up': shift(0, -0.17),
  'tilt-down': shift(0, 0.17),
  orbit: { ...AT_REST, x: -0.04, parallaxX: 0.14, turn: 0.4 },
};

/** A move of this length is seen at a glance; longer ones go farther, but less than in proportion, so that they stay calm. */
const OWN_SECONDS = 3;
const LONGER = 0.4;
const SHORTEST = 0.6;
/** Farther than this a pan would need to be seen from so close that the picture gets soft. */
const MAX_PACE = 1.6;
/** How far a move reaches into its neighbours' shares of the clip, so that the camera does not stand still between two moves. */
const OVERLAP = 0.06;
const SAMPLES = 96;
/** Room beyond the view for what near things move, and for wind. */
const SPARE = 0.012;
const LEAST_ZOOM = 1.02;
const HAND_X = 0.05;
const HAND_Y = 0.04;

function paceFor(pace: number, seconds: number): number {
  return Math.min(MAX_PACE, pace * Math.max(SHORTEST, (seconds / OWN_SECONDS) ** LONGER));
}

function addHand(pose: Offset, seconds: number, seed: number): void {
  const noise = softNoise();
  const phase = (seed % 97) / 97;
  const x = (sampleNoise(noise, seconds * 0.09, 0.1 + phase) - 0.5) * HAND_X;
  const y = (sampleNoise(noise, seconds * 0.09, 0.6 + phase) - 0.5) * HAND_Y;
  pose.x += x;
  pose.y += y;
  pose.parallaxX += x * 0.4;
  pose.parallaxY += y * 0.4;
}

interface Middle {
  readonly turn: number;
  readonly x: number;
  readonly y: number;
  readonly parallaxX: number;
  readonly parallaxY: number;
  readonly depthZoom: number;
}

/** Puts the path's middle over the picture's middle, and its least zoom on what is near to none. */
function middleOf(offsetAt: (share: number) => Offset): Middle {
  const low = { ...offsetAt(0) };
  const high = { ...low };
  for (let sample = 1; sample <= SAMPLES; sample += 1) {
    const offset = offsetAt(sample / SAMPLES);
    for (const key of KEYS) {
      low[key] = Math.min(low[key], offset[key]);
      high[key] = Math.max(high[key], offset[key]);
    }
  }
  const between = (key: keyof TurnedPose) => (low[key] + high[key]) / 2;
  return {
    ...{ x: between('x'), y: between('y'), parallaxX: between('parallaxX'), parallaxY: between('parallaxY') },
    turn: between('turn'),
    depthZoom: low.depthZoom,
  };
}

/** The zoom that the whole path is seen at besides its own, so that no view leaves the picture. */
function baseZoom(offsetAt: (share: number) => Offset, middle: Middle, handheld: boolean): number {
  let base = 0;
  for (let sample = 0; sample <= SAMPLES; sample += 1) {
    const { x, y, zoom, parallaxX, parallaxY, turn } = offsetAt(sample / SAMPLES);
    const reachX = Math.abs(x - middle.x) + Math.abs(parallaxX - middle.parallaxX) / 2;
    const reachY = Math.abs(y - middle.y) + Math.abs(parallaxY - middle.parallaxY) / 2;
    const reach = Math.max(reachX, reachY) + SPARE + (handheld ? HAND_X * 0.6 : 0);
    // The smaller side shows more of the picture.
    const widest = 1 + Math.abs(turn - middle.turn) / 2;
    base = Math.max(base, LEAST_ZOOM / Math.exp(zoom), widest / (1 - 2 * reach) / Math.exp(zoom));
  }
  return base;
}

/** A prompt without a move gets a slow drift towards what is near: a picture that stands still is not a video. */
export function createCameraPath({ moves, handheld, clipSeconds, seed }: CameraPlan): CameraPath {
  const named = moves.filter(({ move }) => move !== 'handheld');
  const drift = { move: 'drift', pace: 0.8, start: 0, end: 1 } as const;
  const steps = named.length > 0 || handheld ? named : [drift];
  const ways = steps.map(({ move, pace, start, end }) => {
    const strength = paceFor(pace, clipSeconds * (end - start));
    return { way: WAYS[move], strength, start: Math.max(0, start - OVERLAP), end: Math.min(1, end + OVERLAP) };
  });
  const pose: Offset = { ...AT_REST };
  const offsetAt = (share: number): Offset => {
    Object.assign(pose, AT_REST);
    for (const { way, strength, start, end } of ways) {
      const done = ease((share - start) / (end - start)) * strength;
      for (const key of KEYS) pose[key] += way[key] * done;
    }
    return pose;
  };
  const middle = middleOf(offsetAt);
  const base = baseZoom(offsetAt, middle, handheld);
  return ({ share, seconds }) => {
    offsetAt(share);
    pose.zoom = base * Math.exp(pose.zoom);
    pose.x -= middle.x;
    pose.y -= middle.y;
    pose.parallaxX -= middle.parallaxX;
    pose.parallaxY -= middle.parallaxY;
    pose.depthZoom -= middle.depthZoom;
    pose.turn -= middle.turn;
    if (handheld) addHand(pose, seconds, seed);
    return pose;
  };
}
