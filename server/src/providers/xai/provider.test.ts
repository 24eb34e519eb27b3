import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { MockAgent } from 'undici';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest';
import { type Catalogue, loadCatalogue } from '../../catalogue/catalogue.ts';
import type { FindInput, GenerationRequest, PreparedInput, Provider } from '../../contract/index.ts';
import type { EmulatorAnswer } from '../../testing/emulators/emulator.ts';
import { startXaiEmulator, type XaiEmulator, type XaiFate, type XaiFile } from '../../testing/emulators/xai.ts';
import { sampleVideo } from '../../testing/sample-media.ts';
import { describeProvider, type Look, type Submission } from '../provider.contract.ts';
import { createProvider, defaultBaseUrl, type XaiSettings } from './provider.ts';
import { download as downloadResult } from './results.ts';

const key = 'xai-secret-key-0123456789';
const upstreamText = 'internal: cluster-7 said no to team 42';

let folder: string;
let video: Buffer;
let catalogue: Catalogue;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-xai-'));
  video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1 }));
  catalogue = await loadCatalogue();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const models: Readonly<Record<GenerationRequest['operation'], string>> = {
  'text-to-video': 'grok-imagine-text-to-video',
  'image-to-video': 'grok-imagine-image-to-video',
  'reference-to-video': 'grok-imagine-reference-to-video',
  edit: 'grok-imagine-edit-video',
  extend: 'grok-imagine-video-extension',
};

function startInput(request: Partial<GenerationRequest> = {}, over: Partial<FindInput> = {}): FindInput {
  const operation = request.operation ?? 'text-to-video';
  const model = catalogue.model(models[operation]);
  if (model === undefined) throw new Error(`no model for ${operation}`);
  return {
    attemptId: 'attempt-1',
    taskId: 'task-1',
    model,
    request: { prompt: 'a calm sea', inputs: [], options: {}, operation, ...request },
    inputs: [],
    workFolder: folder,
    deadline: Date.now() + 60_000,
    createdAt: Date.now(),
    ...over,
  };
}

async function prepared(role: PreparedInput['role'], publicUrl?: string): Promise<PreparedInput> {
  const path = join(folder, randomBytes(6).toString('hex'));
  await writeFile(path, `bytes of the ${role}`);
  const contentType = role === 'video' ? 'video/mp4' : 'image/png';
  const probe = { kind: role === 'video' ? 'video' : 'image', container: 'mp4', demuxer: 'mov', contentType } as const;
  return { role, path, probe, ...(publicUrl !== undefined && { publicUrl }) };
}

interface Bench {
  readonly emulator: XaiEmulator;
  readonly provider: Provider;
  readonly logged: unknown[];
  readonly create: (over?: Partial<XaiSettings>) => Provider;
}

async function createBench(over: Partial<XaiSettings> = {}): Promise<Bench> {
  const emulator = await startXaiEmulator({ key, video });
  onTestFinished(() => emulator.close());
  const logged: unknown[] = [];
  const create = (more: Partial<XaiSettings> = {}): Provider => {
    const provider = createProvider({
      apiKey: key,
      baseUrl: emulator.baseUrl,
      submitTimeoutMs: 5_000,
      now: Date.now,
      log: (...line) => logged.push(line),
      ...over,
      ...more,
    });
    onTestFinished(() => provider.close?.());
    return provider;
  };
  return { emulator, provider: create(), logged, create };
}

async function accepted(provider: Provider) {
  const outcome = await provider.start(startInput());
  if (outcome.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome.operation;
}

describeProvider('xAI', async () => {
  const emulator = await startXaiEmulator({ key, video });
  const submissions: Readonly<Record<Submission, XaiEmulator['submission']>> = {
    accepted: { kind: 'accept' },
    dropped: { kind: 'accept-then-drop' },
    silent: { kind: 'accept-then-silence' },
    error: { kind: 'accept-then', answer: { status: 500, json: { error: `${upstreamText} ${key}` } } },
    limited: {
      kind: 'refuse',
      answer: { status: 429, headers: { 'retry-after': '7' }, json: { error: upstreamText } },
    },
    forbidden: { kind: 'refuse', answer: { status: 403, json: { error: upstreamText } } },
    invalid: { kind: 'refuse', answer: { status: 422, json: { error: { message: upstreamText } } } },
  };
  const looks: Readonly<Record<Look, { readonly fate: XaiFate; readonly answer?: EmulatorAnswer }>> = {
    running: { fate: 'pending' },
    done: { fate: 'done' },
    failed: { fate: 'failed' },
    gone: { fate: 'pending', answer: { status: 404, json: { error: 'gone' } } },
    error: { fate: 'pending', answer: { status: 503, json: { error: upstreamText } } },
    limited: { fate: 'pending', answer: { status: 429, headers: { 'retry-after': '45' } } },
    garbage: { fate: 'pending', answer: { status: 200, body: '<html>' } },
    dropped: { fate: 'pending', answer: 'drop' },
  };
  const create = (baseUrl = emulator.baseUrl) =>
    createProvider({ apiKey: key, baseUrl, submitTimeoutMs: 400, pollIntervalMs: 1_000, now: Date.now });
  const provider = create();
  return {
    provider,
    restarted: () => create(),
    unreachable: () => create('http://127.0.0.1:1/v1'),
    input: (over) => startInput({ durationSeconds: 6, resolution: '720p' }, over),
    submissions: () => emulator.submissions.length,
    answerSubmissions: (how) => {
      emulator.submission = submissions[how];
    },
    answerLooks: (how) => {
      emulator.fate = looks[how].fate;
      emulator.statusAnswer = looks[how].answer;
    },
    video,
    secrets: [key, 'cluster-7', 'team 42', 'worker 17', 'req-', emulator.origin, 'attempt-1'],
    close: async () => {
      await provider.close?.();
      await emulator.close();
    },
  };
});

describe('what is sent', () => {
  const mark = { filename: 'attempt-1.mp4', expires_after: 172_800 };
  const frame = { durationSeconds: 6, aspectRatio: '9:16', resolution: '720p' } as const;
  const frameSent = { duration: 6, aspect_ratio: '9:16', resolution: '720p' };
  const png = `data:image/png;base64,${Buffer.from('bytes of the image').toString('base64')}`;
  const reference = `data:image/png;base64,${Buffer.from('bytes of the reference').toString('base64')}`;

  test.each<{
    name: string;
    request: Partial<GenerationRequest>;
    inputs: () => Promise<PreparedInput[]>;
    path: string;
    body: object;
  }>([
    {
      name: 'text to video',
      request: { operation: 'text-to-video', ...frame, audio: false },
      inputs: async () => [],
      path: '/v1/videos/generations',
      body: { prompt: 'a calm sea', ...frameSent, generate_audio: false },
    },
    {
      name: 'what was left open stays out',
      request: { operation: 'text-to-video', aspectRatio: 'auto', resolution: 'auto', seed: 7, negativePrompt: 'rain' },
      inputs: async () => [],
      path: '/v1/videos/generations',
      body: { prompt: 'a calm sea' },
    },
    {
      name: 'image to video, the picture sent along',
      request: { operation: 'image-to-video', ...frame, aspectRatio: 'auto' },
      inputs: async () => [await prepared('image')],
      path: '/v1/videos/generations',
      body: { prompt: 'a calm sea', duration: 6, resolution: '720p', image: { url: png } },
    },
    {
      name: 'image to video, the picture by its public link',
      request: { operation: 'image-to-video', ...frame },
      inputs: async () => [await prepared('image', 'https://files.example/a.png')],
      path: '/v1/videos/generations',
      body: { prompt: 'a calm sea', ...frameSent, image: { url: 'https://files.example/a.png' } },
    },
    {
      name: 'reference to video, tags in xAI’s form',
      request: { operation: 'reference-to-video', ...frame, prompt: '@Image1 meets @image2, not @Image3 or @Image21' },
      inputs: async () => [await prepared('reference'), await prepared('reference', 'https://files.example/b.png')],
      path: '/v1/videos/generations',
      body: {
        prompt: '<IMAGE_1> meets <IMAGE_2>, not @Image3 or @Image21',
        ...frameSent,
        reference_images: [{ url: reference }, { url: 'https://files.example/b.png' }],
      },
    },
    {
      name: 'edit: no duration, no shape',
      request: { operation: 'edit', resolution: '720p' },
      inputs: async () => [await prepared('video', 'https://files.example/a.mp4')],
      path: '/v1/videos/edits',
      body: { prompt: 'a calm sea', video: { url: 'https://files.example/a.mp4' } },
    },
    {
      name: 'extension: the added part only',
      request: { operation: 'extend', durationSeconds: 5 },
      inputs: async () => [await prepared('video', 'https://files.example/a.mp4')],
      path: '/v1/videos/extensions',
      body: { prompt: 'a calm sea', duration: 5, video: { url: 'https://files.example/a.mp4' } },
    },
  ])('$name', async ({ request, inputs, path, body }) => {
    const { emulator, provider } = await createBench();
    await provider.start(startInput(request, { inputs: await inputs() }));
    expect(emulator.submissions.map((sent) => sent.path)).toEqual([path]);
    const [sent] = emulator.submissions;
    expect(JSON.parse(String(sent?.body))).toEqual({ model: 'grok-imagine-video', storage_options: mark, ...body });
    expect(sent?.headers).toMatchObject({ authorization: `Bearer ${key}`, connection: 'close' });
    expect(emulator.posts('attempt-1.mp4')).toBe(1);
  });

  it('names version 1.5 for its own model', async () => {
    const { emulator, provider } = await createBench();
    const model = catalogue.model('grok-imagine-1.5-image-to-video');
    if (model === undefined) throw new Error('no model of version 1.5');
    const request = { operation: 'image-to-video', durationSeconds: 9, resolution: '480p' } as const;
    const input = startInput(request, { model, inputs: [await prepared('image', 'https://files.example/a.png')] });
    expect(await provider.start(input)).toMatchObject({ kind: 'accepted' });
    expect(JSON.parse(String(emulator.submissions[0]?.body))).toEqual({
      model: 'grok-imagine-video-1.5',
      storage_options: mark,
      prompt: 'a calm sea',
      duration: 9,
      resolution: '480p',
      image: { url: 'https://files.example/a.png' },
    });
    const pictured = { ...input.request, inputs: [{ role: 'image', url: 'u', field: 'f' }] } as const;
    expect(provider.estimateMicros?.(model, pictured)).toBe(9 * 80_000 + 10_000);
  });

  it('goes over a new connection each time', async () => {
    const { emulator, provider } = await createBench();
    for (let round = 0; round < 3; round += 1) await provider.start(startInput());
    expect(emulator.connections()).toBe(3);
  });
});

describe('an answer to a submission', () => {
  const answer = (status: number, body: unknown = {}, headers: Record<string, string> = {}): EmulatorAnswer =>
    typeof body === 'string' ? { status, body, headers } : { status, json: body, headers };

  test.each<[string, EmulatorAnswer, string, string?]>([
    ['200 without an id', answer(200, { ok: true }), 'unknown'],
    ['200 with an empty id', answer(200, { request_id: '' }), 'unknown'],
    ['200 with an id that climbs', answer(200, { request_id: '..' }), 'unknown'],
    ['200 that is no JSON', answer(200, '<html>'), 'unknown'],
    [
      '200 that breaks off',
      { ...(answer(200, { request_id: 'x'.repeat(200) }) as object), breakOff: true } as never,
      'unknown',
    ],
    ['200 without end', answer(200, ' '.repeat(2 * 1024 ** 2)), 'unknown'],
    ['204', answer(204, ''), 'unknown'],
    ['302', answer(302, '', { location: 'http://127.0.0.1:1/' }), 'unknown'],
    ['307', answer(307, '', { location: '/v1/videos/generations' }), 'unknown'],
    ['400', answer(400, { error: { message: 'duration' } }), 'refused-final', 'invalid_parameters'],
    [
      '400 that breaks off',
      { ...(answer(400, { error: 'duration is too long' }) as object), breakOff: true } as never,
      'refused-final',
      'invalid_parameters',
    ],
    [
      '400 of moderation',
      answer(400, { error: 'Content violates usage guidelines.' }),
      'refused-final',
      'content_policy_violation',
    ],
    [
      '400 of a wrong key',
      answer(400, { error: 'Incorrect API key provided: xa***1.' }),
      'refused-elsewhere',
      'provider_unavailable',
    ],
    ['401', answer(401), 'refused-elsewhere', 'provider_unavailable'],
    ['402', answer(402), 'refused-elsewhere', 'provider_unavailable'],
    ['403', answer(403, { error: 'no access' }), 'refused-elsewhere', 'provider_unavailable'],
    [
      '403 of moderation',
      answer(403, { error: 'Failed check: SAFETY_CHECK_TYPE_BIO' }),
      'refused-final',
      'content_policy_violation',
    ],
    ['404', answer(404), 'refused-elsewhere', 'provider_unavailable'],
    ['408', answer(408), 'unknown'],
    ['409', answer(409), 'unknown'],
    ['413', answer(413, '<html>'), 'refused-elsewhere', 'input_too_large'],
    ['422', answer(422, { error: 'missing field video' }), 'refused-final', 'invalid_parameters'],
    ['429', answer(429), 'refused-elsewhere', 'provider_unavailable'],
    ['500', answer(500), 'unknown'],
    ['502', answer(502, '<html>'), 'unknown'],
    ['503 with Retry-After', answer(503, {}, { 'retry-after': '1' }), 'unknown'],
    ['504', answer(504), 'unknown'],
  ])('%s', async (_name, given, kind, code) => {
    const { emulator, provider } = await createBench();
    emulator.submission = { kind: 'refuse', answer: given };
    const outcome = await provider.start(startInput());
    expect(outcome).toMatchObject({ kind, ...(code !== undefined && { failure: { code } }) });
    expect(emulator.submissions).toHaveLength(1);
  });

  it('that comes late is waited for', async () => {
    const { emulator, provider } = await createBench();
    emulator.latencyMs = 150;
    expect(await provider.start(startInput())).toMatchObject({ kind: 'accepted', operationKey: 'req-1' });
  });

  it('attack: late: the clock is looked at when the connection stands', async () => {
    const { emulator, provider } = await createBench({ now: () => 2_000 });
    const outcome = await provider.start(startInput({}, { deadline: 2_000 }));
    expect(outcome).toMatchObject({ kind: 'refused-elsewhere', failure: { code: 'provider_unavailable' } });
    expect([emulator.connections(), emulator.requests.length]).toEqual([1, 0]);
  });

  it('names that do not resolve and TLS that fails were not sent', async () => {
    const { emulator, create } = await createBench();
    const port = new URL(emulator.origin).port;
    for (const baseUrl of ['http://no-such-host.invalid/v1', `https://127.0.0.1:${port}/v1`]) {
      expect(await create({ baseUrl }).start(startInput())).toMatchObject({ kind: 'refused-elsewhere' });
    }
    expect(emulator.requests).toHaveLength(0);
  });

  it('of 429 pauses all submissions for as long as it says', async () => {
    let now = 1_000_000;
    const { emulator, provider } = await createBench({ now: () => now });
    emulator.submission = { kind: 'refuse', answer: answer(429, {}, { 'retry-after': '30' }) };
    await provider.start(startInput({}, { deadline: now + 1_000 }));
    expect(provider.room()).toBe(0);
    now += 30_000;
    expect(provider.room()).toBe(20);
  });

  it('is told to the operator without the key', async () => {
    const { emulator, provider, logged } = await createBench();
    emulator.submission = { kind: 'refuse', answer: answer(422, { error: `bad ${key}` }) };
    await provider.start(startInput());
    expect(JSON.stringify(logged)).toContain('bad [key]');
    expect(JSON.stringify(logged)).not.toContain(key);
  });
});

describe('inputs', () => {
  it('without a public link have a largest size, counted together', async () => {
    const { provider } = await createBench({ maximumInlineBytes: 40 });
    const { model, request } = startInput({ operation: 'reference-to-video' });
    const inputs = [await prepared('reference'), await prepared('reference')];
    expect(provider.checkInputs?.({ model, request, inputs: inputs.slice(1) })).toBeUndefined();
    expect(provider.checkInputs?.({ model, request, inputs })).toMatchObject({ code: 'input_too_large' });
    const linked = inputs.map((input) => ({ ...input, publicUrl: 'https://files.example/a.png' }));
    expect(provider.checkInputs?.({ model, request, inputs: linked })).toBeUndefined();
  });

  it('that are gone fail the task before anything is sent', async () => {
    const { emulator, provider } = await createBench();
    const input = await prepared('image');
    await rm(input.path);
    expect(await provider.start(startInput({ operation: 'image-to-video' }, { inputs: [input] }))).toMatchObject({
      kind: 'refused-final',
      failure: { code: 'internal_error' },
    });
    expect(emulator.requests).toHaveLength(0);
  });
});

describe('a job', () => {
  test.each<[XaiFate, object]>([
    ['moderated', { kind: 'failed', failure: { code: 'content_policy_violation' }, costMicros: 350_000 }],
    ['withheld', { kind: 'failed', failure: { code: 'content_policy_violation' }, costMicros: 350_000 }],
    ['expired', { kind: 'failed', failure: { code: 'generation_expired' }, costMicros: 0 }],
    ['failed', { kind: 'failed', failure: { code: 'generation_failed' }, costMicros: 350_000 }],
    ['done', { kind: 'done', costMicros: 350_000 }],
    ['unsure', { kind: 'running' }],
    ['pending', { kind: 'running', checkAfterMs: 4_000 }],
  ])('that is %s', async (fate, outcome) => {
    const { emulator, provider } = await createBench();
    const operation = await accepted(provider);
    emulator.fate = fate;
    expect(await provider.status(operation)).toMatchObject(outcome);
  });

  it('tells its progress, and never 100 before its end', async () => {
    const { emulator, provider } = await createBench();
    const operation = await accepted(provider);
    emulator.progress = 40;
    expect(await provider.status(operation)).toMatchObject({ kind: 'running', progress: 40 });
    emulator.progress = 100;
    expect(await provider.status(operation)).toMatchObject({ kind: 'running', progress: 99 });
  });

  test.each<[string, object, object]>([
    ['a bill in text', { usage: { cost_in_usd_ticks: '4200000000' } }, { costMicros: 420_000 }],
    ['no bill: the estimate', { usage: undefined }, { costMicros: 400_000 }],
    ['a bill that makes no sense: the estimate', { usage: { cost_in_usd_ticks: -5 } }, { costMicros: 400_000 }],
  ])('that is done with %s', async (_name, more, expected) => {
    const { emulator, provider } = await createBench();
    const operation = await accepted(provider);
    const result = { status: 'done', video: { url: 'https://vidgen.x.ai/a.mp4' }, ...more };
    emulator.statusAnswer = { status: 200, json: result };
    expect(await provider.status(operation)).toMatchObject({ kind: 'done', ...expected });
  });

  it('that is done with a stored file and no address is read from the store', async () => {
    const { emulator, provider } = await createBench();
    const operation = await accepted(provider);
    const result = {
      status: 'done',
      video: { url: '', respect_moderation: true, file_output: { file_id: 'file-req-1' } },
    };
    emulator.statusAnswer = { status: 200, json: result };
    expect(await provider.status(operation)).toMatchObject({
      kind: 'done',
      outputs: [{ url: `${emulator.baseUrl}/files/file-req-1/content` }],
    });
  });

  it('that is refused after it was taken says which way', async () => {
    const { emulator, provider } = await createBench();
    const operation = await accepted(provider);
    const codes = ['invalid_argument', 'content_policy', 'internal_error', ''];
    const outcomes = [];
    for (const code of codes) {
      emulator.statusAnswer = { status: 200, json: { status: 'failed', error: { code, message: upstreamText } } };
      outcomes.push(await provider.status(operation));
    }
    expect(outcomes.map((outcome) => outcome.kind === 'failed' && outcome.failure.code)).toEqual([
      'invalid_parameters',
      'content_policy_violation',
      'generation_failed',
      'generation_failed',
    ]);
    expect(JSON.stringify(outcomes)).not.toContain('cluster-7');
  });

  it('is looked at again when a 429 says so', async () => {
    const { emulator, provider } = await createBench();
    const operation = await accepted(provider);
    emulator.statusAnswer = { status: 429, headers: { 'retry-after': '20' } };
    expect(await provider.status(operation)).toMatchObject({ kind: 'running', checkAfterMs: 20_000 });
  });

  it('is lost after three 404 in a row, not after one between two other answers', async () => {
    const { emulator, provider } = await createBench();
    const operation = await accepted(provider);
    const gone: EmulatorAnswer = { status: 404 };
    const kinds: string[] = [];
    for (const answer of [gone, gone, undefined, gone, gone, gone]) {
      emulator.statusAnswer = answer;
      kinds.push((await provider.status(operation)).kind);
    }
    expect(kinds).toEqual(['running', 'running', 'running', 'running', 'running', 'lost']);
  });

  it('that nobody asks about any more gives its place back', async () => {
    let now = 1_000_000;
    const { provider } = await createBench({ now: () => now, maximumJobs: 1 });
    await provider.start(startInput({}, { deadline: now + 1 }));
    expect(provider.room()).toBe(0);
    now += 11 * 60_000;
    expect(provider.room()).toBe(1);
  });
});

describe('a search for a mark', () => {
  it.each([false, true])('reads all pages, whether a filter is refused (%s)', async (refusesFilter) => {
    const { emulator, provider } = await createBench();
    emulator.refusesFilter = refusesFilter;
    emulator.submission = { kind: 'accept-then-drop' };
    expect(await provider.start(startInput({ durationSeconds: 6 }))).toMatchObject({ kind: 'unknown' });
    expect(await provider.find?.(startInput())).toEqual({ kind: 'not-yet' });
    emulator.fate = 'done';
    const found = await provider.find?.(startInput({ durationSeconds: 6 }));
    expect(found).toEqual({
      kind: 'outputs',
      outputs: [{ url: `${emulator.baseUrl}/files/file-req-1/content` }],
      costMicros: 300_000,
    });
    const [output] = found?.kind === 'outputs' ? found.outputs : [];
    const url = output !== undefined && 'url' in output ? output.url : '';
    const stream = await provider.download?.(url, AbortSignal.timeout(5_000));
    expect(stream && (await buffer(stream)).equals(video)).toBe(true);
    expect(emulator.posts('attempt-1.mp4')).toBe(1);
  });

  it('that meets a fault has found nothing yet', async () => {
    const { create } = await createBench();
    expect(await create({ baseUrl: 'http://127.0.0.1:1/v1' }).find?.(startInput())).toEqual({ kind: 'not-yet' });
    expect(await create({ apiKey: 'wrong' }).find?.(startInput())).toEqual({ kind: 'not-yet' });
  });
});

describe('a result', () => {
  async function download(file: XaiFile): Promise<Buffer> {
    const { emulator, provider } = await createBench();
    emulator.file = file;
    const stream = await provider.download?.(`${emulator.origin}/results/a.mp4`, AbortSignal.timeout(20_000));
    return stream === undefined ? Buffer.alloc(0) : buffer(stream);
  }

  it.each(['plain', 'slow', 'wrong-type', 'redirect'] as const)('that is %s arrives whole', async (file) => {
    expect((await download(file)).equals(video)).toBe(true);
  });

  it.each([
    ['broken', 'generation_failed'],
    ['unavailable', 'generation_failed'],
    ['redirect-inside', 'result_refused'],
  ] as const)('that is %s fails in our words', async (file, code) => {
    const reading = download(file);
    await expect(reading).rejects.toMatchObject({ code });
    await expect(reading).rejects.not.toThrow(/127\.0\.0\.1|secret/);
  });

  it('attack: inside: is never read from another port, whoever names it', async () => {
    const { emulator, provider } = await createBench();
    const inside = await startXaiEmulator({ key, video });
    onTestFinished(() => inside.close());
    emulator.file = 'redirect-inside';
    emulator.insideUrl = `${inside.origin}/results/plain.mp4`;
    for (const url of [`${inside.origin}/results/plain.mp4`, `${emulator.origin}/results/a.mp4`]) {
      await expect(provider.download?.(url, AbortSignal.timeout(5_000))).rejects.toMatchObject({
        code: 'result_refused',
      });
    }
    expect(inside.requests).toHaveLength(0);
  });

  it('attack: leak: the key goes to the origin of the API, and hosts with a similar name are not asked', async () => {
    const { emulator, provider } = await createBench();
    const stream = await provider.download?.(`${emulator.origin}/results/plain.mp4`, AbortSignal.timeout(5_000));
    expect(stream && (await buffer(stream)).length).toBe(video.length);
    expect(emulator.requests.at(-1)?.headers.authorization).toBe(`Bearer ${key}`);
    const similar = [
      'https://x.ai.attacker.example/a',
      'https://evilx.ai/a',
      'http://vidgen.x.ai/a',
      'https://x.ai:8443/a',
    ];
    for (const url of similar) {
      await expect(provider.download?.(url, AbortSignal.timeout(5_000))).rejects.toThrow(/not its own/);
    }
  });

  it('attack: leak: a host of results is read without the key, also behind a redirect of the API', async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    onTestFinished(() => agent.close());
    const seen: unknown[] = [];
    const headersOf = (headers: unknown) => {
      seen.push((headers as Readonly<Record<string, string>>)['authorization']);
      return 'video';
    };
    const location = 'https://vidgen.x.ai/a.mp4';
    const api = agent.get('https://api.x.ai');
    api.intercept({ path: '/v1/files/f/content' }).reply(({ headers }) => ({
      statusCode: 302,
      data: headersOf(headers),
      responseOptions: { headers: { location } },
    }));
    agent
      .get('https://vidgen.x.ai')
      .intercept({ path: '/a.mp4' })
      .reply(200, ({ headers }) => headersOf(headers));
    const authorization = { authorization: `Bearer ${key}` };
    const upstream = { base: new URL(`${defaultBaseUrl}/`), authorization, agent };
    const stream = await downloadResult(upstream, `${defaultBaseUrl}/files/f/content`, AbortSignal.timeout(5_000));
    expect(String(await buffer(stream))).toBe('video');
    expect(seen).toEqual([`Bearer ${key}`, undefined]);
  });

  it('stops when the reader does', async () => {
    const { emulator, provider } = await createBench();
    emulator.file = 'slow';
    const stop = new AbortController();
    const stream = await provider.download?.(`${emulator.origin}/results/a.mp4`, stop.signal);
    stop.abort();
    await expect(stream && buffer(stream)).rejects.toMatchObject({ code: 'generation_failed' });
  });
});

describe('an estimate', () => {
  test.each<[string, Partial<GenerationRequest>, number]>([
    ['6 s in 720p', { durationSeconds: 6, resolution: '720p' }, 420_000],
    ['no wishes: 8 s in 480p', {}, 400_000],
    [
      'a picture',
      {
        operation: 'image-to-video',
        durationSeconds: 5,
        resolution: '480p',
        inputs: [{ role: 'image', url: 'u', field: 'f' }],
      },
      252_000,
    ],
    ['an edit', { operation: 'edit', inputs: [{ role: 'video', url: 'u', field: 'f' }] }, 400_000],
    ['an extension', { operation: 'extend', durationSeconds: 2 }, 140_000],
  ])('of %s', async (_name, request, micros) => {
    const { provider } = await createBench();
    const input = startInput(request);
    expect(provider.estimateMicros?.(input.model, input.request)).toBe(micros);
  });
});

it('serves what the catalogue offers there, and nothing else', async () => {
  const { provider } = await createBench();
  const served = catalogue.models.filter((model) => provider.serves(model)).map(({ id }) => id);
  expect(served.sort()).toEqual([...Object.values(models), 'grok-imagine-1.5-image-to-video'].sort());
});
