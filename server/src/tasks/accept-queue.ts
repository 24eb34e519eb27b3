import type { CompiledQuery, Kysely, Transaction } from 'kysely';
import type { JsonValue, Task } from '../contract/index.ts';
import { prepareInsertAll } from '../database/insert-all.ts';
import { type Prepared, prepare } from '../database/prepared.ts';
import type { Schema } from '../database/schema.ts';
import { searchText } from '../database/search-text.ts';
import { ReelayError } from '../errors.ts';
import { Allowances, type Demand } from './allowance.ts';
import { phaseOf } from './row.ts';

/** How long an Idempotency-Key is kept, in milliseconds. */
const idempotencyLifetimeMs = 24 * 3_600_000;

/** Submissions that share one commit at most: bounds how long the event loop is held. */
const batchLimit = 256;

export interface Idempotency {
  readonly key: string;
  /** Hash of route and canonical body. */
  readonly bodyHash: string;
  /** What to answer the first time and every time after. */
  readonly answer: JsonValue;
}

/** Tasks that are accepted together or not at all. */
export interface Submission extends Demand {
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
 * all of them are told that nothing was accepted. Limits are held here, where nobody else takes from them meanwhile.
 */
export class AcceptQueue {
  readonly #db: Kysely<Schema>;
  readonly #now: () => number;
  readonly #insertTasks: ReturnType<typeof prepareInsertTasks>;
  readonly #insertKey: Prepared<KeyParams, { key: string }>;
  readonly #waiting: Waiting[] = [];
  #committing = false;

  constructor(db: Kysely<Schema>, now: () => number) {
    this.#db = db;
    this.#now = now;
    this.#insertTasks = prepareInsertTasks(db);
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
      const answers = await this.#store(batch.map(({ submission }) => submission));
      batch.forEach(({ resolve }, index) => {
        resolve(answers[index] ?? notAccepted(undefined));
      });
    } catch (cause) {
      for (const { resolve } of batch) resolve(notAccepted(cause));
    }
  }

  async #store(submissions: readonly Submission[]): Promise<readonly (Accepted | ReelayError)[]> {
    if (submissions.every(({ idempotency, limits }) => idempotency === undefined && limits === undefined)) {
      await this.#insert(submissions);
      return submissions.map(() => ({ replayed: false }));
    }
    return this.#db.transaction().execute(async (trx) => {
      const allowances = await Allowances.open(trx, submissions, this.#now());
      const answers: (Accepted | ReelayError)[] = [];
      const fresh: Submission[] = [];
      for (const submission of submissions) {
        const earlier = await this.#replay(trx, submission);
        const refused = earlier === undefined ? allowances.take(submission) : undefined;
        if (refused !== undefined) await this.#forget(trx, submission);
        answers.push(earlier ?? refused ?? { replayed: false });
        if (earlier === undefined && refused === undefined) fresh.push(submission);
      }
      for (const query of this.#insertsOf(fresh)) await trx.executeQuery(query);
      return answers;
    });
  }

  async #insert(submissions: readonly Submission[]): Promise<void> {
    const [query, ...more] = this.#insertsOf(submissions);
    if (query === undefined) return;
    // One statement is a transaction by itself, and saves two ways to the database.
    if (more.length === 0) await this.#db.executeQuery(query);
    else
      await this.#db.transaction().execute(async (trx) => {
        for (const each of [query, ...more]) await trx.executeQuery(each);
      });
  }

  #insertsOf(submissions: readonly Submission[]): readonly CompiledQuery[] {
    return this.#insertTasks(submissions.flatMap(({ tasks }) => tasks.map(taskRow)));
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

  /** A refused submission leaves nothing behind: sent again, it is looked at anew. */
  async #forget(trx: Transaction<Schema>, { accountId, idempotency }: Submission): Promise<void> {
    if (idempotency === undefined) return;
    const own = { account_id: accountId, key: idempotency.key };
    await trx
      .deleteFrom('idempotency_keys')
      .where((eb) => eb.and(own))
      .execute();
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

function prepareInsertTasks(db: Kysely<Schema>) {
  return prepareInsertAll(db, {
    table: 'tasks',
    columns: [
      'id',
      'account_id',
      'key_id',
      'api',
      'model',
      'requested_model',
      'operation',
      'request',
      'parameters',
      'provider',
      'provider_asked',
      'warnings',
      'phase',
      'due_at',
      'created_at',
      'estimated_cost_micros',
      'prompt_text',
      'callback_url',
    ],
    constants: { state: 'queued', seq: 1, progress: 0 },
  });
}

function taskRow(task: Submission['tasks'][number]): Parameters<ReturnType<typeof prepareInsertTasks>>[0][number] {
  return {
    id: task.id,
    account_id: task.accountId,
    key_id: task.keyId ?? null,
    api: task.api,
    model: task.model,
    requested_model: task.requestedModel,
    operation: task.operation,
    request: JSON.stringify(task.request),
    parameters: JSON.stringify(task.parameters),
    provider: task.provider,
    provider_asked: Number(task.providerAsked),
    warnings: JSON.stringify(task.warnings),
    phase: phaseOf(task),
    due_at: task.createdAt,
    created_at: task.createdAt,
    estimated_cost_micros: task.estimatedCostMicros,
    prompt_text: searchText(task.request.prompt),
    callback_url: task.callbackUrl ?? null,
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
