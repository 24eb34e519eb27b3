/** Two real servers on a PostgreSQL of our own, and what can befall them: no accepted task is lost, none is paid twice. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/database/open.ts';
import { startXaiEmulator, type XaiEmulator } from '../../src/testing/emulators/xai.ts';
import { type PostgresCluster, startPostgresCluster } from '../../src/testing/postgres-cluster.ts';
import { startReceiver } from '../../src/testing/receiver.ts';
import { sampleVideo } from '../../src/testing/sample-media.ts';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';
import { startTcpProxy, type TcpProxy } from '../../src/testing/tcp-proxy.ts';

/** Rounds of each fault; `REELAY_FAULT_ROUNDS=10` is the long run. */
const rounds = Number(process.env['REELAY_FAULT_ROUNDS'] ?? 1);

/** `server/dist/cli/main.js` of another version: the second server is of that one, which is how an upgrade goes. */
const otherVersion = process.env['REELAY_OTHER_VERSION'];

const key = 'sk-two-two-two-two-two-two';
const vendorKey = 'xai-emulated-key';
const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
const databaseConnections = 40;

/** Tasks that each fault has to befall at least. */
const enough = 30;

/** A server, and its own way to the database. */
interface Node {
  readonly proxy: TcpProxy;
  readonly start: () => Promise<ServerProcess>;
  server: ServerProcess;
}

let folder: string;
let cluster: PostgresCluster;
let xai: XaiEmulator;
let nodes: Node[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-two-'));
  const video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1, width: 160, height: 90 }));
  xai = await startXaiEmulator({ key: vendorKey, video });
  xai.fate = 'done';
  cluster = await startPostgresCluster({ settings: { max_connections: String(databaseConnections) } });
  // The one that may be older is there first, as before an upgrade.
  const second = await startNode({ environment: { NODE_OPTIONS: aMinuteFast }, entry: otherVersion });
  nodes = [await startNode(), second];
});

afterAll(async () => {
  for (const { server, proxy } of nodes ?? []) {
    await server.kill();
    await proxy.close();
  }
  await xai?.close();
  await cluster?.remove();
  await rm(folder, { recursive: true, force: true });
});

/** The second server's clock is a minute ahead in all of these tests. */
const aMinuteFast = `--import=data:text/javascript,${encodeURIComponent(
  'const { now } = Date; Date.now = () => now() + 60_000;',
)}`;

async function startNode({
  environment = {},
  entry,
}: {
  readonly environment?: Readonly<Record<string, string>>;
  readonly entry?: string | undefined;
} = {}): Promise<Node> {
  const { hostname: host, port } = new URL(cluster.url);
  const proxy = await startTcpProxy({ host, port: Number(port) });
  const url = new URL(cluster.url);
  url.port = String(proxy.port);
  const options = {
    DATABASE_URL: url.href,
    REELAY_DATA_DIR: join(folder, 'data'),
    REELAY_API_KEY: key,
    XAI_API_KEY: vendorKey,
    XAI_BASE_URL: xai.baseUrl,
    REELAY_SUBMIT_TIMEOUT_SECONDS: '2',
    REELAY_UNCERTAIN_SECONDS: '2',
    REELAY_LOG_LEVEL: 'fatal',
    ...environment,
  };
  const start = () => startServerProcess(options, entry);
  return { proxy, start, server: await start() };
}

interface ReadTask {
  readonly status: string;
  readonly results: readonly { readonly url: string }[] | null;
  readonly error: { readonly code: string } | null;
}

async function post({ url }: ServerProcess, more: object = {}): Promise<string | undefined> {
  try {
    const body = JSON.stringify({ model: 'grok-imagine-text-to-video', prompt: 'a sea', duration: 1, ...more });
    const signal = AbortSignal.timeout(60_000);
    const answer = await fetch(`${url}/v1/videos/generations`, { method: 'POST', headers, body, signal });
    return answer.ok ? ((await answer.json()) as { id: string }).id : undefined;
  } catch {
    return undefined;
  }
}

async function read({ url }: ServerProcess, id: string): Promise<ReadTask> {
  const answer = await fetch(`${url}/v1/tasks/${id}`, { headers, signal: AbortSignal.timeout(60_000) });
  return (await answer.json()) as ReadTask;
}

/** Posts to both in turn until it is stopped, while the vendor answers, is slow, or breaks the connection. */
function postUntil(stopped: AbortSignal) {
  const acknowledged: string[] = [];
  const postTo = async (node: Node): Promise<void> => {
    const id = await post(node.server);
    if (id !== undefined) acknowledged.push(id);
  };
  async function run(): Promise<readonly string[]> {
    const posts: Promise<void>[] = [];
    for (let i = 0; !stopped.aborted; i++) {
      xai.submission = { kind: i % 5 === 4 ? 'accept-then-drop' : 'accept' };
      xai.latencyMs = (i * 37) % 120;
      posts.push(postTo(nodes[i % 2] as Node));
      await pause(40);
    }
    await Promise.all(posts);
    return acknowledged;
  }
  return { acknowledged, done: run() };
}

/** Ids of the events after `newest` that a client sees at the first server, across broken connections. */
async function listen(newest: number, stopped: AbortSignal): Promise<readonly number[]> {
  const ids: number[] = [];
  while (!stopped.aborted) {
    try {
      const { url } = (nodes[0] as Node).server;
      const since = { 'Last-Event-ID': String(ids.at(-1) ?? newest) };
      const answer = await fetch(`${url}/api/events`, { headers: { ...headers, ...since }, signal: stopped });
      let text = '';
      for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
        text += Buffer.from(chunk).toString();
        const lines = text.split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) if (line.startsWith('id: ')) ids.push(Number(line.slice(4)));
      }
    } catch {
      await pause(100);
    }
  }
  return ids;
}

/** Posts, has the fault happen meanwhile, and looks at everything once all tasks have ended. */
async function survives(name: string, fault: () => Promise<void>): Promise<void> {
  const stopped = new AbortController();
  const { newestEvent: first } = await lookAt([]);
  const listening = listen(first, stopped.signal);
  const posted = new AbortController();
  const posting = postUntil(posted.signal);
  await pause(1_500);
  for (let round = 0; round < rounds; round += 1) await fault();
  // Until enough were taken, before the fault or behind it: a busy machine takes its time.
  await expect.poll(() => posting.acknowledged.length, { timeout: 60_000, interval: 200 }).toBeGreaterThan(enough);
  posted.abort();
  const acknowledged = await posting.done;
  xai.submission = { kind: 'accept' };
  xai.latencyMs = 0;
  const { server } = nodes[0] as Node;
  const ended = [];
  for (const id of acknowledged) {
    await expect
      .poll(async () => (await read(server, id)).status, { timeout: 120_000, interval: 200 })
      .toMatch(/completed|failed/);
    ended.push(await read(server, id));
  }
  const failed = ended.filter(({ status }) => status === 'failed');
  for (const { error } of failed) expect(error?.code).toBe('submission_unknown');
  expect(failed.length).toBeLessThan(ended.length / 2);
  const facts = await lookAt(acknowledged);
  await pause(1_000);
  stopped.abort();
  const ids = await listening;
  expect(facts.twice).toEqual([]);
  expect(ids).toEqual(Array.from({ length: facts.newestEvent - first }, (_, i) => first + 1 + i));
  console.info(
    `${name}: ${acknowledged.length} accepted, 0 lost, ${facts.twice.length} paid twice, ${failed.length} submission_unknown, ${ids.length} events`,
  );
}

async function lookAt(taskIds: readonly string[]) {
  const database = await openDatabase({ folder, url: cluster.url });
  try {
    const attempts = await database.db.selectFrom('attempts').select(['id', 'task_id']).execute();
    const account = await database.db.selectFrom('accounts').select('event_seq').executeTakeFirstOrThrow();
    const byTask = Map.groupBy(attempts, (attempt) => attempt.task_id);
    const sent = (taskId: string) => (byTask.get(taskId) ?? []).reduce((sum, { id }) => sum + xai.posts(id), 0);
    return { twice: taskIds.filter((id) => sent(id) > 1), newestEvent: account.event_seq };
  } finally {
    await database.close();
  }
}

async function restart(node: Node): Promise<void> {
  node.server = await node.start();
}

test('crash: a server is killed in the midst of its work, and comes back later', async () => {
  await survives('kill -9 of a server', async () => {
    const second = nodes[1] as Node;
    await second.server.kill();
    await pause(3_000);
    await restart(second);
  });
}, 300_000);

/** Takes webhooks and keeps their senders waiting until it is told to answer. */
async function startHoldingReceiver() {
  const receiver = await startReceiver();
  const waiting = new Map<string, ServerResponse>();
  const facts = { waiting, brokenOff: new Set<string>(), overlapping: [] as string[] };
  receiver.answer = (request, response) => {
    const id = String(request.headers['webhook-id']);
    if (waiting.has(id)) facts.overlapping.push(id);
    waiting.set(id, response);
    response.once('close', () => {
      waiting.delete(id);
      if (!response.writableEnded) facts.brokenOff.add(id);
    });
  };
  return {
    ...receiver,
    ...facts,
    answerAll() {
      receiver.answer = (_request, response) => response.writeHead(204).end();
      for (const response of waiting.values()) response.writeHead(204).end();
    },
  };
}

test('crash: a server is killed in the midst of its webhooks, and the other sends them', async () => {
  const receiver = await startHoldingReceiver();
  onTestFinished(() => receiver.close());
  const [first, second] = nodes as [Node, Node];
  const told: (string | undefined)[] = [];
  for (const { server } of [first, second, first, second, first, second]) {
    told.push(await post(server, { callback_url: receiver.url }));
  }
  await expect.poll(() => receiver.waiting.size, { timeout: 60_000 }).toBe(told.length);
  await second.server.kill();
  await expect.poll(() => receiver.brokenOff.size, { timeout: 10_000 }).toBeGreaterThan(0);
  // A dead process's connections close one after the other; one answered before its turn would seem to have been delivered.
  await pause(1_000);
  receiver.answerAll();
  const delivered = async () => {
    const answer = await fetch(`${first.server.url}/v1/webhooks/deliveries?status=delivered&limit=100`, { headers });
    const { data } = (await answer.json()) as { readonly data: readonly { readonly task_id: string }[] };
    return data.map(({ task_id }) => task_id).toSorted();
  };
  await expect.poll(delivered, { timeout: 60_000, interval: 500 }).toEqual(told.toSorted());
  const times = Map.groupBy(receiver.received, (webhook) => String(webhook.headers['webhook-id']));
  expect(times.size).toBe(told.length);
  for (const [id, { length }] of times) expect(length).toBe(receiver.brokenOff.has(id) ? 2 : 1);
  expect(receiver.overlapping).toEqual([]);
  await restart(second);
}, 300_000);

test('a server is cut off from the database, with broken connections and with silent ones', async () => {
  const { proxy } = nodes[1] as Node;
  await survives('a server cut off, 5 s', async () => {
    proxy.cut();
    await pause(5_000);
    proxy.mend();
  });
  await survives('a server behind silence, 20 s', async () => {
    proxy.stall();
    await pause(20_000);
    proxy.mend();
  });
}, 300_000);

test('crash: the database ends at once and comes back', async () => {
  await survives('restart of the database', async () => {
    await cluster.stop('immediate');
    await pause(1_000);
    await cluster.start();
  });
}, 300_000);

test('others take all connections of the database', async () => {
  await survives('no connection left, 4 s', async () => {
    const clients: Client[] = [];
    for (let i = 0; i < databaseConnections; i += 1) {
      const client = new Client(cluster.url);
      client.on('error', () => undefined);
      await client.connect().then(
        () => clients.push(client),
        () => undefined,
      );
    }
    await pause(4_000);
    for (const client of clients) await client.end();
  });
}, 300_000);
