/** A clip that begins with one picture and ends with another: both are shown as they are, to the pixel, before they are encoded. */
import { coverFilter, decodePicture } from '../ffmpeg/decode.ts';
import type { Size } from '../geometry.ts';
import type { RenderInput } from '../job.ts';
import { createPassagePainter } from '../morph/paint.ts';
import { planPassage } from '../morph/passage.ts';
import { mix, smoothstep } from '../pixels/numbers.ts';
import { type Picture, packPicture } from '../pixels/picture.ts';
import { soundtrackOf } from '../soundtrack.ts';
import { encodeFrames, type PaintFrame, paintedFrames, type RenderContext } from './operation.ts';
import { oversized } from './still-motion.ts';

/** How much of the way goes at a steady speed; the rest eases in and out, so that the clip neither starts nor stops with a jerk. */
const STEADY = 0.25;

async function openPicture(input: RenderInput, size: Size): Promise<Picture> {
  return packPicture(await decodePicture(input, size, coverFilter(size)), size);
}

interface Ends {
  readonly first: RenderInput;
  readonly last: RenderInput;
}

async function prepare({ job, plan, paintSize: size, frames }: RenderContext, ends: Ends): Promise<PaintFrame> {
  const first = await decodePicture(ends.first, size);
  const last = await decodePicture(ends.last, size);
  const paint = createPassagePainter({
    passage: planPassage({ first, last, size }, plan, job.seed),
    first: await openPicture(ends.first, oversized(size)),
    last: await openPicture(ends.last, oversized(size)),
    size,
  });
  return (frame, out) => {
    if (frame === 0) out.set(first);
    else if (frame === frames - 1) out.set(last);
    else {
      const share = frame / (frames - 1);
      paint(mix(smoothstep(0, 1, share), share, STEADY), out);
    }
  };
}

export async function renderFirstLastFrame(context: RenderContext, ends: Ends): Promise<void> {
  const pictures = paintedFrames(context, () => prepare(context, ends));
  await encodeFrames(pictures, context, soundtrackOf(context.job, context.plan));
}
