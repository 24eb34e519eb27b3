import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Keys } from '../../src/access/keys.ts';
import { openDatabase } from '../../src/database/open.ts';
import { databaseOf } from '../../src/testing/databases.ts';
import { type ReceivedWebhook, type Receiver, startReceiver, webhookHeaders } from '../../src/testing/receiver.ts';
import { type Answer, startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let receiver: Receiver;
let secret: string;

beforeAll(async () => {
  server = await startTestServer();
  receiver = await startReceiver();
  secret = (await server.request('GET', '/v1/webhooks/secret')).body.secret;
});

afterEach(() => {
  receiver.answer = (_request, response) => response.writeHead(204).end();
});

afterAll(async () => {
  await receiver?.close();
  await server?.stop();
});

const clip = { model: 'grok-imagine-text-to-video', prompt: 'a sea', duration: 1, resolution: '480p' };

let hooks = 0;
/** An address of its own for each task, so that what comes there is known. */
const newHook = () => `${receiver.url}/hook-${++hooks}`;

const foxapi = (body: object, headers = {}) =>
  server.request('POST', '/v1/videos/generations', { json: { ...clip, ...body }, headers });
const oxen = (route: string, body: object) =>
  server.request('POST', `/api/ai/${route}`, { json: { ...clip, ...body } });

function at(hook: string): readonly ReceivedWebhook[] {
  return receiver.received.filter(({ path }) => receiver.url + path === hook);
}

/** What came to an address, once so many have; each one verified. */
async function told(hook: string, times = 1): Promise<readonly Answer['body'][]> {
  await expect.poll(() => at(hook).length, { timeout: 60_000, interval: 20 }).toBe(times);
  return at(hook).map((got) => new Webhook(secret).verify(got.body, webhookHeaders(got)));
}

async function delivery(taskId: string): Promise<Answer['body']> {
  const { body } = await server.request('GET', `/v1/webhooks/deliveries?task=${taskId}`);
  return body.data[0];
}

async function delivered(taskId: string): Promise<Answer['body']> {
  await expect.poll(async () => (await delivery(taskId))?.status, { timeout: 30_000 }).toBe('delivered');
  return delivery(taskId);
}

describe('the end of a task is told, in the words of its own API', () => {
  test('FoxAPI, of one that completes', async () => {
    const hook = newHook();
    const { body: created } = await foxapi({ callback_url: hook });
    const [body] = await told(hook);
    const { task_info: _now, ...read } = (await server.request('GET', `/v1/tasks/${created.id}`)).body;
    // How long such tasks take is known better by now.
    expect(body).toEqual({ ...read, task_info: { can_cancel: false, estimated_time: expect.any(Number) } });
    expect(body).toMatchObject({ id: created.id, status: 'completed', error: null });
    expect((await fetch(body.results[0].url)).headers.get('content-type')).toBe('video/mp4');
    expect(await delivered(created.id)).toMatchObject({
      object: 'webhook.delivery',
      task_id: created.id,
      url: hook,
      next_try: null,
      tries: [{ status: 204, error: null }],
    });
  });

  test('FoxAPI, of one that fails and of one that is cancelled', async () => {
    const [failing, cancelled] = [newHook(), newHook()];
    await foxapi({ callback_url: failing, prompt: '[reelay:moderation]' });
    expect(await told(failing)).toMatchObject([{ status: 'failed', error: { code: 'content_policy_violation' } }]);
    const { body } = await foxapi({ callback_url: cancelled, prompt: '[reelay:stuck]' });
    await server.request('POST', `/v1/tasks/${body.id}/cancel`);
    expect(await told(cancelled)).toMatchObject([
      { id: body.id, status: 'failed', error: { code: 'request_cancelled' } },
    ]);
  });

  test("Oxen's queue: each of several generations, and those whose parameters are wrong", async () => {
    const hook = newHook();
    const { body } = await oxen('queue', { callback_url: hook, num_generations: 2 });
    const bodies = await told(hook, 2);
    expect(bodies.map(({ generation_id }) => generation_id).toSorted()).toEqual(
      body.generations.map((one: { generation_id: string }) => one.generation_id).toSorted(),
    );
    for (const told of bodies) {
      expect(told).toEqual((await server.request('GET', `/api/ai/queue/${told.generation_id}`)).body);
      expect(told).toMatchObject({ status: 'succeeded', result_url: expect.stringContaining('/files/') });
      expect(told).not.toHaveProperty('callback_url');
    }
    const wrong = newHook();
    await oxen('queue', { callback_url: wrong, duration: 99 });
    expect(await told(wrong)).toMatchObject([{ status: 'failed', error_message: expect.stringContaining('duration') }]);
  });

  test("Oxen's blocking route", async () => {
    const hook = newHook();
    expect((await oxen('videos/generate', { callback_url: hook })).status).toBe(200);
    expect(await told(hook)).toMatchObject([{ status: 'succeeded', media_type: 'video' }]);
  });

  test('nothing is told of a dry run, of a refused request, nor without an address', async () => {
    const hook = newHook();
    await foxapi({ callback_url: hook, dry_run: true });
    await foxapi({ callback_url: hook, duration: 99 });
    const { body } = await foxapi({ callback_url: null, prompt: '[reelay:fail]' });
    await server.ended(body.id);
    expect(await delivery(body.id)).toBeUndefined();
    expect(at(hook)).toEqual([]);
  });
});

const secureHook = 'https://hooks.example.com/reelay';

describe('an address that nothing may be sent to is refused at once, in each API', () => {
  const urls: readonly [unknown, RegExp][] = [
    ['http://hooks.example.com/', /callback_url: has the scheme "http"; https is taken/],
    ['https://10.0.0.1/', /callback_url: leads to the address 10\.0\.0\.1/],
    [`${secureHook}/${'x'.repeat(2_048)}`, /callback_url: is 2081 characters long; at most 2048 are taken/],
    ['hooks.example.com', /callback_url: is not a valid URL/],
    ['', /callback_url: is not a valid URL/],
    [42, /callback_url: must be a URL, a string/],
    [['https://hooks.example.com'], /callback_url: must be a URL, a string/],
  ];
  test.each(urls)('%j', async (url, message) => {
    const { status, body } = await foxapi({ callback_url: url });
    expect(status).toBe(422);
    expect(body.error).toMatchObject({
      type: 'invalid_request_error',
      message: expect.stringMatching(message),
      details: [{ field: 'callback_url' }],
    });
    for (const route of ['queue', 'videos/generate']) {
      const refused = await oxen(route, { callback_url: url });
      expect(refused.status).toBe(400);
      expect(refused.body.error).toMatchObject({ type: 'invalid_params', detail: expect.stringMatching(message) });
    }
  });
});

test('Idempotency-Key: another address is another request; the same one is told once', async () => {
  const hook = newHook();
  const send = (url: string) => foxapi({ callback_url: url }, { 'Idempotency-Key': 'once' });
  const [first, again] = [await send(hook), await send(hook)];
  expect(again.body).toEqual(first.body);
  expect((await send(newHook())).status).toBe(409);
  await told(hook);
  await delivered(first.body.id);
  expect(at(hook)).toHaveLength(1);
});

describe('the log', () => {
  test('a failed try is told, and what is asked for again comes under its id, with a fresh body', async () => {
    const hook = newHook();
    receiver.answer = (_request, response) => response.writeHead(410).end('a secret of the receiver');
    const { body: task } = await foxapi({ callback_url: hook, prompt: '[reelay:fail]' });
    await told(hook);
    await expect.poll(async () => (await delivery(task.id))?.status, { timeout: 30_000 }).toBe('failed');
    const failed = await delivery(task.id);
    expect(failed.tries).toMatchObject([{ status: 410, error: expect.any(String), duration_ms: expect.any(Number) }]);
    expect(JSON.stringify(failed)).not.toContain('a secret');
    receiver.answer = (_request, response) => response.writeHead(200).end();
    const again = await server.request('POST', `/v1/webhooks/deliveries/${failed.id}/redeliver`);
    expect(again.body).toMatchObject({ id: failed.id, status: 'waiting' });
    await told(hook, 2);
    await delivered(task.id);
    expect(new Set(at(hook).map(({ headers }) => headers['webhook-id']))).toEqual(new Set([failed.id]));
    const { body } = await server.request('GET', `/v1/webhooks/deliveries/${failed.id}`);
    expect(body.tries.map(({ status }: { status: number }) => status)).toEqual([410, 200]);
  });

  test('has pages and filters', async () => {
    const ids: string[] = [];
    for (let query = '?limit=2'; query !== ''; ) {
      const { body } = await server.request('GET', `/v1/webhooks/deliveries${query}`);
      ids.push(...body.data.map(({ id }: { id: string }) => id));
      query = body.has_more ? `?limit=2&cursor=${body.next_cursor}` : '';
    }
    expect(ids.length).toBeGreaterThan(5);
    expect(new Set(ids).size).toBe(ids.length);
    const { body } = await server.request('GET', '/v1/webhooks/deliveries?status=failed');
    expect(body.data).toEqual([]);
    for (const query of ['limit=0', 'limit=101', 'status=odd', 'task=a&task=b']) {
      expect((await server.request('GET', `/v1/webhooks/deliveries?${query}`)).status, query).toBe(422);
    }
    expect((await server.request('GET', '/v1/webhooks/deliveries?cursor=none')).status).toBe(404);
  });

  test('is the own account’s alone, and so is the secret', async () => {
    const database = await openDatabase({ folder: server.folder, url: await databaseOf(server.folder) });
    const { key } = await new Keys(database.db, Date.now).create({ account: 'stranger' });
    await database.close();
    const [known] = (await server.request('GET', '/v1/webhooks/deliveries?limit=1')).body.data;
    expect((await server.request('GET', '/v1/webhooks/deliveries', { key })).body.data).toEqual([]);
    expect((await server.request('GET', `/v1/webhooks/deliveries/${known.id}`, { key })).status).toBe(404);
    expect((await server.request('POST', `/v1/webhooks/deliveries/${known.id}/redeliver`, { key })).status).toBe(404);
    expect((await server.request('GET', '/v1/webhooks/secret', { key })).body.secret).not.toBe(secret);
    expect((await server.request('GET', '/v1/webhooks/secret', { key: null })).status).toBe(401);
  });

  test('goes with its task', async () => {
    const hook = newHook();
    const { body: task } = await foxapi({ callback_url: hook, prompt: '[reelay:fail]' });
    await told(hook);
    await delivered(task.id);
    await server.request('DELETE', `/v1/tasks/${task.id}`);
    expect(await delivery(task.id)).toBeUndefined();
  });
});

test('rotation: both secrets verify for a day', async () => {
  const { body } = await server.request('POST', '/v1/webhooks/secret/rotate');
  expect(body).toMatchObject({ previous: [{ secret, expires: body.created + 24 * 3_600 }] });
  expect((await server.request('GET', '/v1/webhooks/secret')).body).toEqual(body);
  const hook = newHook();
  await foxapi({ callback_url: hook, prompt: '[reelay:fail]' });
  await told(hook);
  const [got] = at(hook);
  if (got === undefined) throw new Error('nothing came');
  for (const one of [secret, body.secret]) {
    expect(new Webhook(one).verify(got.body, webhookHeaders(got))).toMatchObject({ status: 'failed' });
  }
});

test('the metrics count what was sent', async () => {
  const read = async (name: string) =>
    Number(new RegExp(`^${name} (\\S+)$`, 'm').exec((await server.request('GET', '/metrics')).body)?.[1]);
  await expect.poll(() => read('reelay_webhook_deliveries_waiting'), { timeout: 30_000 }).toBe(0);
  expect(await read('reelay_webhook_deliveries_total\\{outcome="delivered"\\}')).toBeGreaterThan(5);
  expect(await read('reelay_webhook_deliveries_total\\{outcome="failed"\\}')).toBe(1);
  expect(await read('reelay_oldest_webhook_delivery_age_seconds')).toBe(0);
});
