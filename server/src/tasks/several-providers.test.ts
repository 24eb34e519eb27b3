import { afterEach, describe, expect, test } from 'vitest';
import type { StatusOutcome } from '../contract/index.ts';
import { accepted, createScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBenches } from '../testing/task-bench.ts';

const { bench, closeAll } = createTaskBenches();
afterEach(closeAll);

const done: StatusOutcome = { kind: 'done', outputs: [{ path: '/dev/null' }], costMicros: 700 };

describe('several providers', () => {
  const busy = { kind: 'refused-elsewhere' as const, failure: { code: 'provider_unavailable', message: 'busy' } };

  test('a refusal that is not about the request goes to the next in the order, with a new mark', async () => {
    const [first, second] = [createScriptedProvider({ name: 'first' }), createScriptedProvider({ name: 'second' })];
    first.script.start = async () => busy;
    second.script.status = async () => done;
    const at = await bench({ providers: [first, second] });
    expect(await at.reached(await at.accept(), 'succeeded')).toMatchObject({ provider: 'second' });
    expect(first.started).toHaveLength(1);
    expect(second.started[0]?.attemptId).not.toBe(first.started[0]?.attemptId);
  });

  test('a provider that the client asked for is the only one', async () => {
    const [first, second] = [createScriptedProvider({ name: 'first' }), createScriptedProvider({ name: 'second' })];
    const failure = { code: 'content_policy_violation', message: 'no' };
    first.script.start = async () => ({ kind: 'refused-elsewhere', failure });
    const at = await bench({ providers: [first, second] });
    expect(await at.reached(await at.accept({ askedProvider: 'first' }), 'failed')).toMatchObject({ error: failure });
    expect(second.started).toEqual([]);
  });

  test('one that cannot take the inputs is passed by before anything is sent', async () => {
    const [first, second] = [createScriptedProvider({ name: 'first' }), createScriptedProvider({ name: 'second' })];
    const failure = { code: 'input_container', message: 'takes PNG and JPEG' };
    second.script.status = async () => done;
    const at = await bench({ providers: [{ ...first, checkInputs: () => failure }, second] });
    expect(await at.reached(await at.accept(), 'succeeded')).toMatchObject({ provider: 'second' });
    expect(first.started).toEqual([]);
  });

  test('where none can take the inputs, the task says what the first has against them', async () => {
    const failures = ['first', 'second'].map((message) => ({ code: 'input_container', message }));
    const providers = failures.map((failure) => {
      return { ...createScriptedProvider({ name: failure.message }), checkInputs: () => failure };
    });
    const at = await bench({ providers });
    expect(await at.reached(await at.accept(), 'failed')).toMatchObject({ error: failures[0] });
    expect(providers.flatMap(({ started }) => started)).toEqual([]);
  });

  test('behind the last one a refusal that passes is waited out', async () => {
    const provider = createScriptedProvider();
    provider.script.start = async (input) => {
      provider.script.start = async (next) => accepted(next);
      return { ...busy, retryAfterMs: 5_000, failure: { code: 'provider_unavailable', message: input.attemptId } };
    };
    provider.script.status = async () => done;
    const at = await bench({ providers: [provider] });
    const id = await at.accept();
    await expect.poll(async () => (await at.get(id)).state, { timeout: 5_000 }).toBe('submitting');
    await expect.poll(() => provider.started.length, { timeout: 5_000 }).toBe(1);
    at.clock.now += 4_000;
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(provider.started).toHaveLength(1);
    at.clock.now += 2_000;
    await at.reached(id, 'succeeded');
    expect(provider.started).toHaveLength(2);
    expect(await at.tasks.balance(at.caller.accountId)).toEqual({ chargedMicros: 700, reservedMicros: 0 });
  });

  test('after five failures in a row a provider is left alone', async () => {
    const provider = createScriptedProvider();
    provider.script.start = async () => ({ ...busy, failure: { code: 'content_policy_violation', message: 'no' } });
    const at = await bench({ providers: [provider] });
    for (let i = 0; i < 5; i++) await at.reached(await at.accept(), 'failed');
    const id = await at.accept();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await at.get(id)).toMatchObject({ state: 'queued' });
    expect(provider.started).toHaveLength(5);
    at.clock.now += 31_000;
    await at.reached(id, 'failed');
  });
});
