import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { DescribedModel, Provider } from '../contract/index.ts';
import { openDatabase } from '../database/open.ts';
import { readSetting, writeSetting } from '../database/setting.ts';
import { dialects } from '../dialects/registry.ts';
import { type Catalogue, loadCatalogue } from './catalogue.ts';
import { type DiscoveryMemory, ModelDiscovery } from './discovery.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const minuteMs = 60_000;

interface Bench {
  readonly catalogue: Catalogue;
  readonly discovery: ModelDiscovery;
  readonly logged: readonly string[];
  /** What the provider lists; an error is thrown. */
  answer: readonly string[] | Error;
  asked: number;
}

async function createBench(memory: DiscoveryMemory): Promise<Bench> {
  const catalogue = await loadCatalogue();
  const [example] = catalogue.models;
  if (example === undefined) throw new Error('the catalogue is empty');
  const { id: _id, created: _created, faces: _faces, ...described } = example;
  const describe = (name: string): DescribedModel => ({
    ...described,
    displayName: name,
    offers: { gpu: { model: name } },
  });
  const logged: string[] = [];
  const log = pino({}, { write: (line) => logged.push(JSON.parse(line).msg) });
  const list = async () => {
    bench.asked += 1;
    if (bench.answer instanceof Error) throw bench.answer;
    return bench.answer;
  };
  const provider = { name: 'gpu', discovery: { list, describe } } as unknown as Provider;
  const discovery = new ModelDiscovery({ catalogue, providers: [provider], memory, now: Date.now, log });
  onTestFinished(() => discovery.stop());
  const bench: Bench = { catalogue, discovery, logged, answer: [], asked: 0 };
  return bench;
}

function createMemory(): DiscoveryMemory & { text: string | undefined; writes: number } {
  return {
    text: undefined,
    writes: 0,
    async read() {
      return this.text;
    },
    async write(text) {
      this.text = text;
      this.writes += 1;
    },
  };
}

/** Ids that every API shows beyond the catalogue's own. */
function shown({ catalogue }: Bench): readonly string[] {
  const lists = dialects.map(({ api, names }) =>
    catalogue
      .faces(api, names)
      .all.filter(({ model }) => !catalogue.own.ids.has(model.id))
      .map(({ id }) => id),
  );
  for (const list of lists) expect(list).toEqual(lists[0]);
  return lists[0] ?? [];
}

test('models come into every index that was made before, and stay the same objects', async () => {
  const memory = createMemory();
  const bench = await createBench(memory);
  const indexes = dialects.map(({ api, names }) => bench.catalogue.faces(api, names));
  bench.answer = ['A/One', 'Wan-AI/Wan2.2-T2V-A14B-Diffusers'];
  await bench.discovery.start();
  expect(shown(bench)).toEqual([]);
  await vi.advanceTimersByTimeAsync(0);
  const clash = expect.stringMatching(/^wan-ai-wan2-2-t2v-a14b-diffusers-[0-9a-f]{8}$/);
  expect(shown(bench)).toEqual(['a-one', clash]);
  const faces = indexes.map((index) => index.find('a-one'));
  bench.answer = ['A/One', 'B/Two'];
  await vi.advanceTimersByTimeAsync(minuteMs);
  expect(shown(bench)).toEqual(['a-one', 'b-two']);
  expect(indexes.map((index) => index.find('a-one'))).toEqual(faces);
  for (const [index, face] of faces.entries()) expect(indexes[index]?.find('a-one')).toBe(face);
  expect(bench.catalogue.model('b-two')).toMatchObject({ id: 'b-two', offers: { gpu: { model: 'B/Two' } } });
  expect(bench.catalogue.models.map(({ id }) => id)).toContain('b-two');
});

test('one that vanishes is known and not shown; it comes back under its id', async () => {
  const bench = await createBench(createMemory());
  bench.answer = ['A/One'];
  await bench.discovery.start();
  await vi.advanceTimersByTimeAsync(0);
  bench.answer = [];
  await vi.advanceTimersByTimeAsync(minuteMs);
  expect(shown(bench)).toEqual([]);
  expect(bench.catalogue.model('a-one')?.displayName).toBe('A/One');
  bench.answer = ['a one', 'A/One'];
  await vi.advanceTimersByTimeAsync(minuteMs);
  expect(bench.catalogue.model('a-one')?.displayName).toBe('A/One');
});

test('a restart shows at once what was known, also while nobody answers', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reelay-discovery-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const database = await openDatabase({ folder });
  onTestFinished(() => database.close());
  const memory: DiscoveryMemory = {
    read: () => readSetting(database.db, 'models'),
    write: (text) => writeSetting(database.db, 'models', text),
  };
  const first = await createBench(memory);
  first.answer = ['A/One', 'B/Two'];
  await first.discovery.start();
  await vi.waitFor(() => expect(shown(first)).toEqual(['a-one', 'b-two']));
  await first.discovery.stop();

  const second = await createBench(memory);
  second.answer = new Error('nobody is there');
  await second.discovery.start();
  expect(shown(second)).toEqual(['a-one', 'b-two']);
  expect(second.catalogue.model('a-one')?.created).toBe(first.catalogue.model('a-one')?.created);
});

test('trouble is told once, and its end; a provider that never answered is asked sooner', async () => {
  const bench = await createBench(createMemory());
  bench.answer = new Error('nobody is there');
  await bench.discovery.start();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(bench.asked).toBe(4);
  expect(bench.logged).toEqual(['models could not be read']);
  bench.answer = ['A/One'];
  await vi.advanceTimersByTimeAsync(10_000);
  expect(bench.logged).toEqual(['models could not be read', 'the models of a provider can be read again']);
  bench.answer = new Error('gone again');
  await vi.advanceTimersByTimeAsync(2 * minuteMs);
  expect(bench.asked).toBe(7);
  expect(bench.logged.filter((line) => line === 'models could not be read')).toHaveLength(2);
  expect(shown(bench)).toEqual(['a-one']);
});

test('what cannot be written down is not shown', async () => {
  const memory = createMemory();
  const bench = await createBench({ ...memory, write: () => Promise.reject(new Error('the disk is full')) });
  bench.answer = ['A/One'];
  await bench.discovery.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(shown(bench)).toEqual([]);
  expect(bench.catalogue.model('a-one')).toBeUndefined();
});

test('the same list is written down once', async () => {
  const memory = createMemory();
  const bench = await createBench(memory);
  bench.answer = ['A/One', 'B/Two'];
  await bench.discovery.start();
  await vi.advanceTimersByTimeAsync(0);
  bench.answer = ['B/Two', 'A/One'];
  await vi.advanceTimersByTimeAsync(3 * minuteMs);
  expect(memory.writes).toBe(1);
  expect(bench.asked).toBe(4);
});

test('shutdown: a list that comes late changes nothing', async () => {
  const memory = createMemory();
  const bench = await createBench(memory);
  bench.answer = ['A/One'];
  await bench.discovery.start();
  await bench.discovery.stop();
  await vi.advanceTimersByTimeAsync(10 * minuteMs);
  expect([memory.writes, bench.asked]).toEqual([0, 0]);
  expect(shown(bench)).toEqual([]);
});
