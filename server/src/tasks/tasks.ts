import type { Logger } from 'pino';
import { requireModel } from '../access/rights.ts';
import {
  type Caller,
  isPutOff,
  isTerminal,
  type JsonValue,
  type Model,
  type Provider,
  type Task,
  type TaskState,
  type Telemetry,
  type WebhookDelivery,
} from '../contract/index.ts';
import type { News } from '../database/news.ts';
import type { Database } from '../database/open.ts';
import { ReelayError } from '../errors.ts';
import { hideFromLog } from '../log/log-context.ts';
import type { MediaLibrary } from '../media/library.ts';
import { AcceptQueue } from './accept-queue.ts';
import { type Owner, type Used, usedBy } from './allowance.ts';
import { AttemptStore } from './attempts.ts';
import { type Balance, balanceOf } from './balance.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { detailsOf, type TaskDetails } from './details.ts';
import { Durations } from './durations.ts';
import { EventHub } from './events.ts';
import {
  costMicros,
  listNumbered,
  listTasks,
  type NumberedPage,
  type TaskFilter,
  type TaskPage,
  type TaskQuery,
} from './listing.ts';
import { removeTask, removeUpload } from './removal.ts';
import { RequestIds } from './request-ids.ts';
import { type AcceptInput, type Quote, type QuoteInput, queuedTasks, quoteOf } from './requests.ts';
import { type Runners, runnersOf } from './routing.ts';
import { Runner } from './runner.ts';
import { TaskStore } from './store.ts';
import { untilEnded } from './until-ended.ts';
import { readUsage, type UsageQuery, type UsageRow } from './usage.ts';
import type { WorkFolders } from './work-folders.ts';

export interface TaskDependencies {
  readonly database: Database;
  /** In the operator's order. */
  readonly providers: readonly Provider[];
  readonly media: MediaLibrary;
  readonly findModel: (id: string) => Model | undefined;
  readonly workFolders: WorkFolders;
  readonly submitTimeoutMs: number;
  readonly outputLifetimeMs: number;
  /** Whether our file links can be fetched from the public internet. */
  readonly publicLinks: boolean;
  /** How long an unclear submission is looked for; the provider's longest job where undefined. */
  readonly uncertainMs: number | undefined;
  /** Where a provider may tell its news of an attempt; undefined while nobody outside can reach us. */
  readonly webhookUrl: (provider: string, attemptId: string) => string | undefined;
  readonly now: () => number;
  readonly elapsed: () => number;
  readonly newId: () => string;
  readonly pause: (ms: number) => Promise<void>;
  /** Calls `work` again and again; answers what ends that. */
  readonly every: (ms: number, work: () => void) => () => void;
  readonly log: Logger;
  readonly telemetry?: Telemetry;
  /** This server, where several share the database. */
  readonly server?: string;
  /** Told when the end of a task is to be delivered. */
  readonly onDelivery?: () => void;
}

/** How a provider does right now. */
export interface ProviderCondition {
  readonly name: string;
  /** How many more jobs it wants. */
  readonly room: number;
  /** It failed too often in a row and is left alone for a while. */
  readonly leftAlone: boolean;
}

export interface AcceptResult {
  readonly answer: JsonValue;
  readonly taskIds: readonly string[];
  readonly replayed: boolean;
}

/** How long a client that asks for fresh news waits for the provider, in milliseconds. */
const refreshTimeoutMs = 5_000;

/** Everything that may be done with tasks. Methods that name a task answer `not_found` for another account's. */
export class Tasks {
  readonly events: EventHub;
  readonly #dependencies: TaskDependencies;
  readonly #store: TaskStore;
  readonly #acceptQueue: AcceptQueue;
  readonly #attempts: AttemptStore;
  readonly #runner: Runner;
  readonly #breaker: CircuitBreaker;
  readonly #durations: Durations;
  readonly #requestIds = new RequestIds();
  readonly #providers: ReadonlyMap<string, Provider>;
  #stopping = false;
  readonly #stopped = new AbortController();

  constructor(dependencies: TaskDependencies) {
    const { database, providers, log, now, pause, telemetry, server } = dependencies;
    this.#dependencies = dependencies;
    this.#providers = new Map(providers.map((provider) => [provider.name, provider]));
    this.events = new EventHub(database.db, (error) => log.warn({ err: error }, 'events could not be caught up'));
    this.#durations = new Durations(database.db);
    this.#acceptQueue = new AcceptQueue(database.db, now);
    this.#store = new TaskStore(database.db, {
      now,
      reader: database.reader,
      publish: (event) => {
        if (event.state === 'succeeded') this.#durations.forget();
        this.events.publish(event);
        database.announce({ kind: 'events', accountId: event.accountId });
      },
      onMove: (previous, task) => {
        telemetry?.moved(previous, task);
        this.#logMove(previous, task);
        if (isTerminal(task.state) && task.callbackUrl !== undefined) dependencies.onDelivery?.();
        // A place at its provider is free again.
        if (previous === 'running') database.announce({ kind: 'work' });
      },
      server: dependencies.server,
    });
    this.#attempts = new AttemptStore(database.db, {
      now,
      pause,
      onRetry: (error) => log.error({ err: error }, 'an operation could not be written down; trying again'),
      onSettled: (provider, costMicros) => telemetry?.settled(provider, costMicros),
    });
    this.#breaker = new CircuitBreaker(now);
    this.#runner = new Runner({
      ...dependencies,
      store: this.#store,
      attempts: this.#attempts,
      providers: this.#providers,
      breaker: this.#breaker,
      logIds: (task) => ({ task, reqId: this.#requestIds.of(task) }),
      ...(server !== undefined && {
        company: { server, pass: (taskId: string) => database.announce({ kind: 'task', taskId }) },
      }),
    });
  }

  /** Begins to answer for tasks and, where this server `works`, to run them. */
  async start({ works = true }: { readonly works?: boolean } = {}): Promise<void> {
    await this.#durations.load();
    this.#dependencies.database.onNews((news) => this.#hear(news));
    if (works) await this.#runner.start();
  }

  /** Takes no more tasks, and resolves when nothing is worked on any more. What there is can still be read. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#runner.stop();
    this.#stopped.abort(leaving());
    this.#dependencies.database.announce({ kind: 'work' });
  }

  /** Takes up what servers left behind that are gone. To be called again and again where several share the database. */
  async freeAbandoned(): Promise<void> {
    if ((await this.#store.freeAbandoned()) > 0) void this.#runner.sweep();
  }

  #logMove(previous: TaskState, task: Task): void {
    const { id, state, provider } = task;
    const line = { task: id, reqId: this.#requestIds.of(id), from: previous, to: state, provider };
    if (isTerminal(state)) this.#requestIds.forget(id);
    if (task.state === 'failed') this.#dependencies.log.info({ ...line, ...task.error }, 'a task failed');
    else this.#dependencies.log.debug(line, 'a task moved');
  }

  /** What other processes on the database have done. */
  #hear(news: News): void {
    const { log } = this.#dependencies;
    switch (news.kind) {
      case 'events':
        this.#durations.forget();
        void this.events.catchUp(news.accountId);
        return;
      case 'task':
        this.#runner.heard(news.taskId).catch((error: unknown) => log.warn({ err: error }, 'news of a task was lost'));
        return;
      case 'anything':
        void this.events.catchUp();
        void this.#runner.admit();
        return;
      case 'work':
        void this.#runner.admit();
        return;
      default:
        news satisfies never;
    }
  }

  /** Stores tasks durably, all or none, and lets them set out. */
  async accept(input: AcceptInput): Promise<AcceptResult> {
    if (this.#stopping) throw leaving();
    const { accountId, keyId, limits } = input.caller;
    requireModel(input.caller, input.model.id);
    const tasks = queuedTasks(this.#dependencies.providers, input, this.#dependencies.now());
    const answer = input.answer(tasks);
    const begun = performance.now();
    const accepted = await this.#acceptQueue.accept({
      accountId,
      keyId,
      tasks,
      ...(limits && { limits }),
      ...(input.idempotency && { idempotency: { ...input.idempotency, answer } }),
    });
    if (accepted.replayed) return accepted;
    const { database, telemetry, log } = this.#dependencies;
    const taskIds = tasks.map((task) => task.id);
    if (input.requestId !== undefined) this.#requestIds.remember(taskIds, input.requestId);
    if (log.isLevelEnabled('debug')) {
      for (const { id: task, model, provider, request } of tasks) {
        log.debug({ reqId: input.requestId, task, model, provider, prompt: request.prompt }, 'a task is accepted');
      }
    }
    telemetry?.accepted(tasks, (performance.now() - begun) / 1_000);
    for (const task of tasks) if (task.fault !== undefined) void this.#runner.wake(task.id);
    database.announce({ kind: 'work' });
    void this.#runner.admit();
    return { replayed: false, taskIds, answer };
  }

  /** What accepting the request would lead to. Submits nothing, stores nothing. */
  quote(caller: Caller, input: QuoteInput): Quote {
    requireModel(caller, input.model.id);
    return quoteOf(this.#dependencies.providers, input);
  }

  /** Undefined where the account has no such task. */
  find(accountId: string, id: string): Promise<Task | undefined> {
    return this.#store.getOwn(accountId, id);
  }

  async get(accountId: string, id: string): Promise<Task> {
    const task = await this.find(accountId, id);
    if (task === undefined) {
      throw new ReelayError('not_found', `there is no task ${id}; it may have expired or been deleted`);
    }
    return task;
  }

  list(accountId: string, query: TaskQuery): Promise<TaskPage> {
    return listTasks(this.#dependencies.database.db, accountId, query);
  }

  /** The same by page numbers, with the number of all. */
  listNumbered(accountId: string, query: Parameters<typeof listNumbered>[2]): Promise<NumberedPage> {
    return listNumbered(this.#dependencies.database.db, accountId, query);
  }

  /** What the rows of these tasks do not tell, by their ids. */
  details(tasks: readonly Task[]): Promise<ReadonlyMap<string, TaskDetails>> {
    return detailsOf(this.#dependencies.database.db, tasks);
  }

  /** Who can run a model, and who would. */
  runners(model: Model): Runners {
    return runnersOf(this.#dependencies.providers, model);
  }

  /** Cancels, or asks for it where a submission is under way; `not_cancellable` once the task has ended. */
  async cancel(accountId: string, id: string): Promise<Task> {
    for (;;) {
      const task = await this.get(accountId, id);
      if (isTerminal(task.state)) throw new ReelayError('not_cancellable', 'the task has ended already');
      if (mayBeSent(task)) {
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
    await removeTask({ ...this.#dependencies, store: this.#store }, await this.get(accountId, id));
  }

  /** Deletes an upload of the account that no live task needs. */
  removeUpload(accountId: string, id: string): Promise<void> {
    return removeUpload({ ...this.#dependencies, store: this.#store }, accountId, id);
  }

  /** Resolves with the tasks once all of them have ended; `service_unavailable` where this server stops before. */
  async waitForEnd(accountId: string, ids: readonly string[], signal: AbortSignal): Promise<readonly Task[]> {
    const get = (id: string) => this.get(accountId, id);
    const over = AbortSignal.any([signal, this.#stopped.signal]);
    await untilEnded(this.events, { accountId, ids, signal: over, get });
    return Promise.all(ids.map(get));
  }

  /**
   * News that a provider brings to an attempt's address, which was checked before. A wake-up that may carry the
   * operation, also before our own submission has its answer. False where it was refused.
   */
  async deliver(providerName: string, delivery: WebhookDelivery): Promise<boolean> {
    const { log, telemetry } = this.#dependencies;
    const provider = this.#providers.get(providerName);
    const attempt = await this.#attempts.get(delivery.attemptId);
    if (provider?.webhook === undefined || attempt?.provider !== providerName) {
      telemetry?.webhookRefused('attempt');
      return false;
    }
    const task = await this.#store.get(attempt.taskId);
    hideFromLog(task?.request.prompt, task?.request.negativePrompt);
    const model = task && this.#dependencies.findModel(task.model);
    const news = await provider.webhook({ ...delivery, ...(model && { asked: { model, request: task.request } }) });
    if (news.kind === 'refused') {
      telemetry?.webhookRefused(news.cause);
      log.warn({ attempt: attempt.id, reason: news.reason }, 'a webhook was refused');
      return false;
    }
    if (news.operation !== undefined && news.operationKey !== undefined) {
      const ours = await this.#attempts.recordOperation(attempt.id, news.operation, news.operationKey);
      const owner = await this.#attempts.taskOf(providerName, news.operationKey);
      if (!ours || owner !== attempt.taskId)
        log.error({ attempt: attempt.id }, 'a webhook names another job than ours');
    }
    void this.#runner.wake(attempt.taskId);
    return true;
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
    if (task.state === 'queued' || task.state === 'preparing' || isPutOff(task)) return true;
    const provider = this.#providers.get(task.provider);
    return provider?.cancel !== undefined && provider.free;
  }

  /** What the tasks that the filter means have cost so far, in micro-dollars. */
  costMicros(accountId: string, filter: TaskFilter): Promise<number> {
    return costMicros(this.#dependencies.database.db, accountId, filter);
  }

  /** What the account was charged so far and what is reserved for tasks under way, in micro-dollars. */
  balance(accountId: string): Promise<Balance> {
    return balanceOf(this.#dependencies.database.db, accountId);
  }

  /** What an account, or one key of it, has used up of what its limits may allow. */
  used(owner: Owner): Promise<Used> {
    const { database, now } = this.#dependencies;
    return usedBy(database.db, owner, now());
  }

  /** What was made and spent, of all accounts or of one. */
  usage(query: UsageQuery): Promise<readonly UsageRow[]> {
    return readUsage(this.#dependencies.database.db, query);
  }

  /** How each provider does right now, in the operator's order. */
  conditions(): readonly ProviderCondition[] {
    return this.#dependencies.providers.map((provider) => ({
      name: provider.name,
      room: provider.room(),
      leftAlone: this.#breaker.isOpen(provider.name),
    }));
  }

  /** Seconds that such a task took here lately; undefined until one has ended. */
  measuredSeconds(modelId: string): number | undefined {
    return this.#durations.seconds(modelId);
  }
}

function leaving(): ReelayError {
  return new ReelayError('service_unavailable', 'this server is stopping', { retryAfterSeconds: 5 });
}

/** Whether a submission is on its way, or may have arrived: what becomes of it has to be known before the task can end. */
function mayBeSent(task: Task): boolean {
  return task.state === 'uncertain' || (task.state === 'submitting' && !isPutOff(task));
}
