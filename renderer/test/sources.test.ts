import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RenderInput } from '../src/job.ts';
import {
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
beforeAll(async () => {
  workshop = await openWorkshop();
});
afterAll(() => workshop.close());

test('a source that is turned by its rotation tag is edited upright', async () => {
  const lying = await makeVideo({ path: workshop.path('lying.mp4') });
  const path = workshop.path('turned.mp4');
  await run('ffmpeg', ['-v', 'error', '-display_rotation', '90', '-i', lying.path, '-c', 'copy', '-y', path]).catch(
    // FFmpeg 5.1 has no -display_rotation; it writes the matrix from this tag.
    () => run('ffmpeg', ['-v', 'error', '-i', lying.path, '-c', 'copy', '-metadata:s:v:0', 'rotate=90', '-y', path]),
  );
  const turned: RenderInput = { ...lying, path, width: 180, height: 320 };
  for (const quality of ['draft', 'full'] as const) {
    const job = makeJob(workshop, `turned-${quality}`, {
      ...{ operation: 'edit', quality, prompt: 'black and white', inputs: [turned], resolution: 'auto' },
    });
    expect((await renderJob(workshop, job)).last).toMatchObject({ type: 'done', width: 180, height: 320 });
    expect((await probe(job.outputPath)).video).toMatchObject({ width: 180, height: 320 });
  }
});

test('a portrait source is shrunk to 480x854, or scaled to the asked short side', async () => {
  const source = await makeVideo({ path: workshop.path('portrait.mp4'), width: 720, height: 1280, seconds: 1 });
  const auto = makeJob(workshop, 'portrait-auto', { operation: 'edit', inputs: [source], resolution: 'auto' });
  expect((await renderJob(workshop, auto)).last).toMatchObject({ type: 'done', width: 480, height: 854 });
  const large = makeJob(workshop, 'portrait-720', { operation: 'edit', inputs: [source], resolution: '720p' });
  expect((await renderJob(workshop, large)).last).toMatchObject({ type: 'done', width: 720, height: 1280 });
});

test('a long source is cut to 8 seconds', async () => {
  const source = await makeVideo({ path: workshop.path('long.mp4'), width: 160, height: 90, seconds: 9 });
  const job = makeJob(workshop, 'long-edit', { operation: 'edit', inputs: [source], resolution: 'auto' });
  expect((await renderJob(workshop, job)).last).toMatchObject({ type: 'done', frames: 192 });
  expect(Number((await probe(job.outputPath)).audio?.['duration'])).toBeCloseTo(8, 1);
});

test('a silent source stays silent in an edit and gets ambience in an extension', async () => {
  const source = await makeVideo({ path: workshop.path('silent.mp4'), sound: false });
  const edit = makeJob(workshop, 'silent-edit', { operation: 'edit', inputs: [source], resolution: 'auto' });
  await renderJob(workshop, edit);
  expect((await probe(edit.outputPath)).audio).toBeUndefined();
  const extend = makeJob(workshop, 'silent-extend', {
    operation: 'extend',
    quality: 'full',
    inputs: [source],
    resolution: 'auto',
  });
  await renderJob(workshop, extend);
  expect(Number((await probe(extend.outputPath)).audio?.['duration'])).toBeCloseTo(2, 1);
  const without = makeJob(workshop, 'no-sound', { ...extend, audio: false, outputPath: workshop.path('no-sound.mp4') });
  await renderJob(workshop, without);
  expect((await probe(without.outputPath)).audio).toBeUndefined();
});

test('the source keeps its sound through an extension, and the added part is not silent', async () => {
  const source = await makeVideo({ path: workshop.path('sounding.mp4'), seconds: 2 });
  const job = makeJob(workshop, 'sounding', {
    operation: 'extend',
    quality: 'full',
    inputs: [source],
    resolution: 'auto',
    durationSeconds: 3,
  });
  await renderJob(workshop, job);
  const volume = async (from: number, to: number): Promise<number> => {
    const { stderr } = await run('ffmpeg', [
      ...['-i', job.outputPath, '-af', `atrim=${from}:${to},volumedetect`, '-f', 'null', '-'],
    ]);
    return Number(/mean_volume: (-?[\d.]+) dB/.exec(stderr)?.[1]);
  };
  expect(await volume(0.2, 1.8)).toBeGreaterThan(-26);
  expect(await volume(1.9, 2.1)).toBeGreaterThan(-40);
  expect(await volume(3, 4.5)).toBeGreaterThan(-50);
});

test('an extension refuses another shape by name and takes its own', async () => {
  const source = await makeVideo({ path: workshop.path('shape.mp4') });
  const job = { operation: 'extend', inputs: [source], resolution: 'auto' } as const;
  const refused = await renderJob(workshop, makeJob(workshop, 'mismatch', { ...job, aspectRatio: '9:16' }));
  expect(refused.exitCode).toBe(1);
  expect(refused.last).toMatchObject({ type: 'error', code: 'aspect_ratio_mismatch' });
  expect(refused.last?.type === 'error' && refused.last.message).toMatch(/320x180.*9:16/);
  const taken = await renderJob(workshop, makeJob(workshop, 'match', { ...job, aspectRatio: '16:9' }));
  expect(taken.last).toMatchObject({ type: 'done', width: 320, height: 180 });
});

test.each(['draft', 'full'] as const)('a cut-off or foreign file is unreadable input: %s', async (quality) => {
  const source = await makeVideo({ path: workshop.path(`whole-${quality}.mp4`), seconds: 3 });
  const bytes = await readFile(source.path);
  const cut = workshop.path(`cut-${quality}.mp4`);
  await writeFile(cut, bytes.subarray(0, Math.floor(bytes.length * 0.4)));
  const noise = workshop.path(`noise-${quality}.mp4`);
  await writeFile(noise, 'this is not a video');
  for (const path of [cut, noise]) {
    const job = makeJob(workshop, `unreadable-${quality}`, {
      ...{ operation: 'edit', quality, inputs: [{ ...source, path, hasAudio: false }], resolution: 'auto' },
    });
    const { last, exitCode } = await renderJob(workshop, job);
    expect(last).toMatchObject({ type: 'error', code: 'unreadable_input' });
    expect(exitCode).toBe(1);
  }
});

test('a photo that lies on its side is set upright', async () => {
  const picture = await makePicture(workshop.path('photo.jpg'), 640, 480);
  const bytes = await readFile(picture.path);
  const exif = Buffer.from('45786966000049492a0008000000010012010300010000000600000000000000', 'hex');
  const marker = Buffer.from([0xff, 0xe1, 0, exif.length + 2]);
  const path = workshop.path('lying.jpg');
  await writeFile(path, Buffer.concat([bytes.subarray(0, 2), marker, exif, bytes.subarray(2)]));
  const job = makeJob(workshop, 'photo', {
    ...{ operation: 'image-to-video', inputs: [{ ...picture, path, width: 480, height: 640 }] },
  });
  expect((await renderJob(workshop, job)).last).toMatchObject({ type: 'done', width: 480, height: 640 });
  const upright = workshop.path('upright.png');
  await run('ffmpeg', ['-v', 'error', '-i', picture.path, '-vf', 'transpose=1', '-y', upright]);
  const [expected] = await greyFrames(upright, 48, 64);
  const [actual] = await greyFrames(job.outputPath, 48, 64);
  let sum = 0;
  for (let i = 0; i < 48 * 64; i += 1) sum += Math.abs((expected?.[i] ?? 0) - (actual?.[i] ?? 0));
  expect(sum / (48 * 64)).toBeLessThan(10);
});
