import type { Kysely } from 'kysely';
import { isPutOff, type Task, type TaskError } from '../contract/index.ts';
import type { Schema } from '../database/schema.ts';
import { AttemptStore, nothingSent } from './attempts.ts';
import { taskFromRow } from './row.ts';
import { TaskStore } from './store.ts';

const error: TaskError = {
  code: 'submission_unknown',
  message: 'the server was restored from a backup, and whether the task was submitted since that was made is not known',
};

interface Options {
  readonly db: Kysely<Schema>;
  readonly now: () => number;
}

/**
 * Ends the tasks of a restored database that are still to be submitted where that costs money: the server that the backup is of went on
 * after it, and may have paid for them. What was submitted before the backup is safe by itself: it is polled or searched for, and never
 * sent again. Answers how many were ended.
 */
export async function endWaiting({ db, now }: Options): Promise<number> {
  const store = new TaskStore(db, { now, publish: () => undefined });
  const attempts = new AttemptStore(db, { now, onRetry: () => undefined, pause: async () => undefined });
  const rows = await db
    .selectFrom('tasks')
    .selectAll()
    .where('state', 'in', ['queued', 'preparing', 'submitting'])
    .where('estimated_cost_micros', '>', 0)
    .execute();
  let ended = 0;
  for (const task of rows.map(taskFromRow)) {
    if (task.state === 'submitting' && !isPutOff(task) && !nothingSent(await attempts.get(task.attemptId))) continue;
    await end(store, task, now());
    ended += 1;
  }
  return ended;
}

async function end(store: TaskStore, task: Task, at: number): Promise<void> {
  const begun =
    task.state === 'queued'
      ? await store.transition(task, { ...task, state: 'preparing', begunAt: at, dueAt: at })
      : task;
  if (begun !== undefined)
    await store.transition(begun, { ...begun, state: 'failed', error, costMicros: 0, completedAt: at });
}
