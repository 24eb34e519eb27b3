/** Paints the scene a prompt describes. */
import { createCameraPath } from '../motion/camera.ts';
import { openScene } from '../pixels/scene-map.ts';
import { createStyle } from '../pixels/styles.ts';
import { createWeather } from '../pixels/weather.ts';
import { weatherSteps } from '../prompt/look.ts';
import { buildScene, chooseScene } from '../scenes/build.ts';
import { createComposer } from '../scenes/compose.ts';
import { soundtrackOf } from '../soundtrack.ts';
import { encodeFrames, paintedFrames, type RenderContext } from './operation.ts';

export async function renderTextToVideo(context: RenderContext): Promise<void> {
  const { job, plan, paintSize: size, framesPerSecond, frames } = context;
  const chosen = chooseScene(plan, job.prompt, job.seed);
  const scene = buildScene(plan, chosen, size, job.seed);
  const compose = createComposer(scene, size, job.seed);
  const weathers = weatherSteps(plan).map(({ weather, strength }) => createWeather(weather, size, job.seed, strength));
  const map = openScene(size, scene.horizon);
  const style = plan.style && createStyle(plan.style, size);
  const camera = createCameraPath({
    ...{ moves: plan.cameraMoves, handheld: plan.handheld },
    ...{ clipSeconds: job.durationSeconds, seed: job.seed },
  });
  const last = Math.max(1, frames - 1);
  const pictures = paintedFrames(context, (frame, out) => {
    const seconds = frame / framesPerSecond;
    compose({ pose: camera({ share: frame / last, seconds }), seconds }, out);
    for (const weather of weathers) weather.fall(out, seconds, map);
    style?.(out, frame);
  });
  const sound = soundtrackOf(job, { ...plan, scene: chosen.name, sky: chosen.sky });
  await encodeFrames(pictures, context, sound);
}
