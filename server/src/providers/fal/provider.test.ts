import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest';
import { type Catalogue, loadCatalogue } from '../../catalogue/catalogue.ts';
import type { FindInput, GenerationRequest, PreparedInput, Provider } from '../../contract/index.ts';
import type { EmulatorAnswer } from '../../testing/emulators/emulator.ts';
import { type FalEmulator, type FalFate, type FalFile, startFalEmulator } from '../../testing/emulators/fal.ts';
import { sampleVideo } from '../../testing/sample-media.ts';
import { describeProvider, type Look, type Submission } from '../provider.contract.ts';
import { createProvider, type FalSettings } from './provider.ts';
import { maximumInlineBytes, seedOf } from './wire.ts';

const key = 'fal-secret-key:0123456789';
const upstreamText = 'internal: cluster-7 said no to team 42';
const estimate = 123_456;

let folder: string;
let video: Buffer;
let catalogue: Catalogue;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-fal-'));
  video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1 }));
  catalogue = await loadCatalogue();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function modelOf(id: string) {
  const model = catalogue.model(id);
  if (model === undefined) throw new Error(`no model ${id}`);
  return model;
}

function startInput(
  modelId = 'grok-imagine-text-to-video',
  request: Partial<GenerationRequest> = {},
  over: Partial<FindInput> = {},
): FindInput {
  const model = modelOf(modelId);
  return {
    attemptId: 'attempt-1',
    taskId: 'task-1',
    model,
    request: { prompt: 'a calm sea', inputs: [], options: {}, operation: model.operation, ...request },
    inputs: [],
    workFolder: folder,
    deadline: Date.now() + 60_000,
    createdAt: Date.now(),
    ...over,
  };
}

async function prepared(role: PreparedInput['role'], publicUrl?: string, bytes?: Buffer): Promise<PreparedInput> {
  const path = join(folder, randomBytes(6).toString('hex'));
  await writeFile(path, bytes ?? `bytes of the ${role}`);
  const contentType = role === 'video' ? 'video/mp4' : 'image/png';
  const probe = { kind: role === 'video' ? 'video' : 'image', container: 'mp4', demuxer: 'mov', contentType } as const;
  return { role, path, probe, ...(publicUrl !== undefined && { publicUrl }) };
}

interface Bench {
  readonly emulator: FalEmulator;
  readonly provider: Provider;
  readonly logged: unknown[];
  readonly create: (over?: Partial<FalSettings>) => Provider;
}

async function createBench(over: Partial<FalSettings> = {}): Promise<Bench> {
  const emulator = await startFalEmulator({ key, video });
  onTestFinished(() => emulator.close());
  const logged: unknown[] = [];
  const create = (more: Partial<FalSettings> = {}): Provider => {
    const provider = createProvider({
      ...settingsOf(emulator),
      log: (...line) => logged.push(line),
      ...over,
      ...more,
    });
    onTestFinished(() => provider.close?.());
    return provider;
  };
  return { emulator, provider: create(), logged, create };
}

function settingsOf({ queueUrl, apiUrl, jwksUrl }: FalEmulator): FalSettings {
  return { key, queueUrl, apiUrl, jwksUrl, submitTimeoutMs: 400, estimateMicros: () => estimate, now: Date.now };
}

async function accepted(provider: Provider, input = startInput()) {
  const outcome = await provider.start(input);
  if (outcome.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome;
}

describeProvider('fal', async () => {
  const emulator = await startFalEmulator({ key, video });
  const submissions: Readonly<Record<Submission, FalEmulator['submission']>> = {
    accepted: { kind: 'accept' },
    dropped: { kind: 'accept-then-drop' },
    silent: { kind: 'accept-then-silence' },
    error: { kind: 'accept-then', answer: { status: 500, json: { detail: `${upstreamText} ${key}` } } },
    limited: {
      kind: 'refuse',
      answer: { status: 429, headers: { 'retry-after': '7' }, json: { detail: upstreamText } },
    },
    forbidden: { kind: 'refuse', answer: { status: 403, json: { detail: upstreamText } } },
    invalid: { kind: 'refuse', answer: { status: 422, json: { detail: [{ msg: upstreamText, type: 'missing' }] } } },
  };
  const looks: Readonly<Record<Look, { readonly fate: FalFate; readonly answer?: EmulatorAnswer }>> = {
    running: { fate: 'running' },
    done: { fate: 'done' },
    failed: { fate: 'failed' },
    gone: { fate: 'running', answer: { status: 404, json: { detail: 'gone' } } },
    error: { fate: 'running', answer: { status: 503, json: { detail: upstreamText } } },
    limited: { fate: 'running', answer: { status: 429, headers: { 'retry-after': '45' } } },
    garbage: { fate: 'running', answer: { status: 200, body: '<html>' } },
    dropped: { fate: 'running', answer: 'drop' },
  };
  const provider = createProvider(settingsOf(emulator));
  return {
    provider,
    restarted: () => createProvider(settingsOf(emulator)),
    unreachable: () => createProvider({ ...settingsOf(emulator), queueUrl: 'http://127.0.0.1:1' }),
    input: (over) => startInput('veo-3.1-text-to-video', {}, over),
    submissions: () => emulator.submissions.length,
    answerSubmissions: (how) => {
      emulator.submission = submissions[how];
    },
    answerLooks: (how) => {
      emulator.fate = looks[how].fate;
      emulator.statusAnswer = looks[how].answer;
    },
    video,
    secrets: [key, 'cluster-7', 'team 42', 'gpu-17', '00000000-', emulator.queueUrl, 'attempt-1'],
    close: async () => {
      await provider.close?.();
      await emulator.close();
    },
  };
});

describe('what is sent', () => {
  const prompt = 'a calm sea';
  const link = 'https://files.example/a.mp4?expires=1&signature=s';
  const marked = `${link}&attempt=attempt-1`;
  const veoClip = { duration: '8s', aspect_ratio: '16:9', resolution: '1080p' };
  const inline = (role: string, type: string) => `data:${type};base64,${btoa(`bytes of the ${role}`)}`;

  test.each<{
    name: string;
    model: string;
    request: Partial<GenerationRequest>;
    inputs?: () => Promise<PreparedInput[]>;
    path: string;
    body: object;
  }>([
    {
      name: 'text to video: the duration is a number',
      model: 'grok-imagine-text-to-video',
      request: { durationSeconds: 6, aspectRatio: '9:16', resolution: '720p' },
      path: '/xai/grok-imagine-video/text-to-video',
      body: { prompt, duration: 6, aspect_ratio: '9:16', resolution: '720p' },
    },
    {
      name: 'image to video',
      model: 'grok-imagine-image-to-video',
      request: { durationSeconds: 3, aspectRatio: 'auto', resolution: '480p' },
      inputs: async () => [await prepared('image')],
      path: '/xai/grok-imagine-video/image-to-video',
      body: {
        prompt,
        image_url: inline('image', 'image/png'),
        duration: 3,
        aspect_ratio: 'auto',
        resolution: '480p',
      },
    },
    {
      name: 'reference to video: tags stay as they are',
      model: 'grok-imagine-reference-to-video',
      request: { prompt: '@Image1 meets @Image2', durationSeconds: 8, aspectRatio: '1:1', resolution: '480p' },
      inputs: async () => [await prepared('reference'), await prepared('reference', link)],
      path: '/xai/grok-imagine-video/reference-to-video',
      body: {
        prompt: '@Image1 meets @Image2',
        reference_image_urls: [inline('reference', 'image/png'), marked],
        duration: 8,
        aspect_ratio: '1:1',
        resolution: '480p',
      },
    },
    {
      name: 'edit',
      model: 'grok-imagine-edit-video',
      request: { resolution: 'auto' },
      inputs: async () => [await prepared('video', link)],
      path: '/xai/grok-imagine-video/edit-video',
      body: { prompt, video_url: marked, resolution: 'auto' },
    },
    {
      name: 'extension',
      model: 'grok-imagine-video-extension',
      request: { durationSeconds: 2 },
      inputs: async () => [await prepared('video')],
      path: '/xai/grok-imagine-video/extend-video',
      body: { prompt, video_url: inline('video', 'video/mp4'), duration: 2 },
    },
    {
      name: 'Veo extension, all of it: duration and tolerance are texts',
      model: 'veo-3.1-extend',
      request: {
        aspectRatio: '9:16',
        audio: false,
        seed: 42,
        negativePrompt: 'rain',
        durationSeconds: 7,
        options: { auto_fix: true, safety_tolerance: 3, other: 1 },
      },
      inputs: async () => [await prepared('video', link)],
      path: '/fal-ai/veo3.1/extend-video',
      body: {
        prompt,
        video_url: marked,
        aspect_ratio: '9:16',
        duration: '7s',
        resolution: '720p',
        negative_prompt: 'rain',
        generate_audio: false,
        seed: 42,
        auto_fix: true,
        safety_tolerance: '3',
      },
    },
    {
      name: 'fast Veo extension, the least of it: a seed of our own marks it',
      model: 'veo-3.1-extend-fast',
      request: { aspectRatio: 'auto', audio: true, options: { safety_tolerance: null } },
      inputs: async () => [await prepared('video', link)],
      path: '/fal-ai/veo3.1/fast/extend-video',
      body: {
        prompt,
        video_url: marked,
        aspect_ratio: 'auto',
        duration: '7s',
        resolution: '720p',
        generate_audio: true,
        seed: seedOf('attempt-1'),
      },
    },
    {
      name: 'Grok 1.5 has a path of its own and no aspect ratio',
      model: 'grok-imagine-1.5-image-to-video',
      request: { durationSeconds: 9, resolution: '480p' },
      inputs: async () => [await prepared('image', link)],
      path: '/xai/grok-imagine-video/v1.5/image-to-video',
      body: { prompt, image_url: marked, duration: 9, resolution: '480p' },
    },
    {
      name: 'Veo text to video is the family’s path itself',
      model: 'veo-3.1-text-to-video',
      request: {
        durationSeconds: 4,
        aspectRatio: '9:16',
        resolution: '4k',
        audio: false,
        seed: 3,
        negativePrompt: 'rain',
        options: { auto_fix: false, safety_tolerance: 6, enhance_prompt: true },
      },
      path: '/fal-ai/veo3.1',
      body: {
        prompt,
        duration: '4s',
        aspect_ratio: '9:16',
        resolution: '4k',
        generate_audio: false,
        seed: 3,
        negative_prompt: 'rain',
        auto_fix: false,
        safety_tolerance: '6',
      },
    },
    {
      name: 'a model without a switch for sound has sound',
      model: 'google-veo-3-1',
      request: { durationSeconds: 8, aspectRatio: '16:9', resolution: '1080p' },
      path: '/fal-ai/veo3.1',
      body: { prompt, ...veoClip, generate_audio: true, seed: seedOf('attempt-1') },
    },
    {
      name: 'and with a picture it is image to video',
      model: 'google-veo-3-1',
      request: { operation: 'image-to-video', durationSeconds: 8, aspectRatio: '16:9', resolution: '1080p' },
      inputs: async () => [await prepared('image', link)],
      path: '/fal-ai/veo3.1/image-to-video',
      body: { prompt, ...veoClip, image_url: marked, generate_audio: true, seed: seedOf('attempt-1') },
    },
    {
      name: 'Veo first and last frame, fast',
      model: 'veo-3.1-fast-first-last-frame-to-video',
      request: { durationSeconds: 8, aspectRatio: '16:9', resolution: '1080p', audio: false },
      inputs: async () => [await prepared('image', link), await prepared('last-image')],
      path: '/fal-ai/veo3.1/fast/first-last-frame-to-video',
      body: {
        prompt,
        ...veoClip,
        first_frame_url: marked,
        last_frame_url: inline('last-image', 'image/png'),
        generate_audio: false,
        seed: seedOf('attempt-1'),
      },
    },
    {
      name: 'Veo references have neither seed nor negative prompt',
      model: 'veo-3.1-reference-to-video',
      request: {
        durationSeconds: 8,
        aspectRatio: '16:9',
        resolution: '1080p',
        audio: true,
        options: { auto_fix: true, reference_type: 'STYLE' },
      },
      inputs: async () => [await prepared('reference', link), await prepared('reference')],
      path: '/fal-ai/veo3.1/reference-to-video',
      body: {
        prompt,
        ...veoClip,
        image_urls: [marked, inline('reference', 'image/png')],
        generate_audio: true,
        auto_fix: true,
      },
    },
    ...(['veo-3.1', 'veo-3.1-fast', 'veo-3.1-lite'] as const).map((model) => ({
      name: `unified ${model}: the pictures say which endpoint`,
      model,
      request: {
        operation: 'image-to-video' as const,
        durationSeconds: 8,
        aspectRatio: '16:9' as const,
        resolution: '1080p' as const,
        audio: false,
      },
      inputs: async () => [await prepared('image', link), await prepared('last-image', link)],
      path: `/fal-ai/${model.replace('veo-', 'veo').replace('-', '/')}/first-last-frame-to-video`,
      body: {
        prompt,
        ...veoClip,
        first_frame_url: marked,
        last_frame_url: marked,
        generate_audio: false,
        seed: seedOf('attempt-1'),
      },
    })),
  ])('$name', async ({ model, request, inputs, path, body }) => {
    const { emulator, provider } = await createBench();
    await accepted(provider, startInput(model, request, { inputs: (await inputs?.()) ?? [] }));
    expect(emulator.submissions.map((sent) => sent.path)).toEqual([path]);
    const [sent] = emulator.submissions;
    expect(JSON.parse(String(sent?.body))).toEqual(body);
    expect(sent?.headers).toMatchObject({ authorization: `Key ${key}`, 'x-fal-no-retry': '1' });
    expect([...(sent?.query ?? [])]).toEqual([]);
  });

  it('names the webhook only where there is one', async () => {
    const { emulator, provider } = await createBench();
    const webhookUrl = 'https://video.example/webhooks/a/b?c=d&e=f';
    await accepted(provider, startInput(undefined, {}, { webhookUrl }));
    expect(emulator.submissions[0]?.query.get('fal_webhook')).toBe(webhookUrl);
    expect(emulator.posts('webhooks/a/b')).toBe(1);
  });

  it('goes over a new connection each time', async () => {
    const { emulator, provider } = await createBench();
    for (const attemptId of ['a', 'b', 'c']) await accepted(provider, startInput(undefined, {}, { attemptId }));
    expect(emulator.connections()).toBe(3);
  });

  it('is not too large to be sent along', async () => {
    const { provider } = await createBench();
    const large = Buffer.alloc(maximumInlineBytes / 2 + 1);
    const check = async (...links: (string | undefined)[]) =>
      provider.checkInputs?.({
        ...startInput('grok-imagine-reference-to-video'),
        inputs: await Promise.all(links.map((one) => prepared('reference', one, large))),
      });
    expect(await check(undefined)).toBeUndefined();
    expect(await check(undefined, link, link)).toBeUndefined();
    expect(await check(undefined, undefined)).toMatchObject({ code: 'input_too_large' });
  });

  it('serves what the catalogue offers, and honours its options', async () => {
    const { provider } = await createBench();
    const offered = catalogue.models.filter((model) => model.offers?.['fal'] !== undefined);
    expect(offered.length).toBeGreaterThanOrEqual(7);
    expect(offered.filter((model) => !provider.serves(model))).toEqual([]);
    expect(provider.honours(modelOf('veo-3.1-extend'))).toEqual(['auto_fix', 'safety_tolerance']);
    const other = { ...modelOf('veo-3.1-extend'), offers: { fal: { model: 'fal-ai/something-else' } } };
    expect(provider.serves(other)).toBe(false);
    // Lite has no endpoint for references, so it cannot have the whole of this model.
    const lite = { ...modelOf('veo-3.1'), offers: { fal: { model: 'fal-ai/veo3.1/lite' } } };
    expect(provider.serves(lite)).toBe(false);
  });
});

describe('an answer to a submission', () => {
  const answer = (status: number, body: unknown = {}, headers: Record<string, string> = {}): EmulatorAnswer =>
    typeof body === 'string' ? { status, body, headers } : { status, json: body, headers };
  const typed = (type: string) => ({ detail: [{ loc: ['body'], msg: upstreamText, type }] });
  const brokenOff: EmulatorAnswer = { status: 200, json: { request_id: 'x'.repeat(90) }, breakOff: true };

  test.each<[string, EmulatorAnswer, string, string?]>([
    ['200 without an id', answer(200, { ok: true }), 'unknown'],
    ['200 with an id that climbs', answer(200, { request_id: '../..' }), 'unknown'],
    ['200 that is no JSON', answer(200, '<html>'), 'unknown'],
    ['200 that breaks off', brokenOff, 'unknown'],
    ['200 without end', answer(200, ' '.repeat(2 * 1024 ** 2)), 'unknown'],
    ['204', answer(204, ''), 'unknown'],
    ['307', answer(307, '', { location: '/xai/grok-imagine-video/text-to-video' }), 'unknown'],
    ['400', answer(400, { detail: upstreamText }), 'refused-final', 'invalid_parameters'],
    ['401', answer(401), 'refused-elsewhere', 'provider_unavailable'],
    ['402', answer(402), 'refused-elsewhere', 'provider_unavailable'],
    ['403', answer(403, { detail: 'User is locked' }), 'refused-elsewhere', 'provider_unavailable'],
    ['404', answer(404), 'refused-elsewhere', 'provider_unavailable'],
    ['408', answer(408), 'unknown'],
    ['409', answer(409), 'unknown'],
    ['413', answer(413, '<html>'), 'refused-elsewhere', 'input_too_large'],
    ['422', answer(422, typed('missing')), 'refused-final', 'invalid_parameters'],
    ['422 of moderation', answer(422, typed('content_policy_violation')), 'refused-final', 'content_policy_violation'],
    ['422 of a file', answer(422, typed('file_download_error')), 'refused-final', 'input_unreachable'],
    ['422 that is no JSON', answer(422, '<html>'), 'refused-final', 'invalid_parameters'],
    ['429', answer(429), 'refused-elsewhere', 'provider_unavailable'],
    ['500', answer(500), 'unknown'],
    ['502', answer(502, '<html>'), 'unknown'],
    ['503 with Retry-After', answer(503, {}, { 'retry-after': '1' }), 'unknown'],
    ['504', answer(504), 'unknown'],
  ])('%s', async (_name, given, kind, code) => {
    const { emulator, provider, logged } = await createBench();
    emulator.submission = { kind: 'refuse', answer: given };
    const outcome = await provider.start(startInput());
    expect(outcome).toMatchObject({ kind, ...(code !== undefined && { failure: { code } }) });
    expect(JSON.stringify([outcome, logged])).not.toMatch(/cluster-7|fal-secret/);
    expect(emulator.submissions).toHaveLength(1);
  });

  it('attack: late: the clock is looked at when the connection stands', async () => {
    const { emulator, provider } = await createBench({ now: () => 2_000 });
    const outcome = await provider.start(startInput(undefined, {}, { deadline: 2_000 }));
    expect(outcome).toMatchObject({ kind: 'refused-elsewhere', failure: { code: 'provider_unavailable' } });
    expect([emulator.connections(), emulator.requests.length]).toEqual([1, 0]);
  });

  it('names that do not resolve and TLS that fails were not sent', async () => {
    const { emulator, create } = await createBench();
    const { port } = new URL(emulator.queueUrl);
    for (const queueUrl of ['http://no-such-host.invalid', `https://127.0.0.1:${port}`]) {
      expect(await create({ queueUrl }).start(startInput())).toMatchObject({ kind: 'refused-elsewhere' });
    }
    expect(emulator.requests).toHaveLength(0);
  });

  it('its addresses are taken while they stay on the origin of the queue', async () => {
    const { emulator, provider } = await createBench();
    const built = `${emulator.queueUrl}/xai/grok-imagine-video/requests/00000000-0000-4000-8000-000000000002`;
    emulator.addresses = { status_url: `${emulator.queueUrl}/other/status` };
    expect((await accepted(provider)).operation).toMatchObject({ statusUrl: `${emulator.queueUrl}/other/status` });
    emulator.addresses = {
      status_url: 'http://169.254.169.254/latest',
      response_url: `http://user@${new URL(emulator.queueUrl).host}/result`,
      cancel_url: 'nonsense',
    };
    expect((await accepted(provider)).operation).toMatchObject({
      statusUrl: `${built}/status`,
      responseUrl: built,
      cancelUrl: `${built}/cancel`,
    });
  });

  it('attack: inside: a stored address outside the queue is not asked', async () => {
    const { emulator, provider } = await createBench();
    const { operation } = await accepted(provider);
    const outcome = await provider.status({ ...operation, statusUrl: 'http://127.0.0.1:1/status' });
    expect(outcome.kind).toBe('queued');
    expect(emulator.requests.at(-1)?.path).toContain('/requests/');
  });
});

describe('a job', () => {
  test.each<[FalFate, object]>([
    ['queued', { kind: 'queued' }],
    ['running', { kind: 'running' }],
    ['unsure', { kind: 'queued' }],
    ['moderated', { kind: 'failed', failure: { code: 'content_policy_violation' }, costMicros: 0 }],
    ['invalid', { kind: 'failed', failure: { code: 'input_duration' }, costMicros: 0 }],
    ['failed', { kind: 'failed', failure: { code: 'generation_failed' }, costMicros: 0 }],
    ['crashed', { kind: 'failed', failure: { code: 'generation_failed' }, costMicros: 0 }],
    ['expired', { kind: 'failed', failure: { code: 'generation_expired' }, costMicros: 0 }],
    ['done', { kind: 'done', costMicros: estimate }],
  ])('%s', async (fate, expected) => {
    const { emulator, provider } = await createBench();
    const { operation } = await accepted(provider);
    emulator.fate = fate;
    const outcome = await provider.status(operation);
    expect(outcome).toMatchObject(expected);
    expect(JSON.stringify(outcome)).not.toMatch(/gpu-17|team-42|internal\.fal/);
  });

  test.each<[string, EmulatorAnswer, string]>([
    ['429', { status: 429, headers: { 'retry-after': '45' } }, 'running'],
    ['503 of the queue itself', { status: 503, json: { detail: 'later' } }, 'running'],
    ['a broken connection', 'drop', 'running'],
    ['400 as it is still in progress', { status: 400, json: { detail: 'Request is still in progress' } }, 'running'],
    ['200 that is no JSON', { status: 200, body: '<html>' }, 'running'],
    ['200 without a video', { status: 200, json: { video: null } }, 'failed'],
  ])('that has completed and whose result answers %s', async (_name, answer, kind) => {
    const { emulator, provider } = await createBench();
    const { operation } = await accepted(provider);
    emulator.fate = 'running';
    await provider.status(operation);
    emulator.fate = 'done';
    emulator.resultAnswer = answer;
    const outcome = await provider.status(operation);
    expect(outcome.kind).toBe(kind);
    if (answer !== 'drop' && answer !== 'silence' && answer.status === 429) {
      expect(outcome).toMatchObject({ checkAfterMs: 45_000 });
    }
  });

  it('that is cancelled: the address to cancel at is told', async () => {
    const { emulator, provider } = await createBench();
    const { operation, operationKey } = await accepted(provider);
    await provider.cancel?.(operation);
    expect(emulator.requests.at(-1)).toMatchObject({ method: 'PUT' });
    expect(emulator.requests.at(-1)?.path).toBe(`/xai/grok-imagine-video/requests/${operationKey}/cancel`);
  });
});

describe('a search', () => {
  const link = 'https://files.example/a.mp4?expires=1&signature=s';

  it('finds the link with the mark, also when it was signed anew', async () => {
    const { emulator, provider, create } = await createBench();
    const inputs = [await prepared('video', link)];
    emulator.submission = { kind: 'accept-then-drop' };
    for (const attemptId of ['a', 'attempt-1', 'b']) {
      await provider.start(startInput('grok-imagine-edit-video', {}, { attemptId, inputs }));
    }
    const again = [await prepared('video', link.replace('expires=1', 'expires=2'))];
    const found = await create().find?.(startInput('grok-imagine-edit-video', {}, { inputs: again }));
    expect(found).toMatchObject({ kind: 'operation', operationKey: emulator.jobs[1]?.requestId });
    if (found?.kind !== 'operation') throw new Error('not found');
    emulator.fate = 'done';
    expect(await provider.status(found.operation)).toMatchObject({ kind: 'done', costMicros: estimate });
    expect(emulator.submissions).toHaveLength(3);
    expect(emulator.posts('attempt=attempt-1')).toBe(1);
  });

  it('looks among the requests of the endpoint that the request used', async () => {
    const { emulator, provider, create } = await createBench();
    emulator.submission = { kind: 'accept-then-drop' };
    const model = 'veo-3.1';
    const inputs = [await prepared('image'), await prepared('last-image')];
    await provider.start(startInput(model, {}, { attemptId: 'other' }));
    await provider.start(startInput(model, { operation: 'image-to-video' }, { inputs: inputs.slice(0, 1) }));
    await provider.start(startInput(model, { operation: 'image-to-video' }, { inputs }));
    const found = await create().find?.(startInput(model, { operation: 'image-to-video' }, { inputs }));
    expect(found).toMatchObject({ kind: 'operation', operationKey: emulator.jobs[2]?.requestId });
    expect(emulator.requests.at(-1)?.query.get('endpoint_id')).toBe('fal-ai/veo3.1/first-last-frame-to-video');
  });

  it('finds references, which no seed marks, by their links; sent along, nothing marks them', async () => {
    const { emulator, provider } = await createBench();
    emulator.submission = { kind: 'accept-then-drop' };
    const reference = async (url?: string) => ({ inputs: [await prepared('reference', url)] });
    const linked = startInput('veo-3.1-reference-to-video', {}, await reference(link));
    const sentAlong = startInput('veo-3.1-reference-to-video', {}, await reference());
    for (const input of [linked, { ...linked, attemptId: 'other' }, sentAlong]) await provider.start(input);
    expect(await provider.find?.(linked)).toMatchObject({ operationKey: emulator.jobs[0]?.requestId });
    expect(await provider.find?.(sentAlong)).toMatchObject({
      kind: 'candidates',
      candidates: [{ operationKey: emulator.jobs[2]?.requestId }],
    });
  });

  it('of what nothing marks finds all that may be it, and nothing from before', async () => {
    const { emulator, provider } = await createBench();
    emulator.submission = { kind: 'accept-then-drop' };
    const input = startInput(undefined, { durationSeconds: 6 });
    await provider.start(startInput(undefined, { durationSeconds: 7 }));
    expect(await provider.find?.(input)).toEqual({ kind: 'not-yet' });
    await provider.start(input);
    await provider.start(startInput(undefined, { durationSeconds: 6 }, { attemptId: 'attempt-2' }));
    const [, first, second] = emulator.jobs;
    expect(await provider.find?.(input)).toMatchObject({
      kind: 'candidates',
      candidates: [{ operationKey: first?.requestId }, { operationKey: second?.requestId }],
    });
    expect(await provider.find?.({ ...input, createdAt: Date.now() + 120_000 })).toEqual({ kind: 'not-yet' });
  });

  it('asks for the time in which the attempt was made', async () => {
    const { emulator, provider } = await createBench();
    await provider.find?.(startInput(undefined, {}, { createdAt: Date.parse('2026-11-21T12:00:00Z') }));
    expect(Object.fromEntries(emulator.requests.at(-1)?.query ?? [])).toEqual({
      endpoint_id: 'xai/grok-imagine-video/text-to-video',
      start: '2026-11-21T11:59:00.000Z',
      expand: 'payloads',
      limit: '25',
    });
  });

  it('reads every page, and gives up on a list that does not end', async () => {
    const { emulator, provider } = await createBench();
    const stranger = { request_id: 'other', endpoint_id: 'xai/grok-imagine-video/text-to-video' };
    emulator.listed = [...Array(7).keys()].map((index) => ({ ...stranger, request_id: `other-${index}` }));
    emulator.submission = { kind: 'accept-then-drop' };
    await provider.start(startInput());
    expect(await provider.find?.(startInput())).toMatchObject({ kind: 'candidates', candidates: [{}] });
    emulator.listed = [...Array(60).keys()].map((index) => ({ ...stranger, request_id: `other-${index}` }));
    expect(await provider.find?.(startInput())).toEqual({ kind: 'not-yet' });
  });
});

describe('a finished file', () => {
  const read = async (file: FalFile, change: (emulator: FalEmulator) => void = () => undefined) => {
    const { emulator, provider } = await createBench();
    const { operation } = await accepted(provider);
    emulator.fate = 'done';
    emulator.file = file;
    change(emulator);
    const outcome = await provider.status(operation);
    const [output] = outcome.kind === 'done' ? outcome.outputs : [];
    if (output === undefined || !('url' in output)) throw new Error('no address');
    const stream = await provider.download?.(output.url, AbortSignal.timeout(10_000));
    if (stream === undefined) throw new Error('no download');
    return { bytes: await buffer(stream), emulator };
  };

  it.each(['plain', 'slow', 'wrong-type', 'redirect'] as const)('%s is read whole', async (file) => {
    expect((await read(file)).bytes.equals(video)).toBe(true);
  });

  it.each([
    ['broken', 'generation_failed'],
    ['unavailable', 'generation_failed'],
    ['redirect-inside', 'result_refused'],
  ] as const)('%s is a failure in our words', async (file, code) => {
    const failed = read(file);
    await expect(failed).rejects.toMatchObject({ code });
    await expect(failed).rejects.not.toThrow(/gpu-17|127\.0\.0\.1/);
  });

  it('attack: inside: an answer may not name an address of this network', async () => {
    await expect(
      read('plain', (emulator) => {
        emulator.resultUrl = 'http://169.254.169.254/latest/meta-data/';
      }),
    ).rejects.toMatchObject({ code: 'result_refused' });
  });

  it.each([
    'https://fal.media.example/a.mp4',
    'https://evilfal.media/a.mp4',
    'https://v3.fal.media:8443/a.mp4',
    'http://v3.fal.media/a.mp4',
    'https://user@v3.fal.media/a.mp4',
    'https://storage.googleapis.com/somebody-else/a.mp4',
    'https://storage.googleapis.com/falserverless/../somebody-else/a.mp4',
  ])('attack: inside: %s is not fal', async (url) => {
    const { provider } = await createBench();
    const reading = provider.download?.(url, AbortSignal.timeout(5_000));
    await expect(reading).rejects.toThrow(/not its own/);
  });

  it('a short fault is waited out', async () => {
    const { emulator, provider } = await createBench();
    emulator.file = 'unavailable';
    const reading = provider.download?.(`${emulator.queueUrl}/media/a.mp4`, AbortSignal.timeout(10_000));
    while (emulator.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    emulator.file = 'plain';
    const stream = await reading;
    expect(stream && (await buffer(stream)).equals(video)).toBe(true);
  });
});
