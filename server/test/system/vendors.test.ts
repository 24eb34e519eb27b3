import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FalEmulator, startFalEmulator } from '../../src/testing/emulators/fal.ts';
import { createServiceAccount } from '../../src/testing/emulators/google-account.ts';
import { type OpenaiEmulator, startOpenaiEmulator } from '../../src/testing/emulators/openai.ts';
import { startVertexEmulator, type VertexEmulator } from '../../src/testing/emulators/vertex.ts';
import { startXaiEmulator, type XaiEmulator } from '../../src/testing/emulators/xai.ts';
import { type FileServer, serveFiles } from '../../src/testing/file-server.ts';
import { probeFacts, samplePicture, sampleVideo } from '../../src/testing/sample-media.ts';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';
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
  await Promise.all([samplePicture(folder, 'first.png'), samplePicture(folder, 'last.jpg')]);
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

  test('a unified model goes to the endpoint that its pictures ask for, each under its own name', async () => {
    fal.fate = 'done';
    const before = fal.submissions.length;
    const images = [`${files.url}/first.png`, `${files.url}/last.jpg`];
    const veo = {
      model: 'veo-3.1-fast',
      prompt: 'a bud opens',
      generation_type: 'first-last-frame',
      image_urls: images,
    };
    const { body: quote } = await server.request('POST', '/v1/videos/generations', {
      json: { ...veo, resolution: '4k', generate_audio: true, dry_run: true },
    });
    expect(quote).toMatchObject({ provider: 'fal', estimated_cost_usd: 8 * 0.35 });
    expect(await make({ ...veo, duration: 4, auto_fix: true })).toMatchObject({ status: 'completed', provider: 'fal' });
    expect(fal.submissions.length).toBe(before + 1);
    const sent = fal.submissions.at(-1);
    expect(sent?.path).toBe('/fal-ai/veo3.1/fast/first-last-frame-to-video');
    expect(JSON.parse(String(sent?.body))).toEqual({
      prompt: 'a bud opens',
      aspect_ratio: '16:9',
      resolution: '1080p',
      generate_audio: false,
      auto_fix: true,
      seed: expect.any(Number),
      duration: '4s',
      first_frame_url: expect.stringMatching(/^data:image\/png;base64,/),
      last_frame_url: expect.stringMatching(/^data:image\/jpeg;base64,/),
    });
  });

  test('an option that no configured vendor honours is refused before anything is paid', async () => {
    const before = fal.submissions.length;
    const json = { model: 'veo-3.1-text-to-video', prompt: 'a bud opens', enhance_prompt: true };
    const answer = await server.request('POST', '/v1/videos/generations', { json });
    expect(answer).toMatchObject({ status: 422, body: { error: { code: 'unsupported_advanced_options' } } });
    expect(fal.submissions.length).toBe(before);
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

describe("the operator's own video server, through restarts of both", () => {
  const wan = 'wan-ai-wan2-2-t2v-a14b-diffusers';
  const discovered = 'lightricks-ltx-2';
  const REELAY_API_KEY = 'sk-own-own-own-own-own-own';
  const headers = { Authorization: `Bearer ${REELAY_API_KEY}`, 'Content-Type': 'application/json' };
  let gpu: OpenaiEmulator;
  let running: ServerProcess;

  const start = () =>
    startServerProcess({
      REELAY_DATA_DIR: join(folder, 'own-server-data'),
      REELAY_API_KEY,
      OPENAI_COMPATIBLE_URL: gpu.origin,
    });
  const read = async (path: string) => (await fetch(`${running.url}${path}`, { headers })).json() as Promise<never>;
  const post = (body: object) =>
    fetch(`${running.url}/api/ai/queue`, { method: 'POST', headers, body: JSON.stringify(body) });
  const models = async () =>
    ((await read('/api/ai/models')) as { data: readonly { id: string }[] }).data.map(({ id }) => id);

  async function create(body: object): Promise<string> {
    const answer = await post({ prompt: 'a paper boat', ...body });
    const { generations } = (await answer.json()) as { generations: readonly { generation_id: string }[] };
    return generations[0]?.generation_id ?? '';
  }

  async function succeeds(id: string): Promise<void> {
    const row = () => read(`/api/ai/queue/${id}`);
    await expect.poll(row, { timeout: 60_000 }).toMatchObject({ status: 'succeeded', result_url: expect.any(String) });
  }

  beforeAll(async () => {
    gpu = await startOpenaiEmulator({ video: await readFile(join(folder, 'result.mp4')) });
    gpu.models = ['Wan-AI/Wan2.2-T2V-A14B-Diffusers', 'Lightricks/LTX-2'];
    running = await start();
  });
  afterAll(async () => {
    await running?.kill();
    await gpu?.close();
  });

  test('crash: tasks of catalogued and of discovered models go on, while the list cannot be read', async () => {
    await expect.poll(models, { timeout: 20_000 }).toContain(discovered);
    const started = [await create({ model: wan, num_frames: 81 }), await create({ model: discovered, duration: 3 })];
    await expect.poll(() => gpu.jobs.size, { timeout: 20_000 }).toBe(2);
    gpu.submission = { kind: 'refuse', answer: { status: 429, headers: { 'retry-after': '1' } } };
    const putOff = await create({ model: discovered, seed: 5 });
    await expect.poll(() => gpu.submissions.length, { timeout: 20_000 }).toBeGreaterThan(2);
    await running.kill();
    gpu.restart();
    Object.assign(gpu, { submission: { kind: 'accept' }, status: 'completed', modelsAnswer: 'drop' });
    running = await start();
    for (const id of [...started, putOff]) await succeeds(id);
    const again = gpu.forms.slice(2);
    expect(again).toHaveLength(3);
    expect(again).toContainEqual(expect.objectContaining({ model: gpu.models[0], num_frames: '81', fps: '16' }));
    expect(again).toContainEqual(expect.objectContaining({ model: gpu.models[1], seconds: '3' }));
    expect(again).toContainEqual(expect.objectContaining({ model: gpu.models[1], seed: '5' }));
    expect(await models()).toContain(discovered);
    await succeeds(await create({ model: discovered }));
  }, 120_000);

  test('the command line lists a discovered model, shows its flags and makes a video with it', async () => {
    const entry = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const env = { PATH: process.env['PATH'] ?? '', REELAY_URL: running.url, REELAY_API_KEY };
    const reelay = async (...args: readonly string[]) =>
      (await promisify(execFile)(process.execPath, [entry, ...args], { env, cwd: folder })).stdout;
    expect(await reelay('models')).toMatch(
      /\nlightricks-ltx-2 +text-to-video \+1 +A model of your own video server\.\n/,
    );
    expect(await reelay('models', discovered)).toMatch(/--guidance-scale N .*0 to 20/);
    const output = await reelay(
      'generate',
      discovered,
      '--prompt',
      'x',
      '--guidance-scale',
      '4.5',
      '--output',
      'own.mp4',
    );
    expect(output).toBe('own.mp4\n');
    expect(await probeFacts(join(folder, 'own.mp4'))).toMatchObject({ width: 160, height: 90 });
    expect(gpu.forms.at(-1)).toEqual({ model: 'Lightricks/LTX-2', prompt: 'x', guidance_scale: '4.5' });
  }, 120_000);

  test('a model that is not listed any more is refused; what it made is still there', async () => {
    await running.stop();
    Object.assign(gpu, { models: ['Wan-AI/Wan2.2-T2V-A14B-Diffusers'], modelsAnswer: undefined });
    running = await start();
    await expect.poll(models, { timeout: 20_000 }).not.toContain(discovered);
    const refused = await post({ model: discovered, prompt: 'x' });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toMatch(/no_compatible_channel: .*openai-compatible would, but does not run it now/);
    const history = (await read(`/api/ai/generations?model=${discovered}`)) as { generations: readonly object[] };
    expect(history.generations).toHaveLength(4);
    await succeeds(await create({ model: wan }));
  }, 120_000);
});

describe('Vertex, with the key of a service account, in a process of its own', () => {
  const key = 'sk-vertex-vertex-vertex-vertex';
  const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
  let google: VertexEmulator;
  let running: ServerProcess;
  let data: string;
  let credentials: string;

  const start = () =>
    startServerProcess({
      REELAY_DATA_DIR: data,
      REELAY_API_KEY: key,
      REELAY_SUBMIT_TIMEOUT_SECONDS: '5',
      REELAY_LOG_LEVEL: 'fatal',
      GOOGLE_CLOUD_PROJECT: google.project,
      GOOGLE_CLOUD_LOCATION: google.location,
      GOOGLE_APPLICATION_CREDENTIALS: credentials,
      VERTEX_STORAGE_URI: google.storageUri,
      VERTEX_BASE_URL: google.origin,
      GCS_BASE_URL: google.origin,
    });

  beforeEach(async () => {
    data = await mkdtemp(join(folder, 'vertex-'));
    credentials = join(data, 'account.json');
    google = await startVertexEmulator({ token: 'ya29.emulated', video: await readFile(join(folder, 'result.mp4')) });
    google.fate = 'done';
    await writeFile(credentials, JSON.stringify(google.serviceAccount()));
    running = await start();
  });
  afterEach(async () => {
    await running?.stop();
    await google?.close();
  });

  async function extend(): Promise<string> {
    const body = { model: 'veo-3.1-extend', prompt: 'on', video_url: `${files.url}/input.mp4` };
    const answer = await fetch(`${running.url}/v1/videos/generations`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { id: string }).id;
  }

  const read = async (id: string) => (await fetch(`${running.url}/v1/tasks/${id}`, { headers })).text();

  async function completes(id: string): Promise<void> {
    const status = async () => (JSON.parse(await read(id)) as { status: string }).status;
    await expect.poll(status, { timeout: 60_000, interval: 50 }).toBe('completed');
    const text = await read(id);
    for (const foreign of [new URL(google.origin).host, google.token, google.project, 'gs://', '/operations/']) {
      expect(text).not.toContain(foreign);
    }
    const { provider, results } = JSON.parse(text) as { provider: string; results: readonly { url: string }[] };
    expect(provider).toBe('vertex');
    const path = join(data, 'result.mp4');
    await writeFile(path, Buffer.from(await (await fetch(results[0]?.url ?? '')).arrayBuffer()));
    expect(await probeFacts(path)).toMatchObject({ width: 160, frames: 24 });
    expect(google.submissions).toHaveLength(1);
  }

  test('an extension: one token, the source in the bucket, one submission', async () => {
    await completes(await extend());
    expect(google.requests.filter(({ path }) => path === '/token')).toHaveLength(1);
    expect([...google.objects.keys()].filter((name) => name.endsWith('/input.mp4'))).toHaveLength(1);
  });

  test('crash: a submission without an answer is found by its film in the bucket', async () => {
    google.submission = { kind: 'accept-then-silence' };
    const id = await extend();
    await expect.poll(() => google.jobs.length, { timeout: 20_000, interval: 20 }).toBe(1);
    await running.kill();
    google.fate = 'done';
    running = await start();
    await completes(id);
  });

  test('a key that Google does not know pays nothing', async () => {
    await running.stop();
    const stranger = createServiceAccount(google.project, google.serviceAccount().token_uri);
    await writeFile(credentials, JSON.stringify(stranger));
    running = await start();
    const id = await extend();
    const asked = () => google.requests.map(({ path }) => path);
    await expect.poll(asked, { timeout: 20_000 }).toContain('/token');
    expect(google.submissions).toHaveLength(0);
    expect(google.objects.size).toBe(0);
    expect(await read(id)).not.toMatch(/PRIVATE KEY|iam\.gserviceaccount/);
  });
});
