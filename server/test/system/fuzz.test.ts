import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Keys } from '../../src/access/keys.ts';
import { openDatabase } from '../../src/database/open.ts';
import type { OpenApiDocument } from '../../src/testing/documented.ts';
import { samplePicture } from '../../src/testing/sample-media.ts';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';
import { FuzzJudge } from '../fuzz/fuzz-judge.ts';
import { type FuzzDocument, fuzzRequests } from '../fuzz/fuzz-requests.ts';
import { bytesOf, type RawRequest, sendRaw } from '../fuzz/raw-client.ts';

/**
 * Every route, asked for what is right, nearly right and absurd. `REELAY_FUZZ_REQUESTS` asks more often, `REELAY_FUZZ_SEED` the
 * same again: the seed of a run is printed.
 */
const requests = Number(process.env['REELAY_FUZZ_REQUESTS'] ?? 5_000);
const seed = Number(process.env['REELAY_FUZZ_SEED'] ?? randomInt(2 ** 31));

/** Of the routes of an operator, which nobody else may ask. */
const adminRequests = 300;

/** Asked at once, so that requests meet. */
const atOnce = 8;

/** Made at once; the memory of a long run is not to grow with it. */
const batch = 500;

/** Memory of the server's heap, in megabytes: what leaks ends the process. */
const heapMegabytes = 256;

/** What the process may hold more after all requests than after half of them, in bytes; its collector is never done. */
const growthLimit = 100 * 1024 ** 2;

/** Wrong answers that are collected before the run ends. */
const maximumFaults = 20;

const canary = `canary${randomBytes(8).toString('hex')}`;

/** What the server said last: a crash tells why. */
let said = '';

let folder: string;
let server: ServerProcess;
let url: URL;
/** The operator's, which may see all accounts. */
const adminKey = `sk-${randomBytes(24).toString('hex')}`;
let ownKey: string;
let foreignKey: string;
let foreignAccount: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-fuzz-'));
  server = await startServerProcess({
    REELAY_DATA_DIR: join(folder, 'data'),
    REELAY_API_KEY: adminKey,
    REELAY_ALLOW_ADDRESSES: '127.0.0.1:9',
    REELAY_LOG_LEVEL: 'error',
    NODE_OPTIONS: `--max-old-space-size=${heapMegabytes}`,
  });
  url = new URL(server.url);
  server.child.stderr?.on('data', (text) => {
    said = (said + text).slice(-4_000);
  });
  const { db, close } = await openDatabase({ folder: join(folder, 'data'), url: undefined });
  const keys = new Keys(db, Date.now);
  const { key, info } = await keys.create({ account: `account-${canary}` });
  [foreignKey, foreignAccount] = [key, info.account];
  ownKey = (await keys.create()).key;
  await close();
});

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: answers of several routes
async function call(method: string, path: string, key: string, json?: object): Promise<any> {
  const headers = { Authorization: `Bearer ${key}`, ...(json && { 'Content-Type': 'application/json' }) };
  const answer = await fetch(server.url + path, { method, headers, ...(json && { body: JSON.stringify(json) }) });
  return answer.json();
}

const model = 'grok-imagine-text-to-video';

async function idsOf(key: string, prompt: string): Promise<readonly string[]> {
  const task = await call('POST', '/v1/videos/generations', key, { model, prompt });
  const { generations } = await call('POST', '/api/ai/queue', key, { model, prompt });
  return [task.id, generations[0].generation_id];
}

interface Held {
  readonly rssBytes: number;
  readonly handles: number;
}

/** What the server's process holds. */
async function held(): Promise<Held> {
  const { pid } = server.child;
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(status) ?? [];
  return { rssBytes: Number(kilobytes) * 1024, handles: (await readdir(`/proc/${pid}/fd`)).length };
}

function shown(request: RawRequest): string {
  return JSON.stringify(bytesOf(request).toString('latin1').slice(0, 1_500));
}

/** Asks what is on a list until it is empty, and collects what is wrong. */
function asking(judge: FuzzJudge) {
  const statuses = new Map<number | 'closed', number>();
  const faults: string[] = [];
  const askAll = async (list: RawRequest[]): Promise<void> => {
    for (let request = list.pop(); request !== undefined; request = list.pop()) {
      try {
        const answer = await sendRaw(url, request);
        judge.check(request, answer);
        const status = answer?.status ?? 'closed';
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      } catch (error) {
        faults.push(`${error instanceof Error ? error.message : error}\nasked: ${shown(request)}`);
        if (faults.length === maximumFaults) throw new Error([...faults, said].join('\n\n'), { cause: error });
      }
    }
  };
  return { askAll, statuses, faults };
}

test(`${requests} requests from seed ${seed}`, { timeout: 120_000 + requests * 100 }, async () => {
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenApiDocument & FuzzDocument;
  const own = await idsOf(ownKey, 'a sea [reelay:fail]');
  const foreign = await idsOf(foreignKey, `${canary} [reelay:stuck]`);
  const picture = await readFile(await samplePicture(folder, 'small.png', { width: 32, height: 32 }));
  const judge = new FuzzJudge({ document, secrets: [canary, foreignAccount, folder, foreignKey, ownKey, adminKey] });
  const ids = [...own, ...foreign, model, 'veo-3.1', 'foxapi', 'scalar.js', 'first-video'];
  const arbitrary = fuzzRequests({ document, ids, keys: [ownKey], picture });
  const { askAll, statuses, faults } = asking(judge);

  let warm: Held | undefined;
  for (let done = 0; done < requests; done += batch) {
    const list = fc.sample(arbitrary, { seed: seed + done, numRuns: Math.min(batch, requests - done) });
    await Promise.all(Array.from({ length: atOnce }, () => askAll(list)));
    if (done >= requests / 2) warm ??= await held();
  }

  expect(faults).toEqual([]);
  expect(server.child.exitCode, said).toBeNull();
  for (const status of ['pending', 'processing']) {
    await expect
      .poll(async () => (await call('GET', `/v1/tasks?status=${status}`, ownKey)).data.length, { timeout: 60_000 })
      .toBe(0);
  }
  expect((await call('GET', `/v1/tasks/${foreign[0]}`, foreignKey)).status).toBe('processing');
  const end = await held();
  const growth = end.rssBytes - (warm ?? end).rssBytes;
  const figures = { requests, seed, statuses: Object.fromEntries(statuses), growthBytes: growth, ...end };
  process.stderr.write(`fuzz: ${JSON.stringify(figures)}\n`);
  expect(growth).toBeLessThan(growthLimit);
  await expect
    .poll(async () => (await held()).handles, { timeout: 30_000 })
    .toBeLessThanOrEqual((warm ?? end).handles + 10);
});

test(`${adminRequests} requests of an operator from seed ${seed}`, async () => {
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenApiDocument & FuzzDocument;
  const paths = Object.fromEntries(Object.entries(document.paths).filter(([path]) => path.startsWith('/admin/')));
  const { id } = await call('POST', '/admin/keys', adminKey, { account: 'team' });
  const material = { document: { ...document, paths }, ids: [id, 'team'], keys: [adminKey], picture: Buffer.of() };
  const { askAll, statuses, faults } = asking(
    new FuzzJudge({ document, secrets: [folder, foreignKey, ownKey, adminKey] }),
  );
  const list = fc.sample(fuzzRequests(material), { seed, numRuns: adminRequests });
  await Promise.all(Array.from({ length: atOnce }, () => askAll(list)));
  expect(faults).toEqual([]);
  expect(statuses.get(200)).toBeGreaterThan(adminRequests / 20);
  expect((await call('GET', '/v1/models', ownKey)).object).toBe('list');
});
