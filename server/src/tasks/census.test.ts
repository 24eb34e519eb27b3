import { afterEach, expect, test } from 'vitest';
import type { Task } from '../contract/index.ts';
import { onPostgres } from '../testing/databases.ts';
import { createScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBench, type TaskBench } from '../testing/task-bench.ts';
import { TaskCensus } from './census.ts';

let bench: TaskBench;

afterEach(() => bench.close());

test('counts what waits, what is under way, and what ended without a known cost', async () => {
  const vendor = createScriptedProvider({ name: 'vendor' });
  const full = createScriptedProvider({ name: 'full', room: () => 0 });
  bench = await createTaskBench({ providers: [vendor, full], submitTimeoutMs: 1_000 });
  vendor.script.start = async () => ({ kind: 'unknown', detail: 'the connection broke' });
  const lost = await bench.accept();
  await bench.reached(lost, 'uncertain');
  bench.clock.now += 24 * 3_600_000;
  await bench.reached(lost, 'failed');
  vendor.script.start = async ({ attemptId }) => ({
    kind: 'accepted',
    operation: { id: attemptId },
    operationKey: attemptId,
  });
  await bench.reached(await bench.accept(), 'running');
  const first = await bench.accept({ askedProvider: 'full' });
  bench.clock.now += 5_000;
  await bench.accept({ askedProvider: 'full' });

  const { tallies, oldestQueuedAt, unsettledMicros } = await (await TaskCensus.begin(bench.database.db)).take();
  expect(new Set(tallies)).toEqual(
    new Set([
      { provider: 'full', state: 'queued', tasks: 2, reservedMicros: 200 },
      { provider: 'vendor', state: 'running', tasks: 1, reservedMicros: 100 },
    ]),
  );
  expect([...oldestQueuedAt]).toEqual([['full', (await bench.get(first)).createdAt]]);
  expect([...unsettledMicros]).toEqual([['vendor', 100]]);
});

test.skipIf(onPostgres)('what comes and goes is counted without asking', async () => {
  bench = await createTaskBench({ providers: [createScriptedProvider({ room: () => 0 })] });
  const task: Task = await bench.get(await bench.accept());
  const census = await TaskCensus.begin(bench.database.db);
  const queued = async () => (await census.take()).tallies.map(({ tasks, reservedMicros }) => [tasks, reservedMicros]);
  expect(await queued()).toEqual([[1, 100]]);
  census.accepted([task, task]);
  expect(await queued()).toEqual([[3, 300]]);
  census.moved('queued', task);
  census.moved('preparing', task);
  expect(await queued()).toEqual([[2, 200]]);
});
