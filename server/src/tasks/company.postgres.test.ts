/** Several servers on one PostgreSQL database, in one process: what each of them may do with the others' tasks. */
import { afterEach, describe, expect, test } from 'vitest';
import type { StatusOutcome, TaskEvent } from '../contract/index.ts';
import { onPostgres } from '../testing/databases.ts';
import { accepted, createScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBench, createTaskBenches } from '../testing/task-bench.ts';

const { bench, closeAll } = createTaskBenches();
afterEach(closeAll);

const done: StatusOutcome = { kind: 'done', outputs: [{ path: '/dev/null' }], costMicros: 700 };

describe.skipIf(!onPostgres)('two servers', () => {
  test('each task is taken by one of them, and both hear all its events in order', async () => {
    const provider = createScriptedProvider();
    provider.script.status = async () => done;
    const one = await bench({ providers: [provider] });
    const other = await createTaskBench({ providers: [provider], folder: one.folder, clock: one.clock });
    const heard: TaskEvent[][] = [[], []];
    for (const [index, { tasks, caller }] of [one, other].entries()) {
      await tasks.events.subscribe(caller.accountId, (event) => heard[index]?.push(event));
    }
    const ids = await Promise.all(Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? one : other).accept()));
    for (const id of ids) await one.reached(id, 'succeeded');
    expect(provider.started.map(({ taskId }) => taskId).toSorted()).toEqual(ids.toSorted());
    const newest = heard[0]?.at(-1)?.id ?? 0;
    for (const events of heard) {
      await expect.poll(() => events.at(-1)?.id, { timeout: 5_000 }).toBe(newest);
      expect(events.map(({ id }) => id)).toEqual(Array.from({ length: newest }, (_, i) => i + 1));
    }
    await other.tasks.stop();
    await other.database.close();
  });

  test('no more jobs run at a provider than it takes from both together', async () => {
    const running = new Set<string>();
    let most = 0;
    const provider = { ...createScriptedProvider(), maximumJobs: 3 };
    provider.script.start = async (input) => {
      running.add(input.attemptId);
      most = Math.max(most, running.size);
      return accepted(input);
    };
    // Until all places have been taken once, nobody leaves his.
    provider.script.status = async (attemptId) => {
      if (most < 3) return { kind: 'running', checkAfterMs: 50 };
      running.delete(attemptId);
      return done;
    };
    const one = await bench({ providers: [provider] });
    const other = await createTaskBench({ providers: [provider], folder: one.folder, clock: one.clock });
    const ids = await Promise.all(Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? one : other).accept()));
    const end = setInterval(() => (one.clock.now += 1_000), 20);
    for (const id of ids) await one.reached(id, 'succeeded');
    clearInterval(end);
    expect(provider.started).toHaveLength(24);
    expect(most).toBe(3);
    await other.tasks.stop();
    await other.database.close();
  });

  test('one that stops hands over what it works on', async () => {
    const provider = createScriptedProvider();
    provider.script.status = async () => ({ kind: 'running', checkAfterMs: 50 });
    const one = await bench({ providers: [provider] });
    const id = await one.accept();
    await one.reached(id, 'running');
    const other = await createTaskBench({ providers: [provider], folder: one.folder, clock: one.clock });
    await one.tasks.stop();
    provider.script.status = async () => done;
    await other.reached(id, 'succeeded');
    expect(provider.started).toHaveLength(1);
    await other.tasks.stop();
    await other.database.close();
  });

  test('a task that is cancelled at one is let go by the other', async () => {
    const provider = createScriptedProvider({ free: true });
    provider.script.status = async () => ({ kind: 'running', checkAfterMs: 50 });
    const one = await bench({ providers: [provider] });
    const id = await one.accept();
    await one.reached(id, 'running');
    const other = await createTaskBench({ providers: [provider], folder: one.folder, clock: one.clock });
    await other.tasks.cancel(one.caller.accountId, id);
    await one.reached(id, 'cancelled');
    expect(provider.started).toHaveLength(1);
    await other.tasks.stop();
    await other.database.close();
  });

  test('what one tells just before it closes is heard, also right behind other news', async () => {
    const one = await bench({ providers: [] });
    const other = await createTaskBench({ providers: [], folder: one.folder, clock: one.clock });
    const heard = new Set<string>();
    one.database.onNews((news) => news.kind === 'task' && heard.add(news.taskId));
    await other.tasks.stop();
    const tell = (taskId: string) => other.database.announce({ kind: 'task', taskId });
    await expect.poll(() => (heard.has('first') ? 'heard' : tell('first'))).toBe('heard');
    tell('last');
    await other.database.close();
    await expect.poll(() => heard.has('last')).toBe(true);
  });
});
