/** Which sound a job's result has. */
import type { AmbienceBed, AmbiencePart } from './ffmpeg/ambience.ts';
import type { Soundtrack } from './ffmpeg/audio.ts';
import { FRAMES_PER_SECOND, frameRate, outputFrames, sourceFrames, sourceVideo } from './geometry.ts';
import type { RenderJob } from './job.ts';
import type { SceneName, SceneNoun, WeatherKind } from './prompt/lexicon.ts';
import { paceOf } from './prompt/pace.ts';
import type { PromptPlan } from './prompt/plan.ts';

const SCENE_BEDS: Readonly<Record<SceneName, AmbienceBed>> = {
  sea: 'waves',
  mountains: 'wind',
  city: 'city',
  forest: 'forest',
  field: 'forest',
  desert: 'wind',
  snowfield: 'wind',
  space: 'pad',
  aurora: 'pad',
};

/** What a noun adds to the sound of its scene. */
const NOUN_BEDS: Readonly<Partial<Record<SceneNoun, AmbiencePart>>> = {
  sea: { bed: 'waves', gain: 0.8 },
  beach: { bed: 'waves', gain: 0.8 },
  island: { bed: 'waves', gain: 0.8 },
  lake: { bed: 'water', gain: 0.5 },
  river: { bed: 'water', gain: 0.9 },
  city: { bed: 'city', gain: 0.7 },
  street: { bed: 'city', gain: 0.8 },
  road: { bed: 'city', gain: 0.25 },
  forest: { bed: 'forest', gain: 0.7 },
  aurora: { bed: 'pad', gain: 0.7 },
  space: { bed: 'pad', gain: 0.7 },
};

const WEATHER_PARTS: Readonly<Record<WeatherKind, readonly AmbiencePart[]>> = {
  rain: [{ bed: 'rain', gain: 1 }],
  snow: [{ bed: 'wind', gain: 0.7 }],
  fog: [{ bed: 'wind', gain: 0.4 }],
  dust: [{ bed: 'wind', gain: 1 }],
  storm: [
    { bed: 'wind', gain: 0.8 },
    { bed: 'thunder', gain: 0.9 },
  ],
};

/** Sounds of things that need not be seen. */
const SUBJECT_BEDS: readonly (readonly [RegExp, AmbiencePart])[] = [
  [/\b(?:camp|bon)?fires?\b|fireplace|篝火|火堆|壁炉/iu, { bed: 'fire', gain: 0.8 }],
  [/\bbirds?\b|seagulls?|\bgulls?\b|birdsong|鸟|海鸥/iu, { bed: 'birds', gain: 0.6 }],
];

/** Land on which birds sing by day and crickets by night. */
const GREEN: ReadonlySet<SceneName> = new Set(['forest', 'field', 'mountains']);

/** Each bed once, as loud as its loudest mention. */
function together(parts: readonly AmbiencePart[]): AmbiencePart[] {
  const gains = new Map<AmbienceBed, number>();
  for (const { bed, gain } of parts) gains.set(bed, Math.max(gain, gains.get(bed) ?? 0));
  return [...gains].map(([bed, gain]) => ({ bed, gain }));
}

function weatherParts(plan: PromptPlan): AmbiencePart[] {
  const kinds = plan.effects.flatMap((effect) => (effect.kind === 'weather' ? [effect] : []));
  const parts = kinds.flatMap(({ weather, strength }) =>
    WEATHER_PARTS[weather].map(({ bed, gain }) => ({ bed, gain: gain * Math.sqrt(strength) })),
  );
  return plan.wind ? [...parts, { bed: 'wind', gain: 0.7 }] : parts;
}

export function ambienceOf(plan: PromptPlan): AmbiencePart[] {
  const { scene, sky, nouns, subjects } = plan;
  const weather = weatherParts(plan);
  const bed: AmbienceBed = scene === undefined ? 'pad' : SCENE_BEDS[scene];
  const named = nouns.flatMap(({ noun, implied }) => (implied ? [] : (NOUN_BEDS[noun] ?? [])));
  const things = SUBJECT_BEDS.flatMap(([word, part]) => (subjects.some(({ text }) => word.test(text)) ? [part] : []));
  const parts = [{ bed, gain: 1 }, ...named, ...things, ...weather];
  if (plan.lake && scene !== 'sea') parts.push({ bed: 'water', gain: 0.5 });
  const isQuiet = weather.length === 0 && scene !== undefined && GREEN.has(scene);
  if (isQuiet && (sky === 'night' || sky === 'aurora')) parts.push({ bed: 'night', gain: 0.5 });
  if (isQuiet && (sky === 'day' || sky === 'dawn' || sky === undefined)) parts.push({ bed: 'birds', gain: 0.45 });
  return together(parts);
}

/** Under an edit's own sound come only those of the weather that the edit brings. */
function editSound(job: RenderJob, plan: PromptPlan, seconds: number): Soundtrack {
  const input = sourceVideo(job);
  if (!input.hasAudio) return { kind: 'none' };
  const parts = together(weatherParts(plan));
  // Sound that is slowed down goes with its picture; sped up it would only be noise, so a timelapse keeps it as it is.
  const tempo = Math.min(1, paceOf(plan));
  if (parts.length === 0) return { kind: 'source', input, seconds, tempo };
  return { kind: 'mixed', input, parts, seconds, tempo, seed: job.seed };
}

/** An edit keeps its source's sound; a silent clip whose sky changes is still a silent clip. */
export function soundtrackOf(job: RenderJob, plan: PromptPlan): Soundtrack {
  if (!job.audio) return { kind: 'none' };
  const seconds = outputFrames(job) / frameRate(job);
  if (job.operation === 'edit') return editSound(job, plan, seconds);
  const { seed } = job;
  const parts = ambienceOf(plan);
  if (job.operation === 'extend') {
    const input = sourceVideo(job);
    if (input.hasAudio) {
      const sourceSeconds = sourceFrames(job) / FRAMES_PER_SECOND;
      return { kind: 'continued', input, sourceSeconds, parts, seconds, seed };
    }
  }
  return { kind: 'ambience', parts, seconds, seed };
}
