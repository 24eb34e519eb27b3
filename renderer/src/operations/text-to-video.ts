/** Paints the scene a prompt describes. */
import { createCameraPath } from '../motion/camera.ts';
import { anchorAt } from '../motion/camera-anchor.ts';
import { createColourWash } from '../pixels/colour-wash.ts';
import { createRegionStyle } from '../pixels/region-style.ts';
import { openScene } from '../pixels/scene-map.ts';
import { createWeather } from '../pixels/weather.ts';
import { weatherSteps, wholeSteps } from '../prompt/look.ts';
import { drawnPaceOf } from '../prompt/pace.ts';
import { buildScene, type ChosenScene, chooseScene } from '../scenes/build.ts';
import { createComposer } from '../scenes/compose.ts';
import { waitForPieces } from '../scenes/drawn-together.ts';
import { soundtrackOf } from '../soundtrack.ts';
import { encodeFrames, type PaintFrame, paintedFrames, type RenderContext } from './operation.ts';

function prepare(context: RenderContext, chosen: ChosenScene): PaintFrame {
  const { job, plan, paintSize: size, framesPerSecond, frames } = context;
  const scene = buildScene(plan, chosen, size, job.seed);
  waitForPieces();
  const compose = createComposer(scene, size, job.seed);
  const weathers = weatherSteps(plan).map(({ weather, strength }) => createWeather(weather, size, job.seed, strength));
  const map = openScene(size, scene.horizon);
  const washes = wholeSteps(plan, 'colour').map((step) => createColourWash(size, step));
  const styles = wholeSteps(plan, 'style').map((step) => createRegionStyle(step, size));
  const camera = createCameraPath({
    ...{ moves: plan.cameraMoves, handheld: plan.handheld },
    ...{ clipSeconds: job.durationSeconds, seed: job.seed },
  });
  const last = Math.max(1, frames - 1);
  const pace = drawnPaceOf(plan);
  return (frame, out) => {
    const seconds = frame / framesPerSecond;
    const pose = camera({ share: frame / last, seconds });
    compose({ pose, seconds: seconds * pace.world, skySeconds: seconds * pace.sky }, out);
    for (const wash of washes) wash(out, map);
    // What falls would only flicker where time is hurried.
    for (const weather of weathers) weather.fall(out, seconds * Math.min(1, pace.world), map);
    for (const style of styles) style(out, { frame, scene: map, anchor: anchorAt(pose, size) });
  };
}

export async function renderTextToVideo(context: RenderContext): Promise<void> {
  const { job, plan } = context;
  const chosen = chooseScene(plan, job.prompt, job.seed);
  const pictures = paintedFrames(context, () => prepare(context, chosen));
  const sound = soundtrackOf(job, { ...plan, scene: chosen.name, sky: chosen.sky });
  await encodeFrames(pictures, context, sound);
}
