import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/database/open.ts';
import { processesIn } from '../../src/testing/processes.ts';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';

/** Rounds of the fixed slice; `REELAY_CRASH_ROUNDS=20` is the long run. */
const rounds = Number(process.env['REELAY_CRASH_ROUNDS'] ?? 6);

const key = 'sk-crash-crash-crash-crash-crash';
const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-crash-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const start = () => startServerProcess({ REELAY_DATA_DIR: folder, REELAY_API_KEY: key });

interface ReadTask {
  readonly status: string;
  readonly results: readonly unknown[] | null;
  readonly progress: number;
}

async function read(server: ServerProcess, id: string): Promise<ReadTask> {
  const answer = await fetch(`${server.url}/v1/tasks/${id}`, { headers });
  return (await answer.json()) as ReadTask;
}

async function post(server: ServerProcess, prompt: string): Promise<string | undefined> {
  try {
    const json = { model: 'grok-imagine-text-to-video', prompt, duration: 1, resolution: '480p' };
    const answer = await fetch(`${server.url}/v1/videos/generations`, {
      method: 'POST',
      headers,
      body: JSON.stringify(json),
    });
    return answer.ok ? ((await answer.json()) as { id: string }).id : undefined;
  } catch {
    return undefined;
  }
}

/** Posts until the server dies; answers the ids that were acknowledged. */
async function postUntil(server: ServerProcess, stopped: AbortSignal): Promise<readonly string[]> {
  const acknowledged: string[] = [];
  for (let i = 0; !stopped.aborted; i++) {
    const id = await post(server, i % 3 === 0 ? 'a sea' : 'a sea [reelay:fail]');
    if (id !== undefined) acknowledged.push(id);
    await pause(20);
  }
  return acknowledged;
}

test(`crash: after ${rounds} kill -9 in the middle of work, every acknowledged task ends, with one result`, async () => {
  const acknowledged: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const server = await start();
    const stopped = new AbortController();
    const posting = postUntil(server, stopped.signal);
    await pause(150 + round * 170);
    await server.kill();
    stopped.abort();
    acknowledged.push(...(await posting));
  }
  expect(acknowledged.length).toBeGreaterThan(rounds);
  const server = await start();
  const ended: ReadTask[] = [];
  for (const id of acknowledged) {
    await expect
      .poll(async () => (await read(server, id)).status, {
        timeout: 120_000,
        interval: 50,
      })
      .toMatch(/completed|failed/);
    ended.push(await read(server, id));
  }
  const completed = ended.filter((task) => task.status === 'completed');
  expect(completed.length).toBeGreaterThan(0);
  expect(completed.every((task) => task.results?.length === 1 && task.progress === 100)).toBe(true);
  expect(await server.stop()).toBe(0);
  const database = await openDatabase({ folder });
  const events = await database.db.selectFrom('events').selectAll().orderBy('id').execute();
  expect(events.map((event) => event.id)).toEqual(events.map((_, index) => index + 1));
  const ends = Map.groupBy(
    events.filter((event) => ['succeeded', 'failed', 'cancelled'].includes(event.state)),
    (event) => event.task_id,
  );
  for (const id of acknowledged) expect(ends.get(id)).toHaveLength(1);
  await database.close();
}, 240_000);

test('crash: no renderer or ffmpeg outlives the server', async () => {
  const server = await start();
  await post(server, 'a sea [reelay:slow=0]');
  const json = {
    model: 'grok-imagine-text-to-video',
    prompt: 'mountains in the snow',
    duration: 15,
    resolution: '720p',
  };
  const full = await startServerProcess({
    REELAY_DATA_DIR: `${folder}-full`,
    REELAY_API_KEY: key,
    REELAY_LOCAL_QUALITY: 'full',
  });
  await fetch(`${full.url}/v1/videos/generations`, { method: 'POST', headers, body: JSON.stringify(json) });
  await expect.poll(() => processesIn(`${folder}-full/work`), { timeout: 20_000, interval: 50 }).toBeGreaterThan(0);
  await full.kill();
  await expect.poll(() => processesIn(`${folder}-full/work`), { timeout: 20_000, interval: 100 }).toBe(0);
  await server.stop();
  await rm(`${folder}-full`, { recursive: true, force: true });
});

test('shutdown: SIGTERM ends the server cleanly while a task is running, and the next start finishes it', async () => {
  const first = await start();
  const id = await post(first, 'a sea [reelay:slow=3]');
  await pause(300);
  expect(await first.stop()).toBe(0);
  const second = await start();
  await expect
    .poll(async () => (await read(second, id ?? '')).status, {
      timeout: 60_000,
      interval: 100,
    })
    .toBe('completed');
  await second.stop();
});

test('a second server on the same data folder is refused with a clear line', async () => {
  const first = await start();
  await expect(start()).rejects.toThrow(/another Reelay server is running on the data folder/);
  await first.stop();
});
