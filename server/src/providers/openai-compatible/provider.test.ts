import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest';
import { type Catalogue, loadCatalogue } from '../../catalogue/catalogue.ts';
import type { GenerationRequest, Model, PreparedInput, Provider, StartInput } from '../../contract/index.ts';
import type { EmulatorAnswer } from '../../testing/emulators/emulator.ts';
import { type OpenaiEmulator, startOpenaiEmulator } from '../../testing/emulators/openai.ts';
import { sampleVideo } from '../../testing/sample-media.ts';
import { describeProvider, type Look, type Submission } from '../provider.contract.ts';
import { createProvider, type OpenaiCompatibleSettings } from './provider.ts';
import { sizeOf } from './wire.ts';

const key = 'gpu-secret-key-0123456789';
const upstreamText = 'Traceback: /srv/models/wan on host gpu-7';

let folder: string;
let video: Buffer;
const models = new Map<string, Model>();
let catalogue: Catalogue;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-openai-'));
  video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1 }));
  const offers = { 'openai-compatible': { model: 'Wan-AI/Wan2.2-TI2V-5B' } };
  catalogue = await loadCatalogue();
  for (const model of catalogue.models) {
    if (model.id.startsWith('grok-imagine')) models.set(model.operation, { ...model, offers });
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function startInput(request: Partial<GenerationRequest> = {}, over: Partial<StartInput> = {}): StartInput {
  const operation = request.operation ?? 'text-to-video';
  const model = models.get(operation);
  if (model === undefined) throw new Error(`no model for ${operation}`);
  return {
    attemptId: 'attempt-1',
    taskId: 'task-1',
    model,
    request: { prompt: 'a calm sea', inputs: [], options: {}, operation, ...request },
    inputs: [],
    workFolder: folder,
    deadline: Date.now() + 60_000,
    ...over,
  };
}

async function picture(width = 900, height = 1200): Promise<PreparedInput> {
  const path = join(folder, `picture-${width}x${height}.png`);
  await writeFile(path, 'bytes of the picture');
  const probe = {
    kind: 'image',
    container: 'png',
    demuxer: 'png_pipe',
    contentType: 'image/png',
    width,
    height,
  } as const;
  return { role: 'image', path, probe };
}

async function createBench(over: Partial<OpenaiCompatibleSettings> = {}) {
  const emulator = await startOpenaiEmulator({ key, video });
  onTestFinished(() => emulator.close());
  const logged: unknown[] = [];
  const provider = createProvider({
    url: emulator.origin,
    key,
    submitTimeoutMs: 5_000,
    now: Date.now,
    log: (...line) => logged.push(line),
    ...over,
  });
  onTestFinished(() => provider.close?.());
  return { emulator, provider, logged };
}

async function accepted(provider: Provider) {
  const outcome = await provider.start(startInput());
  if (outcome.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome.operation;
}

describeProvider('a server of the Videos API', async () => {
  const emulator = await startOpenaiEmulator({ key, video });
  const submissions: Readonly<Record<Submission, OpenaiEmulator['submission']>> = {
    accepted: { kind: 'accept' },
    dropped: { kind: 'accept-then', answer: 'drop' },
    silent: { kind: 'accept-then', answer: 'silence' },
    error: { kind: 'accept-then', answer: { status: 500, json: { error: `${upstreamText} ${key}` } } },
    limited: {
      kind: 'refuse',
      answer: { status: 429, headers: { 'retry-after': '7' }, json: { error: upstreamText } },
    },
    forbidden: { kind: 'refuse', answer: { status: 401, json: { error: upstreamText } } },
    invalid: { kind: 'refuse', answer: { status: 422, json: { detail: [{ msg: upstreamText }] } } },
  };
  const looks: Readonly<Record<Look, { readonly status: string; readonly answer?: EmulatorAnswer }>> = {
    running: { status: 'in_progress' },
    done: { status: 'completed' },
    failed: { status: 'failed' },
    gone: { status: 'in_progress', answer: { status: 404, json: { detail: 'gone' } } },
    error: { status: 'in_progress', answer: { status: 503, json: { error: upstreamText } } },
    limited: { status: 'in_progress', answer: { status: 429, headers: { 'retry-after': '45' } } },
    garbage: { status: 'in_progress', answer: { status: 200, body: '<html>' } },
    dropped: { status: 'in_progress', answer: 'drop' },
  };
  const create = (url = emulator.origin) =>
    createProvider({ url, key, submitTimeoutMs: 400, pollIntervalMs: 1_000, now: Date.now });
  const provider = create();
  return {
    provider,
    restarted: () => create(),
    unreachable: () => create('http://127.0.0.1:1'),
    input: (over) => startInput({ durationSeconds: 6 }, over),
    submissions: () => emulator.submissions.length,
    answerSubmissions: (how) => {
      emulator.submission = submissions[how];
    },
    answerLooks: (how) => {
      emulator.status = looks[how].status;
      emulator.statusAnswer = looks[how].answer;
    },
    video,
    secrets: [key, 'gpu-7', '/srv/models', 'CUDA', 'video_gen_', emulator.origin],
    close: async () => {
      await provider.close?.();
      await emulator.close();
    },
  };
});

describe('what is sent', () => {
  const model = 'Wan-AI/Wan2.2-TI2V-5B';

  test.each<[string, Partial<GenerationRequest>, object]>([
    ['the least', {}, { model, prompt: 'a calm sea' }],
    [
      'all of it',
      { negativePrompt: 'rain', durationSeconds: 5, aspectRatio: '9:16', resolution: '720p', seed: 7, audio: true },
      { model, prompt: 'a calm sea', negative_prompt: 'rain', seconds: '5', size: '720x1280', seed: '7' },
    ],
  ])('text to video: %s', async (_name, request, fields) => {
    const { emulator, provider } = await createBench();
    await provider.start(startInput(request));
    const [sent] = emulator.submissions;
    expect(sent && (await emulator.formOf(sent))).toEqual(fields);
    expect(sent?.headers.authorization).toBe(`Bearer ${key}`);
    expect(emulator.submissions).toHaveLength(1);
  });

  it('image to video: the picture as a file, the shape its own', async () => {
    const { emulator, provider } = await createBench();
    const request = {
      operation: 'image-to-video',
      durationSeconds: 5,
      aspectRatio: 'auto',
      resolution: '720p',
    } as const;
    await provider.start(startInput(request, { inputs: [await picture()] }));
    const [sent] = emulator.submissions;
    const form = sent && (await emulator.formOf(sent));
    expect(form).toMatchObject({ model, prompt: 'a calm sea', seconds: '5', size: '720x960' });
    const file = form?.['input_reference'];
    if (!(file instanceof File)) throw new Error('no file was sent');
    expect([file.name, file.type, await file.text()]).toEqual(['input.png', 'image/png', 'bytes of the picture']);
  });

  it('a picture that is gone fails before anything is sent', async () => {
    const { emulator, provider } = await createBench();
    const input = { ...(await picture()), path: join(folder, 'gone.png') };
    const outcome = await provider.start(startInput({ operation: 'image-to-video' }, { inputs: [input] }));
    expect(outcome).toMatchObject({ kind: 'refused-final', failure: { code: 'internal_error' } });
    expect(emulator.requests).toHaveLength(0);
  });

  const wan = {
    model: 'Wan-AI/Wan2.2-T2V-A14B-Diffusers',
    prompt: 'a calm sea',
    ...{ width: '832', height: '480', size: '832x480', fps: '16', num_frames: '41' },
    ...{ num_inference_steps: '4', guidance_scale: '5', run_fast: 'true' },
  };

  test.each<[string, Partial<GenerationRequest>, object]>([
    ['with the defaults of its page', { durationSeconds: 41 / 16 }, wan],
    [
      'with all that is asked for',
      {
        durationSeconds: 81 / 16,
        negativePrompt: 'rain',
        seed: 7,
        options: {
          ...{ width: 480, height: 640, num_frames: 81, num_inference_steps: 40 },
          ...{ guidance_scale: 3.5, run_fast: false },
        },
      },
      {
        ...wan,
        ...{ width: '480', height: '640', size: '480x640', num_frames: '81', num_inference_steps: '40' },
        ...{ guidance_scale: '3.5', run_fast: 'false', negative_prompt: 'rain', seed: '7' },
      },
    ],
  ])('Wan %s', async (_name, request, fields) => {
    const { emulator, provider } = await createBench();
    const model = catalogue.model('wan-ai-wan2-2-t2v-a14b-diffusers');
    if (model === undefined) throw new Error('there is no such model');
    expect(provider.honours(model)).toEqual(Object.keys(model.options ?? {}));
    expect(await provider.start(startInput(request, { model }))).toMatchObject({ kind: 'accepted' });
    expect(emulator.forms).toEqual([fields]);
  });

  it('Wan sets a picture in motion, in the size asked for', async () => {
    const { emulator, provider } = await createBench();
    const model = catalogue.model('wan-ai-wan2-2-i2v-a14b-diffusers');
    if (model === undefined) throw new Error('there is no such model');
    const request = { operation: 'image-to-video', options: { width: 480, height: 480 } } as const;
    const outcome = await provider.start(startInput(request, { model, inputs: [await picture()] }));
    expect(outcome).toMatchObject({ kind: 'accepted' });
    const sent = { model: 'Wan-AI/Wan2.2-I2V-A14B-Diffusers', size: '480x480', num_frames: '41' };
    expect(emulator.forms).toEqual([expect.objectContaining({ ...sent, input_reference: expect.any(File) })]);
  });

  test.each<[GenerationRequest['options'], string | undefined]>([
    [{ width: 640, height: 352 }, '640x352'],
    [{ width: 640 }, undefined],
    [{}, '640x480'],
  ])('a model that only the server knows, with %o, gets the size %s', async (options, size) => {
    const { emulator, provider } = await createBench();
    const described = provider.discovery?.describe('Wan-AI/Wan2.2-TI2V-5B');
    if (described === undefined) throw new Error('nothing was described');
    const model = { ...described, id: 'wan-ai-wan2-2-ti2v-5b', created: 0 };
    const request = { operation: 'image-to-video', durationSeconds: 5, options } as const;
    await provider.start(startInput(request, { model, inputs: [await picture(800, 600)] }));
    const [{ input_reference: _, ...form } = {}] = emulator.forms;
    const asked = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)]));
    const fields = { model: 'Wan-AI/Wan2.2-TI2V-5B', prompt: 'a calm sea', seconds: '5', ...asked };
    expect(form).toEqual({ ...fields, ...(size !== undefined && { size }) });
  });

  test.each<[Partial<GenerationRequest>, [number, number] | undefined, string | undefined]>([
    [{}, undefined, undefined],
    [{ aspectRatio: 'auto', resolution: 'auto' }, undefined, undefined],
    [{ resolution: '480p' }, undefined, '848x480'],
    [{ resolution: '1080p', aspectRatio: '16:9' }, undefined, '1920x1088'],
    [{ aspectRatio: '1:1' }, undefined, '480x480'],
    [{ aspectRatio: '2:3', resolution: '720p' }, undefined, '720x1088'],
    [{}, [4000, 200], '1152x480'],
    [{ aspectRatio: '4:3', resolution: '480p' }, [4000, 200], '640x480'],
  ])('the size for %o and a picture of %o is %s', async (request, size, expected) => {
    expect(sizeOf(request, size && (await picture(...size)))).toBe(expected);
  });

  it.each(['', '/', '/v1', '/v1/'])('goes to the same place when the address ends with "%s"', async (end) => {
    const { emulator } = await createBench();
    const url = `${emulator.origin}${end}`;
    const provider = createProvider({ url, key, submitTimeoutMs: 5_000, now: Date.now });
    onTestFinished(() => provider.close?.());
    await accepted(provider);
    expect(emulator.requests.map(({ path }) => path)).toEqual(['/v1/videos']);
  });

  it('carries no key where there is none', async () => {
    const emulator = await startOpenaiEmulator({ video });
    onTestFinished(() => emulator.close());
    const provider = createProvider({ url: emulator.origin, submitTimeoutMs: 5_000, now: Date.now });
    onTestFinished(() => provider.close?.());
    await accepted(provider);
    expect(emulator.requests[0]?.headers.authorization).toBeUndefined();
  });
});

test.each<[number, string, string?]>([
  [200, 'unknown'],
  [302, 'unknown'],
  [400, 'refused-final', 'invalid_parameters'],
  [401, 'refused-elsewhere', 'provider_unavailable'],
  [403, 'refused-elsewhere', 'provider_unavailable'],
  [404, 'refused-elsewhere', 'provider_unavailable'],
  [408, 'unknown'],
  [413, 'refused-elsewhere', 'input_too_large'],
  [422, 'refused-final', 'invalid_parameters'],
  [429, 'refused-elsewhere', 'provider_unavailable'],
  [500, 'refused-elsewhere', 'provider_unavailable'],
  [503, 'refused-elsewhere', 'provider_unavailable'],
])('%d without the id of a job is %s', async (status, kind, code) => {
  const { emulator, provider } = await createBench();
  emulator.submission = { kind: 'refuse', answer: { status, json: { detail: upstreamText } } };
  const outcome = await provider.start(startInput());
  expect(outcome).toMatchObject({ kind, ...(code !== undefined && { failure: { code } }) });
  expect(emulator.submissions).toHaveLength(1);
});

it('another model than the one that runs is not the fault of the request', async () => {
  const { emulator, provider } = await createBench();
  emulator.models = ['Other/Model'];
  const outcome = await provider.start(startInput());
  expect(outcome).toMatchObject({ kind: 'refused-elsewhere', failure: { code: 'provider_unavailable' } });
  expect(JSON.stringify(outcome)).not.toContain('Other/Model');
});

describe('the list of models', () => {
  const offering = (id: string) => {
    const model = catalogue.model(id);
    if (model === undefined) throw new Error(`there is no model ${id}`);
    return model;
  };

  it('decides what is served, once it could be read', async () => {
    const { emulator, provider } = await createBench();
    const [text, image] = ['t2v', 'i2v'].map((kind) => offering(`wan-ai-wan2-2-${kind}-a14b-diffusers`));
    if (text === undefined || image === undefined) throw new Error('a model is missing');
    const served = () => [provider.serves(text), provider.serves(image)];
    emulator.modelsAnswer = { status: 503 };
    await expect(provider.discovery?.list()).rejects.toThrow('503');
    expect(served()).toEqual([true, true]);
    emulator.modelsAnswer = undefined;
    emulator.models = ['Wan-AI/Wan2.2-T2V-A14B-Diffusers', 'Lightricks/LTX-2'];
    expect(await provider.discovery?.list()).toEqual(emulator.models);
    expect(served()).toEqual([true, false]);
    emulator.modelsAnswer = 'drop';
    await expect(provider.discovery?.list()).rejects.toThrow('did not answer');
    expect(served()).toEqual([true, false]);
    emulator.modelsAnswer = { status: 200, json: { object: 'list', data: [] } };
    expect(await provider.discovery?.list()).toEqual([]);
    expect(served()).toEqual([false, false]);
  });

  test.each<[string, EmulatorAnswer, readonly string[] | undefined]>([
    [
      'entries without a name',
      { status: 200, json: { data: [{ id: 'a/b' }, {}, null, 7, { id: 8 }, { id: '' }] } },
      ['a/b'],
    ],
    ['no list', { status: 200, json: { data: 'none' } }, undefined],
    ['no JSON', { status: 200, body: '<html>' }, undefined],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, undefined],
    ['too much', { status: 200, json: { data: [{ id: 'x'.repeat(9e6) }] } }, undefined],
    ['nothing of the kind', { status: 404 }, undefined],
  ])('that holds %s', async (_name, answer, names) => {
    const { emulator, provider } = await createBench();
    emulator.modelsAnswer = answer;
    const list = provider.discovery?.list();
    if (names === undefined) await expect(list).rejects.toThrow('/v1/models');
    else expect(await list).toEqual(names);
  });

  it('is asked for with the key, which no fault repeats', async () => {
    const { provider, emulator } = await createBench({ key: 'wrong-key-0123456789' });
    await expect(provider.discovery?.list()).rejects.toThrow('answered 401');
    await expect(provider.discovery?.list()).rejects.not.toThrow('wrong-key');
    expect(emulator.requests[0]?.headers.authorization).toBe('Bearer wrong-key-0123456789');
  });

  test.each([
    ['Wan-AI/Wan2.2-TI2V-5B', 'Wan-AI/Wan2.2-TI2V-5B', 'wan-ai'],
    ['hunyuan', 'hunyuan', 'own-server'],
    ['/srv/models/wan', 'wan', 'own-server'],
    ['C:\\models\\ltx', 'ltx', 'own-server'],
    ['../../../etc/passwd', 'passwd', 'own-server'],
    ['../', 'Unnamed model', 'own-server'],
    ['<script>alert(1)</script>', 'script alert(1) /script', 'own-server'],
    ['a|`b`[c](d)', 'a b c (d)', 'own-server'],
  ])('a model called %s is shown as %s', async (name, shown, maker) => {
    const { provider } = await createBench();
    const described = provider.discovery?.describe(name);
    expect(described).toMatchObject({ displayName: shown, developer: { slug: maker } });
    expect(described?.offers).toEqual({ 'openai-compatible': { model: name } });
    const { offers: _, ...told } = described ?? {};
    expect(JSON.stringify(told)).not.toMatch(/srv|etc\/|<script/);
  });
});

describe('a job', () => {
  test.each<[string, object]>([
    ['queued', { kind: 'queued', checkAfterMs: 2_000 }],
    ['in_progress', { kind: 'running', progress: 40 }],
    ['completed', { kind: 'done', costMicros: 0 }],
    ['failed', { kind: 'failed', failure: { code: 'generation_failed' }, costMicros: 0 }],
    ['cancelled', { kind: 'failed', failure: { code: 'generation_failed' }, costMicros: 0 }],
    ['expired', { kind: 'failed', failure: { code: 'generation_expired' }, costMicros: 0 }],
    ['dreaming', { kind: 'running' }],
  ])('that is %s', async (status, outcome) => {
    const { emulator, provider } = await createBench();
    const operation = await accepted(provider);
    Object.assign(emulator, { status, progress: 40 });
    expect(await provider.status(operation)).toMatchObject(outcome);
  });

  it('is lost at the first 404: the server has restarted and forgotten it', async () => {
    const { emulator, provider } = await createBench();
    const operation = await accepted(provider);
    emulator.statusAnswer = { status: 404 };
    expect(await provider.status(operation)).toEqual({ kind: 'lost' });
    expect(provider.room()).toBe(4);
  });

  it('that is cancelled is deleted there', async () => {
    const { emulator, provider } = await createBench();
    const operation = await accepted(provider);
    expect(emulator.jobs.size).toBe(1);
    await provider.cancel?.(operation);
    expect(emulator.jobs.size).toBe(0);
    expect(provider.room()).toBe(4);
  });

  it('that failed is told to the operator, without the key', async () => {
    const { emulator, provider, logged } = await createBench();
    const operation = await accepted(provider);
    emulator.statusAnswer = { status: 200, json: { status: 'failed', error: { message: `out of memory, ${key}` } } };
    await provider.status(operation);
    expect(JSON.stringify(logged)).toContain('out of memory, [key]');
  });
});

describe('a result', () => {
  test.each<[string, EmulatorAnswer]>([
    ['an error', { status: 500 }],
    ['a redirect inside', { status: 302, headers: { location: 'http://127.0.0.1:1/secret' } }],
    ['a broken connection', 'drop'],
  ])('behind %s fails in our words', async (_name, answer) => {
    const { emulator, provider } = await createBench();
    await accepted(provider);
    emulator.fileAnswer = answer;
    const url = `${emulator.origin}/v1/videos/video_gen_1/content`;
    const reading = provider.download?.(url, AbortSignal.timeout(5_000));
    await expect(reading).rejects.toMatchObject({ code: 'generation_failed' });
    await expect(reading).rejects.not.toThrow(/127\.0\.0\.1/);
  });

  it('that breaks off fails its reader', async () => {
    const { emulator, provider } = await createBench();
    emulator.fileAnswer = { status: 200, body: video, breakOff: true };
    const url = `${emulator.origin}/v1/videos/video_gen_1/content`;
    const stream = await provider.download?.(url, AbortSignal.timeout(5_000));
    await expect(stream && buffer(stream)).rejects.toMatchObject({ code: 'generation_failed' });
  });

  it('that comes slowly, under a wrong content type, arrives whole', async () => {
    const { emulator, provider } = await createBench();
    const headers = { 'content-type': 'text/html' };
    emulator.fileAnswer = { status: 200, headers, body: video, slowly: { pieces: 8, pauseMs: 10 } };
    const url = `${emulator.origin}/v1/videos/video_gen_1/content`;
    const stream = await provider.download?.(url, AbortSignal.timeout(5_000));
    expect(stream && (await buffer(stream)).equals(video)).toBe(true);
  });

  it.each(['/admin', '/v1/models', '/v1/videos/../models', '/v1/videosx/a'])(
    'attack: inside: is not read at %s of the same server',
    async (path) => {
      const { emulator, provider } = await createBench();
      const reading = provider.download?.(`${emulator.origin}${path}`, AbortSignal.timeout(5_000));
      await expect(reading).rejects.toThrow(/not its own/);
      expect(emulator.requests).toHaveLength(0);
    },
  );
});

it('serves text and image to video where the catalogue offers them there', async () => {
  const { provider } = await createBench();
  const served = [...models.values()].filter((model) => provider.serves(model)).map(({ operation }) => operation);
  expect(served.sort()).toEqual(['image-to-video', 'text-to-video']);
  const [model] = models.values();
  if (model === undefined) throw new Error('the catalogue is empty');
  expect(provider.serves({ ...model, operation: 'text-to-video', offers: {} })).toBe(false);
});
