import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/database/open.ts';
import { startXaiEmulator, type XaiEmulator } from '../../src/testing/emulators/xai.ts';
import { sampleVideo } from '../../src/testing/sample-media.ts';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';

/** Rounds of the fixed slice; `REELAY_PAID_CRASH_ROUNDS=100` is the long run. */
const rounds = Number(process.env['REELAY_PAID_CRASH_ROUNDS'] ?? 5);

const key = 'sk-paid-paid-paid-paid-paid';
const vendorKey = 'xai-emulated-key';
const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
let folder: string;
let xai: XaiEmulator;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-paid-'));
  const video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1, width: 160, height: 90 }));
  xai = await startXaiEmulator({ key: vendorKey, video });
  xai.fate = 'done';
});

afterAll(async () => {
  await xai?.close();
  await rm(folder, { recursive: true, force: true });
});

const start = () =>
  startServerProcess({
    REELAY_DATA_DIR: join(folder, 'data'),
    REELAY_API_KEY: key,
    XAI_API_KEY: vendorKey,
    XAI_BASE_URL: xai.baseUrl,
    REELAY_SUBMIT_TIMEOUT_SECONDS: '2',
    REELAY_UNCERTAIN_SECONDS: '2',
    REELAY_LOG_LEVEL: 'fatal',
  });

interface ReadTask {
  readonly status: string;
  readonly provider: string;
  readonly results: readonly { readonly url: string }[] | null;
  readonly error: { readonly code: string } | null;
}

async function post(server: ServerProcess): Promise<string | undefined> {
  try {
    const body = JSON.stringify({ model: 'grok-imagine-text-to-video', prompt: 'a sea', duration: 1 });
    const answer = await fetch(`${server.url}/v1/videos/generations`, { method: 'POST', headers, body });
    return answer.ok ? ((await answer.json()) as { id: string }).id : undefined;
  } catch {
    return undefined;
  }
}

async function read(server: ServerProcess, id: string): Promise<ReadTask & { readonly text: string }> {
  const text = await (await fetch(`${server.url}/v1/tasks/${id}`, { headers })).text();
  return { ...(JSON.parse(text) as ReadTask), text };
}

/** Posts until it is stopped, while the vendor answers, is slow, or breaks the connection after it took the job. */
async function postUntil(server: ServerProcess, stopped: AbortSignal): Promise<readonly string[]> {
  const acknowledged: string[] = [];
  for (let i = 0; !stopped.aborted; i++) {
    xai.submission = { kind: i % 4 === 3 ? 'accept-then-drop' : 'accept' };
    xai.latencyMs = (i * 37) % 120;
    const id = await post(server);
    if (id !== undefined) acknowledged.push(id);
    await pause(15);
  }
  return acknowledged;
}

test(`crash: ${rounds} kill -9 with a paying provider: every task ends, none is submitted twice`, async () => {
  const acknowledged: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const server = await start();
    const stopped = new AbortController();
    const posting = postUntil(server, stopped.signal);
    await pause(120 + ((round * 97) % 600));
    await server.kill();
    stopped.abort();
    acknowledged.push(...(await posting));
  }
  xai.submission = { kind: 'accept' };
  xai.latencyMs = 0;
  const server = await start();
  const ended: (ReadTask & { readonly text: string })[] = [];
  for (const id of acknowledged) {
    await expect
      .poll(async () => (await read(server, id)).status, { timeout: 120_000, interval: 200 })
      .toMatch(/completed|failed/);
    ended.push(await read(server, id));
  }
  const [completed, failed] = [
    ended.filter((task) => task.status === 'completed'),
    ended.filter((task) => task.status === 'failed'),
  ];
  expect(completed.length).toBeGreaterThan(failed.length);
  for (const task of failed) expect(task.error?.code).toBe('submission_unknown');
  for (const task of ended) {
    expect(task.provider).toBe('xai');
    expect(task.text).not.toContain(new URL(xai.origin).host);
    expect(task.text).not.toContain(vendorKey);
  }
  for (const { results } of completed)
    expect((await fetch(results?.[0]?.url ?? '')).headers.get('content-type')).toBe('video/mp4');
  await server.stop();

  const database = await openDatabase({ folder: join(folder, 'data') });
  const attempts = await database.db.selectFrom('attempts').selectAll().execute();
  const ledger = await database.db.selectFrom('ledger').selectAll().execute();
  await database.close();
  const byTask = Map.groupBy(attempts, (attempt) => attempt.task_id);
  const sent = (taskId: string) => (byTask.get(taskId) ?? []).reduce((sum, attempt) => sum + xai.posts(attempt.id), 0);
  expect(acknowledged.filter((id) => sent(id) > 1)).toEqual([]);
  expect(xai.submissions.length).toBeLessThanOrEqual(byTask.size);
  expect(new Set(ledger.map((row) => row.attempt_id)).size).toBe(ledger.length);
  console.info(
    `${rounds} kills: ${acknowledged.length} acknowledged, ${attempts.length} attempts, ${xai.submissions.length} paid POSTs, ` +
      `${completed.length} completed, ${failed.length} submission_unknown, ${ledger.length} in the ledger`,
  );
}, 600_000);
