/**
 * Mixed traffic while one fault after another strikes: for less than a minute here, for as long as `REELAY_SOAK_MINUTES` says otherwise,
 * on PostgreSQL with `REELAY_SOAK_DATABASE=postgres`. The figures of a long run are printed.
 */
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { isTerminal, terminalStates } from '../../src/contract/index.ts';
import { type Database, openDatabase } from '../../src/database/open.ts';
import { type Fault, faultsOf, restarts } from './soak/faults.ts';
import { createStand, type Stand } from './soak/stand.ts';
import { startTraffic, type Traffic } from './soak/traffic.ts';
import { courseOf, handlesOf, slopePerHour, type Vitals, watchVitals } from './soak/vitals.ts';

const minutes = Number(process.env['REELAY_SOAK_MINUTES'] ?? 0.75);
const onPostgres = process.env['REELAY_SOAK_DATABASE'] === 'postgres';

/** Calm between two faults, in milliseconds, and how often the process is looked at. */
const calmMs = Math.min(20_000, minutes * 2_000);
const lookMs = Math.min(5_000, minutes * 1_000);

/** How long the tasks may take that are left when the traffic ends, in milliseconds: what is put off by a minute comes again. */
const patienceMs = 150_000;

/** Handles that a server at rest may hold beyond those that it had at its start: lazily opened ones, such as a file of the system's. */
const lazyHandles = 6;

const cleanUp: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

test(`soak: ${minutes} minutes of traffic and faults`, { timeout: minutes * 60_000 + 2 * patienceMs }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reelay-soak-'));
  cleanUp.push(() => rm(folder, { recursive: true, force: true }));
  const stand = await createStand({ minutes, onPostgres });
  cleanUp.push(() => stand.remove());
  const handlesAtFirst = handlesOf(stand.server.child.pid ?? 0);
  const traffic = await startTraffic(stand, folder);
  cleanUp.push(() => Promise.all([traffic.stop(), traffic.stopListening()]));
  const end = performance.now() + minutes * 60_000;
  const struck = new Map<string, number>();
  const strike = async (fault: Fault): Promise<void> => {
    await pause(calmMs);
    await fault.strike(stand);
    struck.set(fault.name, (struck.get(fault.name) ?? 0) + 1);
  };
  for (const fault of restarts) await strike(fault);
  // One process from here on: what it gathers shows.
  const vitals = watchVitals({ pid: stand.server.child.pid ?? 0, heap: stand.heap }, lookMs);
  cleanUp.push(async () => vitals.stop());
  do for (const fault of faultsOf(stand)) await strike(fault);
  while (performance.now() < end);
  await traffic.stop();
  const database = await openDatabase({ folder: stand.data, url: stand.postgres?.url });
  cleanUp.push(() => database.close());
  await expect.poll(() => liveTasks(database), { timeout: patienceMs, interval: 500 }).toEqual([]);
  vitals.stop();
  await expectNothingLost(database, stand, traffic);
  await traffic.stopListening();
  const { pid = 0 } = stand.server.child;
  await expect
    .poll(() => handlesOf(pid), { timeout: 20_000, interval: 500 })
    .toBeLessThanOrEqual(handlesAtFirst + lazyHandles);
  const handles = handlesOf(pid);
  report(await figuresOf(database, { traffic, vitals, struck, handles: [handlesAtFirst, handles] }));
  expect(await stand.server.stop()).toBe(0);
  await expectNothingLeft(database, stand);
  expect(traffic.offences).toEqual([]);
});

async function liveTasks({ db }: Database): Promise<readonly object[]> {
  const rows = db.selectFrom('tasks').select(['id', 'state', 'provider', 'due_at', 'phase']);
  return rows.where('state', 'not in', terminalStates).limit(5).execute();
}

/** Every accepted task is there with one end, none was paid twice, and the listener has heard everything in order. */
async function expectNothingLost(
  { db }: Database,
  { xai, fal }: Stand,
  { accepted, deleted, events }: Traffic,
): Promise<void> {
  const tasks = await db.selectFrom('tasks').select('id').execute();
  const present = new Set(tasks.map(({ id }) => id));
  expect([...accepted].filter((id) => !present.has(id) && !deleted.has(id))).toEqual([]);
  const takes = [...xai.submissions, ...fal.submissions].map(({ body }) => /take-\d+-/.exec(String(body))?.[0]);
  expect(takes.filter((take, index) => takes.indexOf(take) !== index)).toEqual([]);
  const written = await db.selectFrom('events').select(['id', 'task_id', 'state']).orderBy('id').execute();
  const ends = written.filter(({ state }) => isTerminal(state));
  expect(ends.length).toBe(new Set(ends.map(({ task_id }) => task_id)).size);
  expect(ends.length).toBe(tasks.length);
  await expect.poll(() => events.at(-1) ?? 0, { timeout: 20_000 }).toBeGreaterThanOrEqual(written.at(-1)?.id ?? 0);
  expect(events.filter((id, index) => id <= (events[index - 1] ?? 0))).toEqual([]);
  const heard = new Set(events);
  expect(written.filter(({ id }) => !heard.has(id))).toEqual([]);
}

async function temporaryFiles(data: string): Promise<readonly string[]> {
  const files = await readdir(data, { recursive: true, withFileTypes: true });
  const left = files.filter((file) => file.isFile() && /\/(temporary|work|incoming)\b/.test(file.parentPath));
  return left.map(({ parentPath, name }) => join(parentPath, name));
}

/** What a kill or a fault kept from being removed goes a day later, with a start; and no bytes are there that the database does not know. */
async function expectNothingLeft({ db }: Database, stand: Stand): Promise<void> {
  const { data } = stand;
  const twoDaysAgo = Date.now() / 1_000 - 2 * 24 * 3_600;
  for (const path of await temporaryFiles(data)) {
    for (const aged of [path, dirname(path)]) await utimes(aged, twoDaysAgo, twoDaysAgo);
  }
  await stand.restart();
  await expect.poll(() => temporaryFiles(data), { timeout: 20_000 }).toEqual([]);
  expect(await stand.server.stop()).toBe(0);
  const named = await db.selectFrom('assets').select('storage_key').execute();
  const loose = await db.selectFrom('loose_files').select('storage_key').execute();
  const known = new Set([...named, ...loose].map(({ storage_key }) => storage_key));
  const objects = await readdir(join(data, 'files', 'objects'), { recursive: true, withFileTypes: true });
  expect(objects.filter((entry) => entry.isFile() && !known.has(entry.name)).map(({ name }) => name)).toEqual([]);
}

interface Witness {
  readonly traffic: Traffic;
  readonly vitals: Vitals;
  readonly struck: ReadonlyMap<string, number>;
  readonly handles: readonly [number, number];
}

async function figuresOf({ db }: Database, { traffic, vitals, struck, handles }: Witness): Promise<object> {
  const rows = await db.selectFrom('tasks').select(['state', 'phase']).execute();
  const endings = Map.groupBy(rows, ({ state, phase }) =>
    state === 'failed' ? `failed ${JSON.parse(phase).error?.code}` : state,
  );
  // What a process takes at first is not what it gathers.
  const settled = vitals.samples.slice(Math.floor(vitals.samples.length / 5));
  return {
    accepted: traffic.accepted.size,
    deleted: traffic.deleted.size,
    endings: Object.fromEntries([...endings].map(([name, { length }]) => [name, length])),
    answers: Object.fromEntries(traffic.answers),
    events: traffic.events.length,
    faults: Object.fromEntries(struck),
    megabytes: courseOf(settled, ({ megabytes }) => megabytes),
    ownMegabytes: courseOf(settled, ({ ownMegabytes }) => ownMegabytes),
    fileMegabytes: courseOf(settled, ({ fileMegabytes }) => fileMegabytes),
    heapMegabytes: courseOf(settled, ({ heapMegabytes }) => heapMegabytes),
    handlesPerHour: Math.round(slopePerHour(settled, (sample) => sample.handles)),
    handlesAtRest: { first: handles[0], last: handles[1] },
  };
}

function report(figures: object): void {
  console.info(`soak, ${minutes} minutes: ${JSON.stringify(figures)}`);
}
