import { type InsertObject, type Kysely, sql, type Transaction } from 'kysely';
import type { JsonValue, Task } from '../contract/index.ts';
import { type Prepared, prepare } from '../database/prepared.ts';
import type { Schema } from '../database/schema.ts';
import { searchText } from '../database/search-text.ts';
import { ReelayError } from '../errors.ts';
import { phaseOf } from './row.ts';

/** How long an Idempotency-Key is kept, in milliseconds. */
const idempotencyLifetimeMs = 24 * 3_600_000;

/** Submissions that share one commit at most: bounds how long the event loop is held. */
const batchLimit = 256;

/**
 * Tasks of one statement: as many of the largest as there are, then of the next. A statement for each task takes a way to
 * PostgreSQL and back.
 */
const insertSizes = [64, 16, 4, 1] as const;

export interface Idempotency {
  readonly key: string;
  /** Hash of route and canonical body. */
  readonly bodyHash: string;
  /** What to answer the first time and every time after. */
  readonly answer: JsonValue;
}

/** Tasks that are accepted together or not at all. */
export interface Submission {
  readonly accountId: string;
  readonly tasks: readonly Extract<Task, { state: 'queued' }>[];
  readonly idempotency?: Idempotency;
}

export type Accepted =
  | { readonly replayed: false }
  | { readonly replayed: true; readonly taskIds: readonly string[]; readonly answer: JsonValue };

interface Waiting {
  readonly submission: Submission;
  readonly resolve: (accepted: Accepted | ReelayError) => void;
}

interface TaskParams {
  readonly id: string;
  readonly accountId: string;
  readonly api: Task['api'];
  readonly model: string;
  readonly requestedModel: string;
  readonly operation: Task['operation'];
  readonly request: string;
  readonly parameters: string;
  readonly provider: string;
  readonly providerAsked: number;
  readonly warnings: string;
  readonly phase: string;
  readonly at: number;
  readonly estimatedCostMicros: number;
  readonly promptText: string;
}

/** Those of several tasks, under their names and the place of the task: `id.0`. */
type RowParams = Readonly<Record<string, TaskParams[keyof TaskParams]>>;

interface InsertTasks {
  readonly size: number;
  readonly run: Prepared<RowParams, { id: string }>;
}

interface KeyParams {
  readonly accountId: string;
  readonly key: string;
  readonly bodyHash: string;
  readonly taskIds: string;
  readonly answer: string;
  readonly at: number;
}

/**
 * Makes accepted tasks durable. Submissions that arrive in the same turn of the event loop share one commit: the sync
 * to disk is what an accept costs. A retry among them finds its key, and does not abort its neighbours; if the commit fails,
 * all of them are told that nothing was accepted.
 */
export class AcceptQueue {
  readonly #db: Kysely<Schema>;
  readonly #now: () => number;
  readonly #insertTasks: readonly InsertTasks[];
  readonly #insertKey: Prepared<KeyParams, { key: string }>;
  readonly #waiting: Waiting[] = [];
  #committing = false;

  constructor(db: Kysely<Schema>, now: () => number) {
    this.#db = db;
    this.#now = now;
    this.#insertTasks = insertSizes.map((size) => ({ size, run: prepareInsertTasks(db, size) }));
    this.#insertKey = prepareInsertKey(db);
  }

  /** Resolves after the commit; `service_unavailable` where nothing was stored. */
  async accept(submission: Submission): Promise<Accepted> {
    const { promise, resolve } = Promise.withResolvers<Accepted | ReelayError>();
    this.#waiting.push({ submission, resolve });
    if (!this.#committing) {
      this.#committing = true;
      setImmediate(() => void this.#drain());
    }
    const accepted = await promise;
    if (accepted instanceof ReelayError) throw accepted;
    return accepted;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, batchLimit));
    this.#committing = false;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const answers = await this.#db.transaction().execute(async (trx) => {
        const made: (Accepted | ReelayError)[] = [];
        const fresh: Submission['tasks'][number][] = [];
        for (const { submission } of batch) {
          const earlier = await this.#replay(trx, submission);
          made.push(earlier ?? { replayed: false });
          if (earlier === undefined) fresh.push(...submission.tasks);
        }
        await this.#insert(trx, fresh);
        return made;
      });
      batch.forEach(({ resolve }, index) => {
        resolve(answers[index] ?? notAccepted(undefined));
      });
    } catch (cause) {
      for (const { resolve } of batch) resolve(notAccepted(cause));
    }
  }

  /** What was answered to the same submission before; undefined where there was none, and its tasks are to be stored. */
  async #replay(trx: Transaction<Schema>, submission: Submission): Promise<Accepted | ReelayError | undefined> {
    const earlier = await this.#remember(trx, submission);
    if (earlier === undefined) return undefined;
    if (earlier.body_hash !== submission.idempotency?.bodyHash) {
      return new ReelayError('idempotency_conflict', 'this Idempotency-Key was used before with a different body');
    }
    return { replayed: true, taskIds: JSON.parse(earlier.task_ids), answer: JSON.parse(earlier.answer) };
  }

  async #insert(trx: Transaction<Schema>, tasks: Submission['tasks']): Promise<void> {
    let stored = 0;
    for (const { size, run } of this.#insertTasks) {
      for (; tasks.length - stored >= size; stored += size) {
        const chunk = tasks.slice(stored, stored + size);
        const written = await run(trx, rowParams(chunk));
        if (written.length < size) throw new Error(`one of these tasks exists already: ${chunk.map(({ id }) => id)}`);
      }
    }
  }

  /** Writes the key down; answers what was written under it before, if anything. */
  async #remember(trx: Transaction<Schema>, { accountId, tasks, idempotency }: Submission) {
    if (idempotency === undefined) return undefined;
    const at = this.#now();
    const own = { account_id: accountId, key: idempotency.key };
    await trx
      .deleteFrom('idempotency_keys')
      .where((eb) => eb.and(own))
      .where('created_at', '<', at - idempotencyLifetimeMs)
      .execute();
    const [written] = await this.#insertKey(trx, {
      accountId,
      key: idempotency.key,
      bodyHash: idempotency.bodyHash,
      taskIds: JSON.stringify(tasks.map((task) => task.id)),
      answer: JSON.stringify(idempotency.answer),
      at,
    });
    if (written !== undefined) return undefined;
    return trx
      .selectFrom('idempotency_keys')
      .selectAll()
      .where((eb) => eb.and(own))
      .executeTakeFirstOrThrow();
  }
}

function notAccepted(cause: unknown): ReelayError {
  return new ReelayError('service_unavailable', 'the task could not be stored, so it was not accepted', {
    cause,
    retryAfterSeconds: 5,
  });
}

function taskParams(task: Submission['tasks'][number]): TaskParams {
  return {
    id: task.id,
    accountId: task.accountId,
    api: task.api,
    model: task.model,
    requestedModel: task.requestedModel,
    operation: task.operation,
    request: JSON.stringify(task.request),
    parameters: JSON.stringify(task.parameters),
    provider: task.provider,
    providerAsked: Number(task.providerAsked),
    warnings: JSON.stringify(task.warnings),
    phase: phaseOf(task),
    at: task.createdAt,
    estimatedCostMicros: task.estimatedCostMicros,
    promptText: searchText(task.request.prompt),
  };
}

function rowParams(tasks: Submission['tasks']): RowParams {
  const params: Record<string, TaskParams[keyof TaskParams]> = {};
  tasks.forEach((task, place) => {
    for (const [name, value] of Object.entries(taskParams(task))) params[`${name}.${place}`] = value;
  });
  return params;
}

function prepareInsertTasks(database: Kysely<Schema>, size: number): InsertTasks['run'] {
  return prepare<RowParams, { id: string }>(database, (db, param) =>
    db
      .insertInto('tasks')
      .values(
        Array.from({ length: size }, (_, place) =>
          taskValues(
            <Name extends keyof TaskParams>(name: Name) => param(`${name}.${place}`) as unknown as TaskParams[Name],
          ),
        ),
      )
      .onConflict((conflict) => conflict.doNothing())
      .returning('id'),
  );
}

function taskValues(
  param: <Name extends keyof TaskParams>(name: Name) => TaskParams[Name],
): InsertObject<Schema, 'tasks'> {
  return {
    id: param('id'),
    account_id: param('accountId'),
    api: param('api'),
    model: param('model'),
    requested_model: param('requestedModel'),
    operation: param('operation'),
    request: param('request'),
    parameters: param('parameters'),
    provider: param('provider'),
    provider_asked: param('providerAsked'),
    // In the statement: each value that is sent costs, and these are always the same. What is left out is null.
    state: sql.lit('queued'),
    seq: sql.lit(1),
    progress: sql.lit(0),
    warnings: param('warnings'),
    phase: param('phase'),
    due_at: param('at'),
    created_at: param('at'),
    estimated_cost_micros: param('estimatedCostMicros'),
    prompt_text: param('promptText'),
  };
}

function prepareInsertKey(database: Kysely<Schema>): Prepared<KeyParams, { key: string }> {
  return prepare(database, (db, param) =>
    db
      .insertInto('idempotency_keys')
      .values({
        account_id: param('accountId'),
        key: param('key'),
        body_hash: param('bodyHash'),
        task_ids: param('taskIds'),
        answer: param('answer'),
        created_at: param('at'),
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('key'),
  );
}
