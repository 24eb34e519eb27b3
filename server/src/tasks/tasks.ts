import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import {
  type ApiName,
  type Caller,
  type GenerationRequest,
  isTerminal,
  type JsonObject,
  type JsonValue,
  type Model,
  type Provider,
  type Task,
  type TaskError,
  type TaskState,
} from '../contract/index.ts';
import type { Database } from '../database/open.ts';
import type { Schema } from '../database/schema.ts';
import { ReelayError } from '../errors.ts';
import type { MediaLibrary } from '../media/library.ts';
import { AcceptQueue } from './accept-queue.ts';
import { AttemptStore } from './attempts.ts';
import { EventHub } from './events.ts';
import { chooseProvider } from './routing.ts';
import { taskFromRow } from './row.ts';
import { Runner } from './runner.ts';
import { TaskStore } from './store.ts';

export interface TaskDependencies {
  readonly database: Database;
  /** In the operator's order. */
  readonly providers: readonly Provider[];
  readonly media: MediaLibrary;
  readonly findModel: (id: string) => Model | undefined;
  /** Folder whose children are the attempts' work folders. */
  readonly workFolder: string;
  readonly submitTimeoutMs: number;
  readonly outputLifetimeMs: number;
  /** Whether our file links can be fetched from the public internet. */
  readonly publicLinks: boolean;
  readonly now: () => number;
  readonly newId: () => string;
  readonly pause: (ms: number) => Promise<void>;
  readonly log: Logger;
}

/** One task of a submission. A `fault` makes it end as failed, for APIs that check a request only when it runs. */
export interface NewTask {
  readonly id: string;
  readonly request: GenerationRequest;
  readonly parameters: JsonObject;
  readonly fault?: TaskError;
}

export interface QuoteInput {
  readonly model: Model;
  readonly request: GenerationRequest;
  /** What it is expected to cost at a provider that has no figures of its own. */
  readonly estimatedCostMicros: number;
  readonly askedProvider?: string | undefined;
}

export interface Quote {
  readonly provider: string;
  readonly warnings: readonly string[];
  readonly estimatedCostMicros: number;
}

export interface AcceptInput {
  readonly caller: Caller;
  readonly api: ApiName;
  readonly model: Model;
  readonly requestedModel: string;
  readonly tasks: readonly NewTask[];
  /** What one of them is expected to cost at a provider that costs money. */
  readonly estimatedCostMicros: number;
  readonly askedProvider?: string;
  readonly idempotency?: { readonly key: string; readonly bodyHash: string };
  /** The answer to the client, kept for the same Idempotency-Key. */
  readonly answer: (tasks: readonly Task[]) => JsonValue;
}

export interface AcceptResult {
  readonly answer: JsonValue;
  readonly taskIds: readonly string[];
  readonly replayed: boolean;
}

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

/** How long a client that asks for fresh news waits for the provider, in milliseconds. */
const refreshTimeoutMs = 5_000;

/** How many of the latest successes the measured times are means of. */
const measuredTasks = 200;

/** Everything that may be done with tasks. Methods that name a task answer `not_found` for another account's. */
export class Tasks {
  readonly events: EventHub;
  readonly #dependencies: TaskDependencies;
  readonly #store: TaskStore;
  readonly #acceptQueue: AcceptQueue;
  readonly #runner: Runner;
  readonly #durations: Durations;
  readonly #providers: ReadonlyMap<string, Provider>;

  constructor(dependencies: TaskDependencies) {
    const { database, providers, log, now, pause } = dependencies;
    this.#dependencies = dependencies;
    this.#providers = new Map(providers.map((provider) => [provider.name, provider]));
    this.events = new EventHub(database.db);
    this.#durations = new Durations(database.db);
    this.#acceptQueue = new AcceptQueue(database.db, now);
    this.#store = new TaskStore(database.db, {
      now,
      reader: database.reader,
      publish: (event) => {
        if (event.state === 'succeeded') this.#durations.forget();
        this.events.publish(event);
      },
    });
    const attempts = new AttemptStore(database.db, {
      pause,
      onRetry: (error) => log.error({ err: error }, 'an operation could not be written down; trying again'),
    });
    this.#runner = new Runner({ ...dependencies, store: this.#store, attempts, providers: this.#providers });
  }

  async start(): Promise<void> {
    const { database, log } = this.#dependencies;
    await this.#durations.load();
    database.onForeignWrite(() => {
      this.events.catchUp().catch((error: unknown) => log.warn({ err: error }, 'events could not be caught up'));
      void this.#runner.admit();
    });
    await this.#runner.start();
  }

  stop(): Promise<void> {
    return this.#runner.stop();
  }

  /** Stores tasks durably, all or none, and lets them set out. */
  async accept(input: AcceptInput): Promise<AcceptResult> {
    const tasks = queuedTasks(this.#dependencies.providers, input, this.#dependencies.now());
    const answer = input.answer(tasks);
    const accepted = await this.#acceptQueue.accept({
      accountId: input.caller.accountId,
      tasks,
      ...(input.idempotency && { idempotency: { ...input.idempotency, answer } }),
    });
    if (accepted.replayed) return accepted;
    for (const task of tasks) if (task.fault !== undefined) void this.#runner.wake(task.id);
    void this.#runner.admit();
    return { replayed: false, taskIds: tasks.map((task) => task.id), answer };
  }

  /** What accepting the request would lead to. Submits nothing, stores nothing. */
  quote(input: QuoteInput): Quote {
    const { provider, warnings } = chooseProvider(this.#dependencies.providers, input);
    return { provider: provider.name, warnings, estimatedCostMicros: estimateAt(provider, input) };
  }

  async get(accountId: string, id: string): Promise<Task> {
    const task = await this.#store.getOwn(accountId, id);
    if (task === undefined) throw new ReelayError('not_found', `there is no task ${id}`);
    return task;
  }

  list(accountId: string, query: TaskQuery): Promise<TaskPage> {
    return listTasks(this.#dependencies.database.db, accountId, query);
  }

  /** Cancels, or asks for it where a submission is under way; `not_cancellable` once the task has ended. */
  async cancel(accountId: string, id: string): Promise<Task> {
    for (;;) {
      const task = await this.get(accountId, id);
      if (isTerminal(task.state)) throw new ReelayError('not_cancellable', `the task has ended already: ${task.state}`);
      if (task.state === 'submitting' || task.state === 'uncertain') {
        await this.#store.requestCancel(task);
        const after = await this.get(accountId, id);
        if (after.state === task.state) return after;
        continue;
      }
      const completedAt = this.#dependencies.now();
      const cancelled = await this.#store.transition(task, { ...task, state: 'cancelled', completedAt, costMicros: 0 });
      if (cancelled === undefined) continue;
      await this.#runner.cancelled(task);
      return cancelled;
    }
  }

  /** Deletes an ended task with its results. */
  async remove(accountId: string, id: string): Promise<void> {
    const task = await this.get(accountId, id);
    if (!isTerminal(task.state)) throw new ReelayError('not_terminal', `the task has not ended yet: ${task.state}`);
    await this.#store.remove(task);
    if (task.state === 'succeeded') {
      for (const output of task.outputs) await this.#dependencies.media.remove(output.assetId);
    }
  }

  /** Resolves with the tasks once all of them have ended. */
  async waitForEnd(accountId: string, ids: readonly string[], signal: AbortSignal): Promise<readonly Task[]> {
    const get = (id: string) => this.get(accountId, id);
    await untilEnded(this.events, { accountId, ids, signal, get });
    return Promise.all(ids.map(get));
  }

  /** Asks the provider for news now instead of at the next poll. */
  async refresh(task: Task): Promise<Task> {
    if (task.state !== 'running') return task;
    await Promise.race([this.#runner.wake(task.id), this.#dependencies.pause(refreshTimeoutMs)]);
    return this.get(task.accountId, task.id);
  }

  /** True only where cancelling avoids the charge, or nothing is paid yet. */
  canCancel(task: Task): boolean {
    if (isTerminal(task.state) || task.cancelRequestedAt !== undefined) return false;
    if (task.state === 'queued' || task.state === 'preparing') return true;
    const provider = this.#providers.get(task.provider);
    return provider?.cancel !== undefined && provider.free;
  }

  /** What the account's submissions have cost so far, in micro-dollars; with a filter, those of the tasks that it means. */
  async spentMicros(accountId: string, filter: TaskFilter = {}): Promise<number> {
    const { db } = this.#dependencies.database;
    const row = await db
      .selectFrom('attempts')
      .select(({ fn }) => fn.sum<number | null>('attempts.cost_micros').as('spent'))
      .where('attempts.task_id', 'in', filtered(db, accountId, filter).select('id'))
      .executeTakeFirst();
    return Number(row?.spent ?? 0);
  }

  /** Seconds that such a task took here lately; undefined until one has ended. */
  measuredSeconds(modelId: string): number | undefined {
    return this.#durations.seconds(modelId);
  }
}

function queuedTasks(providers: readonly Provider[], input: AcceptInput, at: number) {
  return input.tasks.map((task) => {
    const { askedProvider, estimatedCostMicros, model } = input;
    const wanted = { model, request: task.request, estimatedCostMicros, askedProvider };
    const { provider, warnings } = chooseProvider(providers, wanted);
    return {
      id: task.id,
      accountId: input.caller.accountId,
      api: input.api,
      model: input.model.id,
      requestedModel: input.requestedModel,
      operation: input.model.operation,
      request: task.request,
      parameters: task.parameters,
      provider: provider.name,
      state: 'queued' as const,
      seq: 1,
      progress: 0,
      warnings,
      createdAt: at,
      dueAt: at,
      estimatedCostMicros: estimateAt(provider, wanted),
      ...(task.fault && { fault: task.fault }),
    };
  });
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

function estimateAt(provider: Provider, { model, request, estimatedCostMicros }: QuoteInput): number {
  if (provider.free) return 0;
  return provider.estimateMicros?.(model, request) ?? estimatedCostMicros;
}

async function listTasks(db: Kysely<Schema>, accountId: string, query: TaskQuery): Promise<TaskPage> {
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

/** Waits by events, and is registered before it looks, so that no end falls between. */
async function untilEnded(
  events: EventHub,
  options: {
    readonly accountId: string;
    readonly ids: readonly string[];
    readonly signal: AbortSignal;
    readonly get: (id: string) => Promise<Task>;
  },
): Promise<void> {
  const { accountId, ids, signal, get } = options;
  const open = new Set(ids);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const end = await events.subscribe(accountId, (event) => {
    if (isTerminal(event.state)) open.delete(event.taskId);
    if (open.size === 0) resolve();
  });
  const abandon = () => reject(signal.reason);
  signal.addEventListener('abort', abandon, { once: true });
  try {
    signal.throwIfAborted();
    for (const id of ids) if (isTerminal((await get(id)).state)) open.delete(id);
    if (open.size > 0) await promise;
  } finally {
    signal.removeEventListener('abort', abandon);
    end();
  }
}

/** What tasks of each model took here, kept in memory and read anew after a success. */
class Durations {
  readonly #db: Kysely<Schema>;
  #byModel: ReadonlyMap<string, number> = new Map();
  #stale = false;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async load(): Promise<void> {
    this.#stale = false;
    const rows = await this.#db
      .selectFrom('tasks')
      .select(['model', 'created_at', 'completed_at'])
      .where('completed_at', 'is not', null)
      .where('state', '=', 'succeeded')
      .orderBy('completed_at', 'desc')
      .limit(measuredTasks)
      .execute();
    const byName = Map.groupBy(rows, (row) => row.model);
    this.#byModel = new Map([...byName].map(([model, tasks]) => [model, meanSeconds(tasks)]));
  }

  forget(): void {
    this.#stale = true;
  }

  seconds(model: string): number | undefined {
    if (this.#stale) this.load().catch(() => this.forget());
    return this.#byModel.get(model);
  }
}

function meanSeconds(tasks: readonly { readonly created_at: number; readonly completed_at: number | null }[]): number {
  const total = tasks.reduce((sum, task) => sum + ((task.completed_at ?? task.created_at) - task.created_at), 0);
  return Math.max(1, Math.round(total / tasks.length / 1000));
}
