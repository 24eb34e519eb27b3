import type { Kysely, Transaction } from 'kysely';
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
  readonly deadline: number;
}

/**
 * Submissions to providers.
 *
 * Invariant A1: an operation is written down whenever it is known, whatever became of the task, and tried until it
 * commits: it is what was paid for.
 */
export class AttemptStore {
  readonly #db: Kysely<Schema>;
  readonly #options: { readonly onRetry: (error: unknown) => void; readonly pause: (ms: number) => Promise<void> };
  readonly #find: Prepared<{ provider: string; key: string }, { task_id: string }>;

  constructor(
    db: Kysely<Schema>,
    options: { readonly onRetry: (error: unknown) => void; readonly pause: (ms: number) => Promise<void> },
  ) {
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
    if (row === undefined) return undefined;
    return {
      id: row.id,
      taskId: row.task_id,
      provider: row.provider,
      deadline: row.deadline,
      ...(row.outcome !== null && { outcome: row.outcome }),
      ...(row.operation !== null && { operation: JSON.parse(row.operation) as ProviderOperation }),
    };
  }

  async count(taskId: string): Promise<number> {
    const row = await this.#db
      .selectFrom('attempts')
      .select(({ fn }) => fn.countAll<number>().as('attempts'))
      .where('task_id', '=', taskId)
      .executeTakeFirstOrThrow();
    return Number(row.attempts);
  }

  async insert(trx: Transaction<Schema>, attempt: Omit<Attempt, 'operation' | 'outcome'>, at: number): Promise<void> {
    await trx
      .insertInto('attempts')
      .values({
        id: attempt.id,
        task_id: attempt.taskId,
        provider: attempt.provider,
        operation: null,
        operation_key: null,
        outcome: null,
        detail: null,
        cost_micros: null,
        created_at: at,
        deadline: attempt.deadline,
      })
      .execute();
  }

  async recordOperation(id: string, operation: ProviderOperation, operationKey: string): Promise<void> {
    for (;;) {
      try {
        await this.#db
          .updateTable('attempts')
          .set({ operation: JSON.stringify(operation), operation_key: operationKey, outcome: 'accepted' })
          .where('id', '=', id)
          .where('operation', 'is', null)
          .execute();
        return;
      } catch (error) {
        this.#options.onRetry(error);
        await this.#options.pause(recordRetryMs);
      }
    }
  }

  async recordOutcome(id: string, outcome: string, detail: string): Promise<void> {
    await this.#db.updateTable('attempts').set({ outcome, detail }).where('id', '=', id).execute();
  }

  async recordCost(id: string, costMicros: number): Promise<void> {
    await this.#db.updateTable('attempts').set({ cost_micros: costMicros }).where('id', '=', id).execute();
  }

  /** The task whose job has this key at the provider. */
  async taskOf(provider: string, operationKey: string): Promise<string | undefined> {
    const [row] = await this.#find(this.#db, { provider, key: operationKey });
    return row?.task_id;
  }
}
