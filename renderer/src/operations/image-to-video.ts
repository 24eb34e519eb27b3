import { coverFilter } from '../ffmpeg/decode.ts';
import { framePictures } from '../geometry.ts';
import type { RenderInput } from '../job.ts';
import { createCameraPath } from '../motion/camera.ts';
import { drawnPaceOf } from '../prompt/pace.ts';
import { RenderError } from '../render-error.ts';
import { soundtrackOf } from '../soundtrack.ts';
import { createDevelopment } from './development.ts';
import { renderFirstLastFrame } from './first-last-frame.ts';
import { encodeFrames, type PaintFrame, paintedFrames, type RenderContext } from './operation.ts';
import { openStill, plannedLife } from './still-motion.ts';

async function prepare(context: RenderContext, picture: RenderInput): Promise<PaintFrame> {
  const { job, plan, paintSize: size, framesPerSecond, frames } = context;
  const clip = { clipSeconds: job.durationSeconds, seed: job.seed };
  const paintStill = await openStill(picture, size, {
    camera: createCameraPath({ moves: plan.cameraMoves, handheld: plan.handheld, ...clip }),
    life: plannedLife(plan, clip),
    filter: coverFilter,
  });
  const develop = createDevelopment({ plan, size, seed: job.seed });
  const lastFrame = Math.max(1, frames - 1);
  const pace = drawnPaceOf(plan);
  return (frame, out) => {
    const time = { share: frame / lastFrame, seconds: frame / framesPerSecond };
    paintStill(time, out);
    const worldSeconds = time.seconds * Math.min(1, pace.world);
    develop(out, { ...time, frame, seconds: worldSeconds, skySeconds: time.seconds * pace.sky });
  };
}

export async function renderImageToVideo(context: RenderContext): Promise<void> {
  const { job, plan } = context;
  const { first, last } = framePictures(job);
  if (first === undefined) throw new RenderError('invalid_job', 'image-to-video needs a picture.');
  if (last !== undefined) return await renderFirstLastFrame(context, { first, last });
  const pictures = paintedFrames(context, () => prepare(context, first));
  await encodeFrames(pictures, context, soundtrackOf(job, plan));
}
