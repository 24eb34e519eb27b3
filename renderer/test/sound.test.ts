/** Sounds measured by meter: how loud they are, how high they peak, whether anything clicks. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AMBIENCE_BEDS, type AmbiencePart } from '../src/ffmpeg/ambience.ts';
import { type Soundtrack, soundtrackArguments } from '../src/ffmpeg/audio.ts';
import type { RenderInput } from '../src/job.ts';
import { planPrompt } from '../src/prompt/plan.ts';
import { ambienceOf, soundtrackOf } from '../src/soundtrack.ts';
import { makeJob, makeVideo, openWorkshop, run, type Workshop } from './harness.ts';

let workshop: Workshop;
let loud: RenderInput;
beforeAll(async () => {
  workshop = await openWorkshop();
  loud = await makeVideo({ path: workshop.path('loud.mp4'), seconds: 3, width: 64, height: 64 });
});
afterAll(() => workshop.close());

interface Loudness {
  readonly integrated: number;
  readonly peak: number;
}

async function ffmpeg(sound: Soundtrack, measure: string, ...output: string[]) {
  const { inputs, filters } = soundtrackArguments(sound, 0);
  const graph = [...filters, `[sound]${measure}[measured]`].join(';');
  return await run(
    'ffmpeg',
    ['-hide_banner', '-nostats', ...inputs, '-filter_complex', graph, '-map', '[measured]', ...output],
    { encoding: 'buffer', maxBuffer: 2 ** 27 },
  );
}

async function loudnessOf(sound: Soundtrack): Promise<Loudness> {
  const { stderr } = await ffmpeg(sound, 'ebur128=peak=true', '-f', 'null', '-');
  const last = (pattern: RegExp) => Number([...stderr.toString().matchAll(pattern)].at(-1)?.[1]);
  return { integrated: last(/I:\s+(-?[\d.]+) LUFS/g), peak: last(/Peak:\s+(-?[\d.]+) dBFS/g) };
}

async function samplesOf(sound: Soundtrack): Promise<Float32Array> {
  const { stdout } = await ffmpeg(sound, 'pan=mono|c0=c0,aformat=sample_rates=48000', '-f', 'f32le', '-');
  return new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.byteLength));
}

const ambience = (parts: readonly AmbiencePart[], seconds = 4): Soundtrack => ({
  kind: 'ambience',
  parts,
  seconds,
  seed: 7,
});

describe('a bed', () => {
  test.each(AMBIENCE_BEDS)('%s is quiet enough to talk over, and clips nowhere', async (bed) => {
    const { integrated, peak } = await loudnessOf(ambience([{ bed, gain: 1 }]));
    expect(integrated).toBeGreaterThan(-30);
    expect(integrated).toBeLessThan(-23);
    expect(peak).toBeLessThan(-6);
  });

  test.each(AMBIENCE_BEDS)('%s is as long as the clip and starts and ends in silence', async (bed) => {
    const samples = await samplesOf(ambience([{ bed, gain: 1 }], 1.3));
    expect(samples.length).toBe(Math.round(1.3 * 48_000));
    expect(Math.max(...samples.slice(0, 48).map(Math.abs), ...samples.slice(-48).map(Math.abs))).toBeLessThan(0.002);
  });
});

test.each([
  'a thunderstorm with heavy rain and wind over the sea by a city',
  'a river through a forest, birds and a campfire',
  'light rain on a lake at night',
])('a mix is no louder than one bed: %s', async (prompt) => {
  const parts = ambienceOf(planPrompt(prompt));
  expect(parts.length).toBeGreaterThan(1);
  expect(new Set(parts.map(({ bed }) => bed)).size).toBe(parts.length);
  const { integrated, peak } = await loudnessOf(ambience(parts));
  expect(integrated).toBeGreaterThan(-30);
  expect(integrated).toBeLessThan(-23);
  expect(peak).toBeLessThan(-6);
});

const PROMPTS = [
  ['the sea at sunset', 'waves'],
  ['a city street in the rain', 'rain'],
  ['雷雨中的城市', 'thunder'],
  ['a meadow in the morning', 'birds'],
  ['a forest at night', 'night'],
  ['a campfire in the woods', 'fire'],
  ['a village by a river', 'water'],
  ['space', 'pad'],
] as const;

test.each(PROMPTS)('%s sounds of %s', (prompt, bed) => {
  expect(ambienceOf(planPrompt(prompt)).map((part) => part.bed)).toContain(bed);
});

function editSound(prompt: string): Soundtrack {
  const job = makeJob(workshop, 'sound', { operation: 'edit', prompt, inputs: [loud], resolution: 'auto' });
  return soundtrackOf(job, planPrompt(prompt, 'edit'));
}

test('an edit without weather keeps its sound as it is, one with rain has rain under it', async () => {
  expect(editSound('change the sky to a sunset').kind).toBe('source');
  const sound = editSound('add heavy rain and a storm');
  expect(sound).toMatchObject({ kind: 'mixed' });
  const before = await loudnessOf({ kind: 'source', input: loud, seconds: 3 });
  const after = await loudnessOf(sound);
  expect(after.peak).toBeLessThan(-3);
  expect(Math.abs(after.integrated - before.integrated)).toBeLessThan(1.5);
});

test('a source at full level is not driven into clipping by what is mixed under it', async () => {
  const path = workshop.path('full.wav');
  await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'sine=f=220:d=3,volume=8', '-c:a', 'pcm_s16le', path]);
  const input: RenderInput = { ...loud, path, demuxer: 'wav' };
  const parts = ambienceOf(planPrompt('a thunderstorm over the sea'));
  expect((await loudnessOf({ kind: 'mixed', input, parts, seconds: 3, seed: 7 })).peak).toBeLessThan(-3);
  const extended: Soundtrack = { kind: 'continued', input, parts, sourceSeconds: 3, seconds: 6, seed: 7 };
  expect((await loudnessOf(extended)).peak).toBeLessThan(-3);
});

/** The largest step from one sample to the next within a stretch of seconds. */
function largestStep(samples: Float32Array, from: number, to: number): number {
  let largest = 0;
  for (let i = Math.round(from * 48_000) + 1; i < to * 48_000; i += 1) {
    largest = Math.max(largest, Math.abs((samples[i] ?? 0) - (samples[i - 1] ?? 0)));
  }
  return largest;
}

test('an extension goes on without a click or a hole', async () => {
  const parts: AmbiencePart[] = [{ bed: 'waves', gain: 1 }];
  const samples = await samplesOf({ kind: 'continued', input: loud, parts, sourceSeconds: 2.5, seconds: 5, seed: 7 });
  expect(samples.length).toBe(5 * 48_000);
  const own = largestStep(samples, 1, 2.2);
  expect(largestStep(samples, 2.3, 2.7)).toBeLessThan(own * 1.3);
  const power = (from: number) => {
    const part = samples.slice(from * 48_000, (from + 0.1) * 48_000);
    return Math.sqrt(part.reduce((sum, value) => sum + value * value, 0) / part.length);
  };
  expect(power(2.55)).toBeGreaterThan(power(2.3) * 0.6);
});
