/** The camera's path after a source's last frame: its own speed, fading, and the prompt's move, setting in. */
import { ease } from '../pixels/numbers.ts';
import type { CameraMove } from '../prompt/lexicon.ts';
import type { PromptPlan } from '../prompt/plan.ts';
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

/** How long the source's own motion takes to fade, and how far it may carry, in half widths. */
const FADE_FRAMES = 30;
const CONTINUED_FADE_FRAMES = 90;
const MAX_DRIFT = 0.3;
const MAX_CONTINUED_DRIFT = 0.5;

/** The steadiest estimate of the last speed: the mean of the middle half of what was measured, channel by channel. */
function lastSpeed(motions: readonly Motion[]): Motion {
  if (motions.length === 0) return NO_MOTION;
  const middle = (read: (motion: Motion) => number) => {
    const sorted = motions.map(read).sort((a, b) => a - b);
    const quarter = Math.floor(sorted.length / 4);
    const kept = sorted.slice(quarter, sorted.length - quarter);
    return kept.reduce((sum, value) => sum + value, 0) / kept.length;
  };
  return { x: middle((m) => m.x), y: middle((m) => m.y), zoom: middle((m) => m.zoom), roll: middle((m) => m.roll) };
}

/** Where a move ends: the view's shift in half widths, and its scale. */
const ENDS: Readonly<Record<CameraMove | 'none', { readonly x: number; readonly y: number; readonly scale: number }>> =
  {
    none: { x: 0, y: 0, scale: 0.94 },
    still: { x: 0, y: 0, scale: 1 },
    'push-in': { x: 0, y: 0, scale: 0.74 },
    'pull-out': { x: 0, y: 0, scale: 1.42 },
    'pan-left': { x: -0.34, y: 0, scale: 0.97 },
    'pan-right': { x: 0.34, y: 0, scale: 0.97 },
    pan: { x: 0.34, y: 0, scale: 0.97 },
    'tilt-up': { x: 0, y: -0.22, scale: 0.97 },
    'tilt-down': { x: 0, y: 0.22, scale: 0.97 },
    orbit: { x: 0.16, y: 0, scale: 0.9 },
    handheld: { x: 0, y: 0, scale: 0.93 },
  };

export interface ContinuationOptions {
  readonly motions: readonly Motion[];
  readonly plan: PromptPlan;
  /** Number of frames that are added. */
  readonly frames: number;
  readonly aspect: number;
}

export function planContinuation({ motions, plan, frames, aspect }: ContinuationOptions): Continuation {
  const speed = lastSpeed(motions);
  // A picture that moves left is a camera that moves right.
  const drift = Math.hypot(speed.x, speed.y);
  const keepsMoving = plan.camera === 'pan' && Math.abs(speed.x) > 5e-4;
  const limit = keepsMoving ? MAX_CONTINUED_DRIFT : MAX_DRIFT;
  const fade = Math.min(keepsMoving ? CONTINUED_FADE_FRAMES : FADE_FRAMES, drift > 0 ? limit / drift : FADE_FRAMES);
  const end = ENDS[keepsMoving ? 'none' : (plan.camera ?? 'none')];
  const pace = Math.min(1, plan.pace * Math.min(1, 0.4 + frames / 200));
  const viewAt = (frame: number): CanvasView => {
    const carried = fade * (1 - Math.exp(-frame / fade));
    const share = ease(frame / frames) * pace;
    const scale = Math.exp(-speed.zoom * carried) * (1 + (end.scale - 1) * share);
    return {
      x: -speed.x * carried + end.x * share,
      y: -speed.y * carried + end.y * share,
      scale,
      roll: -speed.roll * carried,
    };
  };
  let reach = 1;
  for (let frame = 1; frame <= frames; frame += 4) {
    const { x, y, scale } = viewAt(frame);
    reach = Math.max(reach, Math.abs(x) + scale, (Math.abs(y) + scale / aspect) * aspect);
  }
  return { viewAt, reach: Math.min(2, reach + 0.08) };
}
