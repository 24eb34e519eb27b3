/** How a server leaves: what clients see meanwhile, and what is left to whoever comes after it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startXaiEmulator, type XaiEmulator } from '../../src/testing/emulators/xai.ts';
import { sampleVideo } from '../../src/testing/sample-media.ts';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';
import { startTcpProxy, type TcpProxy } from '../../src/testing/tcp-proxy.ts';

const key = 'sk-stop-stop-stop-stop-stop';
const vendorKey = 'xai-emulated-key';
const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
const patience = { timeout: 60_000, interval: 50 };

let folder: string;
let xai: XaiEmulator;
let vendor: TcpProxy;
let server: ServerProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-drain-'));
  const video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1, width: 160, height: 90 }));
  xai = await startXaiEmulator({ key: vendorKey, video });
  vendor = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(xai.origin).port) });
  // A provider takes results from its own address alone.
  xai.resultUrl = `http://127.0.0.1:${vendor.port}/results/plain.mp4`;
});

afterAll(async () => {
  await server?.kill();
  await vendor?.close();
  await xai?.close();
  await rm(folder, { recursive: true, force: true });
});

const start = () =>
  startServerProcess({
    REELAY_DATA_DIR: join(folder, 'data'),
    REELAY_API_KEY: key,
    XAI_API_KEY: vendorKey,
    XAI_BASE_URL: `http://127.0.0.1:${vendor.port}/v1`,
    REELAY_POLL_SECONDS: '1',
    REELAY_LOG_LEVEL: 'fatal',
  });

const clip = { model: 'grok-imagine-text-to-video', prompt: 'a sea', duration: 1, resolution: '480p' };

function send(path: string, body?: object, more: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(server.url + path, {
    headers: { ...headers, ...more },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
}

async function created(body: object = clip, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const answer = await send('/v1/videos/generations', body, more);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { readonly id: string }).id;
}

const read = async (id: string) =>
  (await (await send(`/v1/tasks/${id}`)).json()) as { readonly status: string; readonly error: object | null };
const statusOf = async (id: string) => (await read(id)).status;

/** The answer's headers on a connection that a client keeps. */
function askOn(agent: Agent, path: string): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    request(server.url + path, { agent, headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.headers));
    })
      .on('error', reject)
      .end();
  });
}

test('SIGTERM under load: nobody new is taken, what is under way is read on and ends here or at the next start, paid once', async () => {
  server = await start();
  xai.fate = 'pending';
  const running = await created();
  await expect.poll(() => statusOf(running), patience).toBe('processing');
  const rendering = await created({ ...clip, prompt: 'a sea [reelay:slow=5]' }, { 'X-Reelay-Provider': 'local' });
  const events = await send('/api/events');
  const heard = events.text();
  const blocking = send('/api/ai/videos/generate', clip);
  await expect.poll(() => xai.submissions.length, patience).toBe(2);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  expect(await askOn(agent, '/healthz')).toMatchObject({ connection: 'keep-alive' });
  // A submission that is on its way: the server waits for its answer.
  vendor.stall();
  const submitting = await created();
  await expect.poll(() => statusOf(submitting), patience).toBe('processing');

  const stopped = server.stop();
  await expect.poll(async () => (await send('/readyz')).status, patience).toBe(503);
  expect(await (await send('/readyz')).json()).toMatchObject({ status: 'not ready', server: 'it is stopping' });
  expect(await heard).toMatch(/retry: \d+\n\n$/);
  expect(await (await send('/api/events')).text()).toMatch(/^retry: \d+\n\n$/);
  for (const path of ['/v1/videos/generations', '/api/ai/queue']) {
    const refused = await send(path, clip);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
  }
  expect(await statusOf(running)).toBe('processing');
  expect(await askOn(agent, '/healthz')).toMatchObject({ connection: 'close' });
  vendor.mend();
  const unfinished = await blocking;
  expect([unfinished.status, unfinished.headers.get('retry-after')]).toEqual([503, '5']);
  expect(await stopped).toBe(0);
  agent.destroy();

  expect(xai.submissions).toHaveLength(3);
  xai.fate = 'done';
  server = await start();
  for (const id of [running, rendering, submitting]) {
    await expect.poll(() => read(id), patience).toMatchObject({ status: 'completed', error: null });
  }
  expect(xai.submissions).toHaveLength(3);
}, 120_000);

test('a second signal ends it at once', async () => {
  vendor.stall();
  const id = await created();
  await expect.poll(() => statusOf(id), patience).toBe('processing');
  const { child } = server;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // One that comes soon after the first may be its echo.
  const signals = setInterval(() => child.kill('SIGTERM'), 200);
  expect(await ended).toBe(143);
  clearInterval(signals);
  vendor.mend();
  server = await start();
  expect(await server.stop()).toBe(0);
}, 60_000);
