import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest';
import { type Catalogue, loadCatalogue } from '../../catalogue/catalogue.ts';
import type { FindInput, GenerationRequest, PreparedInput, Provider } from '../../contract/index.ts';
import type { EmulatorAnswer } from '../../testing/emulators/emulator.ts';
import {
  startVertexEmulator,
  type VertexEmulator,
  type VertexFate,
  type VertexFile,
} from '../../testing/emulators/vertex.ts';
import { sampleVideo } from '../../testing/sample-media.ts';
import { describeProvider, type Look, type Submission } from '../provider.contract.ts';
import { createProvider, type VertexSettings } from './provider.ts';

const token = 'ya29.secret-token-0123456789';
const upstreamText = 'internal: cluster-7 said no to team 42';
const estimate = 1_400_000;
const hidden = /gpu-17|team-42|cluster-7|secret-token/;

let folder: string;
let video: Buffer;
let source: PreparedInput;
let catalogue: Catalogue;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-vertex-'));
  video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1 }));
  source = await prepared();
  catalogue = await loadCatalogue();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function picture(
  role: PreparedInput['role'],
  container = 'png',
  bytes = `bytes of the ${role}`,
): Promise<PreparedInput> {
  const path = join(folder, randomBytes(6).toString('hex'));
  await writeFile(path, bytes);
  const contentType = `image/${container}`;
  return { role, path, probe: { kind: 'image', container, demuxer: `${container}_pipe`, contentType } };
}

async function prepared(container = 'mp4', contentType = 'video/mp4'): Promise<PreparedInput> {
  const path = join(folder, randomBytes(6).toString('hex'));
  await writeFile(path, 'bytes of the source');
  return { role: 'video', path, probe: { kind: 'video', container, demuxer: 'mov', contentType } };
}

function modelOf(id: string) {
  const model = catalogue.model(id);
  if (model === undefined) throw new Error(`no model ${id}`);
  return model;
}

function startInput(request: Partial<GenerationRequest> = {}, over: Partial<FindInput> = {}): FindInput {
  return {
    attemptId: 'attempt-1',
    taskId: 'task-1',
    model: modelOf('veo-3.1-extend'),
    request: { prompt: 'a calm sea', inputs: [], options: {}, operation: 'extend', ...request },
    inputs: [source],
    workFolder: folder,
    deadline: Date.now() + 60_000,
    createdAt: Date.now(),
    ...over,
  };
}

function settingsOf({ origin, project, location, storageUri }: VertexEmulator): VertexSettings {
  return {
    project,
    location,
    storageUri,
    baseUrl: origin,
    gcsBaseUrl: origin,
    getToken: async () => token,
    submitTimeoutMs: 400,
    estimateMicros: () => estimate,
    now: Date.now,
  };
}

async function createBench(over: Partial<VertexSettings> = {}) {
  const emulator = await startVertexEmulator({ token, video });
  onTestFinished(() => emulator.close());
  const logged: unknown[] = [];
  const create = (more: Partial<VertexSettings> = {}): Provider => {
    const log = (...line: unknown[]) => void logged.push(line);
    const provider = createProvider({ ...settingsOf(emulator), log, ...over, ...more });
    onTestFinished(() => provider.close?.());
    return provider;
  };
  return { emulator, provider: create(), logged, create };
}

async function accepted(provider: Provider, input = startInput()) {
  const outcome = await provider.start(input);
  if (outcome.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome;
}

describeProvider('Vertex', async () => {
  const emulator = await startVertexEmulator({ token, video });
  const error = (code: number, status: string) => ({ error: { code, status, message: `${upstreamText} ${token}` } });
  const submissions: Readonly<Record<Submission, VertexEmulator['submission']>> = {
    accepted: { kind: 'accept' },
    dropped: { kind: 'accept-then-drop' },
    silent: { kind: 'accept-then-silence' },
    error: { kind: 'accept-then', answer: { status: 500, json: error(500, 'INTERNAL') } },
    limited: {
      kind: 'refuse',
      answer: { status: 429, headers: { 'retry-after': '7' }, json: error(429, 'RESOURCE_EXHAUSTED') },
    },
    forbidden: { kind: 'refuse', answer: { status: 403, json: error(403, 'PERMISSION_DENIED') } },
    invalid: { kind: 'refuse', answer: { status: 400, json: error(400, 'INVALID_ARGUMENT') } },
  };
  const looks: Readonly<Record<Look, { readonly fate: VertexFate; readonly answer?: EmulatorAnswer }>> = {
    running: { fate: 'running' },
    done: { fate: 'done' },
    failed: { fate: 'failed' },
    gone: { fate: 'running', answer: { status: 404, json: error(404, 'NOT_FOUND') } },
    error: { fate: 'running', answer: { status: 503, json: error(503, 'UNAVAILABLE') } },
    limited: { fate: 'running', answer: { status: 429, headers: { 'retry-after': '45' } } },
    garbage: { fate: 'running', answer: { status: 200, body: '<html>' } },
    dropped: { fate: 'running', answer: 'drop' },
  };
  const provider = createProvider(settingsOf(emulator));
  return {
    provider,
    restarted: () => createProvider(settingsOf(emulator)),
    unreachable: () => createProvider({ ...settingsOf(emulator), baseUrl: 'http://127.0.0.1:1' }),
    input: (over) => startInput({}, over),
    submissions: () => emulator.submissions.length,
    answerSubmissions: (how) => {
      emulator.submission = submissions[how];
    },
    answerLooks: (how) => {
      emulator.fate = looks[how].fate;
      emulator.statusAnswer = looks[how].answer;
    },
    video,
    secrets: [token, 'cluster-7', 'team 42', 'gpu-17', 'operations/', emulator.project, emulator.origin, 'attempt-1'],
    close: async () => {
      await provider.close?.();
      await emulator.close();
    },
  };
});

describe('what is sent', () => {
  const models = '/v1/projects/project-of-ours/locations/us-central1/publishers/google/models';
  const storageUri = 'gs://films/reelay/attempt-1/';
  const labels = { 'reelay-attempt': 'attempt-1' };
  const mp4 = { gcsUri: `${storageUri}input.mp4`, mimeType: 'video/mp4' };

  test.each<[string, Partial<GenerationRequest>, object]>([
    ['the least', {}, {}],
    ['what follows the source', { aspectRatio: 'auto', resolution: 'auto' }, {}],
    [
      'all of it',
      {
        aspectRatio: '9:16',
        audio: false,
        seed: 42,
        negativePrompt: 'rain',
        durationSeconds: 7,
        options: { other: 1 },
      },
      { aspectRatio: '9:16', generateAudio: false, seed: 42, negativePrompt: 'rain' },
    ],
  ])('%s', async (_name, request, parameters) => {
    const { emulator, provider } = await createBench();
    await accepted(provider, startInput(request));
    const [sent] = emulator.submissions;
    expect(sent?.path).toBe(`${models}/veo-3.1-generate-001:predictLongRunning`);
    expect(sent?.headers.authorization).toBe(`Bearer ${token}`);
    expect(JSON.parse(String(sent?.body))).toEqual({
      instances: [{ prompt: 'a calm sea', video: mp4 }],
      parameters: {
        sampleCount: 1,
        storageUri,
        durationSeconds: 7,
        resolution: '720p',
        generateAudio: true,
        ...parameters,
      },
      labels,
    });
    expect(emulator.posts(storageUri)).toBe(1);
  });

  const object = (name: string) => ({
    gcsUri: `${storageUri}${name}`,
    mimeType: name.endsWith('png') ? 'image/png' : 'image/jpeg',
  });
  const usual = { sampleCount: 1, storageUri, durationSeconds: 8, resolution: '1080p', aspectRatio: '16:9' };

  test.each<{
    name: string;
    model: string;
    request: Partial<GenerationRequest>;
    inputs: () => Promise<readonly PreparedInput[]>;
    google: string;
    instance: object;
    parameters: object;
  }>([
    {
      name: 'text to video, all of it',
      model: 'veo-3.1-text-to-video',
      request: {
        operation: 'text-to-video',
        durationSeconds: 4,
        aspectRatio: '9:16',
        resolution: '4k',
        audio: false,
        seed: 7,
        negativePrompt: 'rain',
        options: { enhance_prompt: false, person_generation: 'allow_adult', auto_fix: true },
      },
      inputs: async () => [],
      google: 'veo-3.1-generate-001',
      instance: {},
      parameters: {
        ...usual,
        durationSeconds: 4,
        aspectRatio: '9:16',
        resolution: '4k',
        generateAudio: false,
        seed: 7,
        negativePrompt: 'rain',
        enhancePrompt: false,
        personGeneration: 'allow_adult',
      },
    },
    {
      name: 'a model without a switch for sound has sound; a picture makes it image to video',
      model: 'google-veo-3-1',
      request: { operation: 'image-to-video', durationSeconds: 8, aspectRatio: '16:9', resolution: '1080p' },
      inputs: async () => [await picture('image', 'jpeg')],
      google: 'veo-3.1-generate-001',
      instance: { image: object('input.jpeg') },
      parameters: { ...usual, generateAudio: true },
    },
    {
      name: 'first and last frame, fast',
      model: 'veo-3.1-fast-first-last-frame-to-video',
      request: { operation: 'image-to-video', aspectRatio: '16:9', resolution: '1080p', audio: false },
      inputs: async () => [await picture('image'), await picture('last-image', 'jpeg')],
      google: 'veo-3.1-fast-generate-001',
      instance: { image: object('input-1.png'), lastFrame: object('input-2.jpeg') },
      parameters: { ...usual, generateAudio: false },
    },
    {
      name: 'first and last frame of the unified lite',
      model: 'veo-3.1-lite',
      request: { operation: 'image-to-video', aspectRatio: '16:9', resolution: '1080p', audio: false },
      inputs: async () => [await picture('image'), await picture('last-image')],
      google: 'veo-3.1-lite-generate-001',
      instance: { image: object('input-1.png'), lastFrame: object('input-2.png') },
      parameters: { ...usual, generateAudio: false },
    },
    {
      name: 'references',
      model: 'veo-3.1-reference-to-video',
      request: { operation: 'reference-to-video', aspectRatio: '16:9', resolution: '1080p', audio: true },
      inputs: async () => [await picture('reference'), await picture('reference')],
      google: 'veo-3.1-generate-001',
      instance: {
        referenceImages: [
          { image: object('input-1.png'), referenceType: 'asset' },
          { image: object('input-2.png'), referenceType: 'asset' },
        ],
      },
      parameters: { ...usual, generateAudio: true },
    },
    {
      name: 'a reference for a thing, said so',
      model: 'veo-3.1',
      request: {
        operation: 'reference-to-video',
        aspectRatio: '16:9',
        resolution: '1080p',
        audio: true,
        options: { reference_type: 'ASSET' },
      },
      inputs: async () => [await picture('reference')],
      google: 'veo-3.1-generate-001',
      instance: { referenceImages: [{ image: object('input.png'), referenceType: 'asset' }] },
      parameters: { ...usual, generateAudio: true },
    },
  ])('$name', async ({ model, request, inputs, google, instance, parameters }) => {
    const { emulator, provider } = await createBench();
    await accepted(provider, startInput(request, { model: modelOf(model), inputs: await inputs() }));
    const [sent] = emulator.submissions;
    expect(sent?.path).toBe(`${models}/${google}:predictLongRunning`);
    expect(JSON.parse(String(sent?.body))).toEqual({
      instances: [{ prompt: 'a calm sea', ...instance }],
      parameters,
      labels,
    });
  });

  it('the pictures are in the bucket first, each under a name of its own', async () => {
    const { emulator, provider } = await createBench();
    const model = modelOf('veo-3.1-first-last-frame-to-video');
    const inputs = [await picture('image'), await picture('last-image')];
    await accepted(provider, startInput({ operation: 'image-to-video' }, { model, inputs }));
    expect(emulator.requests.at(-1)?.path).toContain(':predictLongRunning');
    expect(Object.fromEntries([...emulator.objects].map(([name, bytes]) => [name, String(bytes)]))).toEqual({
      'reelay/attempt-1/input-1.png': 'bytes of the image',
      'reelay/attempt-1/input-2.png': 'bytes of the last-image',
    });
  });

  it('nothing where one of the pictures cannot be put there', async () => {
    const { emulator, provider } = await createBench();
    const model = modelOf('veo-3.1-first-last-frame-to-video');
    emulator.uploadAnswer = { status: 403, json: {} };
    const inputs = [await picture('image'), await picture('last-image')];
    const outcome = await provider.start(startInput({ operation: 'image-to-video' }, { model, inputs }));
    expect(outcome).toMatchObject({ kind: 'refused-elsewhere' });
    expect(emulator.submissions).toHaveLength(0);
  });

  it('the source is in the bucket first', async () => {
    const { emulator, provider } = await createBench();
    const inputs = [await prepared('mov', 'video/quicktime')];
    await accepted(provider, startInput({}, { model: modelOf('veo-3.1-extend-fast'), inputs }));
    expect(emulator.requests.map(({ path }) => path)).toEqual([
      '/upload/storage/v1/b/films/o',
      `${models}/veo-3.1-fast-generate-001:predictLongRunning`,
    ]);
    expect(String(emulator.objects.get('reelay/attempt-1/input.mov'))).toBe('bytes of the source');
    expect(JSON.parse(String(emulator.submissions[0]?.body))).toMatchObject({
      instances: [{ video: { gcsUri: `${storageUri}input.mov`, mimeType: 'video/mov' } }],
    });
  });

  it('works with a bucket without a folder', async () => {
    const { emulator, create } = await createBench();
    const provider = create({ storageUri: 'gs://films' });
    const { operation } = await accepted(provider);
    expect([...emulator.objects.keys()]).toEqual(['attempt-1/input.mp4']);
    emulator.fate = 'done';
    expect(await provider.status(operation)).toMatchObject({ kind: 'done' });
    expect(() => create({ storageUri: 'films/reelay' })).toThrow(/gs:/);
  });

  it('each submission goes over a new connection', async () => {
    const storage = await startVertexEmulator({ token, video });
    onTestFinished(() => storage.close());
    const { emulator, provider } = await createBench({ gcsBaseUrl: storage.origin });
    for (const attemptId of ['a', 'b', 'c']) await accepted(provider, startInput({}, { attemptId }));
    expect(emulator.connections()).toBe(3);
  });

  it('only what the model reads', async () => {
    const { provider } = await createBench();
    const check = async (container: string) =>
      provider.checkInputs?.(startInput({}, { inputs: [await prepared(container)] }));
    expect(await check('mov')).toBeUndefined();
    expect(await check('webm')).toMatchObject({ code: 'input_container' });
    const model = modelOf('veo-3.1-first-last-frame-to-video');
    const pictures = async (last: string) =>
      provider.checkInputs?.(
        startInput({}, { model, inputs: [await picture('image'), await picture('last-image', last)] }),
      );
    expect(await pictures('jpeg')).toBeUndefined();
    expect(await pictures('webp')).toEqual({
      code: 'input_container',
      message: 'The provider takes pictures in PNG and JPEG, not webp.',
    });
  });

  it('serves what the catalogue offers', async () => {
    const { provider } = await createBench();
    const offered = catalogue.models.filter((model) => model.offers?.['vertex'] !== undefined);
    expect(offered.map(({ id }) => id)).toEqual(
      catalogue.models.filter(({ developer }) => developer.slug === 'google').map(({ id }) => id),
    );
    expect(offered.every((model) => provider.serves(model))).toBe(true);
    expect(provider.honours(modelOf('veo-3.1'))).toEqual(['enhance_prompt', 'person_generation', 'reference_type']);
    expect(provider.refusedValues).toEqual({ reference_type: ['STYLE'] });
    expect(provider.honours(modelOf('veo-3.1-fast'))).toEqual([]);
    const edit = { ...modelOf('grok-imagine-edit-video'), offers: { vertex: { model: 'veo-3.1-generate-001' } } };
    expect(provider.serves(edit)).toBe(false);
    expect(provider.serves(modelOf('grok-imagine-text-to-video'))).toBe(false);
  });
});

describe('an answer to a submission', () => {
  const refusal = (status: number, word = '', message = upstreamText): EmulatorAnswer => ({
    status,
    json: { error: { code: status, status: word, message } },
  });
  const name = (value: unknown): EmulatorAnswer => ({ status: 200, json: { name: value } });

  test.each<[string, EmulatorAnswer, string, string?]>([
    ['200 without a name', { status: 200, json: {} }, 'unknown'],
    ['200 with a name of another form', name('operations/1'), 'unknown'],
    ['200 with a name that climbs', name('projects/p/locations/l/publishers/google/models/../operations/1'), 'unknown'],
    ['200 that is no JSON', { status: 200, body: '<html>' }, 'unknown'],
    ['200 that breaks off', { status: 200, json: { name: 'x'.repeat(90) }, breakOff: true }, 'unknown'],
    ['307', { status: 307, headers: { location: '/' } }, 'unknown'],
    ['400', refusal(400, 'INVALID_ARGUMENT'), 'refused-final', 'invalid_parameters'],
    [
      '400 of moderation',
      refusal(400, 'INVALID_ARGUMENT', "The prompt contains words that violate Google's Responsible AI practices."),
      'refused-final',
      'content_policy_violation',
    ],
    ['400 of the project', refusal(400, 'FAILED_PRECONDITION'), 'refused-elsewhere', 'provider_unavailable'],
    ['401', refusal(401), 'refused-elsewhere', 'provider_unavailable'],
    ['403', refusal(403), 'refused-elsewhere', 'provider_unavailable'],
    ['404', refusal(404), 'refused-elsewhere', 'provider_unavailable'],
    ['408', refusal(408), 'unknown'],
    ['409', refusal(409), 'unknown'],
    ['429', refusal(429), 'refused-elsewhere', 'provider_unavailable'],
    ['499', refusal(499), 'unknown'],
    ['500', refusal(500), 'unknown'],
    ['502', { status: 502, body: '<html>' }, 'unknown'],
    ['503', refusal(503), 'unknown'],
    ['504', refusal(504), 'unknown'],
  ])('%s', async (_name, given, kind, code) => {
    const { emulator, provider, logged } = await createBench();
    emulator.submission = { kind: 'refuse', answer: given };
    const outcome = await provider.start(startInput());
    expect(outcome).toMatchObject({ kind, ...(code !== undefined && { failure: { code } }) });
    expect(JSON.stringify([outcome, logged])).not.toMatch(hidden);
    expect(emulator.submissions).toHaveLength(1);
  });

  it.each<[string, Partial<VertexSettings>]>([
    ['without a token', { getToken: () => Promise.reject(new Error(`no token for ${upstreamText}`)) }],
    ['without a bucket', { gcsBaseUrl: 'http://127.0.0.1:1' }],
  ])('is not waited for %s: nothing was sent', async (_name, over) => {
    const { emulator, provider, logged } = await createBench(over);
    expect(await provider.start(startInput())).toMatchObject({
      kind: 'refused-elsewhere',
      failure: { code: 'provider_unavailable' },
    });
    expect(JSON.stringify(logged)).not.toMatch(hidden);
    expect(emulator.submissions).toHaveLength(0);
  });

  it('is not asked for when the source is refused', async () => {
    const { emulator, provider } = await createBench();
    emulator.uploadAnswer = { status: 403, json: {} };
    expect(await provider.start(startInput())).toMatchObject({ kind: 'refused-elsewhere' });
    expect([emulator.submissions.length, emulator.requests.length]).toEqual([0, 1]);
  });

  it('attack: late: nothing is sent when the upload took until after the deadline', async () => {
    let now = 1_000;
    const { emulator, provider } = await createBench({
      now: () => now,
      getToken: async () => {
        now += 600;
        return token;
      },
    });
    expect(await provider.start(startInput({}, { deadline: 2_000 }))).toMatchObject({
      kind: 'refused-elsewhere',
      failure: { code: 'provider_unavailable' },
    });
    expect(emulator.requests.map(({ path }) => path)).toEqual(['/upload/storage/v1/b/films/o']);
  });
});

describe('a job', () => {
  test.each<[VertexFate, object]>([
    ['running', { kind: 'running' }],
    [
      'done',
      { kind: 'done', costMicros: estimate, outputs: [{ url: 'gs://films/reelay/attempt-1/9000-1/sample_0.mp4' }] },
    ],
    ['filtered', { kind: 'failed', failure: { code: 'content_policy_violation' }, costMicros: 0 }],
    ['blocked', { kind: 'failed', failure: { code: 'content_policy_violation' }, costMicros: 0 }],
    ['failed', { kind: 'failed', failure: { code: 'generation_failed' }, costMicros: 0 }],
    ['timeout', { kind: 'failed', failure: { code: 'generation_timeout' }, costMicros: 0 }],
    ['elsewhere', { kind: 'failed', failure: { code: 'generation_failed' }, costMicros: 0 }],
    ['empty', { kind: 'failed', failure: { code: 'generation_failed' }, costMicros: 0 }],
  ])('%s', async (fate, expected) => {
    const { emulator, provider } = await createBench();
    const { operation, operationKey } = await accepted(provider);
    emulator.fate = fate;
    const outcome = await provider.status(operation);
    expect(outcome).toMatchObject(expected);
    if (outcome.kind === 'failed') expect(JSON.stringify(outcome)).not.toMatch(hidden);
    const look = emulator.requests.at(-1);
    expect(look?.path).toMatch(/models\/veo-3\.1-generate-001:fetchPredictOperation$/);
    expect(JSON.parse(String(look?.body))).toEqual({ operationName: operationKey });
  });

  it('that is asked about too often is left alone for as long as Google says', async () => {
    const { emulator, provider } = await createBench();
    const { operation } = await accepted(provider);
    emulator.statusAnswer = { status: 429, headers: { 'retry-after': '45' } };
    expect(await provider.status(operation)).toEqual({ kind: 'running', checkAfterMs: 45_000, unclear: 'limited' });
  });

  it('goes on while no token comes', async () => {
    const { emulator, provider, create } = await createBench();
    const { operation } = await accepted(provider);
    emulator.fate = 'done';
    const locked = create({ getToken: () => Promise.reject(new Error('locked')) });
    expect(await locked.status(operation)).toMatchObject({ kind: 'running' });
    expect(await provider.status(operation)).toMatchObject({ kind: 'done' });
  });
});

describe('a search', () => {
  it('finds what the job left in its folder, and nothing else', async () => {
    const { emulator, provider, create } = await createBench();
    emulator.submission = { kind: 'accept-then-drop' };
    for (const attemptId of ['attempt-1', 'attempt-10']) await provider.start(startInput({}, { attemptId }));
    expect(await provider.find?.(startInput())).toEqual({ kind: 'not-yet' });
    emulator.fate = 'done';
    expect(await create().find?.(startInput())).toEqual({
      kind: 'outputs',
      outputs: [{ url: 'gs://films/reelay/attempt-1/9000-1/sample_0.mp4' }],
      costMicros: estimate,
    });
    expect(emulator.submissions).toHaveLength(2);
  });

  it.each<EmulatorAnswer>([{ status: 503 }, { status: 200, body: '<html>' }, 'drop'])(
    'goes on when the list answers %j',
    async (answer) => {
      const { emulator, provider } = await createBench();
      await accepted(provider);
      emulator.fate = 'done';
      emulator.listAnswer = answer;
      expect(await provider.find?.(startInput())).toEqual({ kind: 'not-yet' });
    },
  );
});

describe('a finished file', () => {
  const read = async (file: VertexFile) => {
    const { emulator, provider } = await createBench();
    const { operation } = await accepted(provider);
    emulator.fate = 'done';
    emulator.file = file;
    const outcome = await provider.status(operation);
    const [output] = outcome.kind === 'done' ? outcome.outputs : [];
    if (output === undefined || !('url' in output)) throw new Error('no address');
    const stream = await provider.download?.(output.url, AbortSignal.timeout(10_000));
    if (stream === undefined) throw new Error('no download');
    return buffer(stream);
  };

  it.each(['plain', 'slow', 'wrong-type'] as const)('%s is read whole', async (file) => {
    expect((await read(file)).equals(video)).toBe(true);
  });

  it.each(['broken', 'unavailable', 'redirect-inside'] as const)('%s is a failure in our words', async (file) => {
    const failed = read(file);
    await expect(failed).rejects.toMatchObject({ code: 'generation_failed' });
    await expect(failed).rejects.not.toThrow(hidden);
  });

  it.each(['gs://somebody-else/film.mp4', 'gs://films/other/film.mp4', 'gs://films/reelay/', 'gs://films'])(
    'attack: inside: %s is not in the folder',
    async (url) => {
      const { emulator, provider } = await createBench();
      await expect(provider.download?.(url, AbortSignal.timeout(5_000))).rejects.toThrow(/not its own/);
      expect(emulator.requests).toHaveLength(0);
    },
  );
});
