import type { Soundtrack } from '../ffmpeg/audio.ts';
import { type SourceFrames, startEncoder } from '../ffmpeg/encode.ts';
import type { Size } from '../geometry.ts';
import type { RenderJob } from '../job.ts';
import type { PromptPlan } from '../prompt/plan.ts';
import type { PreparedStill } from './still-motion.ts';

/** The frames that one of several threads paints, every `step`th from `first` on, and what becomes of them. */
export interface FrameShare {
  readonly first: number;
  readonly step: number;
  /** Where the next frame is painted, as soon as there is room. */
  readonly room: () => Promise<Uint8Array>;
  /** What one thread finds out about a picture for all of them, in the order of their use; absent where each does it alone. */
  readonly still?: (index: number) => Promise<PreparedStill>;
  /** Takes the frames instead of an encoder. */
  readonly deliver: (frames: AsyncIterable<Uint8Array>, sound: Soundtrack) => Promise<void>;
}

/** What every operation gets. It writes the finished video to `path`. */
export interface RenderContext {
  readonly job: RenderJob;
  readonly plan: PromptPlan;
  /** The video's size, and the one that its frames are painted in where FFmpeg does not make the whole picture. */
  readonly size: Size;
  readonly paintSize: Size;
  readonly framesPerSecond: number;
  readonly frames: number;
  readonly path: string;
  /** Tells how many frames are painted so far. */
  readonly onFrame: (frames: number) => void;
  /** Absent where all frames are painted and encoded in the same thread. */
  readonly share?: FrameShare;
}

export type Operation = (context: RenderContext) => Promise<void>;

/**
 * Writes packed 8-bit RGB for frame number `frame`; each call overwrites the whole of `out`. What it writes depends on the number
 * alone, not on the calls before: several threads paint a clip, each some of its frames.
 */
export type PaintFrame = (frame: number, out: Uint8Array) => void | Promise<void>;

export interface EncodeContext extends RenderContext {
  /** A source's own frames that come first. */
  readonly before?: Pick<SourceFrames, 'input' | 'frames'>;
}

/** Encodes frames from any source in order; the encoder never outlives a failure. */
export async function encodeFrames(
  frames: AsyncIterable<Uint8Array>,
  { size, paintSize, framesPerSecond, path, onFrame, share, before }: EncodeContext,
  sound: Soundtrack,
): Promise<void> {
  if (share !== undefined) return await share.deliver(frames, sound);
  const ahead = before && { before: { ...before, onFrame } };
  const encoder = startEncoder({ paintSize, outputSize: size, framesPerSecond, sound, path, ...ahead });
  let done = 0;
  try {
    for await (const frame of frames) {
      done += 1;
      if (before === undefined) onFrame(done);
      await encoder.write(frame);
    }
    await encoder.finish();
  } catch (error) {
    encoder.abort();
    throw error;
  }
}

/** `prepare` is called when the first frame is wanted: what it reads and computes takes its time while the encoder starts. */
export async function* paintedFrames(
  { paintSize, frames, share }: Pick<RenderContext, 'paintSize' | 'frames' | 'share'>,
  prepare: () => PaintFrame | Promise<PaintFrame>,
): AsyncGenerator<Uint8Array> {
  const own: Uint8Array = new Uint8Array(share === undefined ? paintSize.width * paintSize.height * 3 : 0);
  const { first, step, room } = share ?? { first: 0, step: 1, room: () => own };
  const paint = await prepare();
  for (let frame = first; frame < frames; frame += step) {
    const out = await room();
    await paint(frame, out);
    yield out;
  }
}
