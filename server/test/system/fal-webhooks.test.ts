import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { webhookRefusals } from '../../src/contract/index.ts';
import { openDatabase } from '../../src/database/open.ts';
import {
  type FalDelivery,
  type FalEmulator,
  type FalJob,
  signedDelivery,
  startFalEmulator,
} from '../../src/testing/emulators/fal.ts';
import { sampleVideo } from '../../src/testing/sample-media.ts';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';

/**
 * The server is reached under a public name; the emulator takes its webhooks to the loopback instead. It looks at jobs
 * once an hour, so what happens in between happens by a webhook.
 */
const publicUrl = 'https://reelay.example';
const key = 'sk-hooks-hooks-hooks-hooks-hooks';
const vendorKey = 'fal-emulated:key';
const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };

let folder: string;
let fal: FalEmulator;
let server: ServerProcess;

/** What there was before the test: the server and its vendor are the same for all. */
let before: { readonly jobs: number; readonly submissions: number; readonly refused: Readonly<Record<string, number>> };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-hooks-'));
  const video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1, width: 160, height: 90 }));
  fal = await startFalEmulator({ key: vendorKey, video });
  await start();
});

beforeEach(async () => {
  const plain = { fate: 'running', submission: { kind: 'accept' }, onSubmission: undefined, listed: [] };
  Object.assign(fal, plain);
  before = { jobs: fal.jobs.length, submissions: fal.submissions.length, refused: await refused() };
});

afterAll(async () => {
  await server?.stop();
  await fal?.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
  server = await startServerProcess({
    REELAY_DATA_DIR: join(folder, 'data'),
    REELAY_API_KEY: key,
    REELAY_PUBLIC_URL: publicUrl,
    REELAY_POLL_SECONDS: '3600',
    REELAY_SUBMIT_TIMEOUT_SECONDS: '2',
    REELAY_LOG_LEVEL: 'fatal',
    FAL_KEY: vendorKey,
    FAL_QUEUE_URL: fal.queueUrl,
    FAL_API_URL: fal.apiUrl,
    FAL_JWKS_URL: fal.jwksUrl,
    ...environment,
  });
  fal.webhookOrigin = server.url;
}

interface ReadTask {
  readonly id: string;
  readonly status: string;
  readonly error: { readonly code: string } | null;
}

async function create(): Promise<string> {
  const body = JSON.stringify({ model: 'grok-imagine-text-to-video', prompt: 'a sea', duration: 1 });
  const answer = await fetch(`${server.url}/v1/videos/generations`, { method: 'POST', headers, body });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as ReadTask).id;
}

async function read(id: string): Promise<ReadTask> {
  return (await (await fetch(`${server.url}/v1/tasks/${id}`, { headers })).json()) as ReadTask;
}

const reaches = (id: string, status: string) =>
  expect.poll(async () => (await read(id)).status, { timeout: 20_000, interval: 20 }).toBe(status);

const newJobs = () => fal.jobs.slice(before.jobs);

/** The job of the test's only submission, once the server has looked at it so often. */
async function onlyJob({ looks = 1 } = {}): Promise<FalJob> {
  await expect.poll(() => newJobs().length, { timeout: 10_000, interval: 20 }).toBe(1);
  const [job] = newJobs();
  if (job === undefined) throw new Error('there is no job');
  await expect.poll(() => looksAt(job).length, { timeout: 10_000, interval: 20 }).toBeGreaterThanOrEqual(looks);
  return job;
}

const looksAt = ({ requestId }: FalJob) =>
  fal.requests.filter(({ path }) => path.endsWith('/status') && path.includes(requestId));

/** Brings a delivery to the job's own address, which the server made. Answers the status. */
async function bring({ webhookUrl = '' }: FalJob, { headers, body }: FalDelivery): Promise<number> {
  expect(webhookUrl).toMatch(/^https:\/\/reelay\.example\/webhooks\/fal\//);
  const url = `${server.url}${new URL(webhookUrl).pathname}`;
  return (await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) })).status;
}

/** How many deliveries were refused in this test, by what was wrong with them; nothing that never was. */
async function refusals(): Promise<Readonly<Record<string, number>>> {
  const counts = Object.entries(await refused()).map(
    ([reason, count]) => [reason, count - (before.refused[reason] ?? 0)] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

async function refused(): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const samples = text.matchAll(/^reelay_provider_webhooks_refused_total\{reason="(\w+)"\} (\d+)$/gm);
  const counts = [...samples].map(([, reason = '', count]) => [reason, Number(count)] as const);
  expect(counts.map(([reason]) => reason).toSorted()).toEqual(webhookRefusals.toSorted());
  return Object.fromEntries(counts);
}

/** One submission, one attempt of the task that owns its job, one charge. */
async function wasPaidOnce(taskId: string, job: FalJob): Promise<void> {
  expect(fal.submissions).toHaveLength(before.submissions + 1);
  const { db, close } = await openDatabase({ folder: join(folder, 'data') });
  try {
    const ledger = () => db.selectFrom('ledger').selectAll().where('task_id', '=', taskId).execute();
    await expect.poll(async () => (await ledger()).length, { timeout: 10_000 }).toBe(1);
    const attempts = await db.selectFrom('attempts').selectAll().where('task_id', '=', taskId).execute();
    expect(attempts).toMatchObject([{ operation_key: job.requestId, outcome: 'accepted' }]);
    expect(await ledger()).toMatchObject([{ attempt_id: attempts[0]?.id, cost_micros: expect.any(Number) }]);
  } finally {
    await close();
  }
}

describe('a webhook', () => {
  test('completes its task without a poll, however often it comes', async () => {
    const id = await create();
    const job = await onlyJob();
    fal.fate = 'done';
    const delivery = fal.delivery(job.requestId);
    expect(await Promise.all([bring(job, delivery), bring(job, delivery)])).toEqual([200, 200]);
    await reaches(id, 'completed');
    expect(await bring(job, delivery)).toBe(200);
    await reaches(id, 'completed');
    await wasPaidOnce(id, job);
  });

  test('that comes before our POST has its answer', async () => {
    const early: number[] = [];
    fal.onSubmission = async ({ requestId }) => {
      fal.fate = 'done';
      early.push(await fal.deliver(requestId));
    };
    const id = await create();
    await reaches(id, 'completed');
    expect(early).toEqual([200]);
    await wasPaidOnce(id, await onlyJob());
  });

  test('stands in for the answer of our POST where that is lost', async () => {
    fal.submission = { kind: 'accept-then-drop' };
    fal.onSubmission = async ({ requestId }) => {
      fal.fate = 'done';
      await fal.deliver(requestId);
    };
    const id = await create();
    await reaches(id, 'completed');
    await wasPaidOnce(id, await onlyJob());
  });

  test('that says the job failed is only a wake-up: what our own key reads decides', async () => {
    const id = await create();
    const job = await onlyJob();
    fal.fate = 'failed';
    const failed = fal.delivery(job.requestId);
    fal.fate = 'done';
    expect(await bring(job, failed)).toBe(200);
    await reaches(id, 'completed');
  });
});

describe('attack: late-webhook: a delivery is refused with 404, wakes nobody and pays nothing', () => {
  const stranger = generateKeyPairSync('ed25519').privateKey;

  test.each<[string, string, (delivery: FalDelivery, job: FalJob) => FalDelivery]>([
    [
      'forged',
      'signature',
      ({ body }, { requestId }) => signedDelivery(stranger, { requestId, userId: fal.userId, at: Date.now(), body }),
    ],
    ['changed', 'signature', (delivery) => ({ ...delivery, body: Buffer.concat([delivery.body, Buffer.from(' ')]) })],
    [
      'older than 300 seconds',
      'time',
      (_delivery, { requestId }) => fal.delivery(requestId, { at: Date.now() - 305_000 }),
    ],
    ['from the future', 'time', (_delivery, { requestId }) => fal.delivery(requestId, { at: Date.now() + 305_000 })],
    ['unsigned', 'signature', ({ body }) => ({ headers: { 'content-type': 'application/json' }, body })],
  ])('%s', async (_name, reason, forge) => {
    const id = await create();
    const job = await onlyJob();
    fal.fate = 'done';
    const delivery = fal.delivery(job.requestId);
    const looks = looksAt(job).length;
    expect(await bring(job, forge(delivery, job))).toBe(404);
    expect(await refusals()).toEqual({ [reason]: 1 });
    expect(looksAt(job).length).toBe(looks);
    expect((await read(id)).status).not.toBe('completed');
    expect(await bring(job, delivery)).toBe(200);
    await reaches(id, 'completed');
    await wasPaidOnce(id, job);
  });

  test('of another user, once ours has spoken', async () => {
    const first = await create();
    const job = await onlyJob();
    expect(await bring(job, fal.delivery(job.requestId))).toBe(200);
    // The first, the one that confirms, and the one of the woken task.
    await onlyJob({ looks: 3 });
    const looks = looksAt(job).length;
    fal.fate = 'done';
    expect(await bring(job, fal.delivery(job.requestId, { userId: 'somebody-else' }))).toBe(404);
    expect(await refusals()).toEqual({ account: 1 });
    expect(looksAt(job).length).toBe(looks);
    expect(await bring(job, fal.delivery(job.requestId))).toBe(200);
    await reaches(first, 'completed');
  });

  test('at an address that we did not make', async () => {
    const id = await create();
    const job = await onlyJob();
    fal.fate = 'done';
    const delivery = fal.delivery(job.requestId);
    const path = new URL(job.webhookUrl ?? '').pathname;
    const addresses = [
      path.replace(/.$/, '~'),
      path.replace(/[^/]*$/, ''),
      path.replace(/\/[^/]*$/, ''),
      path.replace('/fal/', '/xai/'),
    ];
    for (const wrong of addresses) {
      const webhookUrl = `${publicUrl}${wrong}`;
      const url = `${server.url}${new URL(webhookUrl).pathname}`;
      const answer = await fetch(url, {
        method: 'POST',
        headers: delivery.headers,
        body: new Uint8Array(delivery.body),
      });
      expect(answer.status, wrong).toBe(404);
    }
    expect(await refusals()).toEqual({ address: addresses.length });
    expect((await read(id)).status).not.toBe('completed');
    expect(await bring(job, delivery)).toBe(200);
    await reaches(id, 'completed');
  });
});

describe('crash: a webhook meets a server that has restarted', () => {
  test('and knows the job from its own record', async () => {
    const id = await create();
    const job = await onlyJob();
    await server.kill();
    await start();
    await onlyJob({ looks: 2 });
    fal.fate = 'done';
    expect(await bring(job, fal.delivery(job.requestId))).toBe(200);
    await reaches(id, 'completed');
    await wasPaidOnce(id, job);
  });

  /** Somebody else at the same account asked for the same, so fal's list does not tell whose job is ours. */
  const hideInList = (job: FalJob) => {
    fal.listed = [{ request_id: 'of-somebody-else', endpoint_id: job.endpoint, json_input: job.input }];
  };

  test('and knows of a submission, but not of its job', async () => {
    fal.submission = { kind: 'accept-then-silence' };
    const id = await create();
    const job = await onlyJob({ looks: 0 });
    hideInList(job);
    await server.kill();
    await start();
    fal.fate = 'done';
    expect(await bring(job, fal.delivery(job.requestId))).toBe(200);
    await reaches(id, 'completed');
    await wasPaidOnce(id, job);
  });

  test('and has given the submission up: the task stays failed, its cost is learnt', async () => {
    await server.stop();
    await start({ REELAY_UNCERTAIN_SECONDS: '1' });
    fal.submission = { kind: 'accept-then-silence' };
    const id = await create();
    const job = await onlyJob({ looks: 0 });
    hideInList(job);
    await reaches(id, 'failed');
    expect((await read(id)).error?.code).toBe('submission_unknown');
    await server.kill();
    await start();
    fal.fate = 'done';
    expect(await bring(job, fal.delivery(job.requestId))).toBe(200);
    await onlyJob({ looks: 2 });
    expect((await read(id)).status).toBe('failed');
    await wasPaidOnce(id, job);
  });
});
