import { type Kysely, sql } from 'kysely';
import type { LiveState, Task, TaskState } from '../contract/index.ts';
import { isPostgres } from '../database/postgres.ts';
import type { Schema } from '../database/schema.ts';

/** Live tasks of one provider in one state. */
export interface Tally {
  readonly provider: string;
  readonly state: LiveState;
  readonly tasks: number;
  /** What they are expected to cost. */
  readonly reservedMicros: number;
}

export interface Census {
  readonly tallies: readonly Tally[];
  /** When the longest-waiting task of each provider was accepted; none where nothing waits. */
  readonly oldestQueuedAt: ReadonlyMap<string, number>;
  /** Set aside for ended tasks of which a submission has no known cost, by provider. */
  readonly unsettledMicros: ReadonlyMap<string, number>;
}

const totals = [
  sql<number>`count(*)`.as('tasks'),
  sql<number | null>`sum(estimated_cost_micros)`.as('micros'),
] as const;

interface Waiting {
  tasks: number;
  reservedMicros: number;
}

/**
 * Counts tasks without walking past all of them. The queue may be long, so what waits is counted as it comes and goes:
 * one million waiting tasks cost 44 ms to count and 680 ms to add up (measured). What is under way is bounded by the
 * room of the providers, and asked for: 0.7 ms for 1,500 tasks, and another process may have changed it.
 *
 * Only one process at a time takes tasks out of the queue of a SQLite file, so the count stays right. On PostgreSQL there may be
 * others, so it is counted each time.
 */
export class TaskCensus {
  readonly #db: Kysely<Schema>;
  readonly #waiting = new Map<string, Waiting>();

  private constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Counts what waits. To be done before tasks are accepted. */
  static async begin(db: Kysely<Schema>): Promise<TaskCensus> {
    const census = new TaskCensus(db);
    await census.#countWaiting();
    return census;
  }

  async #countWaiting(): Promise<void> {
    const rows = await this.#db
      .selectFrom('tasks')
      .select(['provider', ...totals])
      .where('state', '=', sql.lit('queued'))
      .groupBy('provider')
      .execute();
    for (const waiting of this.#waiting.values()) Object.assign(waiting, { tasks: 0, reservedMicros: 0 });
    for (const { provider, tasks, micros } of rows) {
      this.#waiting.set(provider, { tasks: Number(tasks), reservedMicros: Number(micros ?? 0) });
    }
  }

  accepted(tasks: readonly Task[]): void {
    for (const task of tasks) this.#count(task, 1);
  }

  moved(previous: TaskState, task: Task): void {
    if (previous === 'queued') this.#count(task, -1);
  }

  async take(): Promise<Census> {
    if (isPostgres(this.#db)) await this.#countWaiting();
    const [underWay, unsettledMicros, oldestQueuedAt] = await Promise.all([
      this.#underWay(),
      this.#unsettled(),
      this.#oldest(),
    ]);
    const waiting = [...this.#waiting].map(([provider, counted]) => ({
      provider,
      state: 'queued' as const,
      ...counted,
    }));
    return { tallies: [...waiting, ...underWay], oldestQueuedAt, unsettledMicros };
  }

  #count({ provider, estimatedCostMicros }: Task, by: 1 | -1): void {
    const waiting = this.#waiting.get(provider) ?? { tasks: 0, reservedMicros: 0 };
    this.#waiting.set(provider, waiting);
    waiting.tasks += by;
    waiting.reservedMicros += by * estimatedCostMicros;
  }

  async #underWay(): Promise<readonly Tally[]> {
    const rows = await this.#db
      .selectFrom('tasks')
      .select(['provider', 'state', ...totals])
      .where('due_at', 'is not', null)
      .where(sql<boolean>`state <> 'queued'`)
      .groupBy(['provider', 'state'])
      .execute();
    return rows.map(({ provider, state, tasks, micros }) => ({
      provider,
      state: state as LiveState,
      tasks: Number(tasks),
      reservedMicros: Number(micros ?? 0),
    }));
  }

  async #unsettled(): Promise<ReadonlyMap<string, number>> {
    const open = this.#db.selectFrom('attempts').select('task_id').where('cost_micros', 'is', null);
    const rows = await this.#db
      .selectFrom('tasks')
      .select(['provider', ...totals])
      .where('completed_at', 'is not', null)
      .where('id', 'in', open)
      .groupBy('provider')
      .execute();
    return new Map(rows.map(({ provider, micros }) => [provider, Number(micros ?? 0)]));
  }

  async #oldest(): Promise<ReadonlyMap<string, number>> {
    const found = [...this.#waiting.keys()].map(async (provider) => {
      const row = await this.#db
        .selectFrom('tasks')
        .select(({ fn }) => fn.min('created_at').as('at'))
        .where('provider', '=', provider)
        .where('state', '=', sql.lit('queued'))
        .executeTakeFirst();
      return row?.at == null ? [] : [[provider, Number(row.at)] as const];
    });
    return new Map((await Promise.all(found)).flat());
  }
}
