import type { Soundtrack } from '../ffmpeg/audio.ts';
import { startEncoder } from '../ffmpeg/encode.ts';
import type { Size } from '../geometry.ts';
import type { RenderJob } from '../job.ts';
import type { PromptPlan } from '../prompt/plan.ts';

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
  /** Tells how many frames are done so far. */
  readonly onFrame: (frames: number) => void;
}

export type Operation = (context: RenderContext) => Promise<void>;

/** Writes packed 8-bit RGB for frame number `frame`; each call overwrites the whole of `out`. */
export type PaintFrame = (frame: number, out: Uint8Array) => void;

/** Encodes frames from any source in order; the encoder never outlives a failure. */
export async function encodeFrames(
  frames: AsyncIterable<Uint8Array>,
  { size, paintSize, framesPerSecond, path, onFrame }: RenderContext,
  sound: Soundtrack,
): Promise<void> {
  const encoder = startEncoder({ paintSize, outputSize: size, framesPerSecond, sound, path });
  let done = 0;
  try {
    for await (const frame of frames) {
      await encoder.write(frame);
      done += 1;
      onFrame(done);
    }
    await encoder.finish();
  } catch (error) {
    encoder.abort();
    throw error;
  }
}

export async function* paintedFrames(
  { paintSize, frames }: Pick<RenderContext, 'paintSize' | 'frames'>,
  paint: PaintFrame,
): AsyncGenerator<Uint8Array> {
  const out = new Uint8Array(paintSize.width * paintSize.height * 3);
  for (let frame = 0; frame < frames; frame += 1) {
    paint(frame, out);
    yield out;
  }
}
