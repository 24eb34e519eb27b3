import type { ExpressionBuilder, Kysely, Selectable, Transaction } from 'kysely';
import type { ProviderOperation } from '../contract/index.ts';
import { type Prepared, prepare } from '../database/prepared.ts';
import type { Schema } from '../database/schema.ts';

/** Pause between tries to write an operation down, in milliseconds. */
const recordRetryMs = 250;

/** Outcome of an attempt that an operator looked for in vain: its task may be submitted again, under a new one. */
export const writtenOff = 'written-off';

export interface Attempt {
  readonly id: string;
  readonly taskId: string;
  readonly provider: string;
  readonly operation?: ProviderOperation;
  /** How the submission ended, where that is known. */
  readonly outcome?: string;
  /** The provider has certainly not taken it. */
  readonly refused: boolean;
  readonly createdAt: number;
  readonly deadline: number;
}

interface AttemptOptions {
  readonly now: () => number;
  readonly onRetry: (error: unknown) => void;
  readonly pause: (ms: number) => Promise<void>;
  /** Told what an attempt cost, once. */
  readonly onSettled?: (provider: string, costMicros: number) => void;
}

export type NewAttempt = Pick<Attempt, 'id' | 'taskId' | 'provider' | 'deadline'> & {
  readonly accountId: string;
  readonly keyId: string | undefined;
  readonly model: string;
  readonly estimatedCostMicros: number;
  /** Whatever becomes of it: its provider is free, or nothing will be sent under it. */
  readonly costsNothing: boolean;
};

/**
 * Submissions to providers.
 *
 * Invariants:
 * A1. An operation is written down whenever it is known, whatever became of the task, and tried until it commits: it is
 *     what was paid for.
 * A2. Where no live task is on the attempt any more, its job is followed up from that statement on: nobody else would
 *     learn what it costs.
 */
export class AttemptStore {
  readonly #db: Kysely<Schema>;
  readonly #options: AttemptOptions;
  readonly #find: Prepared<{ provider: string; key: string }, { task_id: string }>;

  constructor(db: Kysely<Schema>, options: AttemptOptions) {
    this.#db = db;
    this.#options = options;
    this.#find = prepare(db, (base, param) =>
      base
        .selectFrom('attempts')
        .select('task_id')
        .where('provider', '=', param('provider'))
        .where('operation_key', '=', param('key')),
    );
  }

  async get(id: string): Promise<Attempt | undefined> {
    const row = await this.#db.selectFrom('attempts').selectAll().where('id', '=', id).executeTakeFirst();
    return row && attemptFromRow(row);
  }

  async count(taskId: string): Promise<number> {
    const row = await this.#db
      .selectFrom('attempts')
      .select(({ fn }) => fn.countAll<number>().as('attempts'))
      .where('task_id', '=', taskId)
      .executeTakeFirstOrThrow();
    return Number(row.attempts);
  }

  async insert(trx: Transaction<Schema>, attempt: NewAttempt, at: number): Promise<void> {
    await trx
      .insertInto('attempts')
      .values({
        id: attempt.id,
        task_id: attempt.taskId,
        account_id: attempt.accountId,
        key_id: attempt.keyId ?? null,
        model: attempt.model,
        estimated_cost_micros: attempt.estimatedCostMicros,
        provider: attempt.provider,
        operation: null,
        operation_key: null,
        outcome: null,
        detail: null,
        cost_micros: attempt.costsNothing ? 0 : null,
        created_at: at,
        deadline: attempt.deadline,
      })
      .execute();
  }

  /**
   * Writes the operation down where none is known yet. False where another attempt owns it already: then it is not ours,
   * whatever the provider's answer was taken for.
   */
  async recordOperation(id: string, operation: ProviderOperation, operationKey: string): Promise<boolean> {
    for (;;) {
      try {
        await this.#db
          .updateTable('attempts')
          .set((eb) => ({
            operation: JSON.stringify(operation),
            operation_key: operationKey,
            outcome: 'accepted',
            ...this.#costOfLateJob(eb),
          }))
          .where('id', '=', id)
          .where('operation', 'is', null)
          .execute();
        return true;
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        this.#options.onRetry(error);
        await this.#options.pause(recordRetryMs);
      }
    }
  }

  /** What an operator wrote off as never taken costs something after all. */
  #costOfLateJob(eb: ExpressionBuilder<Schema, 'attempts'>) {
    const isWrittenOff = eb('outcome', '=', writtenOff);
    const isLive = eb.exists(
      eb
        .selectFrom('tasks')
        .select('tasks.id')
        .whereRef('tasks.id', '=', 'attempts.task_id')
        .whereRef('tasks.attempt_id', '=', 'attempts.id')
        .where('tasks.completed_at', 'is', null),
    );
    const isSettled = eb.and([eb('cost_micros', 'is not', null), eb('outcome', 'is distinct from', writtenOff)]);
    return {
      cost_micros: eb.case().when(isWrittenOff).then(null).else(eb.ref('cost_micros')).end(),
      follow_up_at: eb
        .case()
        .when(eb.or([isLive, isSettled]))
        .then(null)
        .else(this.#options.now())
        .end(),
    };
  }

  /** The provider has certainly not taken it: it cost nothing. */
  async recordRefusal(id: string, outcome: 'refused-final' | 'refused-elsewhere', detail: string): Promise<void> {
    await this.#db.updateTable('attempts').set({ outcome, detail, cost_micros: 0 }).where('id', '=', id).execute();
  }

  /** Nobody knows whether the provider has taken it; an operation that came by another way stays. */
  async recordUnknown(id: string, detail: string): Promise<void> {
    await this.#db
      .updateTable('attempts')
      .set({ outcome: 'unknown', detail })
      .where('id', '=', id)
      .where('operation', 'is', null)
      .execute();
  }

  /** Looks at the job of an ended task at this time, for what it cost. */
  async followUp(id: string, at: number): Promise<void> {
    await this.#db
      .updateTable('attempts')
      .set({ follow_up_at: at })
      .where('id', '=', id)
      .where('cost_micros', 'is', null)
      .execute();
  }

  async dueFollowUps(now: number, limit: number): Promise<readonly Attempt[]> {
    const rows = await this.#db
      .selectFrom('attempts')
      .selectAll()
      .where('follow_up_at', '<=', now)
      .orderBy('follow_up_at')
      .limit(limit)
      .execute();
    return rows.map(attemptFromRow);
  }

  /** Settles what the attempt cost, once: a second look changes nothing. */
  async recordCost(id: string, costMicros: number): Promise<void> {
    const charged = await this.#db.transaction().execute(async (trx) => {
      const row = await trx
        .updateTable('attempts')
        .set({ cost_micros: costMicros, follow_up_at: null })
        .where('id', '=', id)
        .where('cost_micros', 'is', null)
        .returning(['account_id', 'key_id', 'task_id', 'model', 'provider'])
        .executeTakeFirst();
      if (row === undefined || row.account_id === null || costMicros === 0) return undefined;
      const { account_id, ...about } = row;
      const charge = { attempt_id: id, account_id, ...about, cost_micros: costMicros };
      await trx
        .insertInto('ledger')
        .values({ ...charge, created_at: this.#options.now() })
        .execute();
      return row.provider;
    });
    if (charged !== undefined) this.#options.onSettled?.(charged, costMicros);
  }

  /**
   * Whether another attempt at the provider, whose job nobody knows, may have been sent for this prompt at this time or
   * later. One whose task is deleted may have had any prompt.
   */
  async hasRival(
    { id, provider }: Attempt,
    { prompt, since }: { readonly prompt: string; readonly since: number },
  ): Promise<boolean> {
    const rows = await this.#db
      .selectFrom('attempts')
      .leftJoin('tasks', 'tasks.id', 'attempts.task_id')
      .select('tasks.request')
      .where('attempts.provider', '=', provider)
      .where('attempts.id', '<>', id)
      .where('attempts.operation', 'is', null)
      .where('attempts.cost_micros', 'is', null)
      .where('attempts.deadline', '>=', since)
      .execute();
    return rows.some(({ request }) => request === null || JSON.parse(request).prompt === prompt);
  }

  /** The task whose job has this key at the provider. */
  async taskOf(provider: string, operationKey: string): Promise<string | undefined> {
    const [row] = await this.#find(this.#db, { provider, key: operationKey });
    return row?.task_id;
  }
}

/** Whether it is certain that the provider has no job of it. */
export function nothingSent(attempt: Attempt | undefined): boolean {
  return attempt?.outcome === writtenOff || attempt?.refused === true;
}

function attemptFromRow(row: Selectable<Schema['attempts']>): Attempt {
  return {
    id: row.id,
    taskId: row.task_id,
    provider: row.provider,
    refused: row.outcome === 'refused-final' || row.outcome === 'refused-elsewhere',
    createdAt: row.created_at,
    deadline: row.deadline,
    ...(row.outcome !== null && { outcome: row.outcome }),
    ...(row.operation !== null && { operation: JSON.parse(row.operation) as ProviderOperation }),
  };
}

/** SQLite's code, and PostgreSQL's. */
function isUniqueViolation(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'SQLITE_CONSTRAINT_UNIQUE' || code === '23505';
}
