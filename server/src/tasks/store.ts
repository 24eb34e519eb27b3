import { type Kysely, sql, type Transaction } from 'kysely';
import {
  isTerminal,
  type ProviderOperation,
  type Task,
  type TaskEvent,
  type TaskIn,
  type TaskState,
} from '../contract/index.ts';
import { type Executor, type Prepared, prepare } from '../database/prepared.ts';
import type { Schema } from '../database/schema.ts';
import { type EventRow, eventDetail, eventFromRow, phaseOf, type TaskRow, taskFromRow } from './row.ts';
import { transitions } from './transitions.ts';

interface UpdateParams {
  readonly id: string;
  readonly expectedSeq: number;
  readonly state: TaskState;
  readonly seq: number;
  readonly progress: number;
  readonly phase: string;
  readonly provider: string;
  readonly warnings: string;
  readonly reading: string | null;
  readonly attemptId: string | null;
  readonly dueAt: number | null;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
}

interface EventParams {
  readonly accountId: string;
  readonly id: number;
  readonly taskId: string;
  readonly kind: 'state' | 'progress';
  readonly state: TaskState;
  readonly previous: TaskState;
  readonly progress: number;
  readonly requestedModel: string;
  readonly detail: string;
  readonly at: number;
}

interface Statements {
  readonly read: Prepared<{ id: string }, TaskRow>;
  readonly readOwn: Prepared<{ accountId: string; id: string }, TaskRow>;
  readonly waiting: Prepared<{ provider: string; limit: number }, TaskRow>;
  readonly update: Prepared<UpdateParams, TaskRow>;
  readonly nextEvent: Prepared<{ accountId: string }, { event_seq: number }>;
  readonly insertEvent: Prepared<EventParams, EventRow>;
  readonly setProgress: Prepared<{ id: string; seq: number; progress: number; phase: string }, TaskRow>;
  readonly reschedule: Prepared<{ id: string; seq: number; dueAt: number }, never>;
  readonly leaveJobs: Prepared<{ taskId: string; at: number }, never>;
}

function statements(database: Kysely<Schema>): Statements {
  return {
    read: prepare(database, (db, param) => db.selectFrom('tasks').selectAll().where('id', '=', param('id'))),
    readOwn: prepare(database, (db, param) =>
      db.selectFrom('tasks').selectAll().where('id', '=', param('id')).where('account_id', '=', param('accountId')),
    ),
    waiting: prepare(database, (db, param) =>
      db
        .selectFrom('tasks')
        .selectAll()
        .where('provider', '=', param('provider'))
        .where('state', '=', sql.lit('queued'))
        .orderBy('created_at')
        .limit(param('limit')),
    ),
    update: updateStatement(database),
    ...eventStatements(database),
    setProgress: prepare(database, (db, param) =>
      db
        .updateTable('tasks')
        .set({ progress: param('progress'), phase: param('phase') })
        .where('id', '=', param('id'))
        .where('seq', '=', param('seq'))
        .where('progress', '<=', param('progress'))
        .returningAll(),
    ),
    reschedule: prepare(database, (db, param) =>
      db
        .updateTable('tasks')
        .set({ due_at: param('dueAt') })
        .where('id', '=', param('id'))
        .where('seq', '=', param('seq')),
    ) as Statements['reschedule'],
    leaveJobs: prepare(database, (db, param) =>
      db
        .updateTable('attempts')
        .set({ follow_up_at: param('at') })
        .where('task_id', '=', param('taskId'))
        .where('operation', 'is not', null)
        .where('cost_micros', 'is', null),
    ) as Statements['leaveJobs'],
  };
}

function updateStatement(database: Kysely<Schema>): Statements['update'] {
  return prepare(database, (db, param) =>
    db
      .updateTable('tasks')
      .set({
        state: param('state'),
        seq: param('seq'),
        progress: (eb) =>
          eb.case().when('progress', '>', param('progress')).then(eb.ref('progress')).else(param('progress')).end(),
        phase: param('phase'),
        provider: param('provider'),
        warnings: param('warnings'),
        reading: param('reading'),
        attempt_id: param('attemptId'),
        due_at: param('dueAt'),
        started_at: param('startedAt'),
        completed_at: param('completedAt'),
      })
      .where('id', '=', param('id'))
      .where('seq', '=', param('expectedSeq'))
      .returningAll(),
  );
}

function eventStatements(database: Kysely<Schema>): Pick<Statements, 'nextEvent' | 'insertEvent'> {
  return {
    nextEvent: prepare(database, (db, param) =>
      db
        .updateTable('accounts')
        .set((eb) => ({ event_seq: eb('event_seq', '+', 1) }))
        .where('id', '=', param('accountId'))
        .returning('event_seq'),
    ),
    insertEvent: prepare(database, (db, param) =>
      db
        .insertInto('events')
        .values({
          account_id: param('accountId'),
          id: param('id'),
          task_id: param('taskId'),
          kind: param('kind'),
          state: param('state'),
          previous: param('previous'),
          progress: param('progress'),
          requested_model: param('requestedModel'),
          detail: param('detail'),
          created_at: param('at'),
        })
        .returningAll(),
    ),
  };
}

/** Spelt as in the index of due tasks, else SQLite does not use it: a look past 50,000 waiting tasks took 11 ms. */
const isUnderWay = sql<boolean>`state <> 'queued'`;

export interface RunningJob {
  readonly task: TaskIn<'running'>;
  readonly operation?: ProviderOperation;
}

interface StoreOptions {
  readonly now: () => number;
  readonly publish: (event: TaskEvent) => void;
  /** Told of every change of state once it is committed. */
  readonly onMove?: (previous: TaskState, task: Task) => void;
  /** Where clients' reads of one task run; the database itself where there is none. */
  readonly reader?: Executor;
}

/** Undoes a transaction whose guard matched no row. Never leaves this file. */
class Stale extends Error {}

/**
 * The only writer of task rows after accept.
 *
 * Invariants:
 * S1. A change of state is one transaction whose first statement is the guarded update (`id` and `seq`). No row matched:
 *     nothing happens and the caller gets `undefined`.
 * S2. The event and its id are written in the same transaction, the id from the account's row, so replay skips none.
 * S3. Listeners hear of an event after its commit, in the order of its account.
 * S4. Nothing but the database is awaited inside a transaction.
 * S5. A task that ends before its job leaves the job to be followed up, in the same transaction: it is still ours to pay.
 */
export class TaskStore {
  readonly #db: Kysely<Schema>;
  readonly #reader: Executor;
  readonly #options: StoreOptions;
  readonly #run: Statements;

  constructor(db: Kysely<Schema>, options: StoreOptions) {
    this.#db = db;
    this.#reader = options.reader ?? db;
    this.#options = options;
    this.#run = statements(db);
  }

  async get(id: string): Promise<Task | undefined> {
    const [row] = await this.#run.read(this.#db, { id });
    return row && taskFromRow(row);
  }

  /** `undefined` where the account has no such task. */
  async getOwn(accountId: string, id: string): Promise<Task | undefined> {
    const [row] = await this.#run.readOwn(this.#reader, { accountId, id });
    return row && taskFromRow(row);
  }

  /** Moves `from` to `next`, which carries the fields of its new state. `within` runs in the same transaction. */
  async transition(
    from: Task,
    next: Task,
    within?: (trx: Transaction<Schema>) => Promise<void>,
  ): Promise<Task | undefined> {
    if (!transitions[from.state].includes(next.state)) {
      throw new Error(`a task cannot go from ${from.state} to ${next.state}`);
    }
    const moved = await this.#commit(async (trx) => {
      const task = await this.#update(trx, from, next);
      if (isTerminal(next.state)) await this.#run.leaveJobs(trx, { taskId: task.id, at: this.#options.now() });
      await within?.(trx);
      return { task, event: await this.#writeEvent(trx, task, from.state, 'state') };
    });
    if (moved !== undefined) this.#options.onMove?.(from.state, moved);
    return moved;
  }

  /** Takes a task for one step: grows `seq` and pushes `due_at` out, so that a second process leaves it alone. */
  async claim(task: Task, dueAt: number): Promise<Task | undefined> {
    return this.#commit(async (trx) => ({ task: await this.#update(trx, task, { ...task, dueAt } as Task) }));
  }

  /** Looks again at `dueAt`; no change of state, no event. */
  async reschedule(task: Task, dueAt: number): Promise<void> {
    await this.#run.reschedule(this.#db, { id: task.id, seq: task.seq, dueAt });
  }

  /** Notes progress and whether the provider still queues the job, of many tasks at once. One that has moved on is left alone. */
  async progress(tasks: readonly TaskIn<'running'>[]): Promise<void> {
    const events = await this.#db.transaction().execute(async (trx) => {
      const written: TaskEvent[] = [];
      for (const task of tasks) {
        const { id, seq, progress } = task;
        const [row] = await this.#run.setProgress(trx, { id, seq, progress, phase: phaseOf(task) });
        if (row !== undefined) written.push(await this.#writeEvent(trx, task, task.state, 'progress'));
      }
      return written;
    });
    for (const event of events) this.#options.publish(event);
  }

  async requestCancel(task: Task): Promise<void> {
    await this.#db
      .updateTable('tasks')
      .set({ cancel_requested_at: this.#options.now() })
      .where('id', '=', task.id)
      .where('cancel_requested_at', 'is', null)
      .where('completed_at', 'is', null)
      .execute();
  }

  /** Deletes an ended task with all that is known of it. */
  async remove(task: Task): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await trx.deleteFrom('tasks').where('id', '=', task.id).execute();
      // What a job still costs is learnt after its task is gone, also of one that nobody knows of yet.
      await trx.deleteFrom('attempts').where('task_id', '=', task.id).where('cost_micros', 'is not', null).execute();
      await trx.deleteFrom('events').where('account_id', '=', task.accountId).where('task_id', '=', task.id).execute();
    });
  }

  /** Live tasks that have to be looked at now, except those waiting for their turn and those whose job runs. */
  async due(now: number, limit: number): Promise<readonly Task[]> {
    const rows = await this.#db
      .selectFrom('tasks')
      .selectAll()
      .where('due_at', '<=', now)
      .where(isUnderWay)
      .where('state', '<>', 'running')
      .orderBy('due_at')
      .limit(limit)
      .execute();
    return rows.map(taskFromRow);
  }

  /** Takes due tasks whose job runs, with the job: until `dueAt`, the caller looks at them. */
  async takeRunning(range: { readonly now: number; readonly dueAt: number; readonly limit: number }) {
    return this.#db.transaction().execute(async (trx) => {
      const due = trx
        .selectFrom('tasks')
        .select('id')
        .where('due_at', '<=', range.now)
        .where(isUnderWay)
        .where('state', '=', 'running')
        .limit(range.limit);
      const rows = await trx
        .updateTable('tasks')
        .set({ due_at: range.dueAt })
        .where('id', 'in', due)
        .returningAll()
        .execute();
      const attempts = rows.flatMap((row) => row.attempt_id ?? []);
      const jobs = await trx.selectFrom('attempts').select(['id', 'operation']).where('id', 'in', attempts).execute();
      const operations = new Map(jobs.map(({ id, operation }) => [id, operation]));
      return rows.map((row): RunningJob => {
        const operation = operations.get(row.attempt_id ?? '');
        return { task: taskFromRow(row) as TaskIn<'running'>, ...(operation && { operation: JSON.parse(operation) }) };
      });
    });
  }

  /** The longest-waiting queued tasks of a provider. */
  async waiting(provider: string, limit: number): Promise<readonly Task[]> {
    const rows = await this.#run.waiting(this.#db, { provider, limit });
    return rows.map(taskFromRow);
  }

  /** Makes every live task due: whoever worked on them before is gone. */
  async makeAllDue(): Promise<void> {
    const now = this.#options.now();
    await this.#db.updateTable('tasks').set({ due_at: now }).where('due_at', '>', now).where(isUnderWay).execute();
  }

  /** Attempts of live tasks: their work folders are still needed. */
  async liveAttempts(): Promise<ReadonlySet<string>> {
    const rows = await this.#db
      .selectFrom('tasks')
      .select('attempt_id')
      .where('due_at', 'is not', null)
      .where(isUnderWay)
      .where('attempt_id', 'is not', null)
      .execute();
    return new Set(rows.map((row) => row.attempt_id ?? ''));
  }

  async #writeEvent(trx: Transaction<Schema>, task: Task, previous: TaskState, kind: 'state' | 'progress') {
    const [account] = await this.#run.nextEvent(trx, { accountId: task.accountId });
    if (account === undefined) throw new Error(`task ${task.id} belongs to no account`);
    const [row] = await this.#run.insertEvent(trx, {
      accountId: task.accountId,
      id: account.event_seq,
      taskId: task.id,
      kind,
      state: task.state,
      previous,
      progress: task.progress,
      requestedModel: task.requestedModel,
      detail: eventDetail(task),
      at: this.#options.now(),
    });
    if (row === undefined) throw new Error('an event was not written');
    return eventFromRow(row);
  }

  /** Runs the transaction; a stale guard becomes `undefined`, an event is published once it is committed. */
  async #commit(
    work: (trx: Transaction<Schema>) => Promise<{ readonly task: Task; readonly event?: TaskEvent }>,
  ): Promise<Task | undefined> {
    try {
      const { task, event } = await this.#db.transaction().execute(work);
      if (event !== undefined) this.#options.publish(event);
      return task;
    } catch (error) {
      if (error instanceof Stale) return undefined;
      throw error;
    }
  }

  async #update(trx: Transaction<Schema>, from: Task, next: Task): Promise<Task> {
    const [row] = await this.#run.update(trx, {
      id: from.id,
      expectedSeq: from.seq,
      state: next.state,
      seq: from.seq + 1,
      progress: next.state === 'succeeded' ? 100 : next.progress,
      phase: phaseOf(next),
      provider: next.provider,
      warnings: JSON.stringify(next.warnings),
      reading: next.reading === undefined ? null : JSON.stringify(next.reading),
      attemptId: 'attemptId' in next ? next.attemptId : null,
      dueAt: 'dueAt' in next && !isTerminal(next.state) ? next.dueAt : null,
      startedAt: next.startedAt ?? null,
      completedAt: 'completedAt' in next ? next.completedAt : null,
    });
    if (row === undefined) throw new Stale();
    return taskFromRow(row);
  }
}
