import { afterEach, describe, expect, test } from 'vitest';
import type { StatusOutcome } from '../contract/index.ts';
import { openDatabase } from '../database/open.ts';
import { databaseOf } from '../testing/databases.ts';
import { accepted, createScriptedProvider, type ScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBench, type TaskBench } from '../testing/task-bench.ts';
import { type Resolution, ResolveError, resolveTask } from './resolve.ts';

const open = new Set<TaskBench>();
afterEach(async () => {
  for (const bench of open) await bench.close();
  open.clear();
});

const done: StatusOutcome = { kind: 'done', outputs: [{ path: '/dev/null' }], costMicros: 700 };

/** A task whose submission got no clear answer, at a provider that costs money. */
async function uncertain(): Promise<{ bench: TaskBench; provider: ScriptedProvider; id: string }> {
  const provider = createScriptedProvider();
  provider.script.start = async () => ({ kind: 'unknown', detail: 'the connection broke' });
  const bench = await createTaskBench({ providers: [provider] });
  open.add(bench);
  const id = await bench.accept();
  await bench.reached(id, 'uncertain');
  return { bench, provider, id };
}

/** On a connection of its own, as the command line tool has. */
async function resolve(bench: TaskBench, id: string, resolution: Resolution) {
  const database = await openDatabase({ folder: bench.folder, url: await databaseOf(bench.folder) });
  try {
    return await resolveTask({ db: database.db, now: () => bench.clock.now }, id, resolution);
  } finally {
    await database.close();
  }
}

describe('an uncertain task', () => {
  test('goes on with the operation that the operator found, and is paid once', async () => {
    const { bench, provider, id } = await uncertain();
    const polled: string[] = [];
    provider.script.status = async (operation) => {
      polled.push(operation);
      return done;
    };
    const task = await resolve(bench, id, { kind: 'attach', operation: { id: 'job-1', url: 'https://x.example' } });
    expect(task.state).toBe('running');
    expect(await bench.reached(id, 'succeeded')).toMatchObject({ costMicros: 700 });
    expect(polled).toEqual(['job-1']);
    expect(provider.started).toHaveLength(1);
  });

  test('is submitted once more, under a new mark, by the server', async () => {
    const { bench, provider, id } = await uncertain();
    provider.script.start = async (input) => accepted(input);
    provider.script.status = async () => done;
    expect((await resolve(bench, id, { kind: 'resubmit' })).state).toBe('submitting');
    await bench.reached(id, 'succeeded');
    expect(provider.started).toHaveLength(2);
    expect(provider.started[1]?.attemptId).not.toBe(provider.started[0]?.attemptId);
  });

  test('is uncertain again, and not submitted a third time, where the second answer is unclear too', async () => {
    const { bench, provider, id } = await uncertain();
    await resolve(bench, id, { kind: 'resubmit' });
    await expect.poll(() => provider.started.length, { timeout: 5_000 }).toBe(2);
    await bench.reached(id, 'uncertain');
    bench.clock.now += 60_000;
    await expect.poll(async () => (await bench.get(id)).state, { timeout: 5_000 }).toBe('uncertain');
    expect(provider.started).toHaveLength(2);
  });

  test('is given up', async () => {
    const { bench, provider, id } = await uncertain();
    await resolve(bench, id, { kind: 'fail' });
    expect(await bench.get(id)).toMatchObject({ state: 'failed', error: { code: 'submission_unknown' } });
    expect(provider.started).toHaveLength(1);
  });

  test('is resolved once: of several at the same time one wins', async () => {
    const { bench, provider, id } = await uncertain();
    provider.script.start = async (input) => accepted(input);
    const database = await openDatabase({ folder: bench.folder, url: await databaseOf(bench.folder) });
    const now = () => bench.clock.now;
    const tries = await Promise.allSettled(
      Array.from({ length: 5 }, () => resolveTask({ db: database.db, now }, id, { kind: 'resubmit' })),
    );
    await database.close();
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await bench.reached(id, 'running');
    expect(provider.started).toHaveLength(2);
  });

  test("does not take another task's operation", async () => {
    const { bench, provider, id } = await uncertain();
    provider.script.start = async () => ({ kind: 'accepted', operation: { id: 'taken' }, operationKey: 'taken' });
    await bench.reached(await bench.accept(), 'running');
    await expect(resolve(bench, id, { kind: 'attach', operation: { id: 'taken' } })).rejects.toThrow(
      /of task .* already/,
    );
    expect((await bench.get(id)).state).toBe('uncertain');
  });
});

describe('nothing else can be resolved', () => {
  test.each(['attach', 'resubmit', 'fail'] as const)('%s of a running task', async (kind) => {
    const provider = createScriptedProvider();
    const bench = await createTaskBench({ providers: [provider] });
    open.add(bench);
    const id = await bench.accept();
    await bench.reached(id, 'running');
    const resolution: Resolution = kind === 'attach' ? { kind, operation: { id: 'x' } } : { kind };
    await expect(resolve(bench, id, resolution)).rejects.toThrow(ResolveError);
    await expect(resolve(bench, 'nowhere', resolution)).rejects.toThrow('there is no task nowhere');
    expect(provider.started).toHaveLength(1);
    expect((await bench.get(id)).state).toBe('running');
  });
});
