import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeJob, openWorkshop, renderJob, type StartedChild, startChild, type Workshop } from './harness.ts';

let workshop: Workshop;
beforeAll(async () => {
  workshop = await openWorkshop();
});
afterAll(() => workshop.close());

test.each([
  ['not JSON', '{', 'not valid JSON'],
  ['not an object', '[]', 'The job must be an object'],
  ['no operation', '{"inputs":[]}', 'operation must be one of'],
])('a broken job is told: %s', async (_name, text, message) => {
  const { last, exitCode } = await renderJob(workshop, text);
  expect(exitCode).toBe(1);
  expect(last).toMatchObject({ type: 'error', code: 'invalid_job' });
  expect(last?.type === 'error' && last.message).toContain(message);
});

test('a machine without ffmpeg is told so', async () => {
  const job = makeJob(workshop, 'missing', {});
  const { last } = await renderJob(workshop, job, { ...process.env, PATH: workshop.folder });
  expect(last).toMatchObject({ type: 'error', code: 'ffmpeg_missing' });
});

test('an output that cannot be written fails and leaves nothing', async () => {
  const job = makeJob(workshop, 'nowhere', { outputPath: workshop.path('no/such/folder/out.mp4') });
  const { last, exitCode } = await renderJob(workshop, job);
  expect(exitCode).toBe(1);
  expect(last).toMatchObject({ type: 'error', code: 'render_failed' });
  expect(existsSync(`${job.workFolder}/rendering.mp4`)).toBe(false);
});

/** Running FFmpeg processes that write into this test's folder. */
function ffmpegCount(): number {
  const list = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  return list.split('\n').filter((line) => line.startsWith('ffmpeg') && line.includes(workshop.folder)).length;
}

async function startLong(name: string): Promise<StartedChild & { readonly outputPath: string }> {
  const job = makeJob(workshop, name, { quality: 'full', durationSeconds: 60 });
  const started = await startChild(workshop, job);
  if (started.child.stdout !== null) await once(started.child.stdout, 'data');
  expect(ffmpegCount()).toBeGreaterThan(0);
  return { ...started, outputPath: job.outputPath };
}

test.each([
  ['SIGTERM', ({ child }: StartedChild) => void child.kill('SIGTERM')],
  ['the end of its standard input', ({ child }: StartedChild) => void child.stdin?.end()],
])('%s stops the child and its ffmpeg', async (name, stop) => {
  const started = await startLong(`stop-${name.length}`);
  stop(started);
  const { exitCode, last } = await started.finished;
  expect(exitCode).toBe(143);
  expect(last?.type).toBe('progress');
  await expect.poll(ffmpegCount, { timeout: 5_000 }).toBe(0);
  expect(existsSync(started.outputPath)).toBe(false);
});

test('an ffmpeg that somebody kills ends the render, and no fault of the job is told', async () => {
  const started = await startLong('killed');
  const list = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
  const line = list.find((text) => /^\s*\d+ ffmpeg/.test(text) && text.includes(workshop.folder)) ?? '';
  process.kill(Number.parseInt(line, 10), 'SIGKILL');
  const { exitCode, last } = await started.finished;
  expect(exitCode).toBe(1);
  expect(last).toMatchObject({ type: 'error', code: 'interrupted' });
});
