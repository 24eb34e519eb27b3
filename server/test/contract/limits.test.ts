import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Accounts } from '../../src/access/accounts.ts';
import { Keys } from '../../src/access/keys.ts';
import { createRequestRates } from '../../src/access/request-rates.ts';
import type { Limits } from '../../src/contract/index.ts';
import { type Database, openDatabase } from '../../src/database/open.ts';
import { databaseOf, onPostgres } from '../../src/testing/databases.ts';
import { createPlanner } from '../../src/testing/emulators/planner.ts';
import { emulatedVendors, type RunningEmulator } from '../../src/testing/emulators/registry.ts';
import { sampleVideo } from '../../src/testing/sample-media.ts';
import { type Answer, startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/** Limits of keys and accounts as both APIs tell of them. The vendor is emulated: a clip of six seconds costs $0.30 there. */

let folder: string;
let emulator: RunningEmulator;
let server: TestServer;
let beside: Database;
let keys: Keys;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-limits-'));
  const video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1 }));
  const vendor = emulatedVendors['xai'];
  if (vendor === undefined) throw new Error('the vendor is not emulated');
  const plan = createPlanner({ rules: [], seed: 1, jobMs: 600_000, now: Date.now });
  emulator = await vendor.start({ video, folder, webhookOrigin: undefined, script: { plan, made: () => undefined } });
  server = await startTestServer(emulator.environment);
  beside = await openDatabase({ folder: server.folder, url: await databaseOf(server.folder) });
  keys = new Keys(beside.db, Date.now);
});

afterAll(async () => {
  await beside?.close();
  await server?.stop();
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
});

let accounts = 0;

/** A key of an account of its own. */
async function keyWith(limits: Limits, more: { readonly models?: readonly string[] } = {}): Promise<string> {
  accounts += 1;
  return (await keys.create({ account: `team-${accounts}`, limits, ...more })).key;
}

const clip = { model: 'grok-imagine-text-to-video', prompt: 'a sea', duration: 6, resolution: '480p' };

const apis: readonly (readonly [string, (key: string, more?: object) => Promise<Answer>])[] = [
  ['foxapi', (key, more) => server.request('POST', '/v1/videos/generations', { key, json: { ...clip, ...more } })],
  ['oxen', (key, more) => server.request('POST', '/api/ai/queue', { key, json: { ...clip, ...more } })],
];

describe.each(apis)('%s', (api, create) => {
  const isFox = api === 'foxapi';

  test('a budget that is used up answers 402 in the words of the API', async () => {
    const key = await keyWith({ budgetDayMicros: 500_000 });
    expect((await create(key)).status).toBe(200);
    const { status, body } = await create(key);
    expect(status).toBe(402);
    const message = expect.stringMatching(
      /budget of \$0\.50 a day does not allow it: \$0\.00 spent, \$0\.30 reserved, and this needs \$0\.30; it resets at \d{4}-\d\d-\d\dT00:00/,
    );
    expect(body.error).toEqual(
      isFox
        ? { type: 'insufficient_quota', code: 'insufficient_quota', message }
        : { type: 'insufficient_credits', title: 'You have run out of credits.', detail: message },
    );
    const asked = { 'X-Reelay-Provider': 'local' };
    const path = isFox ? '/v1/videos/generations' : '/api/ai/queue';
    expect(await server.request('POST', path, { key, json: clip, headers: asked })).toMatchObject({ status: 200 });
  });

  test('too many tasks in flight answer 429 with Retry-After', async () => {
    const key = await keyWith({ tasksInFlight: 1 });
    await create(key);
    const { status, headers, body } = await create(key);
    expect(status).toBe(429);
    expect(headers.get('retry-after')).toBe('10');
    expect(headers.get('ratelimit-limit')).toBeNull();
    const words = 'the key may have 1 task in flight; it has 1, and this asks for 1 more';
    expect(JSON.stringify(body)).toContain(words);
    if (isFox) expect(body.error).toMatchObject({ type: 'rate_limit_error', code: 'too_many_tasks' });
  });

  test('a model that the key may not use answers 403, also dry, and is not listed', async () => {
    const key = await keyWith({}, { models: ['veo-3.1'] });
    for (const more of [{}, { dry_run: true }]) {
      const { status, body } = await create(key, more);
      expect(status).toBe(403);
      expect(JSON.stringify(body)).toContain('may not use grok-imagine-text-to-video; it may use veo-3.1');
    }
    const path = isFox ? '/v1/models' : '/api/ai/models/search?search=veo';
    expect((await server.request('GET', path, { key })).body.data).toHaveLength(1);
  });
});

test('Oxen counts all generations of a request, or makes none', async () => {
  const key = await keyWith({ tasksInFlight: 3 });
  const ask = (count: number) =>
    server.request('POST', '/api/ai/queue', { key, json: { ...clip, num_generations: count } });
  expect((await ask(4)).status).toBe(429);
  expect((await ask(3)).body.generations).toHaveLength(3);
  expect((await ask(1)).status).toBe(429);
});

test('requests in a minute: told on every answer, refused with when to come back', async () => {
  const key = await keyWith({ requestsPerMinute: 3 });
  const left: (string | null)[] = [];
  for (const path of ['/v1/models', '/api/ai/queue', '/v1/tasks/none']) {
    const { headers } = await server.request('GET', path, { key });
    expect(headers.get('ratelimit-limit')).toBe('3');
    expect(Number(headers.get('ratelimit-reset'))).toBeGreaterThan(0);
    left.push(headers.get('ratelimit-remaining'));
  }
  expect(left).toEqual(['2', '1', '0']);
  for (const [path, error] of [
    ['/v1/models', { type: 'rate_limit_error', code: 'rate_limited' }],
    ['/api/ai/queue', { title: 'Too many requests.' }],
  ] as const) {
    const { status, headers, body } = await server.request('GET', path, { key });
    expect(status).toBe(429);
    expect(body.error).toMatchObject(error);
    expect(headers.get('retry-after')).toBe(headers.get('ratelimit-reset'));
    expect(headers.get('ratelimit-remaining')).toBe('0');
  }
  const free = await server.request('GET', '/v1/models');
  expect(free.headers.get('ratelimit-limit')).toBeNull();
});

test("an account's requests are those of all its keys, and the nearer limit is told", async () => {
  const [one, other] = [
    await keys.create({ account: 'crowd', limits: { requestsPerMinute: 100 } }),
    await keys.create({ account: 'crowd' }),
  ];
  await new Accounts(beside.db, Date.now).setLimits('crowd', { requestsPerMinute: 2 });
  const ask = (key: string) => server.request('GET', '/v1/models', { key });
  expect((await ask(one.key)).headers.get('ratelimit-limit')).toBe('2');
  expect((await ask(other.key)).headers.get('ratelimit-remaining')).toBe('0');
  const { status, body } = await ask(one.key);
  expect(status).toBe(429);
  expect(body.error.message).toMatch(/^the account may send 2 requests a minute; the next in \d+ s$/);
});

test('servers on one database count requests together, those on a file of their own do not', async () => {
  const key = await keyWith({ requestsPerMinute: 100 });
  const other = createRequestRates(beside.db, beside.reader);
  const caller = await keys.authenticate(`Bearer ${key}`);
  await Promise.all([...Array(10)].flatMap(() => [other.count(caller), server.request('GET', '/v1/models', { key })]));
  expect(await other.read(caller)).toMatchObject([{ of: 'key', limit: 100, used: onPostgres ? 20 : 10 }]);
});

test('what is left can be read', async () => {
  const key = await keyWith(
    { requestsPerMinute: 50, tasksInFlight: 2, budgetDayMicros: 1_000_000 },
    { models: [clip.model] },
  );
  await server.request('POST', '/v1/videos/generations', { key, json: clip });
  const { body } = await server.request('GET', '/v1/account/limits', { key });
  const of = { of: 'key' };
  expect(body).toEqual({
    object: 'limits',
    scopes: ['create', 'read', 'files'],
    models: [clip.model],
    limits: [
      {
        ...of,
        limit: 'requests_per_minute',
        maximum: 50,
        used: 2,
        reserved: 0,
        remaining: 48,
        resets: expect.any(Number),
      },
      { ...of, limit: 'tasks_in_flight', maximum: 2, used: 1, reserved: 0, remaining: 1, resets: null },
      { ...of, limit: 'budget_day', maximum: 1, used: 0, reserved: 0.3, remaining: 0.7, resets: expect.any(Number) },
    ],
  });
  expect((await server.request('GET', '/v1/account/limits')).body).toMatchObject({ models: null, limits: [] });
  const credits = (await server.request('GET', '/v1/account/credits', { key })).body.data;
  expect(credits.token).toEqual({ remaining_credits: 70, used_credits: 30, unlimited_credits: false });
  expect(credits.user).toMatchObject({ unlimited_credits: true });
});

describe('an operator', () => {
  const admin = (method: string, path: string, json?: object) =>
    server.request(method, `/admin/${path}`, json && { json: json as Record<string, never> });

  test('makes a key with limits, changes and revokes it', async () => {
    const { body: made } = await admin('POST', 'keys', { account: 'film', name: 'anna', budget_day_usd: 0.5 });
    const none = { requests_per_minute: null, tasks_in_flight: null, budget_month_usd: null };
    expect(made).toMatchObject({
      account: 'film',
      name: 'anna',
      models: null,
      limits: { ...none, budget_day_usd: 0.5 },
    });
    const models = ['xai-grok-imagine-video-edit-video', 'veo-3.1'];
    const changed = await admin('PATCH', `keys/${made.id}`, { models, tasks_in_flight: 3, budget_day_usd: null });
    expect(changed.body).toMatchObject({
      models: ['grok-imagine-edit-video', 'veo-3.1'],
      limits: { ...none, tasks_in_flight: 3 },
    });
    expect((await admin('GET', 'keys')).body.data).toContainEqual(changed.body);
    expect(JSON.stringify((await admin('GET', 'keys')).body)).not.toContain(made.key);
    const revoked = await admin('DELETE', `keys/${made.id}`);
    expect(revoked.body.revoked).toEqual(expect.any(Number));
    await expect
      .poll(async () => (await server.request('GET', '/v1/models', { key: made.key })).status, { timeout: 2_000 })
      .toBe(401);
  });

  test.each([
    [{ budget: 5 }, /^budget: is not a field here$/],
    [{ scopes: ['root'] }, /^scopes\.0: .*: create, read, files, admin$/],
    [{ scopes: [] }, /^scopes: /],
    [{ models: ['sora'] }, /^models: there is no model sora$/],
    [{ expires: 1 }, /^expires: must be later than now$/],
    [{ tasks_in_flight: 0, budget_day_usd: '5' }, /^tasks_in_flight: .*1; budget_day_usd: must be number$/],
  ])('is told what is wrong with %j', async (json, message) => {
    const { status, body } = await admin('POST', 'keys', json);
    expect(status).toBe(422);
    expect(body.error).toMatchObject({ code: 'invalid_parameters', message: expect.stringMatching(message) });
  });

  test('is nobody without the scope', async () => {
    const { status, body } = await server.request('GET', '/admin/keys', { key: await keyWith({}) });
    expect(status).toBe(403);
    expect(body.error.message).toBe('this needs a key with the scope admin; yours has create, read, files');
  });

  test('sees what was made and spent', async () => {
    const { key, info } = await keys.create({ account: 'spender' });
    const path = '/v1/videos/generations';
    await server.request('POST', path, { key, json: clip });
    const local = { 'X-Reelay-Provider': 'local' };
    const { body } = await server.request('POST', path, { key, json: { ...clip, duration: 1 }, headers: local });
    await expect
      .poll(async () => (await server.request('GET', `/v1/tasks/${body.id}`, { key })).body.status, { timeout: 30_000 })
      .toBe('completed');
    const usage = async (query: string) => (await admin('GET', `usage?account=spender&${query}`)).body.data;
    const both = { tasks: 2, succeeded: 1, failed: 0, cancelled: 0, seconds: 1, charged_usd: 0, reserved_usd: 0.3 };
    expect(await usage('by=key')).toEqual([{ group: info.id, ...both }]);
    expect(await usage('by=model')).toEqual([{ group: clip.model, ...both }]);
    expect(await usage(`key=${info.id}`)).toEqual([{ group: new Date().toISOString().slice(0, 10), ...both }]);
    expect(await usage('by=provider')).toMatchObject([
      { group: 'local', tasks: 1, seconds: 1, reserved_usd: 0 },
      { group: 'xai', tasks: 1, seconds: 0, reserved_usd: 0.3 },
    ]);
    expect((await admin('GET', 'usage?key=none')).status).toBe(404);
    expect((await admin('GET', 'usage?since=2026-13-01')).status).toBe(422);
  });
});
