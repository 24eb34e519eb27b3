import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FalEmulator, startFalEmulator } from '../../src/testing/emulators/fal.ts';
import { startVertexEmulator } from '../../src/testing/emulators/vertex.ts';
import { startXaiEmulator, type XaiEmulator } from '../../src/testing/emulators/xai.ts';
import { type FileServer, serveFiles } from '../../src/testing/file-server.ts';
import { samplePicture, sampleVideo } from '../../src/testing/sample-media.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/** Two vendors, of which the first declines everything and the second takes one job at a time. */

const patience = { timeout: 30_000, interval: 50 };
const keys = { xai: 'xai-emulated-key', fal: 'fal-emulated-key' };
let folder: string;
let video: Buffer;
let files: FileServer;
let xai: XaiEmulator;
let fal: FalEmulator;
let server: TestServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-fallback-'));
  video = await readFile(await sampleVideo(folder, 'input.mp4', { seconds: 3, width: 160, height: 90 }));
  await samplePicture(folder, 'thing.png');
  files = await serveFiles(folder);
  xai = await startXaiEmulator({ key: keys.xai, video });
  xai.submission = { kind: 'refuse', answer: { status: 429, json: { error: 'slow down' } } };
  fal = await startFalEmulator({ key: keys.fal, video });
  fal.fate = 'running';
  server = await start();
});

afterEach(async () => {
  await server?.stop();
  await Promise.all([xai?.close(), fal?.close(), files?.close()]);
  await rm(folder, { recursive: true, force: true });
});

const start = (): Promise<TestServer> =>
  startTestServer({
    REELAY_DATA_DIR: join(folder, 'data'),
    XAI_API_KEY: keys.xai,
    XAI_BASE_URL: xai.baseUrl,
    FAL_KEY: keys.fal,
    FAL_QUEUE_URL: fal.queueUrl,
    FAL_API_URL: fal.apiUrl,
    REELAY_PROVIDER_JOBS: 'fal=1',
  });

async function create(json: object): Promise<string> {
  const { status, body } = await server.request('POST', '/v1/videos/generations', { json: json as never });
  expect(status, JSON.stringify(body)).toBe(200);
  return body.id;
}

const read = async (id: string) => (await server.request('GET', `/v1/tasks/${id}`)).body;
const sea = (prompt: string) => ({ model: 'grok-imagine-text-to-video', prompt, duration: 1 });
const promptsAtFal = () => fal.jobs.map(({ input }) => input['prompt']);

/** The first task's job runs at fal; the second was declined by xAI and waits there. */
async function oneRunsOneWaits(): Promise<readonly [string, string]> {
  const first = await create(sea('first'));
  await expect.poll(() => fal.jobs.length, patience).toBe(1);
  const second = await create(sea('second'));
  await expect.poll(() => read(second), patience).toMatchObject({ provider: 'fal', task_info: { can_cancel: true } });
  return [first, second];
}

describe('a limit of jobs holds for who comes over from another vendor', () => {
  test('it waits for the job before it, and each is paid once', async () => {
    const ids = await oneRunsOneWaits();
    expect(fal.submissions).toHaveLength(1);
    fal.fate = 'done';
    for (const id of ids) expect(await server.ended(id)).toMatchObject({ status: 'completed', provider: 'fal' });
    expect(promptsAtFal()).toEqual(['first', 'second']);
    expect(xai.submissions).toHaveLength(2);
  });

  test('it is cancelled while it waits, for nothing', async () => {
    const [first, second] = await oneRunsOneWaits();
    expect((await server.request('POST', `/v1/tasks/${second}/cancel`)).status).toBe(200);
    expect(await read(second)).toMatchObject({ status: 'failed', error: { code: 'request_cancelled' } });
    fal.fate = 'done';
    expect(await server.ended(first)).toMatchObject({ status: 'completed' });
    const third = await create(sea('third'));
    expect(await server.ended(third)).toMatchObject({ status: 'completed' });
    expect(promptsAtFal()).toEqual(['first', 'third']);
  });

  test('it waits on after a restart, and the vendor that declined it is not asked again', async () => {
    const ids = await oneRunsOneWaits();
    await server.stop({ keepData: true });
    server = await start();
    await expect
      .poll(() => fal.requests.filter(({ path }) => path.endsWith('/status')).length, patience)
      .toBeGreaterThan(1);
    expect(fal.submissions).toHaveLength(1);
    fal.fate = 'done';
    for (const id of ids) expect(await server.ended(id)).toMatchObject({ status: 'completed', provider: 'fal' });
    expect(promptsAtFal()).toEqual(['first', 'second']);
    expect(xai.submissions).toHaveLength(2);
  });
});

test('a warning of the vendor that declined is not told of the one that does it', async () => {
  fal.fate = 'done';
  const edit = { model: 'grok-imagine-edit-video', prompt: 'snow', video_url: `${files.url}/input.mp4` };
  const json = { ...edit, resolution: '480p' };
  const { body: quote } = await server.request('POST', '/v1/videos/generations', { json: { ...json, dry_run: true } });
  expect(quote).toMatchObject({ provider: 'xai', warnings: ['resolution is ignored by the provider xai'] });
  const ended = await server.ended(await create(json));
  expect(ended).toMatchObject({ status: 'completed', provider: 'fal' });
  expect(ended).not.toHaveProperty('warnings');
  expect(fal.jobs[0]?.input).toMatchObject({ resolution: '480p' });
});

test('attack: duplicate: of two submissions for one prompt, of which fal took one, neither gets the job of the other', async () => {
  await server.stop();
  server = await startTestServer({
    FAL_KEY: keys.fal,
    FAL_QUEUE_URL: fal.queueUrl,
    FAL_API_URL: fal.apiUrl,
    REELAY_SUBMIT_TIMEOUT_SECONDS: '2',
    REELAY_UNCERTAIN_SECONDS: '1',
  });
  Object.assign(fal, { submission: { kind: 'refuse', answer: 'drop' }, fate: 'done' });
  const lost = await create(sea('the same'));
  await expect.poll(() => fal.submissions.length, patience).toBe(1);
  fal.submission = { kind: 'accept-then-drop' };
  const taken = await create(sea('the same'));
  await expect.poll(() => fal.jobs.length, patience).toBe(1);
  for (const id of [lost, taken]) {
    expect(await server.ended(id)).toMatchObject({ status: 'failed', error: { code: 'submission_unknown' } });
  }
  expect(fal.submissions).toHaveLength(2);
}, 120_000);

test('pictures of a style are for no Veo of Vertex: nothing is sent, and the client is told why', async () => {
  const google = await startVertexEmulator({ token: 'ya29.emulated', video });
  google.fate = 'done';
  await server.stop();
  server = await startTestServer({
    REELAY_PROVIDERS: 'vertex',
    GOOGLE_CLOUD_PROJECT: google.project,
    GOOGLE_CLOUD_LOCATION: google.location,
    VERTEX_STORAGE_URI: google.storageUri,
    VERTEX_BASE_URL: google.origin,
    GCS_BASE_URL: google.origin,
  });
  const json = {
    ...{ model: 'veo-3.1-reference-to-video', prompt: 'a vase', duration: 8 },
    reference_image_urls: [`${files.url}/thing.png`],
  };
  const ask = (more: object) =>
    server.request('POST', '/v1/videos/generations', { json: { ...json, ...more, dry_run: true } as never });
  expect(await ask({ reference_type: 'ASSET' })).toMatchObject({ status: 200, body: { provider: 'vertex' } });
  expect(await ask({ reference_type: 'STYLE' })).toMatchObject({
    status: 422,
    body: { error: { code: 'unsupported_advanced_options', message: expect.stringContaining('reference_type STYLE') } },
  });
  await google.close();
});
