/** Plays a source at another speed within its own length. */
import { decodeVideo } from '../ffmpeg/decode.ts';
import { sourceVideo } from '../geometry.ts';
import type { RenderContext } from './operation.ts';

export interface RetimedFrame {
  /** Valid until the next frame is asked for. */
  readonly source: Uint8Array;
  /** How fast time passes in the picture: 1 is as it was taken. */
  readonly pace: number;
}

export async function* retimedFrames({ job, paintSize, frames }: RenderContext): AsyncGenerator<RetimedFrame> {
  for await (const source of decodeVideo({ input: sourceVideo(job), size: paintSize, frames }))
    yield { source, pace: 1 };
}
