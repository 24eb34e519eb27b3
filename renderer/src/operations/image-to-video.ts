import { coverFilter } from '../ffmpeg/decode.ts';
import { framePictures } from '../geometry.ts';
import { createCameraPath } from '../motion/camera.ts';
import { drawnPaceOf } from '../prompt/pace.ts';
import { RenderError } from '../render-error.ts';
import { soundtrackOf } from '../soundtrack.ts';
import { createDevelopment } from './development.ts';
import { renderFirstLastFrame } from './first-last-frame.ts';
import { encodeFrames, type PaintFrame, paintedFrames, type RenderContext } from './operation.ts';
import { openStill, type PreparedStill, plannedLife, prepareStill } from './still-motion.ts';

function clipOf({ job }: RenderContext): { readonly clipSeconds: number; readonly seed: number } {
  return { clipSeconds: job.durationSeconds, seed: job.seed };
}

export async function preparePicture(context: RenderContext): Promise<PreparedStill> {
  const { job, plan, paintSize } = context;
  const { first: input } = framePictures(job);
  if (input === undefined) throw new RenderError('invalid_job', 'image-to-video needs a picture.');
  return await prepareStill({ input, life: plannedLife(plan, clipOf(context)), filter: coverFilter }, paintSize);
}

async function prepare(context: RenderContext): Promise<PaintFrame> {
  const { job, plan, paintSize: size, framesPerSecond, frames } = context;
  const clip = clipOf(context);
  const prepared = await (context.share?.still?.(0) ?? preparePicture(context));
  const paintStill = openStill(prepared, size, {
    camera: createCameraPath({ moves: plan.cameraMoves, handheld: plan.handheld, ...clip }),
    life: plannedLife(plan, clip),
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
  if (first !== undefined && last !== undefined) return await renderFirstLastFrame(context, { first, last });
  const pictures = paintedFrames(context, () => prepare(context));
  await encodeFrames(pictures, context, soundtrackOf(job, plan));
}
