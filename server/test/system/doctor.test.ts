import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type FalEmulator, startFalEmulator } from '../../src/testing/emulators/fal.ts';
import { startVertexEmulator, type VertexEmulator } from '../../src/testing/emulators/vertex.ts';
import { startXaiEmulator, type XaiEmulator } from '../../src/testing/emulators/xai.ts';
import { createScriptedProvider } from '../../src/testing/scripted-provider.ts';
import { createTaskBench } from '../../src/testing/task-bench.ts';

const entry = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
const keys = { xai: 'xai-emulated-key', fal: 'fal-emulated-key' };
const video = Buffer.from('video');
let folder: string;
let xai: XaiEmulator;
let fal: FalEmulator;
let vertex: VertexEmulator;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-doctor-'));
  xai = await startXaiEmulator({ key: keys.xai, video });
  fal = await startFalEmulator({ key: keys.fal, video });
  vertex = await startVertexEmulator({ token: 'token-of-ours', video });
});

afterAll(async () => {
  await Promise.all([xai?.close(), fal?.close(), vertex?.close()]);
  await rm(folder, { recursive: true, force: true });
});

interface Check {
  readonly name: string;
  readonly state: string;
  readonly detail: string;
  readonly remedy?: string;
}

interface Report {
  readonly code: number;
  readonly text: string;
  readonly checks: Readonly<Record<string, Check>>;
}

/** Runs `doctor --json` with these vendors; what it prints holds no key. */
async function examine(
  environment: Readonly<Record<string, string>>,
  { data = join(folder, 'data'), args = [] }: { readonly data?: string; readonly args?: readonly string[] } = {},
): Promise<Report> {
  const env = { PATH: process.env['PATH'] ?? '', REELAY_PORT: '0', ...environment };
  const report = await new Promise<Omit<Report, 'checks'>>((resolve) => {
    execFile(process.execPath, [entry, 'doctor', '--json', '--data', data, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, text: stdout + stderr }),
    );
  });
  for (const key of Object.values(keys)) expect(report.text).not.toContain(key);
  const { checks } = JSON.parse(report.text) as { readonly checks: readonly Check[] };
  return { ...report, checks: Object.fromEntries(checks.map((check) => [check.name, check])) };
}

const vendors = () => ({
  XAI_API_KEY: keys.xai,
  XAI_BASE_URL: xai.baseUrl,
  FAL_KEY: keys.fal,
  FAL_QUEUE_URL: fal.queueUrl,
  FAL_API_URL: fal.apiUrl,
});

describe('vendors', () => {
  let asked = 0;
  const requests = () => xai.requests.length + fal.requests.length;
  const paid = () => xai.submissions.length + fal.submissions.length;

  afterEach(() => {
    asked = requests();
    expect(paid()).toBe(0);
  });

  test('that take their keys, with order and limits', async () => {
    const { code, checks } = await examine({
      ...vendors(),
      REELAY_PROVIDERS: 'fal,xai',
      REELAY_PROVIDER_JOBS: 'fal=5',
      REELAY_PROVIDER_SUBMITS_PER_MINUTE: 'xai=60',
      REELAY_PUBLIC_URL: 'https://reelay.example',
    });
    expect(code).toBe(0);
    expect(checks['Providers']?.detail).toContain('asked in this order: fal, xai');
    expect(checks['Providers']?.detail).toContain('off: vertex (VERTEX_STORAGE_URI)');
    expect(checks['fal']).toMatchObject({ state: 'ok', detail: 'the key is accepted; at most 5 jobs at once' });
    expect(checks['xai']).toMatchObject({
      state: 'ok',
      detail: 'the key is accepted; at most 20 jobs at once, at most 60 submissions a minute',
    });
    expect(checks['Webhooks']?.detail).toBe('fal may send them to https://reelay.example');
    expect(requests()).toBe(asked + 2);
  });

  test('that refuse them', async () => {
    const { code, checks } = await examine({ ...vendors(), XAI_API_KEY: 'wrong-key', FAL_KEY: 'wrong-key' });
    expect(code).toBe(1);
    expect(checks['xai']).toMatchObject({ state: 'broken', detail: 'the key is refused' });
    expect(checks['xai']?.remedy).toContain('XAI_API_KEY');
    expect(checks['fal']).toMatchObject({ state: 'broken' });
    expect(checks['fal']?.remedy).toContain('FAL_KEY');
  });

  test('that are not to be asked', async () => {
    const { code, checks } = await examine(vendors(), { args: ['--offline'] });
    expect(code).toBe(0);
    expect(checks['xai']?.detail).toBe('at most 20 jobs at once; not asked');
    expect(checks['Webhooks']?.detail).toContain('REELAY_PUBLIC_URL is not set: fal is polled');
    expect(requests()).toBe(asked);
  });

  test('of which one has its credentials in a file and a bucket', async () => {
    const credentials = join(folder, 'account.json');
    const google = {
      GOOGLE_CLOUD_PROJECT: vertex.project,
      VERTEX_STORAGE_URI: vertex.storageUri,
      VERTEX_BASE_URL: vertex.origin,
      GCS_BASE_URL: vertex.origin,
      GOOGLE_APPLICATION_CREDENTIALS: credentials,
    };
    const missing = await examine(google);
    expect(missing.checks['vertex']).toMatchObject({ state: 'broken' });
    expect(missing.checks['vertex']?.remedy).toContain('GOOGLE_APPLICATION_CREDENTIALS');
    await writeFile(credentials, JSON.stringify(vertex.serviceAccount()));
    const { checks } = await examine(google);
    expect(checks['vertex']?.detail).toContain(`credentials found, ${vertex.storageUri} can be read`);
  });

  test.each([
    [{ REELAY_PROVIDERS: 'nobody' }, /REELAY_PROVIDERS names nobody/],
    [{ REELAY_PROVIDER_JOBS: 'nobody=1' }, /REELAY_PROVIDER_JOBS names nobody/],
  ])('that %j names wrongly', async (environment, message) => {
    const { code, checks } = await examine({ ...vendors(), ...environment });
    expect(code).toBe(1);
    expect(checks['Providers']).toMatchObject({ state: 'broken', detail: expect.stringMatching(message) });
  });
});

test('tasks that wait, that nobody knows of, and whose reservation outlasts them', async () => {
  const vendor = createScriptedProvider({ name: 'vendor' });
  const full = createScriptedProvider({ name: 'full', room: () => 0 });
  vendor.script.start = async () => ({ kind: 'unknown', detail: 'the connection broke' });
  const clock = { now: Date.now() - 3 * 24 * 3_600_000 };
  const bench = await createTaskBench({ providers: [vendor, full], clock, folder: join(folder, 'bench') });
  onTestFinished(() => bench.close());
  const lost = await bench.accept();
  await bench.reached(lost, 'uncertain');
  clock.now += 24 * 3_600_000;
  await bench.reached(lost, 'failed');
  const uncertain = await bench.accept();
  await bench.reached(uncertain, 'uncertain');
  await bench.accept({ askedProvider: 'full' });

  const { code, checks } = await examine({}, { data: bench.folder });
  expect(code).toBe(0);
  expect(checks['Queue']).toMatchObject({ state: 'warning', detail: expect.stringContaining('1 for full') });
  expect(checks['Uncertain']).toMatchObject({
    state: 'warning',
    detail: expect.stringContaining(`${uncertain} (vendor, until 20`),
    remedy: expect.stringContaining('reelay tasks resolve'),
  });
  expect(checks['Reservations']).toMatchObject({ state: 'warning', detail: expect.stringContaining(lost) });
  expect(checks['Reservations']?.detail).not.toContain(uncertain);
});
