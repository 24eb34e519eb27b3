import { type Kysely, sql } from 'kysely';
import { isTerminal, type Task } from '../contract/index.ts';
import type { Schema } from '../database/schema.ts';

/** What is known of a task beyond its row. */
export interface TaskDetails {
  /** How many tasks go before a queued one; undefined once it is not in our queue. */
  readonly queuePosition: number | undefined;
  /** What all its submissions cost; undefined while it lives, and while one of them has no known cost. */
  readonly costMicros: number | undefined;
}

export async function detailsOf(db: Kysely<Schema>, tasks: readonly Task[]): Promise<ReadonlyMap<string, TaskDetails>> {
  const positions = await positionsOf(db, tasks);
  const costs = await costsOf(db, tasks);
  return new Map(tasks.map(({ id }) => [id, { queuePosition: positions.get(id), costMicros: costs.get(id) }]));
}

/**
 * Each stretch of the queue is counted once, however many tasks of one page wait in it. Only the index is read: 100,000
 * waiting tasks take a few milliseconds.
 */
async function positionsOf(db: Kysely<Schema>, tasks: readonly Task[]): Promise<ReadonlyMap<string, number>> {
  const positions = new Map<string, number>();
  const queued = tasks.filter(({ state }) => state === 'queued').toSorted((a, b) => a.createdAt - b.createdAt);
  for (const [provider, waiting] of Map.groupBy(queued, (task) => task.provider)) {
    let from = 0;
    let ahead = 0;
    for (const { id, createdAt } of waiting) {
      ahead += from === createdAt ? 0 : await countWaiting(db, { provider, from, to: createdAt });
      from = createdAt;
      positions.set(id, ahead);
    }
  }
  return positions;
}

async function countWaiting(
  db: Kysely<Schema>,
  { provider, from, to }: { readonly provider: string; readonly from: number; readonly to: number },
): Promise<number> {
  const row = await db
    .selectFrom('tasks')
    .select(({ fn }) => fn.countAll<number>().as('tasks'))
    .where('provider', '=', provider)
    .where('state', '=', sql.lit('queued'))
    .where('created_at', '>=', from)
    .where('created_at', '<', to)
    .executeTakeFirstOrThrow();
  return Number(row.tasks);
}

async function costsOf(db: Kysely<Schema>, tasks: readonly Task[]): Promise<ReadonlyMap<string, number>> {
  const ended = tasks.filter(({ state }) => isTerminal(state)).map(({ id }) => id);
  if (ended.length === 0) return new Map();
  const rows = await db
    .selectFrom('attempts')
    .select(({ fn }) => [
      'task_id',
      fn.countAll<number>().as('made'),
      fn.count<number>('cost_micros').as('settled'),
      fn.sum<number | null>('cost_micros').as('micros'),
    ])
    .where('task_id', 'in', ended)
    .groupBy('task_id')
    .execute();
  const costs = new Map(ended.map((id) => [id, 0]));
  for (const { task_id: id, made, settled, micros } of rows) {
    if (Number(made) === Number(settled)) costs.set(id, Number(micros ?? 0));
    else costs.delete(id);
  }
  return costs;
}
