/** Speed edits through the real child: the clip's length stays, what moves in it is slower or faster, and sound keeps its pitch. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RenderInput, RenderQuality } from '../src/job.ts';
import { greyFrames, makeJob, makeVideo, openWorkshop, probe, renderJob, run, type Workshop } from './harness.ts';

const WIDTH = 160;
const SECONDS = 2;
const TONE_HERTZ = 330;
/** Pixels in a frame. */
const STEP = 2;

let workshop: Workshop;
let moving: RenderInput;

beforeAll(async () => {
  workshop = await openWorkshop();
  moving = await makeVideo({
    ...{ path: workshop.path('moving.mp4'), width: 320, height: 180, seconds: SECONDS },
    source: `color=gray:s=SIZE:r=24:d=SECONDS,geq=lum='60+30*sin(X/9)*sin(Y/7)+150*between(X,20+N*${STEP * 2},60+N*${STEP * 2})*between(Y,60,120)':cb=128:cr=128`,
  });
});
afterAll(() => workshop.close());

/** Middle of what is bright, for each frame. */
async function places(path: string): Promise<number[]> {
  const frames = await greyFrames(path, WIDTH, 90);
  return frames.map((frame) => {
    let sum = 0;
    let count = 0;
    for (let i = 0; i < frame.length; i += 1) {
      if ((frame[i] ?? 0) < 170) continue;
      sum += i % WIDTH;
      count += 1;
    }
    return sum / Math.max(1, count);
  });
}

/** The tone's frequency, from how often the sound crosses zero. */
async function pitchOf(path: string): Promise<number> {
  const decode = ['-v', 'error', '-ss', '0.5', '-t', '1', '-i', path, '-ac', '1', '-ar', '16000', '-f', 's16le', '-'];
  const { stdout } = await run('ffmpeg', decode, { encoding: 'buffer', maxBuffer: 2 ** 24 });
  let crossings = 0;
  for (let at = 2; at < stdout.length; at += 2) {
    if (stdout.readInt16LE(at - 2) < 0 !== stdout.readInt16LE(at) < 0) crossings += 1;
  }
  return crossings / 2 / (stdout.length / 2 / 16_000);
}

async function edited(name: string, prompt: string, quality: RenderQuality = 'full'): Promise<string> {
  const inputs = [moving];
  const job = makeJob(workshop, name, {
    ...{ operation: 'edit', quality, resolution: 'auto' },
    prompt,
    inputs,
  });
  expect((await renderJob(workshop, job)).last).toMatchObject({ type: 'done', frames: SECONDS * 24 });
  const seen = await probe(job.outputPath);
  expect(seen.seconds).toBeCloseTo(SECONDS, 3);
  expect(Number(seen.audio?.['duration'])).toBeCloseTo(SECONDS, 1);
  return job.outputPath;
}

test('slow motion moves half as fast, evenly, and keeps its tone', async () => {
  const path = await edited('slow', 'slow motion');
  const steps = (await places(path)).map((place, frame, all) => place - (all[frame - 1] ?? place));
  for (const step of steps.slice(2, -2)) expect(step).toBeCloseTo(STEP / 2, 0);
  const mean = steps.slice(2, -2).reduce((sum, step) => sum + step, 0) / (steps.length - 4);
  expect(mean).toBeGreaterThan(STEP * 0.45);
  expect(mean).toBeLessThan(STEP * 0.55);
  expect(Math.abs((await pitchOf(path)) - TONE_HERTZ)).toBeLessThan(8);
});

test('a timelapse moves four times as fast and begins again', async () => {
  const path = await edited('lapse', 'a timelapse');
  const seen = await places(path);
  const steps = seen.slice(1, 7).map((place, frame) => place - (seen[frame] ?? place));
  expect(steps.reduce((sum, step) => sum + step, 0) / steps.length).toBeCloseTo(STEP * 4, 0);
  const returns = seen.filter((place, frame) => place < (seen[frame - 1] ?? place) - 4).length;
  expect(returns).toBeGreaterThan(1);
  expect(Math.abs((await pitchOf(path)) - TONE_HERTZ)).toBeLessThan(8);
});

test('a draft keeps to the speed, too', async () => {
  const slow = await edited('slow-draft', 'slow motion', 'draft');
  const seen = await places(slow);
  expect((seen.at(-3) ?? 0) - (seen[2] ?? 0)).toBeCloseTo((STEP / 2) * (seen.length - 5), -1);
  expect(Math.abs((await pitchOf(slow)) - TONE_HERTZ)).toBeLessThan(8);
  const fast = await places(await edited('lapse-draft', '延时', 'draft'));
  const steps = fast.slice(1, 7).map((place, frame) => place - (fast[frame] ?? place));
  expect(steps.reduce((sum, step) => sum + step, 0) / steps.length).toBeCloseTo(STEP * 4, 0);
  expect(fast.filter((place, frame) => place < (fast[frame - 1] ?? place) - 4).length).toBeGreaterThan(1);
});
