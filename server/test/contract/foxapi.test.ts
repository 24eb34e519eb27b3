import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onPostgres } from '../../src/testing/databases.ts';
import { type FileServer, serveFiles } from '../../src/testing/file-server.ts';
import { probeFacts, samplePicture, sampleVideo } from '../../src/testing/sample-media.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let files: FileServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-media-'));
  await Promise.all([
    sampleVideo(folder, 'input-video.mp4', { width: 1280, height: 720, seconds: 3 }),
    sampleVideo(folder, 'portrait.mp4', { width: 360, height: 640, seconds: 2 }),
    sampleVideo(folder, 'long.mp4', { seconds: 17, width: 160, height: 90 }),
    sampleVideo(folder, 'input.webm', { seconds: 3, codec: 'libvpx-vp9', width: 160, height: 90 }),
    samplePicture(folder, 'reference.jpg', { width: 640, height: 480 }),
    samplePicture(folder, 'reference-2.png'),
  ]);
  files = await serveFiles(folder, {
    '/page.mp4': (_request, response) =>
      response.writeHead(200, { 'Content-Type': 'video/mp4' }).end('<!doctype html><p>not here'),
  });
  server = await startTestServer();
});

afterAll(async () => {
  await server?.stop();
  await files?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The published samples, by seed; `{files}` is where the input is. */
const samples = [
  {
    name: 'edit-video',
    body: {
      model: 'grok-imagine-edit-video',
      prompt: 'Change the sky to a dramatic sunset with orange and purple clouds',
      video_url: '{files}/input-video.mp4',
      resolution: 'auto',
    },
    result: { width: 854, height: 480, frames: 72, audioCodec: 'aac' },
  },
  {
    name: 'image-to-video',
    body: {
      model: 'grok-imagine-image-to-video',
      prompt: 'The camera slowly pushes in as the character smiles and wind moves the hair',
      image_url: '{files}/reference.jpg',
      duration: 6,
      aspect_ratio: 'auto',
      resolution: '480p',
    },
    result: { width: 640, height: 480, frames: 144, audioCodec: 'aac' },
  },
  {
    name: 'video-extension',
    body: {
      model: 'grok-imagine-video-extension',
      prompt: 'The camera slowly zooms out to reveal the city skyline at sunset',
      video_url: '{files}/input-video.mp4',
      duration: 6,
    },
    result: { width: 1280, height: 720, frames: 216, audioCodec: 'aac' },
  },
  {
    name: 'veo-3.1-extend',
    body: {
      model: 'veo-3.1-extend',
      prompt: 'The camera continues to pan across the landscape',
      video_url: '{files}/input-video.mp4',
      aspect_ratio: '16:9',
      generate_audio: true,
    },
    result: { width: 1280, height: 720, frames: 240, audioCodec: 'aac' },
  },
  {
    name: 'veo-3.1-extend-fast without sound',
    body: {
      model: 'veo-3.1-extend-fast',
      prompt: 'The camera continues to pan across the landscape',
      video_url: '{files}/portrait.mp4',
      generate_audio: false,
    },
    result: { width: 720, height: 1280, frames: 216, audioCodec: undefined },
  },
  {
    name: 'text-to-video',
    body: {
      model: 'grok-imagine-text-to-video',
      prompt: '平静的海面上的日落',
      duration: 2,
      aspect_ratio: '9:16',
      resolution: '480p',
    },
    result: { width: 480, height: 854, frames: 48, audioCodec: 'aac' },
  },
  {
    name: 'reference-to-video',
    body: {
      model: 'grok-imagine-reference-to-video',
      prompt: 'A slow walk from @Image2 to @Image1',
      reference_image_urls: ['{files}/reference.jpg', '{files}/reference-2.png'],
      duration: 3,
    },
    result: { width: 854, height: 480, frames: 72, audioCodec: 'aac' },
  },
] as const;

function filled(body: object): Record<string, never> {
  return JSON.parse(JSON.stringify(body).replaceAll('{files}', files.url));
}

describe('published samples become videos', () => {
  // What a video looks like is the same on every database: one there shows that it gets that far.
  test.each(onPostgres ? samples.slice(0, 1) : samples)('$name', async ({ body, result }) => {
    const created = await server.request('POST', '/v1/videos/generations', { json: filled(body) });
    expect(created.status, JSON.stringify(created.body)).toBe(200);
    expect(created.body).toEqual({
      created: expect.any(Number),
      id: expect.stringMatching(/^task-unified-\d{10}-[a-z0-9]{8}$/),
      model: body.model,
      object: 'video.generation.task',
      progress: 0,
      status: 'pending',
      task_info: { can_cancel: true, estimated_time: expect.any(Number) },
      type: 'video',
      usage: { credits_reserved: 0, user_group: 'default' },
    });
    const ended = await server.ended(created.body.id);
    expect(ended).toMatchObject({ status: 'completed', progress: 100, error: null, provider: 'local' });
    const path = await server.download(ended.results[0].url);
    expect(await probeFacts(path)).toMatchObject({
      ...result,
      videoCodec: 'h264',
      profile: 'High',
      pixelFormat: 'yuv420p',
      framesPerSecond: '24/1',
    });
  });
});

describe('faults of a request are told at once, all of them', () => {
  const edit = { model: 'grok-imagine-edit-video', prompt: 'x', video_url: 'https://example.com/a.mp4' };
  test.each([
    ['no model', { prompt: 'x' }, 'invalid_parameters', 'model: is required'],
    ['unknown model', { ...edit, model: 'sora-9' }, 'model_not_found', 'there is no model "sora-9"'],
    ['no prompt', { model: edit.model, video_url: edit.video_url }, 'invalid_parameters', 'prompt: is required'],
    ['blank prompt', { ...edit, prompt: '   ' }, 'invalid_parameters', 'prompt: must not be blank'],
    ['empty prompt', { ...edit, prompt: '' }, 'invalid_parameters', 'prompt: must not be empty'],
    [
      'long prompt',
      { ...edit, prompt: '云'.repeat(4097) },
      'invalid_parameters',
      'prompt: has 4097 characters; at most 4096',
    ],
    ['prompt of the wrong type', { ...edit, prompt: 5 }, 'invalid_parameters', 'prompt: must be a string, not 5'],
    ['null prompt', { ...edit, prompt: null }, 'invalid_parameters', 'prompt: must be a string, not null'],
    [
      'unknown field',
      { ...edit, loop: true },
      'invalid_parameters',
      'loop: is not a parameter of grok-imagine-edit-video',
    ],
    [
      'near miss',
      { ...edit, videoUrl: 'x' },
      'invalid_parameters',
      'videoUrl: is not a parameter of grok-imagine-edit-video; did you mean video_url?',
    ],
    [
      'wrong enum',
      { ...edit, resolution: '4k' },
      'invalid_parameters',
      'resolution: must be one of "auto", "480p", "720p", not "4k"',
    ],
    ['not a URL', { ...edit, video_url: 'clip.mp4' }, 'invalid_url', 'video_url: is not a valid URL'],
    ['a file URL', { ...edit, video_url: 'file:///etc/passwd' }, 'invalid_url', 'video_url: has the scheme "file:"'],
    [
      'a private address',
      { ...edit, video_url: 'http://10.0.0.8/a.mp4' },
      'blocked_address',
      'video_url: leads to the address 10.0.0.8',
    ],
    [
      'a private address in octal',
      { ...edit, video_url: 'http://0300.0250.0.1/a.mp4' },
      'blocked_address',
      'video_url: leads to',
    ],
  ])('%s', async (_name, body, code, message) => {
    const answer = await server.request('POST', '/v1/videos/generations', { json: body as never });
    expect(answer.status).toBe(422);
    expect(answer.body.error).toMatchObject({ code, type: 'invalid_request_error' });
    expect(answer.body.error.message).toContain(message);
  });

  test('every fault is listed with its field', async () => {
    const body = { model: 'grok-imagine-image-to-video', duration: 99, aspect_ratio: '21:9', sound: true };
    const { body: answer } = await server.request('POST', '/v1/videos/generations', { json: body });
    expect(answer.error.details.map((fault: { field: string }) => fault.field).sort()).toEqual(
      ['aspect_ratio', 'duration', 'image_url', 'prompt', 'sound'].sort(),
    );
  });

  test.each([
    ['duration as a string', '6'],
    ['a broken number', 6.5],
    ['zero', 0],
    ['too much', 16],
  ])('duration: %s', async (_name, duration) => {
    const body = { model: 'grok-imagine-text-to-video', prompt: 'x', duration };
    expect((await server.request('POST', '/v1/videos/generations', { json: body })).status).toBe(422);
  });

  test('null means absent where the page says so, and is refused where it does not', async () => {
    const nulls = {
      model: 'grok-imagine-text-to-video',
      prompt: '[reelay:fast] x',
      duration: null,
      aspect_ratio: null,
      resolution: null,
    };
    expect((await server.request('POST', '/v1/videos/generations', { json: nulls })).status).toBe(200);
    const veo = { model: 'veo-3.1-extend', prompt: 'x', video_url: 'https://example.com/a.mp4', generate_audio: null };
    const answer = await server.request('POST', '/v1/videos/generations', { json: veo });
    expect(answer.body.error.message).toBe('generate_audio: must be true or false, not null');
  });

  test.each([
    ['broken JSON', '{"model":', 'application/json', 400, 'invalid_json'],
    ['a list', '[]', 'application/json', 400, 'invalid_json'],
    ['nothing', '', 'application/json', 400, 'invalid_json'],
    ['JSON that is called text', '{}', 'text/plain;charset=UTF-8', 400, 'invalid_content_type'],
    ['a form', 'model=x', 'application/x-www-form-urlencoded', 400, 'invalid_content_type'],
    ['a prototype', '{"__proto__":{"x":1}}', 'application/json', 400, 'invalid_json'],
  ])('%s', async (_name, body, type, status, code) => {
    const answer = await server.request('POST', '/v1/videos/generations', { body, headers: { 'Content-Type': type } });
    expect(answer).toMatchObject({ status, body: { error: { code, type: 'invalid_request_error' } } });
    if (code === 'invalid_content_type') expect(answer.body.error.message).toContain('has to be application/json');
  });

  test('a model that does not exist: the field once, and the one that was probably meant', async () => {
    const body = { ...edit, model: 'Grok-Imagine-Edit-Vide' };
    const { body: answer } = await server.request('POST', '/v1/videos/generations', { json: body });
    const message = 'there is no model "Grok-Imagine-Edit-Vide"; did you mean "grok-imagine-edit-video"?';
    expect(answer.error).toMatchObject({ message: `model: ${message}`, details: [{ field: 'model', message }] });
  });

  test('a value of another type than those of a list is told once', async () => {
    const { body: answer } = await server.request('POST', '/v1/videos/generations', {
      json: { ...edit, resolution: 720 },
    });
    expect(answer.error.message).toBe('resolution: must be one of "auto", "480p", "720p", not 720');
  });

  test('a body beyond the limit', async () => {
    const body = JSON.stringify({ ...edit, prompt: 'x'.repeat(33 * 1024 * 1024) });
    const answer = await server.request('POST', '/v1/videos/generations', {
      body,
      headers: { 'Content-Type': 'application/json' },
    });
    expect(answer).toMatchObject({
      status: 413,
      body: { error: { type: 'file_too_large_error', code: 'body_too_large' } },
    });
  });

  test.each([
    ['no key', null],
    ['a wrong key', 'sk-wrong-wrong-wrong-wrong'],
  ])('%s', async (_name, key) => {
    const answer = await server.request('GET', '/v1/models', { key });
    expect(answer).toMatchObject({ status: 401, body: { error: { type: 'authentication_error' } } });
  });

  test('a provider that is not configured', async () => {
    const answer = await server.request('POST', '/v1/videos/generations', {
      json: { model: 'grok-imagine-text-to-video', prompt: 'x' },
      headers: { 'X-Reelay-Provider': 'elsewhere' },
    });
    expect(answer).toMatchObject({
      status: 422,
      body: { error: { code: 'no_compatible_channel', type: 'service_unavailable_error' } },
    });
  });
});

describe('faults of an input end the task with a code, before anything is rendered', () => {
  test.each([
    [
      'too long',
      { model: 'grok-imagine-video-extension', video_url: '{files}/long.mp4' },
      'input_duration',
      /17.*2 to 15 s/,
    ],
    [
      'a wrong container',
      { model: 'grok-imagine-video-extension', video_url: '{files}/input.webm' },
      'input_container',
      /webm/i,
    ],
    ['not there', { model: 'grok-imagine-edit-video', video_url: '{files}/nowhere.mp4' }, 'input_unreachable', /404/],
    ['a page', { model: 'grok-imagine-edit-video', video_url: '{files}/page.mp4' }, 'input_not_media', /HTML/],
    [
      'a picture for a video',
      { model: 'grok-imagine-edit-video', video_url: '{files}/reference.jpg' },
      'input_wrong_kind',
      /video_url/,
    ],
    [
      'another shape',
      { model: 'veo-3.1-extend', video_url: '{files}/portrait.mp4', aspect_ratio: '16:9' },
      'aspect_ratio_mismatch',
      /9:16|0\.56/,
    ],
  ])('%s', async (_name, body, code, message) => {
    const created = await server.request('POST', '/v1/videos/generations', { json: filled({ prompt: 'x', ...body }) });
    expect(created.status).toBe(200);
    const ended = await server.ended(created.body.id);
    expect(ended).toMatchObject({ status: 'failed', results: null, error: { code, type: 'task_error' } });
    expect(ended.error.message).toMatch(message);
  });
});

describe('what a prompt can ask of the local provider', () => {
  test.each([
    ['[reelay:fail]', 'generation_failed'],
    ['[reelay:moderation]', 'content_policy_violation'],
    ['[reelay:expired]', 'generation_expired'],
  ])('%s', async (directive, code) => {
    const json = { model: 'grok-imagine-text-to-video', prompt: `a sea ${directive}` };
    const { body } = await server.request('POST', '/v1/videos/generations', { json });
    expect(await server.ended(body.id)).toMatchObject({ status: 'failed', error: { code } });
  });

  test('[reelay:slow=1] takes a second longer', async () => {
    const startedAt = Date.now();
    const json = {
      model: 'grok-imagine-text-to-video',
      prompt: 'a sea [reelay:slow=1]',
      duration: 1,
      resolution: '480p',
    };
    const { body } = await server.request('POST', '/v1/videos/generations', { json });
    expect(await server.ended(body.id)).toMatchObject({ status: 'completed' });
    expect(Date.now() - startedAt).toBeGreaterThan(1_000);
  });
});

describe('a dry run', () => {
  const json = { model: 'grok-imagine-text-to-video', prompt: 'a sea', duration: 4 };

  test.each([
    ['by field', { ...json, dry_run: true }, {}],
    ['by header', json, { 'X-Reelay-Dry-Run': 'true' }],
  ])('%s tells provider and price and makes no task', async (_name, body, headers) => {
    const before = (await server.request('GET', '/v1/tasks?limit=1')).body.data[0]?.id;
    const answer = await server.request('POST', '/v1/videos/generations', { json: body, headers });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        dry_run: true,
        provider: 'local',
        estimated_cost_usd: 0,
        request: { durationSeconds: 4, resolution: '720p' },
      },
    });
    expect((await server.request('GET', '/v1/tasks?limit=1')).body.data[0]?.id).toBe(before);
  });

  test('warns of a misspelt directive, and the task carries the warning', async () => {
    const misspelt = { ...json, prompt: '[reelay:fial] [reelay:fast] a sea', duration: 1 };
    const warnings = ['[reelay:fial] is ignored by the provider local'];
    const { body } = await server.request('POST', '/v1/videos/generations', { json: { ...misspelt, dry_run: true } });
    expect(body).toMatchObject({ warnings });
    const { body: made } = await server.request('POST', '/v1/videos/generations', { json: misspelt });
    expect(await server.ended(made.id)).toMatchObject({ status: 'completed', warnings });
  });

  test('tells faults like the real thing', async () => {
    const body = { ...json, duration: 99, dry_run: true };
    expect((await server.request('POST', '/v1/videos/generations', { json: body })).status).toBe(422);
    expect((await server.request('POST', '/v1/videos/generations', { json: { ...json, dry_run: 'yes' } })).status).toBe(
      422,
    );
  });
});

describe('tasks', () => {
  const stuck = { model: 'grok-imagine-text-to-video', prompt: 'a sea [reelay:stuck]' };

  test('cancelling stops a running task for good', async () => {
    const { body: created } = await server.request('POST', '/v1/videos/generations', { json: stuck });
    await expect
      .poll(async () => (await server.request('GET', `/v1/tasks/${created.id}`)).body.status)
      .toBe('processing');
    const cancelled = await server.request('POST', `/v1/tasks/${created.id}/cancel`);
    expect(cancelled).toMatchObject({
      status: 200,
      body: { status: 'failed', error: { code: 'request_cancelled' }, task_info: { can_cancel: false } },
    });
    const again = await server.request('POST', `/v1/tasks/${created.id}/cancel`);
    expect(again).toMatchObject({
      status: 409,
      body: { error: { code: 'not_cancellable', message: 'the task has ended already' } },
    });
  });

  test('headers that say JSON where there is no body do no harm', async () => {
    const { body: made } = await server.request('POST', '/v1/videos/generations', { json: stuck });
    const headers = { 'Content-Type': 'application/json' };
    expect((await server.request('POST', `/v1/tasks/${made.id}/cancel`, { headers })).status).toBe(200);
    expect(await server.ended(made.id)).toMatchObject({ error: { code: 'request_cancelled' } });
    expect(await server.request('DELETE', `/v1/tasks/${made.id}`, { headers })).toMatchObject({ status: 200 });
  });

  test('a live task cannot be deleted, an ended one is gone with its file', async () => {
    const { body: live } = await server.request('POST', '/v1/videos/generations', { json: stuck });
    expect(await server.request('DELETE', `/v1/tasks/${live.id}`)).toMatchObject({
      status: 409,
      body: { error: { code: 'not_terminal' } },
    });
    await server.request('POST', `/v1/tasks/${live.id}/cancel`);
    const json = { model: 'grok-imagine-text-to-video', prompt: 'a sea', duration: 1, resolution: '480p' };
    const { body: created } = await server.request('POST', '/v1/videos/generations', { json });
    const ended = await server.ended(created.id);
    expect(await server.request('DELETE', `/v1/tasks/${created.id}`)).toMatchObject({
      status: 200,
      body: { deleted: true },
    });
    expect((await server.request('GET', `/v1/tasks/${created.id}`)).status).toBe(404);
    expect((await fetch(ended.results[0].url)).status).toBe(404);
  });

  test('the list is newest first, pages by cursor and filters', async () => {
    const first = await server.request('GET', '/v1/tasks?limit=3');
    expect(first.body.data).toHaveLength(3);
    const next = await server.request('GET', `/v1/tasks?limit=3&cursor=${first.body.next_cursor}`);
    const ids = [...first.body.data, ...next.body.data].map((task: { id: string }) => task.id);
    expect(new Set(ids).size).toBe(6);
    const times = [...first.body.data, ...next.body.data].map((task: { created: number }) => task.created);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    const failed = await server.request('GET', '/v1/tasks?status=failed&limit=100');
    expect(failed.body.data.every((task: { status: string }) => task.status === 'failed')).toBe(true);
    expect((await server.request('GET', '/v1/tasks?limit=0&status=odd')).body.error.details).toHaveLength(2);
  });

  test('an Idempotency-Key makes one task of many requests', async () => {
    const headers = { 'Idempotency-Key': 'the-same' };
    const json = { model: 'grok-imagine-text-to-video', prompt: 'a sea [reelay:fail]', duration: 1 };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => server.request('POST', '/v1/videos/generations', { json, headers })),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get('idempotent-replayed') === 'true')).toHaveLength(7);
    const reordered = { duration: 1, prompt: json.prompt, model: json.model };
    expect((await server.request('POST', '/v1/videos/generations', { json: reordered, headers })).body).toEqual(
      answers[0]?.body,
    );
    const other = await server.request('POST', '/v1/videos/generations', { json: { ...json, duration: 2 }, headers });
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'idempotency_conflict' } } });
  });

  test('a refused request does not use up its Idempotency-Key', async () => {
    const headers = { 'Idempotency-Key': 'refused-first' };
    const json = { model: 'grok-imagine-text-to-video', prompt: 'a sea [reelay:fail]' };
    expect(
      (await server.request('POST', '/v1/videos/generations', { json: { ...json, duration: 99 }, headers })).status,
    ).toBe(422);
    expect((await server.request('POST', '/v1/videos/generations', { json, headers })).status).toBe(200);
  });

  test('an unknown task and an unknown route', async () => {
    expect(await server.request('GET', '/v1/tasks/task-unified-1-aaaaaaaa')).toMatchObject({
      status: 404,
      body: { error: { type: 'not_found' } },
    });
    expect(await server.request('GET', '/v1/nothing')).toMatchObject({
      status: 404,
      body: { error: { code: 'route_not_found', message: 'there is no GET /v1/nothing; GET /docs shows all routes' } },
    });
  });

  test('credits', async () => {
    const { body } = await server.request('GET', '/v1/account/credits');
    expect(body.data.user).toEqual({ remaining_credits: 100_000_000, used_credits: 0, unlimited_credits: true });
  });
});
