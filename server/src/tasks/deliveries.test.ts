import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import type { TaskState } from '../contract/index.ts';
import { createScriptedProvider, type ScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBenches, type TaskBench } from '../testing/task-bench.ts';
import { Deliveries } from '../webhooks/deliveries.ts';
import { resolveTask } from './resolve.ts';

/** What is to be delivered of a task's end is there with the end, and not without it. */

const { bench, closeAll } = createTaskBenches();
afterEach(closeAll);

const callbackUrl = 'https://hooks.example.com/reelay';

function deliveriesOf({ database, clock }: TaskBench, taskId?: string) {
  return new Deliveries(database.db, () => clock.now).list({ limit: 100, taskId });
}

/** Ways for a task to end, and what has to be done for it once it runs. */
const ends: readonly {
  readonly state: TaskState;
  readonly how: string;
  readonly before: (provider: ScriptedProvider) => void;
  readonly act?: (at: TaskBench, id: string) => Promise<unknown>;
}[] = [
  {
    state: 'succeeded',
    how: 'its result is stored',
    before: ({ script }) => {
      script.status = async () => ({ kind: 'done', outputs: [{ path: '/dev/null' }], costMicros: 700 });
    },
  },
  {
    state: 'failed',
    how: 'the provider refuses it',
    before: ({ script }) => {
      script.start = async () => ({ kind: 'refused-final', failure: { code: 'generation_failed', message: 'no' } });
    },
  },
  {
    state: 'cancelled',
    how: 'its client cancels it',
    before: ({ script }) => {
      script.status = async () => ({ kind: 'running', checkAfterMs: 60_000 });
    },
    act: async (at, id) => {
      await at.reached(id, 'running');
      await at.tasks.cancel(at.caller.accountId, id);
    },
  },
  {
    state: 'failed',
    how: 'an operator closes it',
    before: ({ script }) => {
      script.start = async () => ({ kind: 'unknown', detail: 'the connection broke' });
    },
    act: async (at, id) => {
      await at.reached(id, 'uncertain');
      await resolveTask({ db: at.database.db, now: () => at.clock.now }, id, { kind: 'fail' });
    },
  },
];

test.each(ends)('a task that has $state because $how leaves one delivery', async ({ state, before, act }) => {
  const provider = createScriptedProvider();
  before(provider);
  const at = await bench({ providers: [provider] });
  const id = await at.accept({ callbackUrl });
  await act?.(at, id);
  await expect.poll(async () => (await at.get(id)).state, { timeout: 20_000, interval: 5 }).toBe(state);
  expect(await deliveriesOf(at)).toMatchObject([
    { taskId: id, accountId: at.caller.accountId, url: callbackUrl, state: 'waiting', dueAt: at.clock.now, tries: [] },
  ]);
});

test('a task without an address leaves none, and a live one has none yet', async () => {
  const provider = createScriptedProvider();
  provider.script.status = async () => ({ kind: 'running', checkAfterMs: 60_000 });
  const at = await bench({ providers: [provider] });
  const [silent, live] = [await at.accept(), await at.accept({ callbackUrl })];
  for (const id of [silent, live]) await at.reached(id, 'running');
  await at.tasks.cancel(at.caller.accountId, silent);
  expect(await deliveriesOf(at)).toEqual([]);
});

test('crash: an end whose delivery cannot be written does not happen, and happens later with it', async () => {
  const provider = createScriptedProvider();
  provider.script.status = async () => ({ kind: 'running', checkAfterMs: 60_000 });
  const at = await bench({ providers: [provider] });
  const id = await at.accept({ callbackUrl });
  await at.reached(id, 'running');
  const rename = (from: string, to: string) =>
    sql`alter table ${sql.table(from)} rename to ${sql.table(to)}`.execute(at.database.db);
  await rename('webhook_deliveries', 'gone');
  await expect(at.tasks.cancel(at.caller.accountId, id)).rejects.toThrow();
  expect((await at.get(id)).state).toBe('running');
  await rename('gone', 'webhook_deliveries');
  await at.tasks.cancel(at.caller.accountId, id);
  expect(await deliveriesOf(at, id)).toMatchObject([{ taskId: id, state: 'waiting' }]);
});
