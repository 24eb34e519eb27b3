import { type Kysely, sql } from 'kysely';
import type { Task, TaskState } from '../contract/index.ts';
import type { Schema } from '../database/schema.ts';
import { ReelayError } from '../errors.ts';
import { taskFromRow } from './row.ts';

/** Which of an account's tasks are meant. */
export interface TaskFilter {
  readonly states?: readonly TaskState[];
  /** Of running tasks only those that their provider still queues, or only those that it does not. */
  readonly waiting?: boolean;
  readonly model?: string;
  /** What a client's parameter may be, by its name; `null` stands for a parameter that was not sent. */
  readonly parameters?: Readonly<Record<string, readonly (string | null)[]>>;
}

export interface TaskQuery extends TaskFilter {
  readonly limit: number;
  /** Skips this many of the newest. */
  readonly offset?: number;
  /** Only tasks older than this one. */
  readonly before?: string;
}

export interface TaskPage {
  readonly tasks: readonly Task[];
  readonly total: number;
  readonly hasMore: boolean;
}

/** A page of an account's tasks, the newest first. */
export async function listTasks(db: Kysely<Schema>, accountId: string, query: TaskQuery): Promise<TaskPage> {
  let base = filtered(db, accountId, query);
  const counted = await base.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  if (query.before !== undefined) {
    const cursor = await db
      .selectFrom('tasks')
      .select(['created_at', 'id'])
      .where('id', '=', query.before)
      .where('account_id', '=', accountId)
      .executeTakeFirst();
    if (cursor === undefined) throw new ReelayError('not_found', `there is no task ${query.before} to list from`);
    base = base.where((eb) => eb(eb.refTuple('created_at', 'id'), '<', eb.tuple(cursor.created_at, cursor.id)));
  }
  const rows = await base
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(query.limit + 1)
    .offset(query.offset ?? 0)
    .execute();
  return {
    tasks: rows.slice(0, query.limit).map(taskFromRow),
    total: Number(counted.total),
    hasMore: rows.length > query.limit,
  };
}

/** What the submissions of these tasks have cost so far, in micro-dollars. */
export async function costMicros(db: Kysely<Schema>, accountId: string, filter: TaskFilter): Promise<number> {
  const row = await db
    .selectFrom('attempts')
    .select(({ fn }) => fn.sum<number | null>('attempts.cost_micros').as('spent'))
    .where('attempts.task_id', 'in', filtered(db, accountId, filter).select('id'))
    .executeTakeFirst();
  return Number(row?.spent ?? 0);
}

function filtered(db: Kysely<Schema>, accountId: string, filter: TaskFilter) {
  const { states, waiting, model } = filter;
  let base = db.selectFrom('tasks').where('account_id', '=', accountId);
  if (states !== undefined) base = base.where('state', 'in', states);
  if (waiting !== undefined) {
    // No text of a client is in the phase of a running task, so its JSON can be searched as text on every database.
    const phase = `%"waiting":${waiting}%`;
    base = base.where((eb) => eb.or([eb('state', '<>', 'running'), eb('phase', 'like', phase)]));
  }
  if (model !== undefined) {
    base = base.where((eb) => eb.or([eb('model', '=', model), eb('requested_model', '=', model)]));
  }
  for (const [name, values] of Object.entries(filter.parameters ?? {})) {
    const value = sql<string>`${sql.ref('parameters')} ->> ${name}`;
    const texts = values.filter((text) => text !== null);
    base = base.where((eb) =>
      eb.or([...texts.map((text) => eb(value, '=', text)), ...(values.includes(null) ? [eb(value, 'is', null)] : [])]),
    );
  }
  return base;
}
