/**
 * Continues a source video: one file with the source and then what was added. FFmpeg passes the source on by itself, and meanwhile
 * its end is read here, too, and what follows is prepared. The added part starts from the source's last
 * frame and goes on with its camera's own speed, which fades while the prompt's move sets in, so no jump is seen; what moved
 * by itself goes on moving.
 */
import { decodeVideo } from '../ffmpeg/decode.ts';
import { FRAMES_PER_SECOND, sourceFrames, sourceVideo } from '../geometry.ts';
import { createViewPainter } from '../motion/canvas-view.ts';
import { planContinuation } from '../motion/continuation.ts';
import { createMoverPainter } from '../motion/cut-out.ts';
import { TAIL_FRAMES, watchTail } from '../motion/tail.ts';
import { createCanvas } from '../pixels/canvas.ts';
import { createSkyline } from '../scenes/skyline.ts';
import { soundtrackOf } from '../soundtrack.ts';
import { createDevelopment } from './development.ts';
import { encodeFrames, type RenderContext } from './operation.ts';

async function* addedFrames({ job, plan, paintSize: size, frames }: RenderContext): AsyncGenerator<Uint8Array> {
  const kept = sourceFrames(job);
  const from = Math.max(0, kept - TAIL_FRAMES);
  const watch = watchTail(size, kept - from);
  for await (const picture of decodeVideo({ input: sourceVideo(job), size, frames: kept, from })) watch.read(picture);
  const { last, ground, motions, drift, movers, seen } = watch.finish();
  const { seed } = job;
  const added = frames - kept;
  const continuation = planContinuation({ motions, plan, frames: added, aspect: size.width / size.height, seed });
  const paint = createViewPainter(createCanvas(ground, size, continuation.reach, seen), size, drift);
  const paintMovers = createMoverPainter(movers, size);
  let view = continuation.viewAt(0);
  const develop = createDevelopment({
    ...{ plan, size, seed },
    behind(palette) {
      const skyline = plan.scene === 'city' ? createSkyline({ picture: ground, size, palette, seed }) : undefined;
      return skyline && ((rgb, share) => skyline(rgb, view, share));
    },
  });
  const out = new Uint8Array(last.length);
  for (let frame = 1; frame <= added; frame += 1) {
    view = continuation.viewAt(frame);
    paint({ view, frame }, out);
    paintMovers({ view, frame }, out);
    develop(out, { share: frame / added, frame, seconds: frame / FRAMES_PER_SECOND });
    yield out;
  }
}

export async function renderExtend(context: RenderContext): Promise<void> {
  const { job, plan } = context;
  const before = { input: sourceVideo(job), frames: sourceFrames(job) };
  await encodeFrames(addedFrames(context), { ...context, before }, soundtrackOf(job, plan));
}
