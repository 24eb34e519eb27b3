import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureFirstKey } from '../../src/access/first-key.ts';
import { Keys } from '../../src/access/keys.ts';
import { scopes } from '../../src/contract/index.ts';
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

describe('scopes', () => {
  const create = { model: 'grok-imagine-text-to-video', prompt: 'a sea', dry_run: true };
  const routes = [
    ['read', 'GET', '/v1/models', undefined],
    ['read', 'GET', '/api/ai/queue', undefined],
    ['create', 'POST', '/v1/videos/generations', create],
    ['create', 'POST', '/api/ai/queue', create],
    ['files', 'POST', '/v1/files/upload/base64', { file_data: '!' }],
    ['files', 'DELETE', '/v1/files/none', undefined],
  ] as const;

  test.each(routes)('%s is needed for %s %s', async (scope, method, path, json) => {
    const others = scopes.filter((other) => other !== scope);
    const { key } = await keys.create({ scopes: others });
    const answer = await server.request(method, path, { key, ...(json && { json }) });
    expect(answer.status).toBe(403);
    expect(JSON.stringify(answer.body)).toContain(
      `needs a key with the scope ${scope}; yours has ${others.join(', ')}`,
    );
    const own = await server.request(method, path, {
      key: (await keys.create({ scopes: [scope] })).key,
      ...(json && { json }),
    });
    expect(own.status).not.toBe(403);
  });

  test('a key of before there were scopes keeps all but admin, unless it is the one that the operator set', async () => {
    const { info } = await keys.create();
    await beside.db.updateTable('api_keys').set({ scopes: null }).execute();
    expect((await keys.list()).find(({ id }) => id === info.id)?.scopes).toEqual(['create', 'read', 'files']);
    await ensureFirstKey(beside.db, Date.now, server.key);
    expect((await keys.list()).filter((one) => one.scopes.includes('admin'))).toHaveLength(1);
  });
});

test('an expired key says so, to the millisecond', async () => {
  let now = Date.now();
  const clocked = new Keys(beside.db, () => now);
  const expiresAt = now + 500;
  const { key } = await clocked.create({ expiresAt });
  await clocked.authenticate(`Bearer ${key}`);
  now = expiresAt - 1;
  await clocked.authenticate(`Bearer ${key}`);
  now = expiresAt;
  await expect(clocked.authenticate(`Bearer ${key}`)).rejects.toMatchObject({
    code: 'unauthenticated',
    message: `the API key expired on ${new Date(expiresAt).toISOString()}`,
  });
});

test('a change takes what is null away and leaves what it does not name', async () => {
  const limits = { requestsPerMinute: 60, budgetDayMicros: 5_000_000 };
  const { info } = await keys.create({ name: 'ci', models: ['veo-3.1'], limits });
  expect(info).toMatchObject({ name: 'ci', models: ['veo-3.1'], limits });
  const changed = await keys.update(info.id, { name: 'nightly', models: null, limits: { requestsPerMinute: null } });
  expect(changed).toMatchObject({ name: 'nightly', limits: { budgetDayMicros: 5_000_000 } });
  expect(changed).not.toHaveProperty('models');
  expect(changed.limits).not.toHaveProperty('requestsPerMinute');
  expect((await keys.list()).find(({ id }) => id === info.id)).toEqual(changed);
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
