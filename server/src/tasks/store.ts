import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql, type Transaction } from 'kysely';
import {
  isTerminal,
  type ProviderOperation,
  type Task,
  type TaskEvent,
  type TaskIn,
  type TaskState,
} from '../contract/index.ts';
import type { Executor } from '../database/prepared.ts';
import type { Schema } from '../database/schema.ts';
import { leaveDelivery } from '../webhooks/deliveries.ts';
import { eventDetail, eventFromRow, phaseOf, taskFromRow } from './row.ts';
import { type StoreStatements, storeStatements } from './statements.ts';
import { transitions } from './transitions.ts';

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
  /** This server, where several share the database. */
  readonly server?: string | undefined;
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
 * S6. What is to be delivered of a task's end is written in the same transaction, so no accepted task loses it.
 */
export class TaskStore {
  readonly #db: Kysely<Schema>;
  readonly #reader: Executor;
  readonly #options: StoreOptions;
  readonly #run: StoreStatements;

  constructor(db: Kysely<Schema>, options: StoreOptions) {
    this.#db = db;
    this.#reader = options.reader ?? db;
    this.#options = options;
    this.#run = storeStatements(db);
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
      if (isTerminal(next.state)) await this.#leave(trx, task);
      await within?.(trx);
      return { task, event: await this.#writeEvent(trx, task, from.state, 'state') };
    });
    if (moved !== undefined) this.#options.onMove?.(from.state, moved);
    return moved;
  }

  /** What outlives the end of a task. */
  async #leave(trx: Transaction<Schema>, { id, accountId, callbackUrl }: Task): Promise<void> {
    const at = this.#options.now();
    await this.#run.leaveJobs(trx, { taskId: id, at });
    if (callbackUrl !== undefined) await leaveDelivery(trx, { taskId: id, accountId, url: callbackUrl, at });
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
      // A provider's words may quote the prompt.
      await trx.updateTable('attempts').set({ detail: null }).where('task_id', '=', task.id).execute();
      await trx.deleteFrom('events').where('account_id', '=', task.accountId).where('task_id', '=', task.id).execute();
      await trx.deleteFrom('webhook_deliveries').where('task_id', '=', task.id).execute();
    });
  }

  /** The oldest live task of the account that needs a file as an input. */
  async fileUser(accountId: string, assetId: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('tasks')
      .select('id')
      .where('account_id', '=', accountId)
      .where('completed_at', 'is', null)
      .where('phase', 'like', `%"${assetId}"%`)
      .orderBy('created_at')
      .limit(1)
      .executeTakeFirst();
    return row?.id;
  }

  /** Live tasks that have to be looked at now, except those waiting for their turn and those whose job runs. */
  async due(now: number, limit: number): Promise<readonly Task[]> {
    const rows = await this.#db
      .selectFrom('tasks')
      .selectAll()
      .where('due_at', '<=', now)
      .where(isUnderWay)
      .where('state', '<>', 'running')
      .$if(this.#isShared, (query) => query.where(this.#isOurs))
      .orderBy('due_at')
      .limit(limit)
      .execute();
    return rows.map(taskFromRow);
  }

  get #isShared(): boolean {
    return this.#options.server !== undefined;
  }

  /** Where others share the database: ours, or nobody's. */
  readonly #isOurs = (eb: ExpressionBuilder<Schema, 'tasks'>) =>
    eb.or([eb('server', 'is', null), eb('server', '=', this.#options.server ?? '')]);

  /** Takes due tasks whose job runs, with the job: until `dueAt`, the caller looks at them. */
  async takeRunning(range: { readonly now: number; readonly dueAt: number; readonly limit: number }) {
    return this.#db.transaction().execute(async (trx) => {
      const due = trx
        .selectFrom('tasks')
        .select('id')
        .where('due_at', '<=', range.now)
        .where(isUnderWay)
        .where('state', '=', 'running')
        .$if(this.#isShared, (query) => query.where(this.#isOurs).forUpdate().skipLocked())
        .limit(range.limit);
      const rows = await trx
        .updateTable('tasks')
        .set({ due_at: range.dueAt, server: this.#options.server ?? null })
        .where('id', 'in', due)
        .returningAll()
        .execute();
      if (rows.length === 0) return [];
      const attempts = rows.map((row) => row.attempt_id ?? '');
      const jobs = await trx.selectFrom('attempts').select(['id', 'operation']).where('id', 'in', attempts).execute();
      const operations = new Map(jobs.map(({ id, operation }) => [id, operation]));
      return rows.map((row): RunningJob => {
        const operation = operations.get(row.attempt_id ?? '');
        return { task: taskFromRow(row) as TaskIn<'running'>, ...(operation && { operation: JSON.parse(operation) }) };
      });
    });
  }

  /** Jobs that run at a provider, or are on their way there, from all servers. */
  async jobsAt(provider: string, db: Kysely<Schema> = this.#db): Promise<number> {
    const row = await db
      .selectFrom('tasks')
      .select(({ fn }) => fn.countAll<number>().as('jobs'))
      .where('due_at', 'is not', null)
      .where(isUnderWay)
      .where('provider', '=', provider)
      .where('state', 'in', ['submitting', 'uncertain', 'running'])
      // Those that were put off; no text of a client is in the phase of such a task.
      .where('phase', 'not like', '%"notBefore":%')
      .executeTakeFirstOrThrow();
    return Number(row.jobs);
  }

  /** The longest-waiting queued tasks of a provider; where several servers share the database, no other gets them. */
  async takeWaiting(provider: string, limit: number): Promise<readonly Task[]> {
    const { server } = this.#options;
    const rows = await (server === undefined
      ? this.#run.waiting(this.#db, { provider, limit })
      : this.#run.takeWaiting(this.#db, { provider, limit, server }));
    return rows.map(taskFromRow).sort((one, other) => one.createdAt - other.createdAt);
  }

  /** Makes every live task due, or those of this server: whoever worked on them before is gone, or went by another clock. */
  async makeAllDue(): Promise<void> {
    const now = this.#options.now();
    await this.#db
      .updateTable('tasks')
      .set({ due_at: now })
      .where('due_at', '>', now)
      .where(isUnderWay)
      .$if(this.#isShared, (query) => query.where((eb) => eb('server', '=', this.#options.server ?? '')))
      .execute();
  }

  /** Where several servers share the database: makes tasks due, and anybody's, whose server is not in the list. Answers how many. */
  async freeAbandoned(): Promise<number> {
    const listed = this.#db.selectFrom('servers').select('id');
    return this.#free((eb) => eb('server', 'not in', listed));
  }

  /** The same for what this server works on, when it stops. */
  async handOver(): Promise<number> {
    return this.#free((eb) => eb('server', '=', this.#options.server ?? ''));
  }

  async #free(which: (eb: ExpressionBuilder<Schema, 'tasks'>) => Expression<SqlBool>): Promise<number> {
    const freed = await this.#db
      .updateTable('tasks')
      .set({ due_at: this.#options.now(), server: null })
      .where('server', 'is not', null)
      .where(which)
      .executeTakeFirst();
    return Number(freed.numUpdatedRows);
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
      server: isTerminal(next.state) ? null : (this.#options.server ?? null),
      attemptId: 'attemptId' in next ? next.attemptId : null,
      dueAt: 'dueAt' in next && !isTerminal(next.state) ? next.dueAt : null,
      startedAt: next.startedAt ?? null,
      completedAt: 'completedAt' in next ? next.completedAt : null,
    });
    if (row === undefined) throw new Stale();
    return taskFromRow(row);
  }
}
