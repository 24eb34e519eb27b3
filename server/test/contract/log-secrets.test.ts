import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { emulatedVendors, type RunningEmulator } from '../../src/testing/emulators/registry.ts';
import type { Fault } from '../../src/testing/emulators/script.ts';
import { startXaiEmulator, type XaiEmulator } from '../../src/testing/emulators/xai.ts';
import { sampleVideo } from '../../src/testing/sample-media.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/** Each stands for something that no line may hold. */
const canary = {
  prompt: 'canaryprompt of a lighthouse that nobody may read about',
  negative: 'canarynegative of a boat that nobody may read about',
  query: 'canaryquery',
  path: 'canarypath',
  bytes: Buffer.from('canarybytes that are no picture').toString('base64'),
  stranger: 'sk-canarystranger0000000000',
};

const keys = ['canary-xai-key', 'fal-emulated:key', 'emulated-key', 'ya29.emulated-token'];

/** Ends of jobs that each vendor's emulator is led through, one submission after the other. */
const faults: readonly Fault[] = [
  'accept-then-500',
  'moderated',
  'completes-with-error',
  'wrong-type',
  'result-inside',
];

let folder: string;
let xai: XaiEmulator;
let others: readonly RunningEmulator[];
let server: TestServer;
const lines: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-log-'));
  const video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1, width: 160, height: 90 }));
  xai = await startXaiEmulator({ key: keys[0] ?? '', video });
  others = await Promise.all(
    Object.entries(emulatedVendors)
      .filter(([name]) => name !== 'xai')
      .map(([, { start, faults: known }]) => {
        const possible = faults.filter((fault) => known.includes(fault));
        let planned = 0;
        const plan = () => ({ fault: possible[planned++ % possible.length], endsAt: 0 });
        return start({ video, folder, webhookOrigin: undefined, script: { plan, made: () => undefined } });
      }),
  );
  const environment = Object.assign({}, ...others.map((emulator) => emulator.environment));
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', environment.GOOGLE_APPLICATION_CREDENTIALS);
  server = await startTestServer(
    {
      ...environment,
      REELAY_PROVIDERS: 'xai,fal,vertex,openai-compatible',
      XAI_API_KEY: keys[0] ?? '',
      XAI_BASE_URL: xai.baseUrl,
      REELAY_LOG_LEVEL: 'trace',
      REELAY_SUBMIT_TIMEOUT_SECONDS: '2',
      REELAY_UNCERTAIN_SECONDS: '1',
      REELAY_POLL_SECONDS: '1',
    },
    { logTo: (line) => lines.push(line) },
  );
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await server?.stop();
  await Promise.all([xai?.close(), ...(others ?? []).map((emulator) => emulator.close())]);
  await rm(folder, { recursive: true, force: true });
});

async function foxapi(json: object, provider: string, headers = {}): Promise<string> {
  const body = { prompt: canary.prompt, duration: 4, ...json } as never;
  const asked = { 'X-Reelay-Provider': provider, ...headers };
  const created = await server.request('POST', '/v1/videos/generations', { json: body, headers: asked });
  expect(created.status, JSON.stringify(created.body)).toBe(200);
  return created.body.id;
}

async function oxen(json: object, provider: string): Promise<string> {
  const body = { prompt: canary.prompt, ...json } as never;
  const headers = { 'X-Reelay-Provider': provider };
  const { body: queued, status } = await server.request('POST', '/api/ai/queue', { json: body, headers });
  expect(status, JSON.stringify(queued)).toBe(200);
  return queued.generations[0].generation_id;
}

const said = () => lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

test('attack: leak: no secret of a client, a vendor or the operator is in the log, whatever fails', async () => {
  const text = { model: 'veo-3.1-fast-text-to-video' };
  const picture = { model: 'grok-imagine-image-to-video' };
  const away = 'http://127.0.0.1:1';
  const tasks: string[] = [];
  for (const [turn] of faults.entries()) {
    const create = turn % 2 === 0 ? foxapi : oxen;
    tasks.push(await create({ ...text, negative_prompt: canary.negative }, 'fal'));
    tasks.push(await create({ ...text, negative_prompt: canary.negative }, 'vertex'));
  }
  const callback_url = `https://127.0.0.1:1/${canary.path}?token=${canary.query}`;
  tasks.push(await foxapi({ ...text, callback_url }, 'fal'));
  const echo = `${canary.prompt} is refused; you sent Authorization: Bearer ${keys[0]}`;
  xai.submission = { kind: 'refuse', answer: { status: 422, json: { error: echo, code: 'invalid-argument' } } };
  tasks.push(await foxapi({ model: 'grok-imagine-text-to-video' }, 'xai', { 'X-Request-Id': 'trace-4711.a' }));
  xai.submission = { kind: 'accept-then', answer: { status: 500, json: { error: echo } } };
  tasks.push(await foxapi({ model: 'grok-imagine-text-to-video' }, 'xai'));
  for (const url of [
    `${away}/${canary.path}/a.png?signature=${canary.query}`,
    `data:image/png;base64,${canary.bytes}`,
  ]) {
    tasks.push(await foxapi({ ...picture, image_url: url }, 'local'));
  }
  tasks.push(await foxapi({ model: 'grok-imagine-text-to-video', prompt: `${canary.prompt} [reelay:fail]` }, 'local'));
  tasks.push(await foxapi({ model: 'grok-imagine-text-to-video', duration: 1 }, 'local'));
  await server.request('GET', '/v1/models', { key: canary.stranger });
  await server.request('GET', `/files/file-1/a.mp4?expires=1&signature=${canary.query}`);
  await server.request('POST', `/webhooks/fal/attempt-1/${canary.query}`, { json: {} });
  const ended = await Promise.all(tasks.map((id) => server.ended(id)));
  expect(ended.filter(({ status }) => status === 'failed').length).toBeGreaterThan(8);

  const log = lines.join('');
  const secrets = [...Object.values(canary).map((value) => value.split(' ')[0] ?? ''), ...keys, server.key];
  for (const secret of secrets) expect(log.includes(secret), secret).toBe(false);
  expect(log.match(/(Bearer|Basic|Key) [^…\s"\\]{8,}|data:image.{0,20}|[?&][a-z]+=[^…].{0,20}/gi)).toBeNull();

  // What is left tells the story of each task, from its request to every call that was made for it.
  const told = said();
  for (const task of tasks) {
    const about = told.filter((line) => line['task'] === task).map(({ msg }) => msg);
    expect(about).toEqual(expect.arrayContaining(['a task is accepted', 'a task moved']));
  }
  const traced = told.filter((line) => line['reqId'] === 'trace-4711.a').map(({ msg }) => msg);
  expect(traced).toEqual(
    expect.arrayContaining(['a task is accepted', 'a provider was called', 'a task failed', 'answered']),
  );
  const ofTasks = ['a provider was called', 'a clip was rendered', 'a webhook was tried'];
  for (const msg of ofTasks) expect(told.map((line) => line['msg'])).toContain(msg);
  expect(told.filter((line) => ofTasks.includes(String(line['msg']))).every((line) => 'task' in line)).toBe(true);
});

test('a request is named by its client where the name can stand in a header and a log', async () => {
  const nameFor = async (given: string) => {
    const { headers } = await server.request('GET', '/healthz', { headers: { 'X-Request-Id': given } });
    return headers.get('x-request-id');
  };
  expect(await nameFor('trace-4711.b_c')).toBe('trace-4711.b_c');
  for (const given of [
    'short',
    'a b c d e f g h',
    'x'.repeat(65),
    '{"level":60,"a":1}',
    '../../etc/passwd',
    '-leading-dash',
  ]) {
    expect(await nameFor(given)).toMatch(/^req-/);
  }
});
