/**
 * The camera's path after a source's last frame. Invariants:
 * 1. Position and speed are continuous: the first added view is the last frame, moved by the camera's own last speed.
 * 2. The speed fades while the prompt's moves set in; what a hand shook before the seam it shakes after it.
 */
import { sampleNoise, softNoise } from '../pixels/noise.ts';
import { ease, smoothstep } from '../pixels/numbers.ts';
import type { CameraMove } from '../prompt/lexicon.ts';
import type { CameraStep, PromptPlan } from '../prompt/plan.ts';
import { type Motion, NO_MOTION } from './estimate.ts';

/** What the frame shows of the last frame's plane, in half widths: the middle, the half width it spans, its turn. */
export interface CanvasView {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly roll: number;
}

export interface Continuation {
  readonly viewAt: (frame: number) => CanvasView;
  /** How far a view ever reaches from the middle, in half widths; 1 is the last frame's own left and right edge. */
  readonly reach: number;
}

/** How long the source's own motion takes to fade, in frames, and how far it may carry, in half widths. */
const FADE_FRAMES = 30;
const CONTINUED_FADE_FRAMES = 90;
const STOPPED_FADE_FRAMES = 12;
const MAX_DRIFT = 0.3;
const MAX_WIDENED_DRIFT = 0.16;
const MAX_CONTINUED_DRIFT = 0.44;
/** Slower than this, in half widths per frame, a camera stands: estimates are not more exact. */
const STANDING = 1.2e-4;
/** Shaking, as the standard deviation of the speed, from none to a hand's. */
const SHAKING = [3e-4, 8e-4] as const;
const MAX_REACH = 2;

const CHANNELS = ['x', 'y', 'zoom', 'roll'] as const;
type Channel = (typeof CHANNELS)[number];

interface LastSpeed {
  /** The speed at the seam, without the shaking. */
  readonly steady: Motion;
  /** Each measured speed's difference from the steady one at its time, in order. */
  readonly shaking: readonly Motion[];
}

/** A line through the speeds, the later ones counting more, and its value at the last of them. */
function fitLine(values: readonly number[]): { readonly end: number; readonly slope: number } {
  const last = values.length - 1;
  let [total, time, square, sum, product] = [0, 0, 0, 0, 0];
  for (const [index, value] of values.entries()) {
    const t = index - last;
    const weight = Math.exp(t / 8);
    total += weight;
    time += weight * t;
    square += weight * t * t;
    sum += weight * value;
    product += weight * t * value;
  }
  const spread = total * square - time * time;
  // Few frames tell a speed but no change of speed.
  const slope = spread > 1e-9 && values.length >= 6 ? (total * product - time * sum) / spread : 0;
  return { end: (sum - slope * time) / total, slope };
}

function lastSpeed(motions: readonly Motion[]): LastSpeed {
  if (motions.length === 0) return { steady: NO_MOTION, shaking: [] };
  const lines = Object.fromEntries(
    CHANNELS.map((channel) => [channel, fitLine(motions.map((m) => m[channel]))]),
  ) as Record<Channel, ReturnType<typeof fitLine>>;
  const last = motions.length - 1;
  const off = (motion: Motion, index: number, channel: Channel) =>
    motion[channel] - lines[channel].end - lines[channel].slope * (index - last);
  const power = motions.reduce((sum, m, index) => sum + off(m, index, 'x') ** 2 + off(m, index, 'y') ** 2, 0);
  const hand = smoothstep(...SHAKING, Math.sqrt(power / motions.length));
  const isStanding = CHANNELS.every((channel) => Math.abs(lines[channel].end) < STANDING);
  return {
    steady: isStanding ? NO_MOTION : { x: lines.x.end, y: lines.y.end, zoom: lines.zoom.end, roll: lines.roll.end },
    shaking: motions.map((motion, index) => ({
      ...{ x: off(motion, index, 'x') * hand, y: off(motion, index, 'y') * hand },
      ...{ zoom: off(motion, index, 'zoom') * hand, roll: off(motion, index, 'roll') * hand },
    })),
  };
}

interface End {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** Where a move ends: the view's shift in half widths, and its scale. */
const ENDS: Readonly<Record<CameraMove, End>> = {
  still: { x: 0, y: 0, scale: 1 },
  'push-in': { x: 0, y: 0, scale: 0.74 },
  'pull-out': { x: 0, y: 0, scale: 1.3 },
  'pan-left': { x: -0.34, y: 0, scale: 0.97 },
  'pan-right': { x: 0.34, y: 0, scale: 0.97 },
  pan: { x: 0.34, y: 0, scale: 0.97 },
  'tilt-up': { x: 0, y: -0.22, scale: 0.97 },
  'tilt-down': { x: 0, y: 0.22, scale: 0.97 },
  orbit: { x: 0.16, y: 0, scale: 0.9 },
  handheld: { x: 0, y: 0, scale: 0.95 },
};
const HAND_REACH = 0.03;

export interface ContinuationOptions {
  /** The camera's motion between neighbouring frames of the source's last second, in order. */
  readonly motions: readonly Motion[];
  readonly plan: PromptPlan;
  /** Number of frames that are added. */
  readonly frames: number;
  readonly aspect: number;
  readonly seed: number;
}

/** How far the prompt's moves have come. A move's distance shrinks with its time, so that it is not hurried. */
function movesAt(steps: readonly CameraStep[], share: number, frames: number): End {
  let end: End = { x: 0, y: 0, scale: 1 };
  for (const { move, pace, start, end: stop } of steps) {
    const distance = Math.min(1, pace * Math.min(1, 0.4 + (frames * (stop - start)) / 200));
    const done = ease((share - start) / (stop - start)) * distance;
    const way = ENDS[move];
    end = { x: end.x + way.x * done, y: end.y + way.y * done, scale: end.scale * (1 + (way.scale - 1) * done) };
  }
  return end;
}

/** The speeds played backwards, then forwards, and so on: the path goes on as its own point reflection, without a jerk. */
function shakenPath(shaking: readonly Motion[], frames: number, calming: number): Motion[] {
  const path: Motion[] = [NO_MOTION];
  let at = NO_MOTION;
  for (let frame = 1; frame <= frames; frame += 1) {
    const turn = (frame - 1) % Math.max(1, 2 * shaking.length);
    const speed = shaking[turn < shaking.length ? shaking.length - 1 - turn : turn - shaking.length] ?? NO_MOTION;
    const rest = Math.exp(-frame / calming);
    at = {
      ...{ x: (at.x + speed.x * rest) * 0.995, y: (at.y + speed.y * rest) * 0.995 },
      ...{ zoom: (at.zoom + speed.zoom * rest) * 0.99, roll: (at.roll + speed.roll * rest) * 0.99 },
    };
    path.push(at);
  }
  return path;
}

export function planContinuation(options: ContinuationOptions): Continuation {
  const { motions, plan, frames, aspect, seed } = options;
  const { steady, shaking } = lastSpeed(motions);
  const drift = Math.hypot(steady.x, steady.y) + Math.abs(steady.zoom) * 0.5;
  const keepsMoving = plan.camera === 'pan' && Math.abs(steady.x) > 5e-4;
  // A view that widens shows what is invented beyond the edges anyhow: it goes less far aside as well.
  const widens = plan.cameraMoves.some(({ move }) => move === 'pull-out');
  const limit = keepsMoving ? MAX_CONTINUED_DRIFT : widens ? MAX_WIDENED_DRIFT : MAX_DRIFT;
  const longest = plan.camera === 'still' ? STOPPED_FADE_FRAMES : keepsMoving ? CONTINUED_FADE_FRAMES : FADE_FRAMES;
  const fade = Math.min(longest, drift > 0 ? limit / drift : longest);
  const named = plan.cameraMoves.filter(({ move }) => !(keepsMoving && move === 'pan'));
  // Without a move the view comes a little nearer, as far as a camera in the hand needs.
  const none: CameraStep = { move: 'handheld', pace: 1, start: 0, end: 1 };
  const steps = named.length > 0 ? named : [none];
  const shaken = shakenPath(shaking, frames, plan.camera === 'still' ? STOPPED_FADE_FRAMES : 400);
  const hand = plan.handheld ? HAND_REACH : 0;
  const noise = softNoise();
  const viewAt = (frame: number): CanvasView => {
    const carried = fade * (1 - Math.exp(-frame / fade));
    const way = movesAt(steps, frame / frames, frames);
    const { x, y, zoom, roll } = shaken[Math.min(frame, frames)] ?? NO_MOTION;
    const phase = (seed % 97) / 97;
    const sway = hand * smoothstep(0, 24, frame);
    return {
      // A picture that moves left is a camera that moves right.
      x: way.x - steady.x * carried - x + sway * (sampleNoise(noise, frame * 0.004, 0.1 + phase) - 0.5) * 2,
      y: way.y - steady.y * carried - y + sway * (sampleNoise(noise, frame * 0.004, 0.6 + phase) - 0.5) * 2,
      scale: Math.exp(-steady.zoom * carried - zoom) * way.scale,
      roll: -steady.roll * carried - roll,
    };
  };
  let reach = 1;
  for (let frame = 1; frame <= frames; frame += 2) {
    const { x, y, scale } = viewAt(frame);
    reach = Math.max(reach, Math.abs(x) + scale, (Math.abs(y) + scale / aspect) * aspect);
  }
  return { viewAt, reach: Math.min(MAX_REACH, reach + 0.08) };
}
