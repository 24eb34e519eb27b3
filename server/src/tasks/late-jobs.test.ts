import { afterEach, describe, expect, test } from 'vitest';
import type { StatusOutcome } from '../contract/index.ts';
import { accepted, createScriptedProvider, type ScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBenches, type TaskBench } from '../testing/task-bench.ts';
import { resolveTask } from './resolve.ts';

/** Jobs that outlive their task, and what they cost. The simulation found each of these. */

const { bench, restarted, closeAll } = createTaskBenches();
afterEach(closeAll);

const done: StatusOutcome = { kind: 'done', outputs: [{ path: '/dev/null' }], costMicros: 700 };
const declined = {
  kind: 'refused-elsewhere' as const,
  failure: { code: 'provider_unavailable', message: 'nothing was taken' },
};

/** A provider that tells of its job by webhook, and never answers its submission clearly. */
function unclearProvider(): ScriptedProvider {
  const provider = createScriptedProvider();
  provider.script.start = async () => ({ kind: 'unknown', detail: 'the connection broke' });
  provider.script.status = async () => done;
  provider.webhook = async ({ attemptId: id }) => ({ kind: 'news', operation: { id }, operationKey: id });
  return provider;
}

function tell(at: TaskBench, provider: ScriptedProvider): Promise<boolean> {
  const attemptId = provider.started[0]?.attemptId ?? '';
  return at.tasks.deliver(provider.name, { attemptId, headers: {}, body: new Uint8Array() });
}

async function settlesAt(at: TaskBench, chargedMicros: number): Promise<void> {
  await expect
    .poll(() => at.tasks.balance(at.caller.accountId), { timeout: 5_000 })
    .toEqual({ chargedMicros, reservedMicros: 0 });
}

describe('what a job costs that outlives its task is learnt', () => {
  test('crash right after a cancel, before the provider was told', async () => {
    const provider = createScriptedProvider();
    const { promise, resolve } = Promise.withResolvers<void>();
    provider.cancel = () => promise;
    const at = await bench({ providers: [provider] });
    const id = await at.accept();
    await at.reached(id, 'running');
    const cancelling = at.tasks.cancel(at.caller.accountId, id);
    await at.reached(id, 'cancelled');
    const after = await restarted(at);
    provider.script.status = async () => done;
    after.clock.now += 120_000;
    await settlesAt(after, 700);
    resolve();
    await cancelling.catch(() => undefined);
  });

  test('a cancelled task that is deleted before its provider was told', async () => {
    const provider = createScriptedProvider();
    const { promise, resolve } = Promise.withResolvers<void>();
    provider.cancel = () => promise;
    const at = await bench({ providers: [provider] });
    const id = await at.accept();
    await at.reached(id, 'running');
    const cancelling = at.tasks.cancel(at.caller.accountId, id);
    await at.reached(id, 'cancelled');
    await at.tasks.remove(at.caller.accountId, id);
    provider.script.status = async () => done;
    at.clock.now += 120_000;
    await settlesAt(at, 700);
    resolve();
    await cancelling;
  });

  test('a job that is told of after its failed task was deleted', async () => {
    const provider = unclearProvider();
    const at = await bench({ providers: [provider] });
    const id = await at.accept();
    await at.reached(id, 'uncertain');
    at.clock.now += 3 * 3_600_000;
    await at.reached(id, 'failed');
    await at.tasks.remove(at.caller.accountId, id);
    expect(await tell(at, provider)).toBe(true);
    await settlesAt(at, 700);
  });

  test('a job that the operator wrote off and that turns up before the task is submitted again', async () => {
    const provider = unclearProvider();
    const at = await bench({ providers: [provider] });
    const id = await at.accept();
    await at.reached(id, 'uncertain');
    await resolveTask({ db: at.database.db, now: () => at.clock.now }, id, { kind: 'resubmit' });
    expect(await tell(at, provider)).toBe(true);
    await at.reached(id, 'succeeded');
    await settlesAt(at, 700);
    expect(provider.started).toHaveLength(1);
  });
});

describe('what was reserved is released where nobody will ever say what the job cost', () => {
  test('a job that its provider has lost', async () => {
    const provider = createScriptedProvider();
    provider.script.status = async () => ({ kind: 'lost' });
    const at = await bench({ providers: [provider] });
    expect(await at.reached(await at.accept(), 'failed')).toMatchObject({ error: { code: 'generation_failed' } });
    await settlesAt(at, 0);
  });

  test('a lost job of a free provider that stands behind one that costs money', async () => {
    const [paid, free] = [
      createScriptedProvider({ name: 'paid' }),
      createScriptedProvider({ name: 'free', free: true }),
    ];
    paid.script.start = async () => declined;
    const looks: string[] = [];
    free.script.status = async (attemptId) => {
      looks.push(attemptId);
      return looks.length === 1 ? { kind: 'lost' } : { ...done, costMicros: 0 };
    };
    const at = await bench({ providers: [paid, free] });
    await at.reached(await at.accept(), 'succeeded');
    expect(free.started).toHaveLength(2);
    await settlesAt(at, 0);
  });
});

test('a cancel that was asked for during a submission keeps the next provider from being asked', async () => {
  const [first, second] = [createScriptedProvider({ name: 'first' }), createScriptedProvider({ name: 'second' })];
  const { promise, resolve } = Promise.withResolvers<void>();
  first.script.start = async () => {
    await promise;
    return declined;
  };
  second.script.start = async (input) => accepted(input);
  const at = await bench({ providers: [first, second] });
  const id = await at.accept();
  await expect.poll(() => first.started.length, { timeout: 5_000 }).toBe(1);
  expect(await at.tasks.cancel(at.caller.accountId, id)).toMatchObject({ state: 'submitting' });
  resolve();
  await at.reached(id, 'cancelled');
  expect(second.started).toEqual([]);
  await settlesAt(at, 0);
});
