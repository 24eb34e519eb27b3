import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Keys } from '../../src/access/keys.ts';
import { openDatabase } from '../../src/database/open.ts';
import { databaseOf } from '../../src/testing/databases.ts';
import { type FileServer, serveFiles } from '../../src/testing/file-server.ts';
import { probeFacts, samplePicture, sampleVideo } from '../../src/testing/sample-media.ts';
import { type Answer, startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let files: FileServer;
let folder: string;
let otherKey: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-oxen-'));
  await Promise.all([
    sampleVideo(folder, 'ox.mp4', { width: 640, height: 360, seconds: 2 }),
    samplePicture(folder, 'ox.png', { width: 320, height: 240 }),
  ]);
  files = await serveFiles(folder);
  server = await startTestServer();
  const database = await openDatabase({ folder: server.folder, url: await databaseOf(server.folder) });
  otherKey = (await new Keys(database.db, Date.now).create({ account: 'other' })).key;
  await database.close();
});

afterAll(async () => {
  await server?.stop();
  await files?.close();
  await rm(folder, { recursive: true, force: true });
});

const edit = 'xai-grok-imagine-video-edit-video';
const picture = 'xai-grok-imagine-video-image-to-video';
const text = { model: 'grok-imagine-text-to-video', prompt: 'a sea', duration: 1, resolution: '480p' };
const failing = { ...text, prompt: '[reelay:fail] a sea' };
const stuck = { ...text, prompt: '[reelay:stuck] a sea' };
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const paramsTitle = 'Invalid parameters supplied, please check your request and try again.';
const long = (type: string, title: string, detail?: unknown) => ({
  error: { type, title, ...(detail !== undefined && { detail }) },
  status: 'error',
  status_message: type,
});
const invalid = (detail: unknown) => long('invalid_params', paramsTitle, detail);
const notFound = long('resource_not_found', 'The requested resource could not be found');
const noModel = (name: string) => ({ error: { message: `Model not found: ${name}` } });

const post = (path: string, json: object, headers: Readonly<Record<string, string>> = {}, key = server.key) =>
  server.request('POST', path, { json: json as never, headers, key });
const get = (path: string, key = server.key) => server.request('GET', path, { key });

async function enqueue(json: object, key = server.key): Promise<string> {
  const { status, body } = await post('/api/ai/queue', json, {}, key);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.generations[0].generation_id;
}

async function ended(id: string, key = server.key): Promise<Answer['body']> {
  const row = async () => (await get(`/api/ai/queue/${id}`, key)).body;
  await expect
    .poll(async () => (await row()).status, { timeout: 60_000 })
    .toSatisfy((status) => ['succeeded', 'failed', 'cancelled'].includes(String(status)));
  return row();
}

async function cancelAll(): Promise<void> {
  const { body } = await get('/api/ai/queue');
  for (const { generation_id } of body.generations) await server.request('DELETE', `/api/ai/queue/${generation_id}`);
}

describe('POST /ai/videos/generate', () => {
  test.each([
    ['edit', { model: edit, prompt: '<prompt>', input_video: '{files}/ox.mp4', resolution: 'auto' }, [640, 360]],
    ['image to video', { model: picture, prompt: 'x', input_image: '{files}/ox.png', duration: 3 }, [854, 480]],
    ['text to video', text, [854, 480]],
  ])('blocks until the video is there: %s', async (_name, body, [width, height]) => {
    const json = JSON.parse(JSON.stringify(body).replaceAll('{files}', files.url));
    const answer = await post('/api/ai/videos/generate', json);
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.body).toEqual({
      model: body.model,
      created: expect.any(Number),
      videos: [{ url: expect.stringContaining('/files/') }],
    });
    expect(answer.headers.get('x-reelay-provider')).toBe('local');
    expect(await probeFacts(await server.download(answer.body.videos[0].url))).toMatchObject({ width, height });
  });

  test('b64_json answers the bytes that the link leads to, for each generation', async () => {
    const json = { ...text, response_format: 'b64_json', num_generations: 2 };
    const { body, headers } = await post('/api/ai/videos/generate', json);
    expect(headers.get('content-type')).toContain('application/json');
    expect(Object.keys(body)).toEqual(['model', 'created', 'videos']);
    const rows = (await get('/api/ai/generations?status=succeeded&page_size=2')).body.generations;
    const links = await Promise.all(
      rows.map(async ({ result_url: url }: { result_url: string }) => (await fetch(url)).arrayBuffer()),
    );
    expect(body.videos.map(({ b64_json: base64 }: { b64_json: string }) => base64).sort()).toEqual(
      links.map((bytes) => Buffer.from(bytes).toString('base64')).sort(),
    );
  });

  test.each([
    ['[reelay:fail] x', 500, 'unknown_error', /^generation_failed: The generation failed/],
    ['[reelay:expired] x', 500, 'unknown_error', /^generation_expired: /],
    ['[reelay:moderation] x', 400, 'invalid_params', /^content_policy_violation: /],
  ])('a job that fails (%s) answers %i with its code', async (prompt, status, type, detail) => {
    const answer = await post('/api/ai/videos/generate', { ...text, prompt });
    expect(answer).toMatchObject({ status, body: long(type, expect.any(String) as never, expect.any(String)) });
    expect(answer.body.error.detail).toMatch(detail);
  });

  test('an input that cannot be fetched is the client’s fault, never a 5xx', async () => {
    const json = { model: edit, prompt: 'x', input_video: `${files.url}/nowhere.mp4` };
    const answer = await post('/api/ai/videos/generate', json);
    expect(answer).toMatchObject({ status: 400, body: { error: { type: 'invalid_file_input' } } });
    expect(answer.body.error.detail).toMatch(/^input_unreachable: .*404/);
  });

  test.each([
    ['no prompt', { model: edit, input_video: 'https://example.com/a.mp4' }, 'prompt: is required'],
    [
      'several at once',
      { model: edit, resolution: '8k' },
      /prompt: is required; input_video: is required; resolution: must be one of/,
    ],
    [
      'a local address',
      { model: edit, prompt: 'x', input_video: 'http://10.0.0.8/a.mp4' },
      /^input_video: leads to the address 10\.0\.0\.8/,
    ],
    ['not a URL', { model: edit, prompt: 'x', input_video: 'a.mp4' }, 'input_video: is not a valid URL'],
    ['unknown field', { ...text, loop: true }, /^loop: is not a parameter of/],
    ['wrong type', { ...text, duration: '6' }, 'duration: must be an integer, not "6"'],
    [
      'not in the enum',
      { model: picture, prompt: 'x', input_image: 'https://example.com/a.png', duration: 4 },
      /^duration: must be one of 3, 6, 8, 10, 15, not 4/,
    ],
    ['two prompts', { ...text, multi_prompt: [{ prompt: 'y' }] }, /^multi_prompt: is not a parameter of/],
  ])('parameters of the model are checked at once: %s', async (_name, json, detail) => {
    const answer = await post('/api/ai/videos/generate', json);
    expect(answer).toMatchObject({ status: 400, body: invalid(expect.any(String)) });
    expect(answer.body.error.detail).toEqual(typeof detail === 'string' ? detail : expect.stringMatching(detail));
  });

  test('the task lives on when the client leaves', async () => {
    const prompt = `[reelay:slow=1] ${randomUUID()}`;
    const left = fetch(`${server.url}/api/ai/videos/generate`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${server.key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...text, prompt }),
      signal: AbortSignal.timeout(400),
    });
    await expect(left).rejects.toThrow();
    const mine = async () =>
      (await get('/api/ai/generations?page_size=5')).body.generations.find(
        (row: Answer['body']) => row.prompt === prompt,
      );
    await expect.poll(async () => (await mine())?.status, { timeout: 30_000 }).toBe('succeeded');
  });

  test('the same Idempotency-Key waits for the same task and answers the same', async () => {
    const headers = { 'Idempotency-Key': randomUUID() };
    const json = { ...text, prompt: `[reelay:slow=1] ${randomUUID()}`, num_generations: 2 };
    const [first, second] = await Promise.all([
      post('/api/ai/videos/generate', json, headers),
      post('/api/ai/videos/generate', json, headers),
    ]);
    expect(first.status).toBe(200);
    expect(second.body).toEqual(first.body);
    expect([first, second].map(({ headers: sent }) => sent.get('idempotent-replayed')).sort()).toEqual([null, 'true']);
    const later = await post('/api/ai/videos/generate', json, headers);
    expect(later.body).toEqual(first.body);
    const other = await post('/api/ai/videos/generate', { ...json, seed: 1, prompt: 'other' }, headers);
    expect(other.status).toBe(400);
    const conflict = await post('/api/ai/videos/generate', { ...json, prompt: 'other' }, headers);
    expect(conflict).toMatchObject({ status: 409, body: { status: 'error', status_message: 'invalid_params' } });
    expect(conflict.body.error.detail).toMatch(/^idempotency_conflict: /);
    const { body } = await get('/api/ai/generations?page_size=1000');
    expect(body.generations.filter((row: Answer['body']) => row.prompt === json.prompt)).toHaveLength(2);
  });
});

describe('POST /ai/queue', () => {
  test('answers at once, and the row goes on to its result', async () => {
    const json = { model: edit, prompt: '<prompt>', input_video: `${files.url}/ox.mp4`, resolution: 'auto' };
    const created = await post('/api/ai/queue', json);
    expect(created).toMatchObject({
      status: 200,
      body: { generations: [{ generation_id: expect.stringMatching(uuid), status: 'queued' }] },
    });
    const row = await ended(created.body.generations[0].generation_id);
    expect(row).toEqual({
      ...{ prompt: '<prompt>', input_video: json.input_video, resolution: 'auto' },
      generation_id: created.body.generations[0].generation_id,
      model_name: edit,
      media_type: 'video',
      status: 'succeeded',
      enqueued_at: expect.any(Number),
      started_at: expect.any(Number),
      completed_at: expect.any(Number),
      result_url: expect.stringContaining('/files/'),
      error_message: null,
      target_namespace: null,
      target_repo: null,
      target_directory: null,
      progress: 100,
      provider: 'local',
    });
    expect(row.started_at).toBeGreaterThanOrEqual(row.enqueued_at);
    expect(row.completed_at).toBeGreaterThanOrEqual(row.started_at);
    expect(String(row.enqueued_at)).toHaveLength(10);
  });

  test('num_generations: that many, and the same ones for the same Idempotency-Key', async () => {
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = await post('/api/ai/queue', { ...failing, num_generations: 4 }, headers);
    expect(new Set(first.body.generations.map((one: Answer['body']) => one.generation_id)).size).toBe(4);
    const again = await post('/api/ai/queue', { num_generations: 4, ...failing }, headers);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await post('/api/ai/queue', failing, headers)).status).toBe(409);
  });

  test.each([
    [
      'a value outside the enum',
      { model: edit, prompt: 'x', input_video: 'https://example.com/a.mp4', resolution: '8k' },
      /^resolution: /,
    ],
    ['no prompt and no video', { model: edit }, /prompt: is required; input_video: is required/],
    ['a field that no model has', { ...text, loop: { a: [1] } }, /^loop: is not a parameter/],
    ['a prompt of the wrong type', { ...text, prompt: 5 }, /^prompt: must be a string/],
    [
      'a URL into the private network',
      { model: edit, prompt: 'x', input_video: 'http://192.168.0.1/a.mp4' },
      /^input_video: leads to/,
    ],
  ])('model parameters are checked when the job runs: %s', async (_name, json, message) => {
    const row = await ended(await enqueue(json));
    expect(row).toMatchObject({ status: 'failed', result_url: null, started_at: null, progress: 0 });
    expect(row.error_message).toMatch(message);
    expect(row.completed_at).toEqual(expect.any(Number));
    expect(row).toHaveProperty('prompt');
  });

  test.each([[0], [5], [-1], [1.5], ['2'], [null], [true], [[1]], [1e21]])(
    'num_generations: %j is refused in the documented words',
    async (count) => {
      for (const path of ['/api/ai/queue', '/api/ai/videos/generate']) {
        expect(await post(path, { ...text, num_generations: count })).toMatchObject({
          status: 400,
          body: invalid('num_generations must be an integer between 1 and 4'),
        });
      }
    },
  );

  test.each([
    ['no model', { prompt: 'x' }, 'model: is required'],
    ['a model that is no text', { ...text, model: 5 }, 'model: must be the id of a model, a string'],
    ['an empty model', { ...text, model: '' }, 'model: must be the id of a model, a string'],
    ['response_format', { ...text, response_format: 'xml' }, 'response_format: must be one of "url", "b64_json"'],
    ['response_format null', { ...text, response_format: null }, 'response_format: must be one of "url", "b64_json"'],
    ['target_namespace', { ...text, target_namespace: 5 }, 'target_namespace: must be a string or null'],
    [
      'target_repo and target_directory',
      { ...text, target_repo: {}, target_directory: [] },
      'target_repo: must be a string or null; target_directory: must be a string or null',
    ],
    ['parameters without end', { ...text, note: 'x'.repeat(70_000) }, /^body: the parameters take \d+ characters/],
  ])('fields of the route are checked at once: %s', async (_name, json, detail) => {
    for (const path of ['/api/ai/queue', '/api/ai/videos/generate']) {
      const answer = await post(path, json);
      expect(answer).toMatchObject({ status: 400, body: invalid(expect.any(String)) });
      expect(answer.body.error.detail).toEqual(typeof detail === 'string' ? detail : expect.stringMatching(detail));
    }
  });

  test.each([
    ['broken JSON', '{"model":', 'application/json', 400],
    ['a list', '[]', 'application/json', 400],
    ['a string', '"x"', 'application/json', 400],
    ['nothing', '', 'application/json', 400],
    ['a form', 'model=x', 'application/x-www-form-urlencoded', 400],
    ['plain text', '{"model":"x"}', 'text/plain', 400],
    ['a prototype', '{"__proto__":{"x":1}}', 'application/json', 400],
    ['depth', `{"model":"x","a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'application/json', 400],
    ['too much', `{"a":"${'x'.repeat(33 * 1024 * 1024)}"}`, 'application/json', 413],
  ])('%s', async (_name, body, type, status) => {
    for (const path of ['/api/ai/queue', '/api/ai/videos/generate']) {
      const answer = await server.request('POST', path, { body, headers: { 'Content-Type': type } });
      expect(answer).toMatchObject({ status, body: invalid(expect.any(String)) });
    }
  });

  test('a provider that is not configured, and a header that is no name', async () => {
    expect(await post('/api/ai/queue', text, { 'X-Reelay-Provider': 'elsewhere' })).toMatchObject({
      status: 400,
      body: invalid(expect.stringMatching(/^no_compatible_channel: .*"elsewhere"/)),
    });
    expect((await post('/api/ai/queue', text, { 'X-Reelay-Provider': 'NO!' })).status).toBe(400);
    expect((await post('/api/ai/queue', text, { 'Idempotency-Key': 'x'.repeat(256) })).status).toBe(400);
  });

  test('a picture as a data URI works and is not repeated whole', async () => {
    const bytes = Buffer.from(await (await fetch(`${files.url}/ox.png`)).arrayBuffer()).toString('base64');
    const json = { model: picture, prompt: 'x', input_image: `data:image/png;base64,${bytes}`, duration: 3 };
    const row = await ended(await enqueue(json));
    expect(row).toMatchObject({ status: 'succeeded', error_message: null });
    expect(row.input_image).toMatch(/^data:image\/png;base64,.{20,60}\.\.\.$/);
  });
});

describe('GET and DELETE /ai/queue', () => {
  test('the list shows what is live, and what has ended when asked for it', async () => {
    await cancelAll();
    const [live, done] = [await enqueue(stuck), await enqueue(failing)];
    await ended(done);
    const { body } = await get('/api/ai/queue');
    expect(body).toMatchObject({ count: 1, generations: [{ generation_id: live, model_name: text.model }] });
    expect(Object.keys(body)).toEqual(['count', 'generations']);
    await expect.poll(async () => (await get(`/api/ai/queue/${live}`)).body.status).toBe('processing');
    const ids = async (query: string) =>
      (await get(`/api/ai/queue?${query}`)).body.generations.map((row: Answer['body']) => row.generation_id);
    expect(await ids('status=processing')).toEqual([live]);
    expect(await ids('status=queued')).toEqual([]);
    expect(await ids('status=failed')).toContain(done);
    expect(await ids('status=failed')).not.toContain(live);
    expect(await ids('media_type=image')).toEqual([]);
    expect(await ids('media_type=video')).toEqual([live]);
    expect(await ids(`model=${text.model}`)).toEqual([live]);
    expect(await ids(`model=${edit}`)).toEqual([]);
    expect(await ids('model=nothing')).toEqual([]);
    expect(await ids('namespace=default')).toEqual([live]);
    expect(await ids('namespace=team')).toEqual([]);
    expect(await ids('repo=clips')).toEqual([]);
    await cancelAll();
  });

  test('cancelling ends a live one for good, and has no effect on an ended one', async () => {
    const id = await enqueue(stuck);
    const cancelled = { status: 200, body: { status: 'success', generation_id: id } };
    expect(await server.request('DELETE', `/api/ai/queue/${id}`)).toMatchObject(cancelled);
    const row = await ended(id);
    expect(row).toMatchObject({ status: 'cancelled', result_url: null, error_message: null });
    expect(await server.request('DELETE', `/api/ai/queue/${id}`)).toMatchObject(cancelled);
    expect((await get(`/api/ai/queue/${id}`)).body).toEqual(row);
    const done = await enqueue(failing);
    const before = await ended(done);
    expect((await server.request('DELETE', `/api/ai/queue/${done}`)).status).toBe(200);
    expect((await get(`/api/ai/queue/${done}`)).body).toEqual(before);
  });

  test('headers that say JSON where there is no body do no harm', async () => {
    const id = await enqueue(stuck);
    const headers = { 'Content-Type': 'application/json' };
    expect((await server.request('DELETE', `/api/ai/queue/${id}`, { headers, body: '' })).status).toBe(200);
    expect((await server.request('GET', `/api/ai/queue/${id}`, { headers })).status).toBe(200);
  });

  test('a blocked client is told that its generation was cancelled', async () => {
    const prompt = `[reelay:stuck] ${randomUUID()}`;
    const blocked = post('/api/ai/videos/generate', { ...text, prompt });
    const row = async () =>
      (await get('/api/ai/queue')).body.generations.find((one: Answer['body']) => one.prompt === prompt);
    await expect.poll(row).toBeDefined();
    await server.request('DELETE', `/api/ai/queue/${(await row()).generation_id}`);
    expect(await blocked).toMatchObject({
      status: 409,
      body: { status: 'error', error: { detail: expect.stringMatching(/^request_cancelled: /) } },
    });
  });
});

describe('not found, in the documented words', () => {
  const id = '00000000-0000-4000-8000-000000000000';
  test.each([
    ['GET', `/api/ai/queue/${id}`],
    ['DELETE', `/api/ai/queue/${id}`],
    ['GET', `/api/ai/generations/${id}`],
    ['GET', '/api/ai/queue/not-a-uuid'],
    ['GET', '/api/ai/queue/%00'],
  ])('%s %s', async (method, path) => {
    const answer = await server.request(method, path);
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(notFound);
  });

  test.each([
    ['POST', '/api/ai/queue', { model: 'bad-model-name', prompt: 'x' }],
    ['POST', '/api/ai/videos/generate', { model: 'bad-model-name', prompt: 'x' }],
    ['GET', '/api/ai/models/bad-model-name', undefined],
    ['PUT', '/api/ai/models/bad-model-name', {}],
    ['DELETE', '/api/ai/models/bad-model-name', undefined],
    ['POST', '/api/ai/models/bad-model-name/favorite', undefined],
    ['DELETE', '/api/ai/models/bad-model-name/favorite', undefined],
    ['POST', '/api/ai/models/bad-model-name/activate', undefined],
  ])('a model that does not exist: %s %s', async (method, path, json) => {
    const answer = await server.request(method, path, json === undefined ? {} : { json: json as never });
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noModel('bad-model-name'));
  });

  test.each([
    'images/generate',
    'images/edit',
    'audio/generate',
    'audio/speech',
    'audio/transcriptions',
    'chat/completions',
  ])('not served here: %s', async (path) => {
    const answer = await post(`/api/ai/${path}`, { model: 'x', prompt: 'x' });
    expect(answer).toMatchObject({ status: 404, body: { status: 'error', status_message: 'resource_not_found' } });
    expect(answer.body.error).toMatchObject({
      title: 'This server makes videos only.',
      detail: expect.stringMatching(/^not_served_here: /),
    });
  });

  test.each([
    ['GET', '/api/nothing'],
    ['PATCH', '/api/ai/queue'],
    ['GET', '/api/ai/videos/generate'],
  ])('a route that there is not: %s %s', async (method, path) => {
    expect(await server.request(method, path)).toMatchObject({
      status: 404,
      body: long('resource_not_found', notFound.error.title, expect.stringMatching(/^route_not_found: /)),
    });
  });

  test('another account’s generation does not exist', async () => {
    const id = await enqueue(failing, otherKey);
    await ended(id, otherKey);
    for (const path of [`/api/ai/queue/${id}`, `/api/ai/generations/${id}`]) {
      expect((await get(path)).body).toEqual(notFound);
      expect((await get(path, otherKey)).status).toBe(200);
    }
    expect((await server.request('DELETE', `/api/ai/queue/${id}`)).body).toEqual(notFound);
    const { body } = await get('/api/ai/generations?page_size=1000');
    expect(body.generations.map((row: Answer['body']) => row.generation_id)).not.toContain(id);
  });
});

describe('keys', () => {
  test.each([
    ['GET', '/api/ai/models', 200],
    ['GET', `/api/ai/models/${edit}`, 200],
    ['GET', '/api/evaluations/models', 200],
    ['GET', '/api/ai/models/search?search=x', 401],
    ['GET', '/api/ai/models/featured', 401],
    ['GET', '/api/ai/models/favorites', 401],
    ['POST', `/api/ai/models/${edit}/favorite`, 401],
    ['GET', '/api/ai/queue', 401],
    ['POST', '/api/ai/queue', 401],
    ['POST', '/api/ai/videos/generate', 401],
    ['POST', '/api/ai/images/generate', 401],
    ['DELETE', '/api/ai/queue/x', 401],
    ['GET', '/api/ai/generations', 401],
    ['GET', '/api/ai/generations/x', 401],
    ['GET', '/api/events', 401],
  ])('%s %s without one: %i', async (method, path, status) => {
    for (const key of [null, ...(status === 401 ? ['sk-wrong-wrong-wrong-wrong'] : [])]) {
      const answer = await server.request(method, path, { key });
      expect(answer.status).toBe(status);
      if (status === 401)
        expect(answer.body).toEqual(long('unauthenticated', 'A valid API key is required.', expect.any(String)));
    }
  });
});

describe('GET /ai/generations', () => {
  let paged: TestServer;
  const ids: string[] = [];

  beforeAll(async () => {
    paged = await startTestServer();
    for (let index = 0; index < 7; index++) {
      const target = index < 3 ? { target_namespace: 'team', target_repo: 'clips', target_directory: 'a/b' } : {};
      const json = { ...text, prompt: `[reelay:fail] ${index}`, ...target } as never;
      const { body } = await paged.request('POST', '/api/ai/queue', { json });
      ids.unshift(body.generations[0].generation_id);
      await paged.ended(body.generations[0].generation_id);
    }
    const { body } = await paged.request('POST', '/api/ai/queue', { json: { model: edit } });
    ids.unshift(body.generations[0].generation_id);
    await paged.ended(body.generations[0].generation_id);
    await charge(ids.at(-1), 400_000);
    await charge(ids.at(-4), 1_200_000);
  });

  afterAll(() => paged?.stop());

  /** What a provider that costs money would have left behind. */
  async function charge(id: string | undefined, micros: number): Promise<void> {
    const database = await openDatabase({ folder: paged.folder, url: await databaseOf(paged.folder) });
    const { db } = database;
    const task = await db.selectFrom('tasks').selectAll().where('id', '=', String(id)).executeTakeFirstOrThrow();
    const phase = JSON.stringify({ ...JSON.parse(task.phase), costMicros: micros });
    await db.updateTable('tasks').set({ phase }).where('id', '=', task.id).execute();
    const { id: taskId, account_id, provider, created_at } = task;
    await db.updateTable('attempts').set({ cost_micros: micros }).where('task_id', '=', taskId).execute();
    const charge = { attempt_id: `attempt-of-${taskId}`, account_id, task_id: taskId, provider, created_at };
    await db
      .insertInto('ledger')
      .values({ ...charge, cost_micros: micros })
      .execute();
    await database.close();
  }

  const list = async (query: string) => (await paged.request('GET', `/api/ai/generations${query}`)).body;
  const idsOf = (body: Answer['body']) => body.generations.map((row: Answer['body']) => row.generation_id);

  test.each([
    ['', { count: 8, page_number: 1, page_size: 50, total_pages: 1, total_entries: 8 }, [0, 8]],
    ['?page_size=3', { count: 3, page_number: 1, page_size: 3, total_pages: 3, total_entries: 8 }, [0, 3]],
    ['?page=2&page_size=3', { count: 3, page_number: 2, page_size: 3, total_pages: 3, total_entries: 8 }, [3, 6]],
    ['?page=3&page_size=3', { count: 2, page_number: 3, page_size: 3, total_pages: 3, total_entries: 8 }, [6, 8]],
    ['?page=4&page_size=3', { count: 0, page_number: 4, page_size: 3, total_pages: 3, total_entries: 8 }, [8, 8]],
    ['?page=2&page_size=4', { count: 4, page_number: 2, page_size: 4, total_pages: 2, total_entries: 8 }, [4, 8]],
    ['?page=1000000000&page_size=1000', { count: 0, total_pages: 1, total_entries: 8 }, [8, 8]],
  ])('%s', async (query, expected, [from, to]) => {
    const body = await list(query);
    expect(body).toMatchObject({ ...expected, total_cost: '1.60' });
    expect(idsOf(body)).toEqual(ids.slice(from, to));
  });

  test.each([
    ['?model=grok-imagine-text-to-video', 7, '1.60'],
    [`?model=${edit}`, 1, null],
    ['?model=grok-imagine-edit-video', 1, null],
    ['?model=nothing', 0, null],
    ['?status=failed', 8, '1.60'],
    ['?status=succeeded', 0, null],
    ['?media_type=video', 8, '1.60'],
    ['?media_type=image', 0, null],
    ['?namespace=team', 3, '0.40'],
    ['?namespace=default', 5, '1.20'],
    ['?namespace=other', 0, null],
    ['?repo=clips', 3, '0.40'],
    ['?folder=a%2Fb', 3, '0.40'],
    ['?folder=a', 0, null],
    ['?namespace=team&repo=clips&folder=a%2Fb&status=failed&model=grok-imagine-text-to-video', 3, '0.40'],
    ["?repo=' or 1=1 --", 0, null],
  ])('%s: %i rows, %s', async (query, total, cost) => {
    const body = await list(query);
    expect(body).toMatchObject({ total_entries: total, count: total, total_pages: 1, total_cost: cost });
  });

  test('one row, with its charge and its owner', async () => {
    const id = ids.at(-1);
    const { status, body } = await paged.request('GET', `/api/ai/generations/${id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'success',
      status_message: 'resource_found',
      generation: {
        generation_id: id,
        cost: '0.40',
        user_id: null,
        username: 'default',
        user_image: null,
        target_repo: 'clips',
        error_message: expect.stringContaining('The generation failed'),
      },
    });
    expect((await list('?namespace=team')).generations.at(-1)).toEqual(body.generation);
  });

  test.each([
    ['page=0', /^page: must be an integer from 1/],
    ['page=x', /^page: /],
    ['page=1.5', /^page: /],
    ['page=', /^page: /],
    ['page=99999999999', /^page: /],
    ['page=1&page=2', /^page: must be given once/],
    ['page_size=0', /^page_size: must be an integer from 1 to 1000/],
    ['page_size=1001', /^page_size: /],
    ['page=0&page_size=0', /^page: .*; page_size: /],
    ['status=running', /^status: must be one of queued, processing, succeeded, failed, cancelled/],
    ['media_type=audio', /^media_type: must be one of image, video/],
    ['status=x&media_type=y', /media_type: .*; status: /],
    ['model=a&model=b', /^model: must be given once/],
    ['namespace=a&namespace=b', /^namespace: must be given once/],
  ])('%s is refused', async (query, detail) => {
    const paths = query.startsWith('page') ? ['generations'] : ['generations', 'queue'];
    for (const path of paths) {
      const answer = await paged.request('GET', `/api/ai/${path}?${query}`);
      expect(answer).toMatchObject({ status: 400, body: invalid(expect.stringMatching(detail)) });
    }
  });
});

describe('models', () => {
  const ids = (body: Answer['body']) => body.data.map((model: Answer['body']) => model.id);

  test('the object of the edit model, with the schema of its page', async () => {
    const { body } = await get(`/api/ai/models/${edit}`);
    const schema = {
      type: 'object',
      title: 'Input',
      required: ['prompt', 'input_video'],
      basic: ['input_video'],
      properties: {
        prompt: {
          type: 'string',
          title: 'Prompt',
          minLength: 1,
          maxLength: 4096,
          description:
            'Text description of what you want to generate, or the instruction on how to edit the given video.',
          'x-order': 0,
          'x-parameter': 'prompt',
          'x-placeholder': 'Change the sky to a dramatic sunset with orange and purple clouds',
        },
        input_video: {
          type: 'string',
          format: 'uri',
          title: 'Input video',
          description: 'Video to use as reference.',
          renderType: 'video-url',
          'x-order': 1,
          'x-parameter': 'video',
          'x-placeholder': 'https://example.com/input-video.mp4',
          'x-media-rules': {
            require: { containers: ['mp4', 'mov', 'webm', 'mkv'] },
            normalise: { fitWithin: { longSide: 854, shortSide: 480 }, maximumSeconds: 8 },
          },
        },
        resolution: {
          type: 'string',
          title: 'Resolution',
          description: 'Resolution of the output video.',
          default: 'auto',
          enum: ['auto', '480p', '720p'],
          nullable: true,
          renderType: 'button-group',
          'x-order': 2,
          'x-parameter': 'resolution',
        },
      },
    };
    expect(body).toEqual({
      id: edit,
      object: 'model',
      created: expect.any(Number),
      owned_by: 'oxen',
      display_name: 'Grok Imagine - Video Edit',
      description: expect.any(String),
      summary: expect.any(String),
      model_type: 'base',
      endpoint: '/videos/generate',
      capabilities: { input: ['text', 'video'], output: ['video'] },
      pricing: {
        method: 'per_video_output_second',
        cost_per_second: 0.05,
        cost_per_second_by_resolution: { '480p': 0.05, '720p': 0.07 },
      },
      fine_tuning: null,
      deployments: [],
      developer: { name: 'xai', logo: null },
      source_model: null,
      image_url: null,
      released_at: null,
      request_schema: schema,
      json_request_schema: schema,
      showcase: null,
    });
  });

  test('the schema of image to video is that of its page', async () => {
    const { request_schema: schema } = (await get(`/api/ai/models/${picture}?deployment_status=live`)).body;
    expect(schema.required).toEqual(['prompt', 'input_image']);
    expect(schema.properties).toMatchObject({
      input_image: { type: 'string', format: 'uri', renderType: 'image-url' },
      resolution: { default: '480p', enum: ['720p', '480p'] },
      duration: { type: 'integer', default: 6, enum: [3, 6, 8, 10, 15] },
      aspect_ratio: { default: '16:9', enum: ['auto', '1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3'] },
    });
    expect(Object.keys(schema.properties).sort()).toEqual(
      ['aspect_ratio', 'duration', 'input_image', 'prompt', 'resolution'].sort(),
    );
  });

  test('every model has the required fields, both schema names, and no field of the route in the schema', async () => {
    const { body } = await get('/api/ai/models');
    expect(body.object).toBe('list');
    expect(body.data.length).toBeGreaterThanOrEqual(7);
    for (const model of body.data) {
      expect(model).toMatchObject({
        object: 'model',
        owned_by: 'oxen',
        id: expect.any(String),
        created: expect.any(Number),
      });
      expect(model.json_request_schema).toEqual(model.request_schema);
      expect(model.request_schema).not.toHaveProperty('additionalProperties');
      for (const field of ['model', 'response_format', 'target_namespace', 'num_generations']) {
        expect(model.request_schema.properties).not.toHaveProperty(field);
      }
    }
  });

  test('a model of ours is found by its own id too', async () => {
    expect((await get('/api/ai/models/grok-imagine-edit-video')).body.id).toBe(edit);
    expect((await get('/api/ai/models/veo-3.1-extend')).body).toMatchObject({
      pricing: { cost_per_second: 0.2, cost_per_second_with_audio: 0.4 },
    });
  });

  test.each([
    ['?developer_name=xai', true, false],
    ['?developer_name=xAI', true, false],
    ['?provider_name=google', false, true],
    ['?developer_name=xai&provider_name=google', false, false],
    ['?developer_name=nobody', false, false],
  ])('%s', async (query, grok, veo) => {
    const found = ids((await get(`/api/ai/models${query}`)).body);
    expect([found.includes(edit), found.includes('veo-3.1-extend')]).toEqual([grok, veo]);
  });

  test.each([
    ['video edit', true],
    ['XAI-GROK', true],
    ['nothing like it', false],
  ])('search for %s', async (search, found) => {
    const { body } = await get(`/api/ai/models/search?search=${encodeURIComponent(search)}`);
    expect(body.object).toBe('list');
    expect(ids(body).includes(edit)).toBe(found);
  });

  test.each([
    ['/api/ai/models/search', 'search: is required'],
    ['/api/ai/models/search?search=', 'search: is required'],
    ['/api/ai/models/search?search=a&search=b', 'search: must be given once'],
    ['/api/ai/models?developer_name=a&developer_name=b', 'developer_name: must be given once'],
    [`/api/ai/models/${edit}?deployment_status=dead`, 'deployment_status: must be live'],
  ])('%s is refused', async (path, detail) => {
    const answer = await get(path);
    expect(answer.status).toBe(400);
    expect(answer.body.error.detail).toContain(detail);
  });

  test('favorites are an account’s own, whichever id names the model', async () => {
    const list = async (key?: string) => ids((await get('/api/ai/models/favorites', key)).body);
    expect(await list()).toEqual([]);
    const marked = await server.request('POST', `/api/ai/models/${edit}/favorite`);
    expect(marked).toMatchObject({ status: 200, body: { id: edit, object: 'model' } });
    await server.request('POST', '/api/ai/models/grok-imagine-edit-video/favorite', {
      headers: { 'Content-Type': 'application/json' },
      body: '',
    });
    expect(await list()).toEqual([edit]);
    expect(await list(otherKey)).toEqual([]);
    const unmarked = await server.request('DELETE', `/api/ai/models/${edit}/favorite`);
    expect(unmarked).toMatchObject({ status: 200, body: { id: edit } });
    expect(await list()).toEqual([]);
    expect((await server.request('DELETE', `/api/ai/models/${edit}/favorite`)).status).toBe(200);
  });

  test('featured models are those with a page at Oxen', async () => {
    const found = ids((await get('/api/ai/models/featured')).body);
    expect(found).toContain(edit);
    expect(found).not.toContain('veo-3.1-extend');
  });

  test('base models can be neither changed nor deleted; waking one changes nothing', async () => {
    for (const [method, json] of [
      ['PUT', { display_name: 'x' }],
      ['DELETE', undefined],
    ] as const) {
      const answer = await server.request(method, `/api/ai/models/${edit}`, json ? { json } : {});
      expect(answer).toMatchObject({ status: 404, body: { status_message: 'resource_not_found' } });
      expect(answer.body.error.detail).toMatch(/^not_served_here: /);
    }
    for (const action of ['activate', 'deactivate']) {
      expect(await server.request('POST', `/api/ai/models/${edit}/${action}`)).toMatchObject({
        status: 200,
        body: { id: edit, deployments: [] },
      });
    }
  });

  test('the older registry', async () => {
    const { body } = await get('/api/evaluations/models');
    const model = body.models.find((one: Answer['body']) => one.name === edit);
    expect(model).toMatchObject({
      canonical_name: 'grok-imagine-edit-video',
      display_name: 'Grok Imagine - Video Edit',
      capabilities: { input: ['text', 'video'], output: ['video'] },
      json_request_schema: { required: ['prompt', 'input_video'] },
      provider: { name: 'xai', display_name: 'xAI' },
      developer: { name: 'xai', display_name: 'xAI' },
      can_run_inference: true,
      deprecated: false,
      model_type: 'base',
      is_fine_tuneable: false,
      fine_tune_schemas: [],
    });
  });
});
