import type { Logger } from 'pino';
import type { Provider, ProviderOperation, StatusOutcome, TaskIn } from '../contract/index.ts';
import { hideFromLog, inLogContext, type LogContext } from '../log/log-context.ts';

/** Looks at one provider under way at once. */
const maximumLooks = 32;

/** Pause after a look that failed by a defect, in milliseconds. */
const troublePauseMs = 5_000;

interface Entry {
  task: TaskIn<'running'>;
  readonly provider: Provider;
  readonly operation: ProviderOperation;
  nextAt: number;
  /** In its provider's line, or being looked at. */
  busy: boolean;
}

interface BoardOptions {
  readonly providers: ReadonlyMap<string, Provider>;
  readonly now: () => number;
  readonly log: Logger;
  readonly logIds: (taskId: string) => LogContext;
  /** The job has ended, is lost, or ran longer than it may: the task has a step to take. */
  readonly onOutcome: (task: TaskIn<'running'>, outcome: StatusOutcome) => void;
  /** Writes what changed, in one transaction. */
  readonly onProgress: (tasks: readonly TaskIn<'running'>[]) => Promise<void>;
}

/**
 * Looks at running jobs.
 *
 * Invariants:
 * B1. A look that tells nothing new writes nothing.
 * B2. No timer of its own and none per task: `look` is called again and again, and takes what is due then.
 * B3. It holds hints only. What it forgets, the sweep puts back; what it tells of a task that has moved on, the row's
 *     `seq` and the attempt's id make void.
 */
export class PollBoard {
  readonly #options: BoardOptions;
  readonly #entries = new Map<string, Entry>();
  /** Jobs put here unseen, by their provider's name: it may not know yet that they run. */
  readonly #unseen = new Map<string, Set<string>>();
  readonly #lines = new Map<Provider, { readonly waiting: Entry[]; active: number }>();
  #changed = new Map<string, TaskIn<'running'>>();

  constructor(options: BoardOptions) {
    this.#options = options;
  }

  /** Looks at the task's job in `afterMs`, and from then on as often as its provider advises. */
  watch(task: TaskIn<'running'>, operation: ProviderOperation, afterMs: number): void {
    const provider = this.#options.providers.get(task.provider);
    if (provider === undefined) return;
    const nextAt = this.#options.now() + afterMs;
    const known = this.#entries.get(task.id);
    if (known?.task.attemptId !== task.attemptId) {
      this.#entries.set(task.id, { task, provider, operation, nextAt, busy: false });
      return;
    }
    known.task = task;
    known.nextAt = nextAt;
  }

  /** Looks at once at a job that an earlier process started. */
  takeOver(task: TaskIn<'running'>, operation: ProviderOperation): void {
    if (this.#watches(task)) return;
    this.watch(task, operation, 0);
    this.#unseen.set(task.provider, (this.#unseen.get(task.provider) ?? new Set()).add(task.id));
  }

  /** Jobs taken over from an earlier process that were not looked at yet. */
  unseen(provider: string): number {
    return this.#unseen.get(provider)?.size ?? 0;
  }

  #watches({ id, attemptId }: TaskIn<'running'>): boolean {
    return this.#entries.get(id)?.task.attemptId === attemptId;
  }

  /** The job that is looked at for the task. */
  operation(taskId: string): ProviderOperation | undefined {
    return this.#entries.get(taskId)?.operation;
  }

  forget(taskId: string): void {
    this.#entries.delete(taskId);
    for (const tasks of this.#unseen.values()) tasks.delete(taskId);
    this.#changed.delete(taskId);
  }

  /** Looks at all jobs at once, whenever their time would have come. */
  lookAtAll(): void {
    const now = this.#options.now();
    for (const entry of this.#entries.values()) entry.nextAt = Math.min(entry.nextAt, now);
  }

  /** Starts the looks that are due and writes what earlier ones changed. Never rejects. */
  async look(): Promise<void> {
    const now = this.#options.now();
    for (const entry of this.#entries.values()) if (!entry.busy && entry.nextAt <= now) this.#enqueue(entry);
    await this.#flush();
  }

  #enqueue(entry: Entry): void {
    const line = this.#lines.get(entry.provider) ?? { waiting: [], active: 0 };
    this.#lines.set(entry.provider, line);
    entry.busy = true;
    line.waiting.push(entry);
    if (line.active < maximumLooks) void this.#work(line);
  }

  async #work(line: { readonly waiting: Entry[]; active: number }): Promise<void> {
    line.active += 1;
    for (let entry = line.waiting.shift(); entry !== undefined; entry = line.waiting.shift()) {
      const { task } = entry;
      if (this.#entries.get(task.id) === entry)
        await inLogContext(this.#options.logIds(task.id), () => this.#lookAt(entry));
      entry.busy = false;
    }
    line.active -= 1;
  }

  async #lookAt(entry: Entry): Promise<void> {
    const { now, log } = this.#options;
    const { attemptId, request } = entry.task;
    hideFromLog(request.prompt, request.negativePrompt);
    try {
      const outcome = await entry.provider.status(entry.operation);
      this.#unseen.get(entry.task.provider)?.delete(entry.task.id);
      if (this.#entries.get(entry.task.id)?.task.attemptId === attemptId) this.#take(entry, outcome);
    } catch (error) {
      entry.nextAt = now() + troublePauseMs;
      log.error({ err: error }, 'a job could not be looked at; it will be looked at again');
    }
  }

  #take(entry: Entry, outcome: StatusOutcome): void {
    const { task, provider } = entry;
    const ended = outcome.kind !== 'queued' && outcome.kind !== 'running';
    if (ended || ranTooLong(task, provider, this.#options.now())) {
      this.forget(task.id);
      this.#options.onOutcome(task, outcome);
      return;
    }
    entry.nextAt = this.#options.now() + outcome.checkAfterMs;
    const seen = withProgress(task, outcome);
    if (seen === task) return;
    entry.task = seen;
    this.#changed.set(task.id, seen);
  }

  async #flush(): Promise<void> {
    if (this.#changed.size === 0) return;
    const changed = [...this.#changed.values()];
    this.#changed = new Map();
    try {
      await this.#options.onProgress(changed);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'progress could not be written; the next look brings it again');
    }
  }
}

export function ranTooLong(task: TaskIn<'running'>, provider: Provider, now: number): boolean {
  return now - (task.startedAt ?? task.createdAt) > provider.longestJobMs;
}

/** The task with what a look at its job tells; the same object where that is nothing new. Progress never falls. */
export function withProgress(
  task: TaskIn<'running'>,
  outcome: Extract<StatusOutcome, { readonly kind: 'queued' | 'running' }>,
): TaskIn<'running'> {
  const told = outcome.kind === 'running' ? outcome.progress : undefined;
  const progress = Math.min(99, Math.max(task.progress, Math.floor(told ?? 0)));
  const waiting = outcome.kind === 'queued';
  return progress === task.progress && waiting === task.waiting ? task : { ...task, progress, waiting };
}
