import { afterAll, beforeAll, expect, test } from 'vitest';
import { Keys } from '../../src/access/keys.ts';
import { type Database, openDatabase } from '../../src/database/open.ts';
import { databaseOf } from '../../src/testing/databases.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
/** The same database opened a second time, as the command line tool does beside a running server. */
let beside: Database;
let keys: Keys;

beforeAll(async () => {
  server = await startTestServer();
  beside = await openDatabase({ folder: server.folder, url: await databaseOf(server.folder) });
  keys = new Keys(beside.db, Date.now);
});

afterAll(async () => {
  await beside?.close();
  await server?.stop();
});

test('a key made beside the running server works at once, a revoked one stops within a second', async () => {
  const { key, info } = await keys.create({ account: 'team' });
  expect(key).toMatch(/^sk-[A-Za-z0-9]{40,}$/);
  expect((await server.request('GET', '/v1/models', { key })).status).toBe(200);
  await keys.revoke(info.id);
  await expect
    .poll(async () => (await server.request('GET', '/v1/models', { key })).status, { timeout: 1_000, interval: 50 })
    .toBe(401);
});

test('the database holds no key, only its hash', async () => {
  const { key } = await keys.create();
  const rows = await beside.db.selectFrom('api_keys').selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(key);
});

test('what belongs to another account is not there', async () => {
  const { key } = await keys.create({ account: 'stranger' });
  const json = { model: 'grok-imagine-text-to-video', prompt: 'a sea [reelay:stuck]' };
  const { body } = await server.request('POST', '/v1/videos/generations', { json });
  for (const [method, path] of [
    ['GET', `/v1/tasks/${body.id}`],
    ['POST', `/v1/tasks/${body.id}/cancel`],
    ['DELETE', `/v1/tasks/${body.id}`],
    ['GET', `/v1/tasks?cursor=${body.id}`],
  ] as const) {
    expect((await server.request(method, path, { key })).status, `${method} ${path}`).toBe(404);
  }
  expect((await server.request('GET', '/v1/tasks', { key })).body.data).toEqual([]);
  const headers = { 'Idempotency-Key': 'shared-name' };
  const own = await server.request('POST', '/v1/videos/generations', { json, headers });
  const theirs = await server.request('POST', '/v1/videos/generations', { json, headers, key });
  expect(theirs.body.id).not.toBe(own.body.id);
});

test.each([
  ['Basic', 'Basic dXNlcjpwYXNz'],
  ['no scheme', 'sk-aaaaaaaaaaaaaaaaaaaaaaaa'],
  ['an empty key', 'Bearer '],
  ['two keys', 'Bearer a b'],
  ['a very long key', `Bearer ${'x'.repeat(10_000)}`],
])('an Authorization header with %s is refused', async (_name, Authorization) => {
  const answer = await server.request('GET', '/v1/models', { key: null, headers: { Authorization } });
  expect(answer).toMatchObject({ status: 401, body: { error: { type: 'authentication_error' } } });
});

test('a key is revoked by its first characters only where they are its own', async () => {
  await expect(keys.revoke('sk-none')).rejects.toMatchObject({ code: 'not_found' });
  await expect(keys.create({ key: 'too short' })).rejects.toThrow(/at least 20/);
});
