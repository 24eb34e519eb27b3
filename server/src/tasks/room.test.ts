import { afterEach, describe, expect, test } from 'vitest';
import type { StatusOutcome } from '../contract/index.ts';
import { createScriptedProvider, type ScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBenches, type TaskBench } from '../testing/task-bench.ts';

/** Who comes to a provider past its queue waits for room there all the same. */

const { bench, restarted, closeAll } = createTaskBenches();
afterEach(closeAll);

const done: StatusOutcome = { kind: 'done', outputs: [{ path: '/dev/null' }], costMicros: 700 };
const busy = { kind: 'refused-elsewhere' as const, failure: { code: 'provider_unavailable', message: 'busy' } };

/** The first declines all; the second takes one job at a time. `finish` ends the job that runs there. */
function twoProviders() {
  const ended = new Set<string>();
  const first = createScriptedProvider({ name: 'first' });
  first.script.start = async () => busy;
  const second: ScriptedProvider = createScriptedProvider({
    name: 'second',
    room: () => 1 - second.started.filter(({ attemptId }) => !ended.has(attemptId)).length,
  });
  second.script.status = async (attemptId) => (ended.has(attemptId) ? done : { kind: 'running', checkAfterMs: 60_000 });
  const finish = () => {
    const { attemptId } = second.started.at(-1) ?? { attemptId: '' };
    ended.add(attemptId);
    second.tell(attemptId);
  };
  return { first, second, finish };
}

/** The task is at the second provider and waits there. */
async function waits(at: TaskBench, id: string): Promise<void> {
  await expect
    .poll(() => at.get(id), { timeout: 5_000 })
    .toMatchObject({ state: 'submitting', provider: 'second', notBefore: expect.any(Number) });
}

/** The second provider has a job, and another task waits there for room. */
async function oneRunsAndOneWaits() {
  const providers = twoProviders();
  const at = await bench({ providers: [providers.first, providers.second] });
  const running = await at.accept();
  await at.reached(running, 'running');
  const waiting = await at.accept();
  await waits(at, waiting);
  return { ...providers, at, running, waiting };
}

const settled = (at: TaskBench) => expect.poll(() => at.tasks.balance(at.caller.accountId), { timeout: 5_000 });

describe('a task that falls over to a provider without room', () => {
  test('waits there, asks nobody twice, and goes before those that queue', async () => {
    const { at, first, second, finish, running, waiting } = await oneRunsAndOneWaits();
    const queued = await at.accept({ askedProvider: 'second' });
    expect(second.started).toHaveLength(1);
    for (const id of [running, waiting, queued]) {
      await at.reached(id, 'running');
      finish();
      await at.reached(id, 'succeeded');
    }
    expect(second.started.map(({ taskId }) => taskId)).toEqual([running, waiting, queued]);
    expect(first.started.map(({ taskId }) => taskId)).toEqual([running, waiting]);
    await settled(at).toEqual({ chargedMicros: 2_100, reservedMicros: 0 });
  });

  test('is cancelled at once, for nothing', async () => {
    const { at, second, finish, running, waiting } = await oneRunsAndOneWaits();
    expect(at.tasks.canCancel(await at.get(waiting))).toBe(true);
    expect(await at.tasks.cancel(at.caller.accountId, waiting)).toMatchObject({ state: 'cancelled' });
    finish();
    await at.reached(running, 'succeeded');
    const next = await at.accept();
    await at.reached(next, 'running');
    expect(second.started.map(({ taskId }) => taskId)).toEqual([running, next]);
    finish();
    await at.reached(next, 'succeeded');
    await settled(at).toEqual({ chargedMicros: 1_400, reservedMicros: 0 });
  });

  test('crash: still waits there, and has not forgotten who refused it', async () => {
    const { at, first, second, finish, running, waiting } = await oneRunsAndOneWaits();
    const after = await restarted(at);
    await waits(after, waiting);
    finish();
    await after.reached(running, 'succeeded');
    await after.reached(waiting, 'running');
    expect(first.started).toHaveLength(2);
    expect(second.started.map(({ taskId }) => taskId)).toEqual([running, waiting]);
  });
});

test('one whose inputs the first provider cannot take waits for the second', async () => {
  const { first, second, finish } = twoProviders();
  const picky = { ...first, checkInputs: () => ({ code: 'input_container', message: 'takes PNG and JPEG' }) };
  const at = await bench({ providers: [picky, second] });
  const running = await at.accept();
  await at.reached(running, 'running');
  const waiting = await at.accept();
  await waits(at, waiting);
  finish();
  await at.reached(waiting, 'running');
  expect(second.started.map(({ taskId }) => taskId)).toEqual([running, waiting]);
  expect(first.started).toEqual([]);
});

test('one that was put off comes back when its time has come and there is room', async () => {
  const { second, finish } = twoProviders();
  const { start } = second.script;
  second.script.start = async () => {
    second.script.start = start;
    finish();
    return { ...busy, retryAfterMs: 5_000 };
  };
  const at = await bench({ providers: [second] });
  const putOff = await at.accept();
  await waits(at, putOff);
  const running = await at.accept();
  await at.reached(running, 'running');
  at.clock.now += 10_000;
  const isLookedAt = async () => {
    const task = await at.get(putOff);
    return 'dueAt' in task && task.dueAt > at.clock.now;
  };
  await expect.poll(isLookedAt, { timeout: 5_000 }).toBe(true);
  expect(second.started).toHaveLength(2);
  finish();
  await at.reached(putOff, 'running');
  expect(second.started).toHaveLength(3);
});

test('warnings are those of the provider that runs it', async () => {
  const ignoring = (provider: ScriptedProvider, fields: readonly string[]) => ({ ...provider, ignores: () => fields });
  const { first, second } = twoProviders();
  const at = await bench({ providers: [ignoring(first, ['resolution']), ignoring(second, ['seed'])] });
  const id = await at.accept({ askedProvider: 'first' });
  expect(await at.reached(id, 'submitting')).toMatchObject({
    warnings: ['resolution is ignored by the provider first'],
  });
  expect(await at.reached(await at.accept(), 'running')).toMatchObject({
    provider: 'second',
    warnings: ['seed is ignored by the provider second'],
  });
});

test('an option in a value that a provider refuses is for another one', async () => {
  const [first, second] = [createScriptedProvider({ name: 'first' }), createScriptedProvider({ name: 'second' })];
  const honours = () => ['reference_type'];
  const refusing = { ...first, honours, refusedValues: { reference_type: ['STYLE'] } };
  const request = (value: string) => ({
    ...{ operation: 'text-to-video' as const, prompt: 'a sea', inputs: [], durationSeconds: 2 },
    options: { reference_type: value },
  });
  const at = await bench({ providers: [refusing, { ...second, honours }] });
  expect(await at.get(await at.accept({ request: request('ASSET') }))).toMatchObject({ provider: 'first' });
  expect(await at.get(await at.accept({ request: request('STYLE') }))).toMatchObject({ provider: 'second' });
  const alone = await bench({ providers: [refusing] });
  await expect(alone.accept({ request: request('STYLE') })).rejects.toMatchObject({
    code: 'unsupported_advanced_options',
    message: expect.stringContaining('honours reference_type STYLE for'),
  });
});
