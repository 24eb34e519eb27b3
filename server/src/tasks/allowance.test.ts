import { afterEach, describe, expect, test } from 'vitest';
import type { Caller, Limits, StatusOutcome } from '../contract/index.ts';
import { onPostgres } from '../testing/databases.ts';
import { createScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBench, createTaskBenches, type TaskBench } from '../testing/task-bench.ts';
import { periodsAt } from './allowance.ts';
import { resolveTask } from './resolve.ts';

/** A task is expected to cost 100 micro-dollars; its provider charges 70 where it says what it costs. */

const { bench, closeAll } = createTaskBenches();
afterEach(closeAll);

const estimate = 100;
const done: StatusOutcome = { kind: 'done', outputs: [{ path: '/dev/null' }], costMicros: 70 };
const failed: StatusOutcome = { kind: 'failed', failure: { code: 'generation_failed', message: 'no' }, costMicros: 30 };

function limited(at: TaskBench, key: Limits, account: Limits = {}, keyId = at.caller.keyId): Caller {
  return { ...at.caller, keyId, limits: { key, account } };
}

const day = (tasks: number): Limits => ({ budgetDayMicros: tasks * estimate });

async function outcomes(accepts: readonly Promise<string>[]) {
  const settled = await Promise.allSettled(accepts);
  const refusals = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
  return { accepted: accepts.length - refusals.length, refusals: new Set(refusals) };
}

const used = (at: TaskBench) => at.tasks.used({ accountId: at.caller.accountId });

describe('many at once', () => {
  test('100 accepts against a budget for 7', async () => {
    const at = await bench({ providers: [createScriptedProvider()] });
    const caller = limited(at, day(7));
    const accepts = Array.from({ length: 100 }, () => at.accept({ caller }));
    expect(await outcomes(accepts)).toEqual({ accepted: 7, refusals: new Set(['insufficient_quota']) });
    expect((await used(at)).day).toEqual({ chargedMicros: 0, reservedMicros: 700 });
  });

  test("an account's limit covers all its keys", async () => {
    const at = await bench({ providers: [createScriptedProvider()] });
    const callers = ['a', 'b', 'c'].map((keyId) => limited(at, day(4), { tasksInFlight: 7 }, keyId));
    const accepts = Array.from({ length: 60 }, (_, i) => at.accept({ caller: callers[i % 3] ?? at.caller }));
    expect(await outcomes(accepts)).toMatchObject({ accepted: 7, refusals: new Set(['too_many_tasks']) });
  });

  test.skipIf(!onPostgres)('two servers against one budget', async () => {
    const provider = createScriptedProvider();
    const one = await bench({ providers: [provider] });
    const other = await createTaskBench({ providers: [provider], folder: one.folder, clock: one.clock });
    const caller = limited(one, day(7));
    const accepts = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? one : other).accept({ caller }));
    expect(await outcomes(accepts)).toEqual({ accepted: 7, refusals: new Set(['insufficient_quota']) });
    await other.tasks.stop();
    await other.database.close();
  });

  test('those that are made together are accepted together or not at all', async () => {
    const at = await bench({ providers: [createScriptedProvider()] });
    const caller = limited(at, day(5));
    await at.accept({ caller, count: 3 });
    await expect(at.accept({ caller, count: 3 })).rejects.toMatchObject({
      code: 'insufficient_quota',
      message: expect.stringMatching(
        /^the key's budget of \$0\.0005 a day .*: \$0\.00 spent, \$0\.0003 reserved, and this needs \$0\.0003; it resets at 20\d\d-\d\d-\d\dT00:00:00\.000Z$/,
      ),
    });
    await at.accept({ caller, count: 2 });
    expect(await used(at)).toMatchObject({ tasksInFlight: 5, day: { reservedMicros: 500 } });
  });
});

describe('what counts', () => {
  test('a replay does not, and a refused request leaves nothing behind', async () => {
    const at = await bench({ providers: [createScriptedProvider()] });
    const caller = limited(at, { tasksInFlight: 1 });
    const idempotency = { key: 'one', bodyHash: 'same' };
    const id = await at.accept({ caller, idempotency });
    const again = { caller, idempotency: { key: 'two', bodyHash: 'same' } };
    await expect(at.accept(again)).rejects.toMatchObject({ code: 'too_many_tasks', retryAfterSeconds: 10 });
    expect(await at.accept({ caller, idempotency })).toBe(id);
    await at.tasks.cancel(caller.accountId, id);
    await expect.poll(async () => (await used(at)).tasksInFlight).toBe(0);
    expect(await at.accept(again)).not.toBe(id);
  });

  test('a free provider costs nothing, and goes on when the budget is used up', async () => {
    const free = createScriptedProvider({ name: 'free', free: true });
    const at = await bench({ providers: [createScriptedProvider(), free] });
    const caller = limited(at, { budgetDayMicros: 0 });
    await expect(at.accept({ caller })).rejects.toMatchObject({ code: 'insufficient_quota' });
    await at.accept({ caller, askedProvider: 'free' });
  });

  test('only what the key itself made, where its limit is meant', async () => {
    const at = await bench({ providers: [createScriptedProvider()] });
    await at.accept({ caller: limited(at, {}, {}, 'other') });
    const caller = limited(at, day(1));
    await at.accept({ caller });
    await expect(at.accept({ caller })).rejects.toMatchObject({ code: 'insufficient_quota' });
  });

  test('a model that the key may not use is refused by name', async () => {
    const at = await bench({ providers: [createScriptedProvider()] });
    const caller = { ...at.caller, models: ['veo-3.1'] };
    await expect(at.accept({ caller })).rejects.toMatchObject({
      code: 'model_not_allowed',
      message: 'this key may not use grok-imagine-text-to-video; it may use veo-3.1',
    });
  });
});

describe('a reservation becomes a charge once', () => {
  test.each([
    ['success', done, 'succeeded', 70],
    ['a failure that is billed', failed, 'failed', 30],
  ] as const)('after %s', async (_name, outcome, state, chargedMicros) => {
    const provider = createScriptedProvider();
    provider.script.status = async () => outcome;
    const at = await bench({ providers: [provider] });
    const id = await at.accept({ caller: limited(at, day(1)) });
    await at.reached(id, state);
    const settled = { chargedMicros, reservedMicros: 0 };
    expect(await used(at)).toEqual({ tasksInFlight: 0, day: settled, month: settled });
    expect(await at.tasks.used({ accountId: at.caller.accountId, keyId: at.caller.keyId })).toEqual(await used(at));
    await expect(at.accept({ caller: limited(at, day(1)) })).rejects.toMatchObject({ code: 'insufficient_quota' });
    const since = periodsAt(at.clock.now).day.from;
    expect(await at.tasks.usage({ by: 'key', since })).toMatchObject([
      { group: at.caller.keyId, tasks: 1, [state]: 1, chargedMicros, reservedMicros: 0 },
    ]);
    await at.tasks.remove(at.caller.accountId, id);
    expect(await at.tasks.usage({ by: 'model', since })).toMatchObject([
      { tasks: 0, chargedMicros, reservedMicros: 0 },
    ]);
  });

  test('before anything was sent, a cancel releases it', async () => {
    const at = await bench({ providers: [createScriptedProvider({ room: () => 0 })] });
    const id = await at.accept({ caller: limited(at, day(1)) });
    await at.tasks.cancel(at.caller.accountId, id);
    await at.accept({ caller: limited(at, day(1)) });
  });

  test('a job that runs on after its cancel holds it until its cost is known, also when its task is deleted', async () => {
    const provider = createScriptedProvider();
    const at = await bench({ providers: [provider] });
    const id = await at.accept();
    await at.reached(id, 'running');
    await at.tasks.cancel(at.caller.accountId, id);
    expect(await used(at)).toMatchObject({ tasksInFlight: 0, day: { chargedMicros: 0, reservedMicros: 100 } });
    await at.tasks.remove(at.caller.accountId, id);
    expect((await used(at)).day.reservedMicros).toBe(100);
    provider.script.status = async () => done;
    at.clock.now += 120_000;
    await expect
      .poll(async () => (await used(at)).day, { timeout: 5_000 })
      .toEqual({ chargedMicros: 70, reservedMicros: 0 });
  });

  test('an unclear submission holds it while it is looked for, and in the day and month of its sending after that', async () => {
    const provider = createScriptedProvider();
    provider.script.start = async () => ({ kind: 'unknown', detail: 'the connection broke' });
    const at = await bench({ providers: [provider] });
    at.clock.now = Date.UTC(2027, 0, 31, 12);
    const id = await at.accept();
    await at.reached(id, 'uncertain');
    expect((await used(at)).day).toEqual({ chargedMicros: 0, reservedMicros: 100 });
    await resolveTask({ db: at.database.db, now: () => at.clock.now }, id, { kind: 'fail' });
    expect((await used(at)).day).toEqual({ chargedMicros: 0, reservedMicros: 100 });
    at.clock.now = Date.UTC(2027, 1, 1);
    expect(await used(at)).toMatchObject({ day: { reservedMicros: 0 }, month: { reservedMicros: 0 } });
  });
});

describe('by UTC', () => {
  test('days and months end where the next begin', () => {
    const end = Date.UTC(2028, 1, 29, 23, 59, 59, 999);
    expect(periodsAt(end).day).toEqual({ from: Date.UTC(2028, 1, 29), until: end + 1 });
    expect(periodsAt(end).month).toEqual({ from: Date.UTC(2028, 1, 1), until: end + 1 });
    expect(periodsAt(end + 1).month).toEqual({ from: end + 1, until: Date.UTC(2028, 3, 1) });
  });

  test("at the month's end both budgets are whole again, but for what still runs", async () => {
    const provider = createScriptedProvider();
    provider.script.status = async () => done;
    const at = await bench({ providers: [provider] });
    at.clock.now = Date.UTC(2026, 11, 31, 23, 59, 59, 999);
    const caller = limited(at, { budgetDayMicros: 200, budgetMonthMicros: 200 });
    await at.reached(await at.accept({ caller }), 'succeeded');
    provider.script.status = async () => ({ kind: 'running', checkAfterMs: 60_000 });
    await at.reached(await at.accept({ caller }), 'running');
    await expect(at.accept({ caller })).rejects.toMatchObject({ message: expect.stringContaining('2027-01-01T00:00') });
    at.clock.now += 1;
    const open = { chargedMicros: 0, reservedMicros: 100 };
    expect(await used(at)).toMatchObject({ day: open, month: open });
    await at.accept({ caller });
    await expect(at.accept({ caller })).rejects.toMatchObject({ code: 'insufficient_quota' });
  });

  test('the next day has a budget of its own, the month goes on', async () => {
    const provider = createScriptedProvider();
    provider.script.status = async () => done;
    const at = await bench({ providers: [provider] });
    at.clock.now = Date.UTC(2026, 5, 10, 12);
    const caller = limited(at, { budgetDayMicros: 150, budgetMonthMicros: 200 });
    await at.reached(await at.accept({ caller }), 'succeeded');
    await expect(at.accept({ caller })).rejects.toMatchObject({ message: expect.stringContaining('a day') });
    at.clock.now += 86_400_000;
    await at.reached(await at.accept({ caller }), 'succeeded');
    at.clock.now += 86_400_000;
    await expect(at.accept({ caller })).rejects.toMatchObject({ message: expect.stringContaining('a month') });
  });
});
