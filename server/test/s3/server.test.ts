import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { openDatabase } from '../../src/database/open.ts';
import { createS3Client, defaultS3Limits } from '../../src/media/s3-client.ts';
import type { S3Settings } from '../../src/media/s3-settings.ts';
import { startXaiEmulator } from '../../src/testing/emulators/xai.ts';
import { type FaultProxy, startFaultProxy } from '../../src/testing/fault-proxy.ts';
import { probeFacts, samplePicture, sampleVideo } from '../../src/testing/sample-media.ts';
import { newBucket } from '../../src/testing/swift.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/** A whole server whose files are in a bucket behind a proxy that fails on demand. */

const patience = { timeout: 30_000, interval: 50 };
const overloaded = { kind: 'status', status: 503 } as const;
const cleanUp: (() => Promise<unknown>)[] = [];
let folder: string;
let settings: S3Settings;
let proxy: FaultProxy;
let clip: Buffer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-s3-'));
  cleanUp.push(() => rm(folder, { recursive: true, force: true }));
  clip = await readFile(await sampleVideo(folder, 'clip.mp4', { seconds: 3, width: 320, height: 180 }));
  settings = await newBucket(inject('s3Endpoint'));
  proxy = await startFaultProxy(inject('s3Endpoint'));
  cleanUp.push(() => proxy.close());
});

afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

async function serve(environment: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const server = await startTestServer({
    REELAY_DATA_DIR: join(folder, 'data'),
    REELAY_S3_ENDPOINT: proxy.url,
    REELAY_S3_REGION: settings.region,
    REELAY_S3_BUCKET: settings.bucket,
    REELAY_S3_ACCESS_KEY_ID: settings.accessKeyId,
    REELAY_S3_SECRET_ACCESS_KEY: settings.secretAccessKey,
    ...environment,
  });
  cleanUp.push(() => server.stop());
  return server;
}

/** With a vendor that makes every job at once. */
async function servePaid() {
  const xai = await startXaiEmulator({ key: 'xai-emulated-key', video: clip });
  xai.fate = 'done';
  cleanUp.push(() => xai.close());
  const server = await serve({
    XAI_API_KEY: 'xai-emulated-key',
    XAI_BASE_URL: xai.baseUrl,
    REELAY_POLL_SECONDS: '1',
  });
  return { server, xai };
}

/** Names and sizes of what is in the bucket. */
async function stored(): Promise<Readonly<Record<string, number>>> {
  const { s3, close } = createS3Client(settings, defaultS3Limits);
  const objects = await s3.listObjects();
  await close();
  return Object.fromEntries((objects ?? []).map(({ Key, Size }) => [Key, Size]));
}

/** Keys that the database knows: those of files, and those whose bytes a later sweep removes. */
async function knownKeys(): Promise<{ readonly named: readonly string[]; readonly loose: readonly string[] }> {
  const { db, close } = await openDatabase({ folder: join(folder, 'data'), url: undefined });
  const named = await db.selectFrom('assets').select('storage_key').execute();
  const loose = await db.selectFrom('loose_files').select('storage_key').execute();
  await close();
  return { named: named.map((row) => row.storage_key), loose: loose.map((row) => row.storage_key) };
}

async function upload(server: TestServer, bytes: Buffer = clip) {
  const body = new FormData();
  body.append('file', new Blob([new Uint8Array(bytes)]), 'clip.mp4');
  body.append('file_name', 'Der "Film".mp4');
  return server.request('POST', '/v1/files/upload/stream', { body });
}

async function create(server: TestServer, json: Readonly<Record<string, string | number>>): Promise<string> {
  const { status, body } = await server.request('POST', '/v1/videos/generations', { json });
  expect(status, JSON.stringify(body)).toBe(200);
  return body.id;
}

const sea = { model: 'grok-imagine-text-to-video', prompt: 'the sea', duration: 1, resolution: '480p' };
const edit = (url: string) => ({ model: 'grok-imagine-edit-video', prompt: 'black and white', video_url: url });
const urlOf = (task: { readonly results: readonly { readonly url: string }[] }): string => task.results[0]?.url ?? '';
const triesOf = (method: string) => proxy.seen.filter((request) => request.startsWith(`${method} `)).length;

async function tried(method: string, times: number): Promise<void> {
  await expect.poll(() => triesOf(method), patience).toBeGreaterThanOrEqual(times);
}

const keyOf = (url: string): string => /file-\d+-[0-9a-f]+/.exec(url)?.[0] ?? '';

async function readiness(server: TestServer) {
  const answer = await fetch(`${server.url}/readyz`);
  return { status: answer.status, body: (await answer.json()) as { readonly storage: string } };
}

describe('files in a bucket', () => {
  test('an upload is edited, its result served by ranges, and both are gone when deleted or too old', async () => {
    const server = await serve();
    const { status, body } = await upload(server);
    expect(status).toBe(200);
    const task = await server.ended(await create(server, edit(body.url)));
    expect(task.status, JSON.stringify(task)).toBe('completed');
    const url = urlOf(task);
    expect(url).toContain(`${server.url}/files/`);
    const facts = await probeFacts(await server.download(url));
    expect(facts).toMatchObject({ width: 320, height: 180 });
    const whole = await fetch(url);
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(Object.keys(await stored()).sort()).toEqual([`${keyOf(body.url)}.mp4`, `${keyOf(url)}.mp4`].sort());
    const part = await fetch(url, { headers: { Range: 'bytes=100-199' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 100-199/${bytes.length}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200))).toBe(true);
    const etag = whole.headers.get('etag') ?? '';
    expect((await fetch(url, { headers: { 'If-None-Match': etag } })).status).toBe(304);
    expect((await fetch(url, { method: 'HEAD' })).headers.get('content-length')).toBe(String(bytes.length));
    expect((await server.request('DELETE', `/v1/tasks/${task.id}`)).status).toBe(200);
    expect(Object.keys(await stored())).toEqual([`${keyOf(body.url)}.mp4`]);
    expect((await fetch(url)).status).toBe(404);
  });

  test('what is older than it is kept goes at the next sweep', async () => {
    const shortLived = { REELAY_RETENTION_DAYS: '0.00001' };
    const first = await serve(shortLived);
    const id = await create(first, sea);
    await expect.poll(async () => Object.keys(await stored()).length, patience).toBe(1);
    await expect
      .poll(async () => (await first.request('GET', `/v1/tasks/${id}`)).body.status, patience)
      .toBe('completed');
    const made = Date.now();
    await first.stop({ keepData: true });
    await expect.poll(() => Date.now() - made, patience).toBeGreaterThan(1_000);
    await serve(shortLived);
    await expect.poll(stored, patience).toEqual({});
  });

  test('direct links lead to the store, with type and name, and are taken as inputs', async () => {
    const server = await serve({ REELAY_S3_DIRECT_LINKS: 'true' });
    const { body } = await upload(server);
    expect(body.url).toContain(`${proxy.url}/${settings.bucket}/`);
    const answer = await fetch(body.url, { headers: { Range: 'bytes=0-9' } });
    expect(answer.status).toBe(206);
    expect(answer.headers.get('content-type')).toBe('video/mp4');
    expect(answer.headers.get('content-disposition')).toBe('inline; filename="Der _Film_.mp4"');
    expect(Buffer.from(await answer.arrayBuffer()).equals(clip.subarray(0, 10))).toBe(true);
    const forged = body.url.replace(/X-Amz-Expires=\d+/, 'X-Amz-Expires=600000');
    expect((await fetch(forged)).status).toBe(403);
    const task = await server.ended(await create(server, edit(body.url)));
    expect(task.status, JSON.stringify(task)).toBe('completed');
    expect((await fetch(urlOf(task))).headers.get('content-type')).toBe('video/mp4');
    // The same for an hour, so that a client may keep what it has loaded.
    expect(urlOf((await server.request('GET', `/v1/tasks/${task.id}`)).body)).toBe(urlOf(task));
    const page = await fetch(`${server.url}/workbench`);
    if (page.ok) expect(page.headers.get('content-security-policy')).toContain(proxy.url);
  });
});

describe('a store that fails', () => {
  test('clients hear when to come again, readyz says what to do, and nothing is shown by halves', async () => {
    const server = await serve();
    const { body } = await upload(server);
    expect(await readiness(server)).toMatchObject({ status: 200, body: { storage: 'ok' } });
    proxy.fail(overloaded);
    const refused = await upload(server);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
    const download = await fetch(body.url);
    expect([download.status, download.headers.get('retry-after')]).toEqual([503, '30']);
    expect(JSON.stringify(refused.body) + (await download.text())).not.toContain(settings.bucket);
    expect(await readiness(server)).toMatchObject({
      status: 503,
      body: { storage: expect.stringMatching(/answers 503 .*look at the store itself/) },
    });
    proxy.fail({ kind: 'cut-answer', bytes: 1_000 });
    await expect(fetch(body.url).then((answer) => answer.arrayBuffer())).rejects.toThrow();
    proxy.fail(undefined);
    expect((await upload(server)).status).toBe(200);
    expect(Buffer.from(await (await fetch(body.url)).arrayBuffer()).equals(clip)).toBe(true);
    expect(Object.values(await stored())).toEqual([clip.length, clip.length]);
  });

  test.each([
    ['answers 503', overloaded],
    ['breaks the connection half-way', { kind: 'cut-request', bytes: 2_000 }],
    ['loses its answers', { kind: 'lose-answer' }],
  ] as const)('a free result waits while it %s, and is stored without being made again', async (_, fault) => {
    const server = await serve();
    proxy.fail(fault, (request) => request.startsWith('PUT'));
    const id = await create(server, sea);
    await tried('PUT', 6);
    expect((await server.request('GET', `/v1/tasks/${id}`)).body.status).toBe('processing');
    proxy.fail(undefined);
    const task = await server.ended(id);
    expect(task.status, JSON.stringify(task)).toBe('completed');
    expect((await fetch(urlOf(task))).status).toBe(200);
    const { named, loose } = await knownKeys();
    const present = Object.keys(await stored());
    expect(present).toContain(named[0]);
    expect([...named, ...loose]).toEqual(expect.arrayContaining(present));
  });

  test('a paid result waits too, is fetched once, and paid once, also when its address dies meanwhile', async () => {
    const { server, xai } = await servePaid();
    proxy.fail(overloaded, (request) => request.startsWith('PUT'));
    const id = await create(server, sea);
    await tried('PUT', 3);
    const paid = xai.submissions.length;
    await xai.close();
    proxy.fail(undefined);
    const task = await server.ended(id);
    expect(task.status, JSON.stringify(task)).toBe('completed');
    expect(Buffer.from(await (await fetch(urlOf(task))).arrayBuffer()).equals(clip)).toBe(true);
    expect([paid, Object.keys(await stored()).length]).toEqual([1, 1]);
  });

  test('while it takes requests and says nothing, tasks wait, others are answered, and nothing is lost or paid twice', async () => {
    const { server, xai } = await servePaid();
    proxy.fail({ kind: 'stall' });
    const paid = await create(server, sea);
    const { body: free } = await server.request('POST', '/v1/videos/generations', {
      json: sea,
      headers: { 'X-Reelay-Provider': 'local' },
    });
    await tried('PUT', 2);
    expect(await readiness(server)).toMatchObject({ status: 503 });
    for (const id of [paid, free.id]) {
      expect((await server.request('GET', `/v1/tasks/${id}`)).body.status).toBe('processing');
    }
    proxy.fail(undefined);
    // What was sent into the silence is given up after half a minute.
    for (const id of [paid, free.id]) {
      const task = await server.ended(id);
      expect(task.status, JSON.stringify(task)).toBe('completed');
      expect((await fetch(urlOf(task))).status).toBe(200);
    }
    expect(xai.submissions).toHaveLength(1);
    expect(Object.keys(await stored()).length).toBeGreaterThanOrEqual(2);
  }, 120_000);

  test('an input that cannot be read is waited for; one deleted meanwhile leaves no bytes', async () => {
    const server = await serve();
    const { body } = await upload(server);
    proxy.fail(overloaded);
    const before = triesOf('GET');
    const id = await create(server, edit(body.url));
    await expect.poll(() => triesOf('GET'), patience).toBeGreaterThan(before + 2);
    expect((await server.request('GET', `/v1/tasks/${id}`)).body.status).not.toBe('failed');
    proxy.fail(undefined);
    const task = await server.ended(id);
    expect(task.status, JSON.stringify(task)).toBe('completed');
    proxy.fail(overloaded);
    expect((await server.request('DELETE', `/v1/tasks/${task.id}`)).status).toBe(200);
    expect((await fetch(urlOf(task))).status).toBe(404);
    proxy.fail(undefined);
    expect(Object.keys(await stored())).toHaveLength(2);
    await server.stop({ keepData: true });
    await serve();
    await expect.poll(async () => Object.keys(await stored()), patience).toEqual([`${keyOf(body.url)}.mp4`]);
  });

  test('a fetched input that cannot be stored is waited for', async () => {
    const server = await serve();
    const photo = (await readFile(await samplePicture(folder, 'photo.png'))).toString('base64');
    proxy.fail(overloaded, (request) => request.startsWith('PUT'));
    const id = await create(server, {
      model: 'grok-imagine-image-to-video',
      prompt: 'wind',
      duration: 1,
      image_url: `data:image/png;base64,${photo}`,
    });
    await tried('PUT', 4);
    proxy.fail(undefined);
    expect(await server.ended(id)).toMatchObject({ status: 'completed' });
    // The input's bytes go once the end is committed.
    await expect.poll(async () => Object.keys(await stored()), patience).toHaveLength(1);
  });

  test.each([
    ['a wrong secret', { REELAY_S3_SECRET_ACCESS_KEY: 'not-the-secret' }, /correct REELAY_S3_SECRET_ACCESS_KEY/],
    ['a vanished bucket', { REELAY_S3_BUCKET: 'vanished' }, /make it, or correct REELAY_S3_BUCKET/],
  ])('%s: tasks wait until the operator has mended it', async (_, wrong, told) => {
    const server = await serve(wrong);
    expect((await readiness(server)).body.storage).toMatch(told);
    expect((await upload(server)).status).toBe(503);
    const id = await create(server, sea);
    const before = triesOf('PUT');
    await tried('PUT', before + 2);
    await server.stop({ keepData: true });
    const mended = await serve({ REELAY_API_KEY: server.key });
    expect((await mended.ended(id)).status).toBe('completed');
    expect(Object.keys(await stored())).toHaveLength(1);
  });
});
