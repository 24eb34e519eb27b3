import { afterEach, describe, expect, test } from 'vitest';
import type { StatusOutcome } from '../contract/index.ts';
import { createScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBenches } from '../testing/task-bench.ts';

const { bench, closeAll } = createTaskBenches();
afterEach(closeAll);

const done: StatusOutcome = { kind: 'done', outputs: [{ path: '/dev/null' }], costMicros: 700 };

describe('money', () => {
  test('is reserved at accept, charged once at the end, and kept when the task is deleted', async () => {
    const provider = createScriptedProvider();
    const at = await bench({ providers: [provider] });
    const id = await at.accept();
    await at.reached(id, 'running');
    expect(await at.tasks.balance(at.caller.accountId)).toEqual({ chargedMicros: 0, reservedMicros: 100 });
    provider.script.status = async () => done;
    await at.tasks.refresh(await at.get(id));
    await at.reached(id, 'succeeded');
    await at.tasks.remove(at.caller.accountId, id);
    expect(await at.tasks.balance(at.caller.accountId)).toEqual({ chargedMicros: 700, reservedMicros: 0 });
  });

  test('of a job that was cancelled while it ran is learnt later', async () => {
    const provider = createScriptedProvider();
    const at = await bench({ providers: [provider] });
    const id = await at.accept();
    await at.reached(id, 'running');
    await at.tasks.cancel(at.caller.accountId, id);
    expect((await at.tasks.balance(at.caller.accountId)).reservedMicros).toBe(100);
    provider.script.status = async () => done;
    at.clock.now += 120_000;
    await expect
      .poll(() => at.tasks.balance(at.caller.accountId), { timeout: 5_000 })
      .toEqual({ chargedMicros: 700, reservedMicros: 0 });
    expect((await at.get(id)).state).toBe('cancelled');
  });

  test('of an unknown submission stays reserved', async () => {
    const provider = createScriptedProvider();
    provider.script.start = async () => ({ kind: 'unknown', detail: 'timeout' });
    const at = await bench({ providers: [provider] });
    const id = await at.accept();
    await at.reached(id, 'uncertain');
    at.clock.now += 3 * 3_600_000;
    await at.reached(id, 'failed');
    expect(await at.tasks.balance(at.caller.accountId)).toEqual({ chargedMicros: 0, reservedMicros: 100 });
  });

  test('of a refused submission is none', async () => {
    const provider = createScriptedProvider();
    provider.script.start = async () => ({
      kind: 'refused-final',
      failure: { code: 'content_policy_violation', message: 'no' },
    });
    const at = await bench({ providers: [provider] });
    await at.reached(await at.accept(), 'failed');
    expect(await at.tasks.balance(at.caller.accountId)).toEqual({ chargedMicros: 0, reservedMicros: 0 });
  });
});
