/** Which sound a job's result has. */
import type { AmbienceBed, AmbiencePart } from './ffmpeg/ambience.ts';
import type { Soundtrack } from './ffmpeg/audio.ts';
import { FRAMES_PER_SECOND, frameRate, outputFrames, sourceFrames, sourceVideo } from './geometry.ts';
import type { RenderJob } from './job.ts';
import type { SceneName, Weather } from './prompt/lexicon.ts';
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

const WEATHER_PARTS: Readonly<Record<Weather, AmbiencePart>> = {
  rain: { bed: 'rain', gain: 1 },
  snow: { bed: 'wind', gain: 0.7 },
  fog: { bed: 'wind', gain: 0.4 },
};

export function ambienceOf(plan: PromptPlan): AmbiencePart[] {
  const bed: AmbienceBed = plan.scene === undefined ? 'pad' : SCENE_BEDS[plan.scene];
  const parts: AmbiencePart[] = [{ bed, gain: 1 }];
  if (plan.lake && plan.scene !== 'sea') parts.push({ bed: 'water', gain: 0.5 });
  if (plan.weather !== undefined) parts.push(WEATHER_PARTS[plan.weather]);
  if (plan.wind && bed !== 'wind') parts.push({ bed: 'wind', gain: 0.7 });
  if (plan.sky === 'night' && (bed === 'forest' || bed === 'wind')) parts.push({ bed: 'night', gain: 0.6 });
  return parts;
}

/** An edit keeps its source's sound and invents none: a silent clip whose sky changes is still a silent clip. */
export function soundtrackOf(job: RenderJob, plan: PromptPlan): Soundtrack {
  if (!job.audio) return { kind: 'none' };
  const seconds = outputFrames(job) / frameRate(job);
  const { seed } = job;
  if (job.operation === 'edit' || job.operation === 'extend') {
    const input = sourceVideo(job);
    if (job.operation === 'edit') return input.hasAudio ? { kind: 'source', input, seconds } : { kind: 'none' };
    if (input.hasAudio) {
      const sourceSeconds = sourceFrames(job) / FRAMES_PER_SECOND;
      return { kind: 'continued', input, sourceSeconds, parts: ambienceOf(plan), seconds, seed };
    }
  }
  return { kind: 'ambience', parts: ambienceOf(plan), seconds, seed };
}
