import type { Soundtrack } from '../ffmpeg/audio.ts';
import { type SourceFrames, startEncoder } from '../ffmpeg/encode.ts';
import type { Size } from '../geometry.ts';
import type { RenderJob } from '../job.ts';
import { codeFrame, videoFrameBytes } from '../pixels/video-frame.ts';
import type { PromptPlan } from '../prompt/plan.ts';
import type { PreparedStill } from './still-motion.ts';

/** The frames that one of several threads paints, every `step`th from `first` on, and what becomes of them. */
export interface FrameShare {
  readonly first: number;
  readonly step: number;
  /** Where the next frame is coded, as soon as there is room. */
  readonly room: () => Promise<Uint8Array>;
  /** What one thread finds out about a picture for all of them, in the order of their use; absent where each does it alone. */
  readonly still?: (index: number) => Promise<PreparedStill>;
  /** Takes the coded frames instead of an encoder. */
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

async function* codedFrames(
  frames: AsyncIterable<Uint8Array>,
  size: Size,
  room: FrameShare['room'],
): AsyncGenerator<Uint8Array> {
  for await (const frame of frames) {
    const coded = await room();
    codeFrame(frame, size, coded);
    yield coded;
  }
}

/** Encodes packed RGB frames from any source in order. */
export async function encodeFrames(
  frames: AsyncIterable<Uint8Array>,
  context: EncodeContext,
  sound: Soundtrack,
): Promise<void> {
  const { paintSize, share } = context;
  if (share !== undefined) return await share.deliver(codedFrames(frames, paintSize, share.room), sound);
  const own = new Uint8Array(videoFrameBytes(paintSize));
  await encodeCoded(
    codedFrames(frames, paintSize, async () => own),
    context,
    sound,
  );
}

/** Encodes frames as video has them; the encoder never outlives a failure. */
export async function encodeCoded(
  frames: AsyncIterable<Uint8Array>,
  { size, paintSize, framesPerSecond, path, onFrame, before }: EncodeContext,
  sound: Soundtrack,
): Promise<void> {
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
  const { first, step } = share ?? { first: 0, step: 1 };
  const out = new Uint8Array(paintSize.width * paintSize.height * 3);
  const paint = await prepare();
  for (let frame = first; frame < frames; frame += step) {
    await paint(frame, out);
    yield out;
  }
}
