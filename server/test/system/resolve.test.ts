import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startFalEmulator } from '../../src/testing/emulators/fal.ts';
import { startVertexEmulator } from '../../src/testing/emulators/vertex.ts';
import { startXaiEmulator } from '../../src/testing/emulators/xai.ts';
import { type FileServer, serveFiles } from '../../src/testing/file-server.ts';
import { sampleVideo } from '../../src/testing/sample-media.ts';
import { startServerProcess } from '../../src/testing/server-process.ts';

const entry = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const key = 'sk-resolve-resolve-resolve-resolve';
const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
let folder: string;
let files: FileServer;
let video: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-resolve-'));
  video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1, width: 160, height: 90 }));
  await sampleVideo(folder, 'input.mp4', { seconds: 3 });
  files = await serveFiles(folder);
});

afterAll(async () => {
  await files?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Vendor {
  readonly environment: Readonly<Record<string, string>>;
  readonly body: object;
  /** Ids of the jobs that were made, as the provider's console shows them. */
  jobs(): readonly string[];
  /** From now on, the jobs are done. */
  finish(): void;
  close(): Promise<void>;
}

const text = { model: 'grok-imagine-text-to-video', prompt: 'a sea', duration: 1 };

/** Each takes a job and breaks the connection; none shows the job to the server's search before it is done. */
const vendors: Readonly<Record<string, () => Promise<Vendor>>> = {
  async xai() {
    const emulator = await startXaiEmulator({ key: 'xai-emulated-key', video });
    emulator.submission = { kind: 'accept-then-drop' };
    return {
      environment: { XAI_API_KEY: 'xai-emulated-key', XAI_BASE_URL: emulator.baseUrl },
      body: text,
      jobs: () => emulator.submissions.map((_submission, index) => `req-${index + 1}`),
      finish: () => {
        emulator.fate = 'done';
      },
      close: emulator.close,
    };
  },
  async fal() {
    const emulator = await startFalEmulator({ key: 'fal-emulated:key', video });
    emulator.submission = { kind: 'accept-then-drop' };
    emulator.onSubmission = async ({ endpoint, input }) => {
      // Somebody else at the account asked for the same.
      emulator.listed = [{ request_id: 'of-somebody-else', endpoint_id: endpoint, json_input: input }];
    };
    const { queueUrl, apiUrl, jwksUrl } = emulator;
    return {
      environment: {
        FAL_KEY: 'fal-emulated:key',
        FAL_QUEUE_URL: queueUrl,
        FAL_API_URL: apiUrl,
        FAL_JWKS_URL: jwksUrl,
      },
      body: text,
      jobs: () => emulator.jobs.map(({ requestId }) => requestId),
      finish: () => {
        emulator.fate = 'done';
      },
      close: emulator.close,
    };
  },
  async vertex() {
    const emulator = await startVertexEmulator({ token: 'ya29.emulated', video });
    emulator.submission = { kind: 'accept-then-drop' };
    const credentials = join(folder, 'account.json');
    await writeFile(credentials, JSON.stringify(emulator.serviceAccount()));
    return {
      environment: {
        GOOGLE_CLOUD_PROJECT: emulator.project,
        GOOGLE_APPLICATION_CREDENTIALS: credentials,
        VERTEX_STORAGE_URI: emulator.storageUri,
        VERTEX_BASE_URL: emulator.origin,
        GCS_BASE_URL: emulator.origin,
      },
      body: { model: 'veo-3.1-extend', prompt: 'on', video_url: `${files.url}/input.mp4` },
      jobs: () => emulator.jobs.map(({ name }) => name),
      finish: () => {
        emulator.fate = 'done';
      },
      close: emulator.close,
    };
  },
};

test.each(Object.keys(vendors))('%s: an operator attaches the job by the id that the provider shows', async (name) => {
  const vendor = await vendors[name]?.();
  if (vendor === undefined) throw new Error(`no ${name}`);
  onTestFinished(() => vendor.close());
  const data = await mkdtemp(join(folder, 'data-'));
  const environment = { REELAY_DATA_DIR: data, ...vendor.environment };
  const server = await startServerProcess({
    ...environment,
    REELAY_API_KEY: key,
    REELAY_SUBMIT_TIMEOUT_SECONDS: '5',
    REELAY_POLL_SECONDS: '1',
    REELAY_LOG_LEVEL: 'fatal',
  });
  onTestFinished(() => void server.stop());
  const resolve = (env: Readonly<Record<string, string>>, id: string, job: string) =>
    new Promise<string>((answer) => {
      const args = [entry, 'tasks', 'resolve', id, '--attach', job];
      execFile(process.execPath, args, { env: { PATH: process.env['PATH'], ...env } }, (_error, stdout, stderr) =>
        answer(stdout + stderr),
      );
    });
  const created = await fetch(`${server.url}/v1/videos/generations`, {
    method: 'POST',
    headers,
    body: JSON.stringify(vendor.body),
  });
  const { id } = (await created.json()) as { id: string };
  const read = async () => (await fetch(`${server.url}/v1/tasks/${id}`, { headers })).json();
  await expect.poll(() => vendor.jobs(), { timeout: 20_000 }).toHaveLength(1);
  const [job = ''] = vendor.jobs();

  await expect
    .poll(() => resolve(environment, id, '../admin'), { timeout: 20_000 })
    .toContain('is not the id of a job');
  expect(await resolve({ REELAY_DATA_DIR: data }, id, job)).toContain('is not configured here');
  expect(await resolve(environment, id, job)).toContain(`Task ${id} is running now.`);
  expect(await resolve(environment, id, job)).toContain('only an uncertain task can be resolved');
  vendor.finish();
  await expect.poll(read, { timeout: 30_000 }).toMatchObject({ status: 'completed', provider: name });
  expect(vendor.jobs()).toEqual([job]);
});
