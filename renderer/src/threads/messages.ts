/** What the thread that encodes and those that paint tell each other. */
import type { Soundtrack } from '../ffmpeg/audio.ts';
import type { RenderErrorCode, RenderJob } from '../job.ts';
import type { PreparedStill } from '../operations/still-motion.ts';
import type { SharedNoise } from '../pixels/noise.ts';
import type { CommonMemory } from '../scenes/drawn-together.ts';

/** What a painting thread starts with. */
export interface PaintOrder {
  readonly job: RenderJob;
  /** The first frame that it paints, and how many the next one is further on. */
  readonly first: number;
  readonly step: number;
  /** Noise that another thread computes; absent where little of it is needed. */
  readonly noise?: SharedNoise;
  /** Where the threads draw a scene for each other; absent where none is drawn. */
  readonly common?: CommonMemory;
  /** Where a coded frame waits for the encoder while the next is painted. */
  readonly slot: Uint8Array;
}

export type PaintMessage =
  | { readonly type: 'sound'; readonly sound: Soundtrack }
  /** The slot is filled. */
  | { readonly type: 'frame' }
  /** Asks for a picture. */
  | { readonly type: 'still'; readonly index: number }
  /** An FFmpeg runs, or has ended: whoever ends the process must know it. */
  | { readonly type: 'ffmpeg'; readonly pid: number; readonly isRunning: boolean }
  | { readonly type: 'error'; readonly code: RenderErrorCode; readonly message: string };

/** The other way: a picture that was asked for, or that the slot is free again. */
export interface StillMessage {
  readonly index: number;
  readonly still: PreparedStill;
}

export const SLOT_FREE = 'slot-free';
