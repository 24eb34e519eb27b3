import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type FalEmulator, startFalEmulator } from '../../src/testing/emulators/fal.ts';
import { startXaiEmulator, type XaiEmulator } from '../../src/testing/emulators/xai.ts';
import { type FileServer, serveFiles } from '../../src/testing/file-server.ts';
import { probeFacts, sampleVideo } from '../../src/testing/sample-media.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

const keys = { xai: 'xai-emulated-key', fal: 'fal-emulated-key' };
let folder: string;
let files: FileServer;
let xai: XaiEmulator;
let fal: FalEmulator;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-vendors-'));
  const video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1, width: 160, height: 90 }));
  await sampleVideo(folder, 'input.mp4', { seconds: 3, width: 320, height: 180 });
  files = await serveFiles(folder);
  xai = await startXaiEmulator({ key: keys.xai, video });
  fal = await startFalEmulator({ key: keys.fal, video });
  server = await startTestServer({
    XAI_API_KEY: keys.xai,
    XAI_BASE_URL: xai.baseUrl,
    FAL_KEY: keys.fal,
    FAL_QUEUE_URL: fal.queueUrl,
    FAL_API_URL: fal.apiUrl,
    REELAY_SUBMIT_TIMEOUT_SECONDS: '2',
    REELAY_UNCERTAIN_SECONDS: '1',
  });
});

afterEach(() => {
  Object.assign(xai, { submission: { kind: 'accept' }, fate: 'done', file: 'plain', resultUrl: undefined });
  Object.assign(fal, { submission: { kind: 'accept' }, fate: 'done', file: 'plain', resultUrl: undefined });
});

afterAll(async () => {
  await server?.stop();
  await Promise.all([xai?.close(), fal?.close(), files?.close()]);
  await rm(folder, { recursive: true, force: true });
});

async function make(json: Readonly<Record<string, never>> | object, provider?: string) {
  const headers = provider === undefined ? {} : { 'X-Reelay-Provider': provider };
  const created = await server.request('POST', '/v1/videos/generations', { json: json as never, headers });
  expect(created.status, JSON.stringify(created.body)).toBe(200);
  return server.ended(created.body.id);
}

/** What a client reads holds nothing of the vendor's: no address, no key, no word of its own. */
function holdsNothingForeign(body: unknown): void {
  const text = JSON.stringify(body);
  for (const foreign of [
    new URL(xai.origin).host,
    new URL(fal.queueUrl).host,
    keys.xai,
    keys.fal,
    'team-42',
    'gpu-17',
  ]) {
    expect(text).not.toContain(foreign);
  }
}

const text = { model: 'grok-imagine-text-to-video', prompt: 'a sea', duration: 2 };

describe('a vendor makes the video, our storage serves it', () => {
  test.each([
    ['xai', text],
    ['fal', text],
    ['xai', { model: 'grok-imagine-edit-video', prompt: 'snow', video_url: '{files}/input.mp4' }],
    ['fal', { model: 'grok-imagine-video-extension', prompt: 'on', video_url: '{files}/input.mp4', duration: 2 }],
    ['fal', { model: 'veo-3.1-extend', prompt: 'on', video_url: '{files}/input.mp4' }],
  ])('%s: %o', async (provider, body) => {
    Object.assign(provider === 'xai' ? xai : fal, { fate: 'done' });
    const before = xai.submissions.length + fal.submissions.length;
    const ended = await make(JSON.parse(JSON.stringify(body).replace('{files}', files.url)), provider);
    expect(ended).toMatchObject({ status: 'completed', provider });
    expect(ended.usage.credits_reserved).toBeGreaterThan(0);
    holdsNothingForeign(ended);
    expect(await probeFacts(await server.download(ended.results[0].url))).toMatchObject({ width: 160, frames: 24 });
    expect(xai.submissions.length + fal.submissions.length).toBe(before + 1);
  });

  test('a dry run names provider and price, and pays nothing', async () => {
    const before = xai.submissions.length;
    const { body } = await server.request('POST', '/v1/videos/generations', { json: { ...text, dry_run: true } });
    expect(body).toMatchObject({ provider: 'xai', estimated_cost_usd: 0.14 });
    expect(xai.submissions.length).toBe(before);
  });

  test('what only one of them serves goes there by itself; the stand-in runs only when it is asked for', async () => {
    const veo = { model: 'veo-3.1-extend', prompt: 'on', video_url: `${files.url}/input.mp4` };
    expect(await make(veo)).toMatchObject({ status: 'completed', provider: 'fal' });
    expect(await make({ ...text, duration: 1 }, 'local')).toMatchObject({ status: 'completed', provider: 'local' });
  });
});

describe('a vendor that fails ends in a documented code, and is paid once', () => {
  const gone = { status: 500, json: { error: 'worker gpu-17 of team-42' } };
  test.each([
    ['moderated', { fate: 'moderated' }, { fate: 'moderated' }, 'content_policy_violation'],
    ['expired', { fate: 'expired' }, { fate: 'expired' }, 'generation_expired'],
    ['completes with an error', { fate: 'failed' }, { fate: 'failed' }, /generation_failed|provider_unavailable/],
    [
      '500 after it took the job',
      { submission: { kind: 'accept-then', answer: gone }, fate: 'pending' },
      { submission: { kind: 'accept-then', answer: gone }, fate: 'crashed' },
      /submission_unknown|generation_failed|provider_unavailable/,
    ],
    [
      'a result that lies inside',
      { resultUrl: 'http://169.254.169.254/latest/' },
      { resultUrl: 'http://169.254.169.254/latest/' },
      'result_refused',
    ],
  ])(
    '%s',
    async (_name, xaiMode, falMode, code) => {
      for (const provider of ['xai', 'fal'] as const) {
        const emulator = provider === 'xai' ? xai : fal;
        Object.assign(emulator, { fate: 'done' }, provider === 'xai' ? xaiMode : falMode);
        const before = emulator.submissions.length;
        const ended = await make({ ...text, prompt: `a sea ${Math.random()}` }, provider);
        expect(ended, provider).toMatchObject({ status: 'failed', provider });
        expect(ended.error.code).toMatch(code);
        holdsNothingForeign(ended);
        expect(emulator.submissions.length).toBe(before + 1);
      }
    },
    120_000,
  );

  test('a vendor that refuses for reasons of its own is passed over', async () => {
    xai.submission = {
      kind: 'refuse',
      answer: { status: 429, headers: { 'Retry-After': '30' }, json: { error: 'slow down' } },
    };
    fal.fate = 'done';
    expect(await make(text)).toMatchObject({ status: 'completed', provider: 'fal' });
  });
});
