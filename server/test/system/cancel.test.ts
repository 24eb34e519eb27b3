import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processesIn } from '../../src/testing/processes.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ REELAY_LOCAL_QUALITY: 'full', REELAY_RENDER_CONCURRENCY: '1' });
});
afterAll(async () => {
  await server?.stop();
});

/** Renderers and FFmpegs that work in the server's data folder. */
const working = () => processesIn(join(server.folder, 'work'));

async function createLong(): Promise<string> {
  const json = {
    model: 'grok-imagine-text-to-video',
    prompt: 'mountains in the snow',
    duration: 15,
    resolution: '720p',
  };
  return (await server.request('POST', '/v1/videos/generations', { json })).body.id;
}

const read = async (id: string) => (await server.request('GET', `/v1/tasks/${id}`)).body;
const cancel = (id: string) => server.request('POST', `/v1/tasks/${id}/cancel`);

test('cancelling a rendering task ends its processes and frees its place for the next', async () => {
  const rendering = await createLong();
  await expect.poll(async () => (await read(rendering)).progress, { timeout: 30_000 }).toBeGreaterThan(0);
  expect((await read(rendering)).status).toBe('processing');
  expect(await working()).toBeGreaterThan(0);
  expect(await cancel(rendering)).toMatchObject({
    status: 200,
    body: { error: { code: 'request_cancelled' }, results: null },
  });
  await expect.poll(working, { timeout: 10_000 }).toBe(0);
  await expect.poll(() => readdir(join(server.folder, 'work')), { timeout: 10_000 }).toEqual([]);
  const json = { model: 'grok-imagine-text-to-video', prompt: '[reelay:fast] a sea', duration: 1, resolution: '480p' };
  const { body: next } = await server.request('POST', '/v1/videos/generations', { json });
  expect(await server.ended(next.id)).toMatchObject({ status: 'completed' });
}, 90_000);

test('a task that waits for its turn reads pending and is cancelled before it starts', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 4; i++) ids.push(await createLong());
  const last = ids.at(-1) ?? '';
  expect((await read(last)).status).toBe('pending');
  expect((await read(last)).task_info.can_cancel).toBe(true);
  for (const id of ids) expect((await cancel(id)).status).toBe(200);
  await expect.poll(working, { timeout: 10_000 }).toBe(0);
  const { body } = await server.request('GET', '/v1/tasks?status=processing');
  expect(body.data).toEqual([]);
}, 60_000);

test('sync_upstream answers what the renderer says now', async () => {
  const id = await createLong();
  await expect
    .poll(async () => (await server.request('GET', `/v1/tasks/${id}?sync_upstream=true`)).body.progress, {
      timeout: 30_000,
    })
    .toBeGreaterThan(1);
  await cancel(id);
  await expect.poll(working, { timeout: 10_000 }).toBe(0);
}, 60_000);
