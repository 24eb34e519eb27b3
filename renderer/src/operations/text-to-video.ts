/** Paints the scene a prompt describes. */
import { createCameraPath } from '../motion/camera.ts';
import { createStyle } from '../pixels/styles.ts';
import { createWeather } from '../pixels/weather.ts';
import { buildScene, chooseScene } from '../scenes/build.ts';
import { createComposer } from '../scenes/compose.ts';
import { soundtrackOf } from '../soundtrack.ts';
import { encodeFrames, paintedFrames, type RenderContext } from './operation.ts';

export async function renderTextToVideo(context: RenderContext): Promise<void> {
  const { job, plan, paintSize: size, framesPerSecond, frames } = context;
  const chosen = chooseScene(plan, job.prompt, job.seed);
  const compose = createComposer(buildScene(plan, chosen, size, job.seed), size, job.seed);
  const weather = plan.weather && createWeather(plan.weather, size, job.seed);
  const style = plan.style && createStyle(plan.style, size);
  const camera = createCameraPath({
    ...{ moves: plan.cameraMoves, handheld: plan.handheld },
    ...{ clipSeconds: job.durationSeconds, seed: job.seed },
  });
  const last = Math.max(1, frames - 1);
  const pictures = paintedFrames(context, (frame, out) => {
    const seconds = frame / framesPerSecond;
    compose({ pose: camera({ share: frame / last, seconds }), seconds }, out);
    weather?.fall(out, seconds);
    style?.(out, frame);
  });
  const sound = soundtrackOf(job, { ...plan, scene: chosen.name, sky: chosen.sky });
  await encodeFrames(pictures, context, sound);
}
