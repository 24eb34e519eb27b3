/**
 * Continues a source video: one file with the source and then what was added. The added part starts from the source's last
 * frame and goes on with its camera's own speed, which fades while the prompt's move sets in, so no jump is seen.
 */
import { decodeVideo } from '../ffmpeg/decode.ts';
import { FRAMES_PER_SECOND, sourceFrames, sourceVideo } from '../geometry.ts';
import { planContinuation } from '../motion/continuation.ts';
import { estimateMotion, type Luma, lumaOf, type Motion, shrinkLuma } from '../motion/estimate.ts';
import { createCanvas } from '../pixels/canvas.ts';
import { soundtrackOf } from '../soundtrack.ts';
import { encodeFrames, type RenderContext } from './operation.ts';

const MEASURED_FRAMES = 10;
const MOTION_WIDTH = 160;

async function* extendedFrames({ job, plan, size, frames }: RenderContext): AsyncGenerator<Uint8Array> {
  const kept = sourceFrames(job);
  const last = new Uint8Array(size.width * size.height * 3);
  const motions: Motion[] = [];
  let before: Luma | undefined;
  let frame = 0;
  for await (const picture of decodeVideo({ input: sourceVideo(job), size, frames: kept })) {
    if (frame >= kept - MEASURED_FRAMES) {
      const now = shrinkLuma(lumaOf(picture, size), MOTION_WIDTH);
      if (before !== undefined) motions.push(estimateMotion(before, now));
      before = now;
    }
    frame += 1;
    if (frame === kept) last.set(picture);
    yield picture;
  }
  const added = frames - kept;
  const continuation = planContinuation({ motions, plan, frames: added, aspect: size.width / size.height });
  const canvas = createCanvas(last, size, continuation.reach);
  const out = new Uint8Array(last.length);
  for (let index = 1; index <= added; index += 1) {
    canvas.paint(continuation.viewAt(index), index / FRAMES_PER_SECOND, out);
    yield out;
  }
}

export async function renderExtend(context: RenderContext): Promise<void> {
  const { job, plan, size, path, onFrame } = context;
  const sound = soundtrackOf(job, plan);
  await encodeFrames(extendedFrames(context), { paintSize: size, outputSize: size, sound, path }, onFrame);
}
