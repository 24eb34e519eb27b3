import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type OpenaiEmulator, startOpenaiEmulator } from '../../src/testing/emulators/openai.ts';
import { type FileServer, serveFiles } from '../../src/testing/file-server.ts';
import { probeFacts, samplePicture, sampleVideo } from '../../src/testing/sample-media.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/** The operator's own video server, through both APIs: Wan 2.2 of the catalogue, and a model that only the server knows. */

const key = 'gpu-secret-key-0123456789';
const wan = 'wan-ai-wan2-2-t2v-a14b-diffusers';
const wanPicture = 'wan-ai-wan2-2-i2v-a14b-diffusers';
const discovered = 'lightricks-ltx-2';

let folder: string;
let files: FileServer;
let gpu: OpenaiEmulator;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-own-server-'));
  const video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1, width: 160, height: 96 }));
  await samplePicture(folder, 'picture.png', { width: 400, height: 300 });
  files = await serveFiles(folder);
  gpu = await startOpenaiEmulator({ key, video });
  gpu.status = 'completed';
  gpu.models = ['Wan-AI/Wan2.2-T2V-A14B-Diffusers', 'Wan-AI/Wan2.2-I2V-A14B-Diffusers', 'Lightricks/LTX-2'];
  server = await startTestServer({ OPENAI_COMPATIBLE_URL: gpu.origin, OPENAI_COMPATIBLE_KEY: key });
  const listed = async () => ids((await server.request('GET', '/v1/models')).body);
  await vi.waitFor(async () => expect(await listed()).toContain(discovered));
});

afterEach(() => {
  gpu.status = 'completed';
});

afterAll(async () => {
  await server?.stop();
  await Promise.all([gpu?.close(), files?.close()]);
  await rm(folder, { recursive: true, force: true });
});

function ids(body: { readonly data: readonly { readonly id: string }[] }): readonly string[] {
  return body.data.map(({ id }) => id);
}

const withFiles = (body: object) => JSON.parse(JSON.stringify(body).replaceAll('{files}', files.url));

const foxapi = (body: object, headers = {}) =>
  server.request('POST', '/v1/videos/generations', { json: withFiles(body), headers });

const oxen = (route: 'queue' | 'videos/generate', body: object) =>
  server.request('POST', `/api/ai/${route}`, { json: withFiles(body) });

const defaults = {
  ...{ width: '832', height: '480', size: '832x480', num_frames: '41', fps: '16' },
  ...{ num_inference_steps: '4', guidance_scale: '5', run_fast: 'true' },
};
const given = {
  ...{ width: 480, height: 640, num_frames: 81, num_inference_steps: 30, guidance_scale: 3.5 },
  ...{ run_fast: false, negative_prompt: 'rain', seed: 7 },
};
const givenFields = {
  ...{ width: '480', height: '640', size: '480x640', num_frames: '81', fps: '16', num_inference_steps: '30' },
  ...{ guidance_scale: '3.5', run_fast: 'false', negative_prompt: 'rain', seed: '7' },
};
const t2v = 'Wan-AI/Wan2.2-T2V-A14B-Diffusers';
const i2v = 'Wan-AI/Wan2.2-I2V-A14B-Diffusers';

const cases: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>, boolean])[] = [
  ['Wan with its defaults', { model: wan }, { model: t2v, ...defaults }, false],
  ['Wan with all it takes', { model: wan, ...given }, { model: t2v, ...givenFields }, false],
  ['Wan with a picture', { model: wanPicture, image: true }, { model: i2v, ...defaults }, true],
  [
    'a discovered model',
    { model: discovered, duration: 5, seed: 1 },
    { model: 'Lightricks/LTX-2', seconds: '5', seed: '1' },
    false,
  ],
  [
    'a discovered model with a picture',
    { model: discovered, image: true, width: 640, height: 384, num_frames: 33, fps: 24, guidance_scale: 4.5 },
    {
      ...{ model: 'Lightricks/LTX-2', width: '640', height: '384', size: '640x384' },
      ...{ num_frames: '33', fps: '24', guidance_scale: '4.5' },
    },
    true,
  ],
];

describe.each(cases)('%s', (_name, { image, ...body }, fields, hasPicture) => {
  const prompt = 'a paper boat';
  const checkForm = () => {
    const { input_reference: picture, ...form } = gpu.forms.at(-1) ?? {};
    expect(form).toEqual({ prompt, ...fields });
    expect(picture instanceof File).toBe(hasPicture);
  };

  test('through FoxAPI', async () => {
    const created = await foxapi({ prompt, ...body, ...(image === true && { image_url: '{files}/picture.png' }) });
    expect(created, JSON.stringify(created.body)).toMatchObject({ status: 200, body: { model: body['model'] } });
    const done = await server.ended(created.body.id);
    expect(done).toMatchObject({ status: 'completed', provider: 'openai-compatible', usage: { credits_reserved: 0 } });
    expect(JSON.stringify(done)).not.toContain(new URL(gpu.origin).host);
    checkForm();
    expect(await probeFacts(await server.download(done.results[0].url))).toMatchObject({ width: 160, height: 96 });
  });

  test('through Oxen', async () => {
    const picture = image === true && { input_image: '{files}/picture.png' };
    const answer = await oxen('videos/generate', { prompt, ...body, ...picture });
    expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200, body: { model: body['model'] } });
    expect(answer.headers.get('x-reelay-provider')).toBe('openai-compatible');
    checkForm();
  });
});

test.each([
  [{ model: wan, num_frames: 42 }, 'num_frames', 'must be 1 plus a multiple of 4, such as 41 or 45, not 42'],
  [{ model: wan, num_frames: 121 }, 'num_frames', 'must be between 1 and 120, not 121'],
  [{ model: wan, height: 721 }, 'height', 'must be between 1 and 720, not 721'],
  [{ model: wan, width: 0 }, 'width', 'must be between 1 and 832, not 0'],
  [{ model: wan, num_inference_steps: 101 }, 'num_inference_steps', 'must be between 1 and 100, not 101'],
  [{ model: wan, guidance_scale: 'much' }, 'guidance_scale', 'must be a number, not "much"'],
  [{ model: wan, run_fast: 1 }, 'run_fast', 'must be true or false, not 1'],
  [{ model: discovered, width: 8 }, 'width', 'must be between 16 and 4096, not 8'],
])('%o is refused at once by FoxAPI, and fails the job at Oxen', async (body, field, message) => {
  const made = gpu.forms.length;
  const refused = await foxapi({ prompt: 'x', ...body });
  expect(refused).toMatchObject({ status: 422, body: { error: { code: 'invalid_parameters' } } });
  expect(JSON.stringify(refused.body)).toContain(JSON.stringify(`${field}: ${message}`).slice(1, -1));
  const queued = await oxen('queue', { prompt: 'x', ...body });
  expect(queued.status).toBe(200);
  const { generation_id: id } = queued.body.generations[0];
  const row = async () => (await server.request('GET', `/api/ai/queue/${id}`)).body;
  await expect.poll(async () => (await row()).status).toBe('failed');
  expect(JSON.stringify(await row())).toContain(field);
  expect(gpu.forms).toHaveLength(made);
});

describe('what the server lists', () => {
  test('is in the lists of both APIs, with a schema', async () => {
    const lists = [await server.request('GET', '/v1/models'), await server.request('GET', '/api/ai/models')];
    for (const { body } of lists) expect(ids(body)).toEqual(expect.arrayContaining([wan, wanPicture, discovered]));
    const { body } = await server.request('GET', `/api/ai/models/${discovered}`);
    expect(body).toMatchObject({
      id: discovered,
      display_name: 'Lightricks/LTX-2',
      developer: { name: 'lightricks' },
      capabilities: { input: ['text', 'image'], output: ['video'] },
      pricing: { method: 'per_video_output_second', cost_per_second: 0 },
      request_schema: {
        required: ['prompt'],
        properties: { guidance_scale: { type: 'number' }, duration: {}, input_image: {} },
      },
    });
    const found = await server.request('GET', '/api/ai/models/search?search=ltx');
    expect(ids(found.body)).toEqual([discovered]);
  });

  test('a dry run says who would run it, for nothing', async () => {
    const { body } = await foxapi({ model: wan, prompt: 'x', num_frames: 81, dry_run: true });
    expect(body).toMatchObject({
      provider: 'openai-compatible',
      estimated_cost_usd: 0,
      request: { operation: 'text-to-video', durationSeconds: 81 / 16, options: { num_frames: 81 } },
    });
    const picture = await foxapi({ model: discovered, prompt: 'x', image_url: '{files}/picture.png', dry_run: true });
    expect(picture.body).toMatchObject({ request: { operation: 'image-to-video' } });
  });

  test('what it does not list is not taken, and the message says why', async () => {
    const other = await startOpenaiEmulator({ video: Buffer.from('') });
    other.models = ['Some/Model'];
    const small = await startTestServer({ OPENAI_COMPATIBLE_URL: other.origin });
    try {
      await expect.poll(async () => ids((await small.request('GET', '/v1/models')).body)).toContain('some-model');
      const refused = await small.request('POST', '/v1/videos/generations', { json: { model: wan, prompt: 'x' } });
      expect(refused).toMatchObject({ status: 422, body: { error: { code: 'no_compatible_channel' } } });
      expect(refused.body.error.message).toContain('openai-compatible would, but does not run it now');
      const veo = { model: 'veo-3.1-extend', prompt: 'x', video_url: `${files.url}/result.mp4` };
      const elsewhere = await small.request('POST', '/v1/videos/generations', { json: veo });
      expect(elsewhere.body.error.message).toMatch(/no configured provider serves veo-3.1-extend; fal or vertex would/);
      expect(other.submissions).toHaveLength(0);
    } finally {
      await small.stop();
      await other.close();
    }
  });
});

test('a job that the server has forgotten is made again', async () => {
  gpu.status = 'in_progress';
  const before = gpu.submissions.length;
  const created = await foxapi({ model: wan, prompt: 'made twice' });
  await expect.poll(() => gpu.submissions.length).toBe(before + 1);
  gpu.restart();
  await expect.poll(() => gpu.submissions.length, { timeout: 20_000 }).toBe(before + 2);
  gpu.status = 'completed';
  expect(await server.ended(created.body.id)).toMatchObject({ status: 'completed' });
  expect(gpu.forms.at(-1)).toEqual(gpu.forms.at(-2));
});
