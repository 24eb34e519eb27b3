import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RenderInput, RenderJob } from '../src/job.ts';
import {
  difference,
  greyFrames,
  makeJob,
  makePicture,
  makeVideo,
  openWorkshop,
  probe,
  renderJob,
  run,
  type Workshop,
} from './harness.ts';

let workshop: Workshop;
let video: RenderInput;
let wide: RenderInput;
let tall: RenderInput;

beforeAll(async () => {
  workshop = await openWorkshop();
  video = await makeVideo({ path: workshop.path('source.mp4'), seconds: 1.5 });
  wide = await makePicture(workshop.path('wide.png'), 640, 360);
  tall = await makePicture(workshop.path('tall.png'), 300, 600);
});
afterAll(() => workshop.close());

interface Case {
  readonly name: string;
  readonly job: () => Partial<RenderJob>;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly audio: boolean;
  /** Frames per second, 24 where absent. */
  readonly rate?: number;
}

const asLast = (input: RenderInput): RenderInput => ({ ...input, role: 'last-image' });
const asReference = (input: RenderInput): RenderInput => ({ ...input, role: 'reference' });

const CASES: readonly Case[] = [
  {
    name: 'text-to-video',
    job: () => ({ operation: 'text-to-video', durationSeconds: 1, aspectRatio: '1:1' }),
    ...{ width: 480, height: 480, frames: 24, audio: true },
  },
  {
    name: 'image-to-video',
    job: () => ({ operation: 'image-to-video', prompt: 'pan left in the wind', inputs: [wide], durationSeconds: 1 }),
    ...{ width: 854, height: 480, frames: 24, audio: true },
  },
  {
    name: 'image-to-video without sound',
    job: () => ({
      ...{ operation: 'image-to-video', inputs: [tall], aspectRatio: '9:16', audio: false, durationSeconds: 0.5 },
    }),
    ...{ width: 480, height: 854, frames: 12, audio: false },
  },
  {
    name: 'first and last frame',
    job: () => ({ operation: 'image-to-video', inputs: [asLast(tall), wide], durationSeconds: 0.5 }),
    ...{ width: 854, height: 480, frames: 12, audio: true },
  },
  {
    name: 'text-to-video in upright 4k',
    job: () => ({ resolution: '4k', aspectRatio: '9:16', durationSeconds: 0.25 }),
    ...{ width: 2160, height: 3840, frames: 6, audio: true },
  },
  {
    name: 'an exact size and number of frames',
    job: () => ({
      ...{ size: { width: 208, height: 112 }, framesPerSecond: 16, durationSeconds: 17 / 16 },
      resolution: 'auto',
    }),
    ...{ width: 208, height: 112, frames: 17, audio: true, rate: 16 },
  },
  {
    name: 'pictures at an exact size and rate',
    job: () => ({
      ...{ operation: 'reference-to-video', inputs: [asReference(wide), asReference(tall)], resolution: 'auto' },
      ...{ size: { width: 64, height: 160 }, framesPerSecond: 30 },
    }),
    ...{ width: 64, height: 160, frames: 30, audio: true, rate: 30 },
  },
  {
    name: 'the smallest size',
    job: () => ({
      ...{ operation: 'image-to-video', inputs: [wide, asLast(tall)], resolution: 'auto', durationSeconds: 0.5 },
      ...{ size: { width: 16, height: 16 }, framesPerSecond: 16, audio: false },
    }),
    ...{ width: 16, height: 16, frames: 8, audio: false, rate: 16 },
  },
  {
    name: 'reference-to-video',
    job: () => ({
      ...{ operation: 'reference-to-video', prompt: '@Image2 then @Image1', aspectRatio: '4:3', durationSeconds: 1 },
      inputs: [asReference(wide), asReference(tall)],
    }),
    ...{ width: 640, height: 480, frames: 24, audio: true },
  },
  {
    name: 'edit',
    job: () => ({ operation: 'edit', prompt: 'Change the sky to a sunset', inputs: [video], resolution: 'auto' }),
    ...{ width: 320, height: 180, frames: 36, audio: true },
  },
  {
    name: 'extend',
    job: () => ({ operation: 'extend', prompt: 'zoom out', inputs: [video], resolution: 'auto', durationSeconds: 1 }),
    ...{ width: 320, height: 180, frames: 60, audio: true },
  },
];

describe.each(['draft', 'full'] as const)('%s', (quality) => {
  test.each(CASES)('$name', async ({ name, job, width, height, frames, audio, rate = 24 }) => {
    const made = makeJob(workshop, `${name}-${quality}`, { ...job(), quality });
    const { last, messages, exitCode, stderr } = await renderJob(workshop, made);
    expect(stderr).toBe('');
    expect(last).toEqual({ type: 'done', width, height, frames, durationSeconds: frames / rate });
    expect(exitCode).toBe(0);
    const fractions = messages.flatMap((message) => (message.type === 'progress' ? [message.fraction] : []));
    expect(fractions.length).toBeGreaterThan(0);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    const seen = await probe(made.outputPath);
    expect(seen.video).toMatchObject({
      ...{ codec_name: 'h264', profile: 'High', pix_fmt: 'yuv420p', width, height, r_frame_rate: `${rate}/1` },
      ...{ color_space: 'bt709', color_primaries: 'bt709', color_transfer: 'bt709', color_range: 'tv' },
    });
    expect(seen.frames).toBe(frames);
    expect(seen.seconds).toBeCloseTo(frames / rate, 3);
    expect(seen.fastStart).toBe(true);
    expect(seen.comment).toContain('Reelay local');
    if (!audio) {
      expect(seen.audio).toBeUndefined();
      return;
    }
    expect(seen.audio).toMatchObject({ codec_name: 'aac', channels: 2, sample_rate: '48000' });
    expect(Number(seen.audio?.['duration'])).toBeCloseTo(frames / rate, 1);
  });
});

test('the same job gives the same bytes, and another seed others', async () => {
  const { readFile } = await import('node:fs/promises');
  const bytes = async (name: string, seed: number): Promise<Buffer> => {
    const job = makeJob(workshop, name, {
      ...{ quality: 'full', prompt: 'snow over a forest', aspectRatio: '1:1', durationSeconds: 0.5, seed },
    });
    expect((await renderJob(workshop, job)).exitCode).toBe(0);
    return await readFile(job.outputPath);
  };
  const [first, second, other] = [await bytes('same-1', 5), await bytes('same-2', 5), await bytes('same-3', 6)];
  expect(first.equals(second)).toBe(true);
  expect(first.equals(other)).toBe(false);
});

test.each(['draft', 'full'] as const)('a clip begins and ends with its pictures: %s', async (quality) => {
  const job = makeJob(workshop, `ends-${quality}`, {
    ...{ operation: 'image-to-video', quality, prompt: '@Image2', inputs: [wide, asLast(tall)], durationSeconds: 1 },
  });
  expect((await renderJob(workshop, job)).exitCode).toBe(0);
  const frames = await greyFrames(job.outputPath);
  for (const [picture, frame] of [[wide, frames.at(0)] as const, [tall, frames.at(-1)] as const]) {
    const fitted = workshop.path(`fitted-${quality}.png`);
    const filter = 'scale=854:480:force_original_aspect_ratio=increase:flags=lanczos,crop=854:480';
    await run('ffmpeg', ['-v', 'error', '-i', picture.path, '-vf', filter, '-y', fitted]);
    const [expected = Buffer.alloc(0)] = await greyFrames(fitted);
    expect(difference(expected, frame ?? Buffer.alloc(expected.length))).toBeLessThan(3);
  }
});

test('a clip between two pictures is neither a cut nor a standstill', async () => {
  const job = makeJob(workshop, 'between', {
    ...{ operation: 'image-to-video', quality: 'full', inputs: [wide, asLast(tall)], durationSeconds: 2 },
  });
  expect((await renderJob(workshop, job)).exitCode).toBe(0);
  const frames = await greyFrames(job.outputPath);
  const whole = difference(frames[0] ?? Buffer.alloc(1), frames.at(-1) ?? Buffer.alloc(1));
  const steps = frames.slice(1).map((frame, index) => difference(frames[index] ?? frame, frame));
  expect(Math.max(...steps)).toBeLessThan(whole * 0.25);
  expect(Math.min(...steps.slice(12, -12))).toBeGreaterThan(0.02);
});

test('an edit and an extension in draft still show their source', async () => {
  const sourceFrames = await greyFrames(video.path);
  for (const operation of ['edit', 'extend'] as const) {
    const job = makeJob(workshop, `kept-${operation}`, {
      operation,
      prompt: 'a sunny day',
      inputs: [video],
      resolution: 'auto',
    });
    await renderJob(workshop, job);
    const frames = await greyFrames(job.outputPath);
    expect(difference(sourceFrames[10] ?? Buffer.alloc(0), frames[10] ?? Buffer.alloc(0))).toBeLessThan(12);
  }
});

test('an extension begins without a jump and never shows a black border', async () => {
  const panning = await makeVideo({
    ...{ path: workshop.path('panning.mp4'), width: 640, height: 360, seconds: 2 },
    source: "testsrc2=s=1280x360:r=24:d=2,gblur=sigma=3,crop=640:360:x='n*4':y=0",
  });
  const job = makeJob(workshop, 'seam', {
    ...{ operation: 'extend', quality: 'full', resolution: 'auto', durationSeconds: 3 },
    ...{ inputs: [panning], prompt: 'The camera slowly zooms out' },
  });
  expect((await renderJob(workshop, job)).exitCode).toBe(0);
  const frames = await greyFrames(job.outputPath);
  const steps = frames.slice(1).map((frame, index) => difference(frames[index] ?? frame, frame));
  const within = Math.max(...steps.slice(0, 46));
  const after = steps.slice(47, 60);
  expect(steps[47]).toBeLessThan(within * 1.5);
  expect(Math.max(...after)).toBeLessThan(within * 1.5);
  // The motion goes on: a freeze would be as much of a jump to the eye.
  expect(steps[47]).toBeGreaterThan(within * 0.25);
  const last = frames.at(-1) ?? Buffer.alloc(1);
  const edge = [...last.subarray(0, 160), ...last.subarray(-160)];
  expect(edge.reduce((sum, value) => sum + value, 0) / edge.length).toBeGreaterThan(24);
});
