/** What a prompt's steps do to a frame, in their order: for edits, and for clips that develop into what the prompt says. */
import type { Size } from '../geometry.ts';
import { type Anchor, createCameraAnchor, UNMOVED } from '../motion/camera-anchor.ts';
import { type ColourWash, createColourWash } from '../pixels/colour-wash.ts';
import { createRegionStyle } from '../pixels/region-style.ts';
import { createSceneReader, type SceneMap } from '../pixels/scene-map.ts';
import { createSkyMatte, type SkyMatte } from '../pixels/sky-matte.ts';
import { createSkyPainter } from '../pixels/sky-replacement.ts';
import { followsCamera } from '../pixels/styles.ts';
import { createTimeGrade } from '../pixels/time-of-day.ts';
import { createWeather } from '../pixels/weather.ts';
import type { LookStep } from '../prompt/look.ts';

export interface EffectMoment {
  /** The frame as it was taken. */
  readonly source: Uint8Array;
  readonly frame: number;
  /** In the world of the picture: slow motion slows snow as well, but a timelapse's lightning would only flicker. */
  readonly seconds: number;
  /** A timelapse's clouds race. */
  readonly skySeconds: number;
}

/** Changes `rgb` in place. */
type SceneEffect = (
  rgb: Uint8Array,
  moment: EffectMoment & { readonly scene: SceneMap; readonly anchor: Anchor },
) => void;

interface EffectOptions {
  readonly size: Size;
  readonly seed: number;
  readonly matte: SkyMatte | undefined;
}

function createEffect(step: LookStep, { size, seed, matte }: EffectOptions): SceneEffect {
  switch (step.kind) {
    case 'sky': {
      const replace = createSkyPainter({ palette: step.palette, size, seed, matte: matte ?? createSkyMatte(size) });
      // A first step finds the frame as it was taken; what a later one finds it would overwrite while it reads.
      const before = matte === undefined ? new Uint8Array(size.width * size.height * 3) : undefined;
      return (rgb, { source, skySeconds }) => {
        before?.set(rgb);
        replace({ source: before ?? source, seconds: skySeconds, strength: 1 }, rgb);
      };
    }
    case 'time':
      return createTimeGrade(step.time, size, { strength: step.strength, seed });
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
    case 'style':
      return createRegionStyle(step, size);
    default:
      return step satisfies never;
  }
}

/** Whether a step asks where the picture's sky and ground are. */
function needsScene(step: LookStep): boolean {
  if (step.kind === 'style' || step.kind === 'colour') return step.region !== 'whole';
  return step.kind !== 'sky';
}

function needsCamera(step: LookStep): boolean {
  return step.kind === 'time' || (step.kind === 'style' && followsCamera(step.style));
}

/** Changes `rgb` in place; frames come in order. */
export type Effects = (rgb: Uint8Array, moment: EffectMoment) => void;

export function createEffects(steps: readonly LookStep[], size: Size, seed: number): Effects {
  // A sky that is replaced first is looked for in the frame as it was taken, as the scene's is: once will do.
  const matte = steps[0]?.kind === 'sky' ? createSkyMatte(size) : undefined;
  const [first, ...rest] = steps.map((step, index) =>
    createEffect(step, { size, seed, matte: index === 0 ? matte : undefined }),
  );
  const readsScene = steps.some(needsScene);
  const scene = createSceneReader(size, matte?.mask);
  const anchor = steps.some(needsCamera) ? createCameraAnchor(size, readsScene ? scene.motion : undefined) : undefined;
  return (rgb, moment) => {
    if (matte !== undefined) first?.(rgb, { ...moment, scene, anchor: UNMOVED });
    if (readsScene) scene.read(moment.source);
    const seen = { ...moment, scene, anchor: anchor?.(moment.source) ?? UNMOVED };
    if (matte === undefined) first?.(rgb, seen);
    for (const effect of rest) effect(rgb, seen);
  };
}
