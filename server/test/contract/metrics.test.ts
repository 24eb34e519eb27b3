import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { liveStates } from '../../src/contract/index.ts';
import { type Reelay, startReelay } from '../../src/main.ts';
import { startXaiEmulator, type XaiEmulator } from '../../src/testing/emulators/xai.ts';
import { type FileServer, serveFiles } from '../../src/testing/file-server.ts';
import { sampleVideo } from '../../src/testing/sample-media.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

const key = 'xai-emulated-key';
let folder: string;
let files: FileServer;
let xai: XaiEmulator;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-metrics-'));
  const video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1, width: 160, height: 90 }));
  files = await serveFiles(folder, {
    '/inside.png': (_request, response) => response.writeHead(302, { Location: 'http://10.0.0.1/secret.png' }).end(),
  });
  xai = await startXaiEmulator({ key, video });
  server = await startTestServer({
    REELAY_HOST: '0.0.0.0',
    REELAY_TRUST_PROXY: 'true',
    XAI_API_KEY: key,
    XAI_BASE_URL: xai.baseUrl,
    REELAY_SUBMIT_TIMEOUT_SECONDS: '2',
  });
});

beforeEach(() => {
  Object.assign(xai, { submission: { kind: 'accept' }, fate: 'done', statusAnswer: undefined });
});

afterAll(async () => {
  await server?.stop();
  await Promise.all([xai?.close(), files?.close()]);
  await rm(folder, { recursive: true, force: true });
});

type Samples = Readonly<Record<string, number>>;

/** Reads the text format as strictly as a scraper: each line is a remark or one sample. */
function samplesOf(text: string): Samples {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = '', value = ''] = /^([a-z0-9_:]+(?:\{[^{}]*\})?) (\S+)$/i.exec(line) ?? [];
      expect(name, line).not.toBe('');
      return [name, Number(value)];
    }),
  );
}

async function scrape(from: TestServer = server): Promise<Samples> {
  const answer = await from.request('GET', '/metrics', { key: null });
  expect(answer.status).toBe(200);
  return samplesOf(String(answer.body));
}

const submit = (json: object, provider = 'xai') =>
  server.request('POST', '/v1/videos/generations', {
    json: json as never,
    headers: { 'X-Reelay-Provider': provider },
  });

async function make(json: object, provider?: string) {
  const created = await submit(json, provider);
  expect(created.status, JSON.stringify(created.body)).toBe(200);
  return server.ended(created.body.id);
}

const sea = { model: 'grok-imagine-text-to-video', prompt: 'a sea', duration: 1 };

describe('what is counted', () => {
  test('a task from accept to end, what it cost, and every call of its provider', async () => {
    const before = await scrape();
    expect(await make(sea)).toMatchObject({ status: 'completed', provider: 'xai' });
    const after = await scrape();
    const rise = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
    expect(rise('reelay_tasks_accepted_total{api="foxapi",operation="text-to-video"}')).toBe(1);
    expect(rise('reelay_provider_submissions_total{provider="xai",outcome="accepted"}')).toBe(1);
    expect(rise('reelay_provider_paid_posts_total{provider="xai"}')).toBe(1);
    expect(rise('reelay_provider_polls_total{provider="xai",outcome="done"}')).toBe(1);
    expect(rise('reelay_provider_cost_usd_total{provider="xai"}')).toBeCloseTo(0.35);
    expect(rise('reelay_task_duration_seconds_count{operation="text-to-video",state="succeeded"}')).toBe(1);
    expect(rise('reelay_provider_call_duration_seconds_count{provider="xai",method="start"}')).toBe(1);
    expect(after).toMatchObject({
      'reelay_tasks{provider="xai",state="queued"}': 0,
      'reelay_tasks{provider="xai",state="running"}': 0,
      'reelay_provider_reserved_usd{provider="xai"}': 0,
      'reelay_provider_circuit_open{provider="xai"}': 0,
      'reelay_provider_room{provider="xai"}': 20,
      'reelay_oldest_queued_task_age_seconds{provider="xai"}': 0,
    });
  });

  test('what runs now, with what is set aside for it; a vendor that asks for patience', async () => {
    xai.fate = 'pending';
    const { body } = await submit(sea);
    await expect
      .poll(() => scrape(), { timeout: 10_000 })
      .toMatchObject({
        'reelay_tasks{provider="xai",state="running"}': 1,
        'reelay_provider_room{provider="xai"}': 19,
        'reelay_provider_reserved_usd{provider="xai"}': 0.07,
        'reelay_provider_polls_total{provider="xai",outcome="running"}': expect.any(Number),
      });
    xai.statusAnswer = { status: 429, headers: { 'retry-after': '1' } };
    await server.request('GET', `/v1/tasks/${body.id}`, { headers: { 'Cache-Control': 'no-cache' } });
    await expect
      .poll(() => scrape(), { timeout: 10_000 })
      .toMatchObject({ 'reelay_provider_polls_total{provider="xai",outcome="limited"}': 1 });
    Object.assign(xai, { fate: 'done', statusAnswer: undefined });
    expect(await server.ended(body.id)).toMatchObject({ status: 'completed' });
  });

  test('a clip rendered here, which is no paid POST', async () => {
    expect(await make(sea, 'local')).toMatchObject({ status: 'completed' });
    const samples = await scrape();
    expect(samples).toMatchObject({
      reelay_render_duration_seconds_count: 1,
      'reelay_provider_submissions_total{provider="local",outcome="accepted"}': 1,
      'reelay_provider_paid_posts_total{provider="local"}': 0,
    });
    expect(samples['reelay_render_duration_seconds_sum']).toBeGreaterThan(0);
  });

  test('a fetch that led inside, and an open stream', async () => {
    const inside = { model: 'grok-imagine-image-to-video', prompt: 'on', image_url: `${files.url}/inside.png` };
    expect(await make({ ...inside, duration: 1 })).toMatchObject({ status: 'failed' });
    const leave = new AbortController();
    const stream = await fetch(`${server.url}/api/events`, {
      headers: { Authorization: `Bearer ${server.key}` },
      signal: leave.signal,
    });
    expect(stream.status).toBe(200);
    expect(await scrape()).toMatchObject({ reelay_fetches_refused_total: 1, reelay_sse_clients: 1 });
    leave.abort();
    await expect.poll(() => scrape()).toMatchObject({ reelay_sse_clients: 0 });
  });

  test('the process itself, in base units', async () => {
    const samples = await scrape();
    for (const name of [
      'process_cpu_seconds_total',
      'nodejs_eventloop_lag_p99_seconds',
      'process_start_time_seconds',
    ]) {
      expect(samples).toHaveProperty(name);
    }
  });

  test('requests by route, files, disk and database; strangers make no labels', async () => {
    await scrape();
    const before = await scrape();
    for (const path of [
      '/v1/tasks/task-1',
      '/v1/tasks/task-2',
      '/nowhere/1',
      '/nowhere/2',
      '/v1/nowhere',
      '/files/a/b',
    ]) {
      await server.request('GET', path);
    }
    await fetch(`${server.url}/v1/tasks/task-3`, { method: 'PROPFIND' });
    const after = await scrape();
    const fresh = Object.entries(after).filter(([name, value]) => value !== before[name] && /http_requests/.test(name));
    expect(Object.fromEntries(fresh)).toMatchObject({
      'reelay_http_requests_total{method="GET",route="/v1/tasks/:id",status="4xx"}': expect.any(Number),
      'reelay_http_requests_total{method="any",route="none",status="4xx"}': expect.any(Number),
    });
    expect(after).toMatchObject({
      'reelay_files{purpose="output"}': expect.any(Number),
      'reelay_files_bytes{purpose="upload"}': 0,
      'reelay_database_errors_total{reason="locked"}': 0,
      'reelay_storage_errors_total{reason="full"}': 0,
      'reelay_provider_last_answer_timestamp_seconds{provider="xai"}': expect.any(Number),
    });
    expect(after['reelay_accept_duration_seconds_count']).toBeGreaterThan(0);
    expect(after['reelay_database_bytes']).toBeGreaterThan(10_000);
    expect(after['reelay_disk_free_bytes']).toBeGreaterThan(1_000_000);
  });

  test('every label has few values, all of them ours', async () => {
    const { body } = await server.request('GET', '/metrics');
    const values = new Map<string, Set<string>>();
    for (const [, labels = ''] of String(body).matchAll(/^reelay_\w+\{([^}]*)\}/gm)) {
      for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
        values.set(label, (values.get(label) ?? new Set()).add(value));
      }
    }
    const allowed: Readonly<Record<string, RegExp>> = {
      api: /^(foxapi|oxen)$/,
      le: /^[\d.]+$|^\+Inf$/,
      method: /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|any|start|status|find|cancel|webhook)$/,
      operation: /^[a-z-]+$/,
      outcome: /^[a-z-]+$/,
      provider: /^[a-z-]+$/,
      purpose: /^(upload|input|output)$/,
      reason: /^[a-z-]+$/,
      route: /^(none|(\/[\w.:-]*)+)$/,
      state: /^[a-z]+$/,
      status: /^[1-5]xx$/,
    };
    for (const [label, seen] of values) {
      expect(Object.keys(allowed)).toContain(label);
      for (const value of seen) expect(value, label).toMatch(allowed[label] ?? /never/);
      expect(seen.size, label).toBeLessThan(60);
    }
  });

  test('every name follows the conventions, and is described', async () => {
    const { body } = await server.request('GET', '/metrics');
    const types = [...String(body).matchAll(/^# TYPE (reelay_\w+) (\w+)$/gm)];
    expect(types.length).toBeGreaterThan(15);
    for (const [, name = '', type] of types) {
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      expect(String(body)).toMatch(new RegExp(`^# HELP ${name} .+\\.$`, 'm'));
    }
    // Nothing that a client or a vendor sends becomes a label.
    expect(String(body)).not.toMatch(/a sea|task-|sk-|grok/);
  });

  test.each(['prometheus-rules.yml', 'grafana-dashboard.json'])('every metric of deploy/%s is there', async (file) => {
    const text = await readFile(join(import.meta.dirname, '..', '..', '..', 'deploy', file), 'utf8');
    const named = new Set(text.match(/\b(reelay|nodejs|process)_\w+/g));
    const { body } = await server.request('GET', '/metrics');
    const known = [...String(body).matchAll(/^# TYPE (\w+) /gm)].map(([, name = '']) => name);
    expect(named.size).toBeGreaterThan(10);
    for (const name of named) expect(known, name).toContain(name.replace(/_(bucket|count|sum)$/, ''));
  });

  test('two servers count for themselves', async () => {
    const other = await startTestServer();
    try {
      const samples = await scrape(other);
      expect(samples['reelay_tasks_accepted_total{api="foxapi",operation="text-to-video"}'] ?? 0).toBe(0);
      expect(samples).toMatchObject({ 'reelay_provider_submissions_total{provider="local",outcome="accepted"}': 0 });
    } finally {
      await other.stop();
    }
  });

  test('what waits is counted again after a restart', async () => {
    const config = readConfig({
      REELAY_PORT: '0',
      REELAY_DATA_DIR: join(folder, 'data'),
      REELAY_API_KEY: server.key,
      XAI_API_KEY: key,
      XAI_BASE_URL: xai.baseUrl,
      REELAY_PROVIDER_JOBS: 'xai=1',
    });
    const start = () => startReelay(config, pino({ level: 'silent' }));
    const read = async ({ url }: Reelay) => samplesOf(await (await fetch(`${url}/metrics`)).text());
    xai.fate = 'pending';
    const first = await start();
    for (let number = 0; number < 3; number += 1) {
      await server.request('POST', `${first.url}/v1/videos/generations`, { json: sea });
    }
    const waiting = {
      'reelay_tasks{provider="xai",state="queued"}': 2,
      'reelay_tasks{provider="xai",state="running"}': 1,
      'reelay_provider_reserved_usd{provider="xai"}': expect.closeTo(0.21),
      'reelay_provider_room{provider="xai"}': 0,
    };
    await expect.poll(() => read(first), { timeout: 10_000 }).toMatchObject(waiting);
    await first.stop();
    const second = await start();
    const live = (samples: Samples) =>
      liveStates.reduce((sum, state) => sum + (samples[`reelay_tasks{provider="xai",state="${state}"}`] ?? 0), 0);
    await expect.poll(async () => live(await read(second))).toBe(3);
    const samples = await read(second);
    expect(samples['reelay_provider_reserved_usd{provider="xai"}']).toBeCloseTo(0.21);
    expect(samples['reelay_oldest_queued_task_age_seconds{provider="xai"}']).toBeGreaterThan(0);
    await second.stop();
  });

  test('a submission whose outcome is unknown, and the looks for it', async () => {
    Object.assign(xai, { submission: { kind: 'accept-then-drop' }, fate: 'pending' });
    const before = await scrape();
    await submit(sea);
    await expect
      .poll(() => scrape(), { timeout: 10_000 })
      .toMatchObject({
        'reelay_tasks{provider="xai",state="uncertain"}': 1,
        'reelay_provider_submissions_total{provider="xai",outcome="unknown"}': 1,
        'reelay_provider_finds_total{provider="xai",outcome="not-yet"}': expect.any(Number),
      });
    const after = await scrape();
    const posts = 'reelay_provider_paid_posts_total{provider="xai"}';
    expect((after[posts] ?? 0) - (before[posts] ?? 0)).toBe(1);
  });
});

describe('attack: outside: nobody else reads them', () => {
  const port = () => Number(new URL(server.url).port);

  async function statusFor(headers: Readonly<Record<string, string>>, host = '127.0.0.1') {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; body: string }>();
    get({ host, port: port(), path: '/metrics', headers }, async (response) =>
      resolve({ status: response.statusCode, body: await textOf(response) }),
    ).once('error', reject);
    return promise;
  }

  test.each(['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Real-IP', 'Forwarded', 'Via', 'CF-Connecting-IP'])(
    'a request with %s is not from here, whatever it says',
    async (name) => {
      const { status, body } = await statusFor({ [name]: '127.0.0.1' });
      expect(status).toBe(404);
      expect(JSON.parse(body)).toMatchObject({ error: { code: 'route_not_found' } });
    },
  );

  test('a key with the scope admin reads them from anywhere, another key or none does not', async () => {
    const elsewhere = { 'X-Forwarded-For': '203.0.113.7' };
    const withKey = (key: string) => statusFor({ ...elsewhere, Authorization: `Bearer ${key}` });
    expect(await withKey(server.key)).toMatchObject({ status: 200, body: expect.stringContaining('reelay_tasks') });
    const { body: plain } = await server.request('POST', '/admin/keys', { json: { name: 'plain', scopes: ['read'] } });
    expect(await withKey(plain.key)).toMatchObject({ status: 403 });
    expect(await withKey('sk-nobody-has-this-key-0000')).toMatchObject({ status: 401 });
  });

  test.each(['reelay.example', 'localhost.reelay.example', '10.0.0.1', '127.0.0.1.reelay.example'])(
    'a page that gave the name %s this address reads nothing',
    async (host) => {
      expect(await statusFor({ Host: host })).toMatchObject({ status: 404 });
    },
  );

  test.each(['localhost', 'localhost:9000', '127.0.0.1', '127.1.2.3:80', '[::1]:80'])('%s is here', async (host) => {
    expect(await statusFor({ Host: host })).toMatchObject({ status: 200 });
  });

  test('a socket from another address of this machine is not from here', async ({ skip }) => {
    const own = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4');
    if (own === undefined) return skip('this machine has no other address');
    expect(await statusFor({ Host: 'localhost' }, own.address)).toMatchObject({ status: 404 });
  });
});
