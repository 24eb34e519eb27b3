/** Changes a source video as its prompt says: its speed, and then its light, sky, weather and style in the prompt's order. */
import { FRAMES_PER_SECOND, type Size } from '../geometry.ts';
import { type ColourWash, createColourWash } from '../pixels/colour-wash.ts';
import { createRegionStyle } from '../pixels/region-style.ts';
import { createSceneReader, type SceneMap } from '../pixels/scene-map.ts';
import { createSkyReplacement } from '../pixels/sky-replacement.ts';
import { createTimeGrade } from '../pixels/time-of-day.ts';
import { createWeather } from '../pixels/weather.ts';
import { type LookStep, planLook } from '../prompt/look.ts';
import { paceOf } from '../prompt/pace.ts';
import { soundtrackOf } from '../soundtrack.ts';
import { encodeFrames, type RenderContext } from './operation.ts';
import { retimedFrames } from './retime.ts';

interface EditMoment {
  /** The frame as it was taken. */
  readonly source: Uint8Array;
  readonly scene: SceneMap;
  readonly frame: number;
  /** In the world of the picture: slow motion slows snow as well, but a timelapse's lightning would only flicker. */
  readonly seconds: number;
  /** A timelapse's clouds race. */
  readonly skySeconds: number;
}

/** Changes `rgb` in place. */
type EditEffect = (rgb: Uint8Array, moment: EditMoment) => void;

function createEffect(step: LookStep, size: Size, seed: number): EditEffect {
  switch (step.kind) {
    case 'sky': {
      const replace = createSkyReplacement(step.palette, size, seed);
      const before = new Uint8Array(size.width * size.height * 3);
      return (rgb, { skySeconds }) => {
        before.set(rgb);
        replace({ source: before, seconds: skySeconds, strength: 1 }, rgb);
      };
    }
    case 'time':
      return createTimeGrade(step.time, size, step.strength);
    case 'colour': {
      const wash: ColourWash = createColourWash(size, step);
      return (rgb, { scene }) => wash(rgb, scene);
    }
    case 'weather': {
      const weather = createWeather(step.weather, size, seed, step.strength);
      return (rgb, { seconds, scene }) => {
        weather.settle(rgb, seconds, scene);
        weather.fall(rgb, seconds, scene);
      };
    }
    case 'style': {
      const style = createRegionStyle(step, size);
      return (rgb, { frame, scene }) => style(rgb, frame, scene);
    }
    default:
      return step satisfies never;
  }
}

/** Whether a step asks where the picture's sky and ground are. */
function needsScene(step: LookStep): boolean {
  if (step.kind === 'style' || step.kind === 'colour') return step.region !== 'whole';
  return step.kind !== 'sky';
}

async function* editedFrames(context: RenderContext): AsyncGenerator<Uint8Array> {
  const { job, plan, paintSize } = context;
  const { steps } = planLook(plan);
  const effects = steps.map((step) => createEffect(step, paintSize, job.seed));
  const scene = createSceneReader(paintSize);
  const readsScene = steps.some(needsScene);
  const out = new Uint8Array(paintSize.width * paintSize.height * 3);
  let frame = 0;
  const pace = paceOf(plan);
  for await (const source of retimedFrames(context)) {
    if (readsScene) scene.read(source);
    out.set(source);
    const seconds = frame / FRAMES_PER_SECOND;
    const moment = { source, scene, frame, skySeconds: seconds * pace, seconds: seconds * Math.min(1, pace) };
    for (const effect of effects) effect(out, moment);
    frame += 1;
    yield out;
  }
}

export async function renderEdit(context: RenderContext): Promise<void> {
  await encodeFrames(editedFrames(context), context, soundtrackOf(context.job, context.plan));
}
