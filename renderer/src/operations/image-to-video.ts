import { coverFilter } from '../ffmpeg/decode.ts';
import { FRAMES_PER_SECOND } from '../geometry.ts';
import { paceFor } from '../motion/camera.ts';
import { RenderError } from '../render-error.ts';
import { soundtrackOf } from '../soundtrack.ts';
import { encodeFrames, paintedFrames, type RenderContext } from './operation.ts';
import { openStill } from './still-motion.ts';

export async function renderImageToVideo({ job, plan, size, frames, path, onFrame }: RenderContext): Promise<void> {
  const [input] = job.inputs;
  if (input === undefined) throw new RenderError('invalid_job', 'image-to-video needs a picture.');
  const still = await openStill(input, size, { wind: plan.wind, filter: coverFilter });
  const pace = paceFor(plan.pace, job.durationSeconds);
  const last = Math.max(1, frames - 1);
  const pictures = paintedFrames(size, frames, (frame, out) => {
    const time = { share: frame / last, seconds: frame / FRAMES_PER_SECOND, pace, seed: job.seed };
    still.paint(plan.camera, time, out);
  });
  const sound = soundtrackOf(job, plan);
  await encodeFrames(pictures, { paintSize: size, outputSize: size, sound, path }, onFrame);
}
