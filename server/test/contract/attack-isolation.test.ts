import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Keys } from '../../src/access/keys.ts';
import { openDatabase } from '../../src/database/open.ts';
import { databaseOf } from '../../src/testing/databases.ts';
import { samplePicture } from '../../src/testing/sample-media.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/** Attacks by one account on another: what is theirs is as if it were not there. */

let server: TestServer;
let stranger: string;
let taskId: string;
let keyId: string;
let deliveryId: string;
let generationId: string;
let fileId: string;
const prompt = 'a sea that nobody else may see [reelay:stuck]';

beforeAll(async () => {
  server = await startTestServer();
  const beside = await openDatabase({ folder: server.folder, url: await databaseOf(server.folder) });
  const keys = new Keys(beside.db, Date.now);
  stranger = (await keys.create({ account: 'stranger' })).key;
  keyId = (await keys.create({ account: 'default' })).info.id;
  await beside.close();
  const json = { model: 'grok-imagine-text-to-video', prompt };
  taskId = (await server.request('POST', '/v1/videos/generations', { json })).body.id;
  // Nobody listens there.
  const told = { ...json, prompt: '[reelay:fail]', callback_url: 'https://127.0.0.1:9/' };
  await server.ended((await server.request('POST', '/v1/videos/generations', { json: told })).body.id);
  [{ id: deliveryId }] = (await server.request('GET', '/v1/webhooks/deliveries')).body.data;
  const file_data = (await readFile(await samplePicture(server.folder, 'photo.png'))).toString('base64');
  fileId = (await server.request('POST', '/v1/files/upload/base64', { json: { file_data } })).body.id;
  [{ generation_id: generationId }] = (await server.request('POST', '/api/ai/queue', { json })).body.generations;
});
afterAll(async () => {
  await server?.stop();
});

/** Ids that belong to no account, or to whoever holds a link; each has tests of its own. */
const open = /^\/(api\/ai\/models|files|docs|workbench|webhooks)\//;

/** An id of the other account for each place where one may stand, and one of the same form that is nobody's. */
const ids: Readonly<Record<string, () => readonly [foreign: string, unknown: string]>> = {
  '/v1/files/': () => [fileId, 'file-1700000000-zzzzzz'],
  '/v1/tasks/': () => [taskId, 'task-unified-1700000000-zzzzzzzz'],
  '/api/ai/queue/': () => [generationId, '00000000-0000-4000-8000-000000000000'],
  '/api/ai/generations/': () => [generationId, '00000000-0000-4000-8000-000000000000'],
  '/v1/webhooks/deliveries/': () => [deliveryId, `${deliveryId.slice(0, -1)}${deliveryId.endsWith('0') ? '1' : '0'}`],
  '/admin/keys/': () => [keyId, 'key-000000000000'],
  '/admin/accounts/': () => ['default', 'nobody'],
};

test('every route with an id answers for a foreign one as for an unknown one', async () => {
  const { paths } = (await server.request('GET', '/openapi.json', { key: null })).body;
  const routes = Object.entries<object>(paths)
    .filter(([path]) => path.includes('{') && !open.test(path))
    .flatMap(([path, operations]) => Object.keys(operations).map((method) => [method.toUpperCase(), path] as const));
  expect(routes.length).toBeGreaterThan(5);
  for (const [method, path] of routes) {
    const pair = Object.entries(ids).find(([start]) => path.startsWith(start))?.[1]();
    expect(pair, `${path} needs an id of another account here`).toBeDefined();
    for (const [foreign, unknown] of pair === undefined ? [] : [pair, pair.toReversed()]) {
      const answerTo = async (id = '') => {
        const { status, body } = await server.request(method, path.replace(/\{\w+\}/, id), { key: stranger });
        return { status, body: JSON.stringify(body).replaceAll(id, 'ID') };
      };
      const answer = await answerTo(foreign);
      expect(answer, `${method} ${path}`).toEqual(await answerTo(unknown));
      expect(answer.status).toBe(path.startsWith('/admin/') ? 403 : 404);
    }
  }
  expect((await server.request('GET', `/v1/tasks/${taskId}`)).body.status).toBe('processing');
  expect((await server.request('GET', `/api/ai/queue/${generationId}`)).body.status).toBe('processing');
});

describe('nothing of another account', () => {
  test.each([
    '/v1/tasks',
    '/v1/tasks?include=request',
    '/v1/tasks?search=sea',
    '/api/ai/queue',
    '/api/ai/queue?namespace=default',
    '/api/ai/generations',
    '/api/ai/generations?namespace=default&page_size=1000',
    '/v1/account/credits',
    '/v1/webhooks/deliveries',
    '/api/ai/models/favorites',
  ])('stands in %s', async (path) => {
    await server.request('POST', '/api/ai/models/google-veo-3-1/favorite');
    const { status, body } = await server.request('GET', path, { key: stranger });
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toMatch(new RegExp(`${taskId}|${generationId}|nobody else|"favou?rite"`));
    if (path.endsWith('favorites')) expect(body.data).toEqual([]);
  });

  test('comes as an event, whatever id it is asked from', async () => {
    const gone = new AbortController();
    const headers = { Authorization: `Bearer ${stranger}`, 'Last-Event-ID': '0' };
    const answer = await fetch(`${server.url}/api/events`, { headers, signal: gone.signal });
    const json = { model: 'grok-imagine-text-to-video', prompt: 'mine [reelay:fail]' };
    await server.request('POST', '/api/ai/queue', { json });
    const { body } = await server.request('POST', '/api/ai/queue', { json, key: stranger });
    const [{ generation_id: own }] = body.generations;
    let text = '';
    for await (const part of answer.body ?? []) {
      text += Buffer.from(part).toString();
      if (text.includes('event: media_generation_completed')) break;
    }
    gone.abort();
    const told = new Set([...text.matchAll(/"generation_id":"([^"]+)"/g)].map(([, id]) => id));
    expect([...told]).toEqual([own]);
  });

  test('is answered to a key of its idempotency', async () => {
    const headers = { 'Idempotency-Key': 'the same words' };
    const json = { model: 'grok-imagine-text-to-video', prompt: 'a hill [reelay:fail]' };
    const own = await server.request('POST', '/v1/videos/generations', { json, headers });
    const other = await server.request('POST', '/v1/videos/generations', {
      json: { ...json, prompt: 'x' },
      headers,
      key: stranger,
    });
    expect(other.status).toBe(200);
    expect(other.body.id).not.toBe(own.body.id);
    expect(other.headers.get('idempotent-replayed')).toBeNull();
  });
});
