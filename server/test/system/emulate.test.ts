import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type FileServer, serveFiles } from '../../src/testing/file-server.ts';
import { sampleVideo } from '../../src/testing/sample-media.ts';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';

const entry = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
const key = 'sk-emulate-emulate-emulate-emulate';
const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
let folder: string;
let files: FileServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-emulate-test-'));
  await sampleVideo(folder, 'input.mp4', { seconds: 3 });
  files = await serveFiles(folder);
});

afterAll(async () => {
  await files?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Emulated {
  readonly child: ChildProcess;
  /** What its `export` lines set. */
  readonly environment: Readonly<Record<string, string>>;
  /** Everything that it said so far. */
  said(): string;
  /** Ctrl-C; answers its exit code. */
  stop(): Promise<number | null>;
}

async function startEmulate(...args: readonly string[]): Promise<Emulated> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, TMPDIR: folder };
  const child = spawn(process.execPath, [entry, 'emulate', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let exported = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    exported += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const stop = async () => {
    if (child.exitCode === null) {
      child.kill('SIGINT');
      await once(child, 'close');
    }
    return child.exitCode;
  };
  onTestFinished(() => void stop());
  await expect.poll(() => said, { timeout: 20_000 }).toContain('Ctrl-C ends it.');
  const lines = [...exported.matchAll(/^export ([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]);
  expect(lines).toHaveLength(exported.trimEnd().split('\n').length);
  return { child, environment: Object.fromEntries(lines), said: () => said, stop };
}

async function startServer(environment: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const data = await mkdtemp(join(folder, 'data-'));
  const server = await startServerProcess({
    REELAY_DATA_DIR: data,
    REELAY_API_KEY: key,
    REELAY_SUBMIT_TIMEOUT_SECONDS: '2',
    ...environment,
  });
  onTestFinished(() => void server.stop());
  return server;
}

interface ReadTask {
  readonly id: string;
  readonly status: string;
  readonly provider: string;
  readonly results: readonly { readonly url: string }[] | null;
  readonly error: { readonly code: string } | null;
}

/** Posts a generation and waits for its end. */
async function generate(server: ServerProcess, body: object): Promise<ReadTask> {
  const posted = await fetch(`${server.url}/v1/videos/generations`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  expect(posted.status).toBe(200);
  const { id } = (await posted.json()) as ReadTask;
  for (;;) {
    const task = (await (await fetch(`${server.url}/v1/tasks/${id}`, { headers })).json()) as ReadTask;
    if (task.status === 'completed' || task.status === 'failed') return task;
    await pause(50);
  }
}

const text = { model: 'grok-imagine-text-to-video', prompt: 'a sea', duration: 2 };
const extension = () => ({ model: 'veo-3.1-extend', prompt: 'on', video_url: `${files.url}/input.mp4` });

describe('a server with the printed environment runs on the emulator', () => {
  test.each([
    ['xai', () => text],
    ['fal', () => text],
    ['vertex', extension],
    ['openai', () => ({ model: 'wan-ai-wan2-2-t2v-a14b-diffusers', prompt: 'a sea' })],
  ])('%s', async (name, body) => {
    const emulated = await startEmulate(name, '--job-seconds', '0', '--latency', '5');
    const server = await startServer(emulated.environment);
    const task = await generate(server, body());
    expect(task).toMatchObject({ status: 'completed', provider: emulated.environment['REELAY_PROVIDERS'] });
    const file = await fetch(task.results?.[0]?.url ?? '');
    expect(file.headers.get('content-type')).toBe('video/mp4');
    expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(10_000);
    expect(await server.stop()).toBe(0);
    expect(await emulated.stop()).toBe(0);
    expect(emulated.said()).toMatch(/\d\d:\d\d:\d\d {2}POST +\S+ {2}200 {2}PAID 1 {2}/);
    expect(emulated.said()).toContain('1 submission, 1 job made and paid.');
    expect(emulated.said()).toContain('No mark was paid more than once.');
    const { GOOGLE_APPLICATION_CREDENTIALS: credentials } = emulated.environment;
    if (credentials !== undefined) expect(existsSync(credentials)).toBe(false);
  });
});

describe('faults', () => {
  test.each([
    ['accept-then-500', 'completed', undefined],
    ['accept-then-drop', 'completed', undefined],
    ['moderated', 'failed', 'content_policy_violation'],
    ['expired', 'failed', 'generation_expired'],
    ['completes-with-error', 'failed', 'generation_failed'],
    ['wrong-type', 'completed', undefined],
    ['redirect', 'completed', undefined],
    ['redirect-inside', 'failed', 'result_refused'],
    ['result-inside', 'failed', 'result_refused'],
  ])('xai: %s', async (fault, status, code) => {
    const emulated = await startEmulate('xai', '--job-seconds', '0', '--fault', fault);
    const server = await startServer({ ...emulated.environment, REELAY_UNCERTAIN_SECONDS: '20' });
    const task = await generate(server, text);
    expect(task).toMatchObject({ status, ...(code !== undefined && { error: { code } }) });
    expect(await emulated.stop()).toBe(0);
    expect(emulated.said()).toContain(`Faults: ${fault} 1.`);
    expect(emulated.said()).toContain('1 submission, 1 job made and paid.');
  });

  test('fal: news of a job reach the server under its public name, and complete it', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as { port: number };
    probe.close();
    const emulated = await startEmulate('fal', '--job-seconds', '0.5', '--webhooks', `http://127.0.0.1:${port}`);
    expect(emulated.environment['REELAY_PUBLIC_URL']).toMatch(/^https:/);
    const server = await startServer({ ...emulated.environment, REELAY_PORT: String(port) });
    expect(await generate(server, text)).toMatchObject({ status: 'completed', provider: 'fal' });
    await emulated.stop();
    expect(emulated.said()).toMatch(/webhook of \S+ answered with 200/);
  });
});

test('a submission that is paid twice is told, and the exit code says it', async () => {
  const emulated = await startEmulate('xai');
  const { XAI_BASE_URL: url, XAI_API_KEY: vendorKey } = emulated.environment;
  const storage_options = { filename: 'attempt-1.mp4\u001b[31m' };
  const body = JSON.stringify({ model: 'grok-imagine-video', prompt: 'a sea', duration: 2, storage_options });
  for (let sent = 0; sent < 2; sent += 1) {
    const headers = { Authorization: `Bearer ${vendorKey}`, 'Content-Type': 'application/json' };
    await fetch(`${url}/videos/generations`, { method: 'POST', headers, body });
  }
  expect(await emulated.stop()).toBe(1);
  expect(emulated.said()).toContain('PAID BEFORE');
  expect(emulated.said()).toContain('PAID 2 TIMES: attempt-1.mp4');
  expect(emulated.said()).not.toContain('\u001b');
});

test('a taken port', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const child = spawn(process.execPath, [entry, 'emulate', 'xai', '--port', String(port)]);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  taken.close();
  expect({ code, said }).toEqual({
    code: 1,
    said: `Error: Port ${port} cannot be had: it is taken.\nChoose another with --port.\n`,
  });
});
