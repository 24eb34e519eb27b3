import { sql } from 'kysely';
import { afterEach, describe, expect, test } from 'vitest';
import type { StatusOutcome, TaskEvent } from '../contract/index.ts';
import { ReelayError } from '../errors.ts';
import { onPostgres } from '../testing/databases.ts';
import { accepted, createScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBench, createTaskBenches } from '../testing/task-bench.ts';

const { bench, restarted, closeAll } = createTaskBenches();
afterEach(closeAll);

const done: StatusOutcome = { kind: 'done', outputs: [{ path: '/dev/null' }], costMicros: 700 };

describe('the life of a task', () => {
  test('goes through every state once, with an event each, in order', async () => {
    const provider = createScriptedProvider();
    provider.script.status = async () => done;
    const at = await bench({ providers: [provider] });
    const events: TaskEvent[] = [];
    await at.tasks.events.subscribe(at.caller.accountId, (event) => events.push(event));
    const task = await at.reached(await at.accept(), 'succeeded');
    expect(task).toMatchObject({ progress: 100, costMicros: 700, outputs: [{ contentType: 'video/mp4' }] });
    expect(events.map((event) => event.state)).toEqual(['preparing', 'submitting', 'running', 'storing', 'succeeded']);
    expect(events.map((event) => event.id)).toEqual([1, 2, 3, 4, 5]);
    expect(provider.started).toHaveLength(1);
    expect(await at.tasks.balance(at.caller.accountId)).toEqual({ chargedMicros: 700, reservedMicros: 0 });
  });

  test('progress is told, never falls and never reads 100 before the result is stored', async () => {
    const provider = createScriptedProvider();
    const figures = [10, 40, 30, 100];
    provider.script.status = async () => {
      const progress = figures.shift();
      return progress === undefined ? done : { kind: 'running', progress, checkAfterMs: 0 };
    };
    const at = await bench({ providers: [provider] });
    const seen: number[] = [];
    await at.tasks.events.subscribe(at.caller.accountId, (event) => seen.push(event.progress));
    const id = await at.accept();
    await at.reached(id, 'running');
    for (let i = 0; i < 4; i++) await at.tasks.refresh(await at.get(id));
    await at.reached(id, 'succeeded');
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.filter((progress) => progress === 100)).toHaveLength(1);
    expect(Math.max(...seen.slice(0, -1))).toBe(99);
  });

  test('queued tasks start in the order they came, while the provider has room', async () => {
    let room = 1;
    const provider = createScriptedProvider({ room: () => room });
    provider.script.start = async (input) => {
      room = 0;
      return accepted(input);
    };
    const at = await bench({ providers: [provider] });
    const first = await at.accept();
    await at.reached(first, 'running');
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      at.clock.now += 1;
      ids.push(await at.accept());
    }
    expect((await at.get(ids[0] ?? '')).state).toBe('queued');
    provider.script.status = async () => done;
    provider.script.start = async (input) => accepted(input);
    room = 1;
    await at.tasks.refresh(await at.get(first));
    for (const id of ids) await at.reached(id, 'succeeded');
    expect(provider.started.map((input) => input.taskId)).toEqual([first, ...ids]);
  });

  test('a job that runs takes its room after a restart, also before it was looked at', async () => {
    let known = 0;
    const provider = createScriptedProvider({ room: () => 1 - known });
    provider.script.start = async (input) => {
      known = 1;
      return accepted(input);
    };
    const at = await bench({ providers: [provider] });
    const first = await at.accept();
    await at.reached(first, 'running');
    const second = await at.accept();
    // A new process: its provider knows of no job until it has looked at it, and that takes a while.
    known = 0;
    const look = Promise.withResolvers<StatusOutcome>();
    let looks = 0;
    provider.script.status = () => {
      looks += 1;
      return look.promise;
    };
    const after = await restarted(at);
    await expect.poll(() => looks, { timeout: 10_000 }).toBe(1);
    expect(await after.get(second)).toMatchObject({ state: 'queued' });
    expect(provider.started).toHaveLength(1);
    look.resolve(done);
    await after.reached(first, 'succeeded');
    await after.reached(second, 'succeeded');
  });

  test('a fault found at accept ends the task when it runs, and submits nothing', async () => {
    const provider = createScriptedProvider({ room: () => 0 });
    const at = await bench({ providers: [provider] });
    const fault = { code: 'invalid_parameters', message: 'prompt: is required' };
    expect(await at.reached(await at.accept({ fault }), 'failed')).toMatchObject({ error: fault, costMicros: 0 });
    expect(provider.started).toEqual([]);
  });

  test('an input that is refused ends the task before anything is paid', async () => {
    const provider = createScriptedProvider();
    const at = await bench({ providers: [provider] });
    at.media.prepareInput = async () => {
      throw new ReelayError('input_duration', 'video_url: is 17.2 s long');
    };
    const inputs = [{ role: 'video' as const, url: 'https://example.com/a.mp4', field: 'video_url' }];
    const request = { operation: 'extend' as const, prompt: 'x', inputs, options: {} };
    expect(await at.reached(await at.accept({ request }), 'failed')).toMatchObject({
      error: { code: 'input_duration', message: 'video_url: is 17.2 s long' },
    });
    expect(provider.started).toEqual([]);
  });
});

// Made with pragmas of SQLite; a cluster that goes away is tried with real servers.
describe.skipIf(onPostgres)('a database that does not answer for a while', () => {
  test('holds a finished job up, and loses nothing of it', async () => {
    const provider = createScriptedProvider();
    provider.script.status = async () => done;
    const at = await bench({ providers: [provider] });
    const { ingest } = at.media;
    const kept: string[] = [];
    let switched = 0;
    // This pragma works when it is compiled, so each must be a text of its own for the cache of prepared statements.
    const readOnly = (on: boolean) =>
      sql.raw(`pragma query_only = ${Number(on)} -- ${++switched}`).execute(at.database.db);
    at.media.ingest = async (options) => {
      if (kept.length === 0) {
        await readOnly(true);
        setTimeout(() => void readOnly(false), 100);
      }
      const asset = await ingest(options);
      kept.push(asset.id);
      return asset;
    };
    await at.reached(await at.accept(), 'succeeded');
    expect(kept.length).toBeGreaterThan(1);
    expect(provider.started).toHaveLength(1);
  });
});

describe('paid once', () => {
  test('duplicate: wake-ups that come twice or late submit nothing again', async () => {
    const provider = createScriptedProvider();
    const at = await bench({ providers: [provider] });
    const id = await at.accept();
    await at.reached(id, 'running');
    for (let i = 0; i < 20; i++) provider.tell(provider.started[0]?.attemptId ?? '');
    provider.script.status = async () => done;
    await Promise.all(Array.from({ length: 20 }, async () => at.tasks.refresh(await at.get(id))));
    await at.reached(id, 'succeeded');
    for (let i = 0; i < 20; i++) provider.tell(provider.started[0]?.attemptId ?? '');
    expect(provider.started).toHaveLength(1);
  });

  test('an unclear answer of a paid provider is never posted again: the finder looks until its window ends', async () => {
    const provider = createScriptedProvider();
    provider.script.start = async () => ({ kind: 'unknown', detail: 'the connection broke' });
    const at = await bench({ providers: [provider] });
    const id = await at.accept();
    await at.reached(id, 'uncertain');
    const reopened = await restarted(at);
    reopened.clock.now += 2 * 3_600_000;
    expect(await reopened.reached(id, 'failed')).toMatchObject({ error: { code: 'submission_unknown' } });
    expect(provider.started).toHaveLength(1);
  });

  test('an uncertain submission that is found goes on', async () => {
    const provider = createScriptedProvider();
    provider.script.start = async () => ({ kind: 'unknown', detail: 'timeout' });
    provider.script.find = async (input) => ({
      kind: 'operation',
      operation: { id: input.attemptId },
      operationKey: input.attemptId,
    });
    provider.script.status = async () => done;
    const at = await bench({ providers: [provider] });
    await at.reached(await at.accept(), 'succeeded');
    expect(provider.started).toHaveLength(1);
  });

  test('crash between submission and answer: paid is searched for, free is started again', async () => {
    for (const free of [false, true]) {
      const provider = createScriptedProvider({ free });
      provider.script.start = () => new Promise(() => undefined);
      const at = await bench({ providers: [provider], submitTimeoutMs: 1 });
      const id = await at.accept();
      await at.reached(id, 'submitting');
      await expect.poll(() => provider.started.length, { timeout: 5_000 }).toBe(1);
      const snapshot = await at.get(id);
      const second = createScriptedProvider({ free });
      second.script.status = async () => done;
      at.clock.now += 10;
      const other = await createTaskBench({ providers: [second], folder: at.folder, clock: at.clock });
      await other.reached(id, free ? 'succeeded' : 'uncertain');
      expect(snapshot.state).toBe('submitting');
      expect(second.started).toHaveLength(free ? 1 : 0);
      await other.tasks.stop();
      await other.database.close();
    }
  });

  test('a lost job of a free provider is started again with a new attempt', async () => {
    const provider = createScriptedProvider({ free: true });
    let lost = true;
    provider.script.status = async () => {
      if (!lost) return done;
      lost = false;
      return { kind: 'lost' };
    };
    const at = await bench({ providers: [provider] });
    await at.reached(await at.accept(), 'succeeded');
    expect(new Set(provider.started.map((input) => input.attemptId)).size).toBe(2);
  });

  test('a refusal ends the task with the provider code', async () => {
    const provider = createScriptedProvider();
    const failure = { code: 'content_policy_violation', message: 'no' };
    provider.script.start = async () => ({ kind: 'refused-final', failure });
    const at = await bench({ providers: [provider] });
    expect(await at.reached(await at.accept(), 'failed')).toMatchObject({ error: failure });
  });
});

describe('news by webhook', () => {
  test('before the answer to our own submission: one job, and it is ours', async () => {
    const provider = createScriptedProvider();
    const { promise, resolve } = Promise.withResolvers<void>();
    provider.script.start = async (input) => {
      await promise;
      return accepted(input);
    };
    provider.script.status = async () => done;
    provider.webhook = async ({ attemptId }) => ({
      kind: 'news',
      operation: { id: attemptId },
      operationKey: attemptId,
    });
    const at = await bench({ providers: [provider] });
    const id = await at.accept();
    await expect.poll(() => provider.started.length, { timeout: 5_000 }).toBe(1);
    const attemptId = provider.started[0]?.attemptId ?? '';
    const delivery = { attemptId, headers: {}, body: new Uint8Array() };
    expect(await at.tasks.deliver('scripted', delivery)).toBe(true);
    resolve();
    await at.reached(id, 'succeeded');
    expect(await at.tasks.deliver('scripted', delivery)).toBe(true);
    expect(await at.tasks.deliver('other', delivery)).toBe(false);
    expect(provider.started).toHaveLength(1);
  });

  test('finds the job of an uncertain task', async () => {
    const provider = createScriptedProvider();
    provider.script.start = async () => ({ kind: 'unknown', detail: 'the connection broke' });
    provider.script.status = async () => done;
    provider.webhook = async ({ attemptId }) => ({
      kind: 'news',
      operation: { id: attemptId },
      operationKey: attemptId,
    });
    const at = await bench({ providers: [provider] });
    const id = await at.accept();
    await at.reached(id, 'uncertain');
    at.clock.now += 20_000;
    const attemptId = provider.started[0]?.attemptId ?? '';
    await at.tasks.deliver('scripted', { attemptId, headers: {}, body: new Uint8Array() });
    await at.reached(id, 'succeeded');
    expect(provider.started).toHaveLength(1);
  });
});

describe('a result that cannot be stored yet', () => {
  test.each([
    ['is fetched again where it was paid for', false, 'succeeded'],
    ['ends the task where it was free', true, 'failed'],
  ] as const)('%s', async (_name, free, end) => {
    const provider = createScriptedProvider({ free });
    provider.script.status = async () => done;
    const at = await bench({ providers: [provider] });
    const { ingest } = at.media;
    let tries = 0;
    at.media.ingest = async (options) => {
      tries += 1;
      if (tries === 1) throw new ReelayError('storage_full', 'no space');
      return ingest(options);
    };
    const id = await at.accept();
    await expect.poll(() => tries, { timeout: 5_000 }).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    at.clock.now += 20_000;
    await at.reached(id, end);
    expect(provider.started).toHaveLength(1);
  });
});

test('a free result that has gone with the disk it was on is made again', async () => {
  const provider = createScriptedProvider({ free: true });
  const outcomes: StatusOutcome[] = [{ ...done, outputs: [{ path: '/nowhere/result.mp4' }] }, done];
  provider.script.status = async () => outcomes.shift() ?? done;
  const at = await bench({ providers: [provider] });
  await at.reached(await at.accept(), 'succeeded');
  expect(provider.started).toHaveLength(2);
});

describe('cancelling', () => {
  test('during submission takes effect when the outcome is known', async () => {
    const provider = createScriptedProvider();
    const { promise, resolve } = Promise.withResolvers<void>();
    provider.script.start = async (input) => {
      await promise;
      return accepted(input);
    };
    const at = await bench({ providers: [provider] });
    const id = await at.accept();
    await at.reached(id, 'submitting');
    expect(await at.tasks.cancel(at.caller.accountId, id)).toMatchObject({
      state: 'submitting',
      cancelRequestedAt: expect.any(Number),
    });
    resolve();
    await at.reached(id, 'cancelled');
    expect(provider.cancelled).toEqual([provider.started[0]?.attemptId]);
  });

  test('is final: a result that comes later changes nothing', async () => {
    const provider = createScriptedProvider();
    const at = await bench({ providers: [provider] });
    const id = await at.accept();
    await at.reached(id, 'running');
    const { promise, resolve } = Promise.withResolvers<StatusOutcome>();
    provider.script.status = () => promise;
    const refreshing = at.tasks.refresh(await at.get(id));
    await at.tasks.cancel(at.caller.accountId, id);
    resolve(done);
    await refreshing;
    expect((await at.get(id)).state).toBe('cancelled');
  });

  test('tells the truth about whether it can be done', async () => {
    const paid = createScriptedProvider();
    const at = await bench({ providers: [paid] });
    const id = await at.accept();
    const running = await at.reached(id, 'running');
    expect(at.tasks.canCancel(running)).toBe(false);
    await at.tasks.cancel(at.caller.accountId, id);
    await expect(at.tasks.cancel(at.caller.accountId, id)).rejects.toMatchObject({ code: 'not_cancellable' });
  });
});

test('a clock that is set back keeps nobody waiting for the time that it showed', async () => {
  const provider = createScriptedProvider();
  let looks = 0;
  provider.script.status = async () => {
    looks += 1;
    return looks === 1 ? { kind: 'running', checkAfterMs: 3_600_000 } : done;
  };
  const at = await bench({ providers: [provider] });
  const id = await at.accept();
  await expect.poll(() => looks, { timeout: 5_000 }).toBe(1);
  at.clock.now -= 7_200_000;
  at.clock.setBackMs = 7_200_000;
  await at.reached(id, 'succeeded');
});
