/** Paints the scene a prompt describes. */
import { FRAMES_PER_SECOND } from '../geometry.ts';
import { cameraPose, paceFor } from '../motion/camera.ts';
import { createStyle } from '../pixels/styles.ts';
import { createWeather } from '../pixels/weather.ts';
import { buildScene, chooseScene } from '../scenes/build.ts';
import { createComposer } from '../scenes/compose.ts';
import { soundtrackOf } from '../soundtrack.ts';
import { encodeFrames, paintedFrames, type RenderContext } from './operation.ts';

export async function renderTextToVideo({ job, plan, size, frames, path, onFrame }: RenderContext): Promise<void> {
  const chosen = chooseScene(plan, job.prompt, job.seed);
  const compose = createComposer(buildScene(plan, chosen, size, job.seed), size, job.seed);
  const weather = plan.weather && createWeather(plan.weather, size, job.seed);
  const style = plan.style && createStyle(plan.style, size);
  const pace = paceFor(plan.pace, job.durationSeconds);
  const last = Math.max(1, frames - 1);
  const pictures = paintedFrames(size, frames, (frame, out) => {
    const seconds = frame / FRAMES_PER_SECOND;
    const pose = cameraPose(plan.camera, { share: frame / last, seconds, pace, seed: job.seed });
    compose({ pose, seconds }, out);
    weather?.fall(out, seconds);
    style?.(out, frame);
  });
  const sound = soundtrackOf(job, { ...plan, scene: chosen.name, sky: chosen.sky });
  await encodeFrames(pictures, { paintSize: size, outputSize: size, sound, path }, onFrame);
}
