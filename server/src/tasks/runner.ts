import { isPutOff, isTerminal, type Provider, type StatusOutcome, type Task, type TaskIn } from '../contract/index.ts';
import { hideFromLog, inLogContext } from '../log/log-context.ts';
import { createStepWatch, SteadyClocks } from './clock-step.ts';
import { followUpJobs } from './follow-up.ts';
import { Places } from './places.ts';
import { PollBoard } from './poll-board.ts';
import { reclaim, removeStaleWork, type StepContext, tidy, watchLeaseMs } from './steps/context.ts';
import { keepOutputs } from './steps/keep.ts';
import { poll } from './steps/poll.ts';
import { begin, prepareInputs } from './steps/prepare.ts';
import { search } from './steps/search.ts';
import { submit, takeUp } from './steps/submit.ts';

/** How often overdue tasks are looked for, in milliseconds: what a lost wake-up costs at most. */
const sweepIntervalMs = 1_000;

/** How often running jobs are looked for whose time has come, in milliseconds. */
const lookIntervalMs = 200;

/** Running jobs taken over from an earlier process in one sweep. */
const takenAtOnce = 2_000;

/** Tasks worked on at once by this process. */
const maximumInFlight = 64;

/** How long a stop waits for steps under way, in milliseconds. */
const drainMs = 25_000;

/** Pause after a step that failed by a defect or a database that does not answer, in milliseconds. */
const troublePauseMs = 1_000;

interface Slot {
  /** A wake-up came while the task was being worked on. */
  again: boolean;
  done: Promise<void>;
}

/** Other servers on the same database. */
export interface Company {
  /** This one, as task rows name it. */
  readonly server: string;
  /** Has whoever works on the task look at it again. */
  readonly pass: (taskId: string) => void;
}

interface RunnerOptions extends Omit<StepContext, 'cancelled' | 'searchClocks' | 'shared' | 'takePlace' | 'watch'> {
  readonly company?: Company;
}

/**
 * Takes tasks from wake-up to wake-up.
 *
 * Invariants:
 * R1. A wake-up is a hint: it may come twice, late or never. The row decides, and the sweep finds every overdue live task.
 * R2. One task is worked on once at a time in this process; across processes the row's `seq` sees to it.
 * R3. Queued tasks start in the order they came. Nothing is sent to a provider that has no room.
 * R4. A running job is looked at from the board. It becomes work here when there is something to do about it.
 * R5. A live task that names another server is left to that one, which is told; the sweep gets it once that server is gone.
 */
export class Runner {
  readonly #context: StepContext;
  readonly #company: Company | undefined;
  readonly #aborts = new Map<string, AbortController>();
  readonly #inFlight = new Map<string, Slot>();
  /** Tasks woken while too many others were worked on. */
  readonly #later = new Set<string>();
  readonly #board: PollBoard;
  /** What the board has told of a job, until the task's step takes it. */
  readonly #told = new Map<string, { readonly attemptId: string; readonly outcome: StatusOutcome }>();
  /** Tasks whose step broke off here, say by a database that did not answer: ours to go on with, whatever their lease says. */
  readonly #interrupted = new Set<string>();
  readonly #places = new Places();
  readonly #ends: (() => void)[] = [];
  readonly #wasSetBack: () => boolean;
  #sweeping = false;
  #admitting = false;
  #admitAgain = false;
  /** False of a server that only takes requests. */
  #works = false;
  #started = false;
  #stopping = false;

  constructor({ company, ...context }: RunnerOptions) {
    this.#company = company;
    this.#wasSetBack = createStepWatch(context);
    this.#board = new PollBoard({
      ...context,
      onProgress: (tasks) => context.store.progress(tasks),
      onOutcome: (task, outcome) => {
        this.#told.set(task.id, { attemptId: task.attemptId, outcome });
        void this.wake(task.id);
      },
    });
    this.#context = {
      ...context,
      searchClocks: new SteadyClocks(context),
      shared: company !== undefined,
      watch: (task, operation, afterMs) => this.#board.watch(task, operation, afterMs),
      takePlace: (taskId, provider) => this.#places.take(taskId, provider.name, this.#freeRoom(provider)),
      cancelled: (taskId) => {
        const controller = this.#aborts.get(taskId) ?? new AbortController();
        this.#aborts.set(taskId, controller);
        return controller.signal;
      },
    };
  }

  async start(): Promise<void> {
    this.#works = true;
    if (this.#company === undefined) await this.#context.store.makeAllDue();
    await removeStaleWork(this.#context);
    for (const provider of this.#context.providers.values()) {
      provider.onNews?.((operationKey) => void this.#news(provider, operationKey));
    }
    // Before anything sets out: what runs already takes up room.
    while ((await this.#takeRunning()) > 0);
    this.#started = true;
    const { every } = this.#context;
    this.#ends.push(every(sweepIntervalMs, () => void this.sweep()));
    this.#ends.push(every(lookIntervalMs, () => void this.#board.look()));
    void this.sweep();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const end of this.#ends) end();
    const steps = Promise.all([...this.#inFlight.values()].map(({ done }) => done));
    await Promise.race([steps, this.#context.pause(drainMs)]);
    for (const provider of this.#context.providers.values()) await provider.close?.();
    if (this.#company !== undefined) await this.#context.store.handOver();
  }

  /** Resolves when the steps that could be taken were taken. Never rejects. */
  wake(taskId: string): Promise<void> {
    const running = this.#inFlight.get(taskId);
    if (running !== undefined) {
      running.again = true;
      return running.done;
    }
    if (this.#stopping) return Promise.resolve();
    if (!this.#works && this.#company !== undefined) {
      this.#company.pass(taskId);
      return Promise.resolve();
    }
    if (this.#inFlight.size >= maximumInFlight) {
      this.#later.add(taskId);
      return Promise.resolve();
    }
    const slot: Slot = { again: false, done: Promise.resolve() };
    this.#inFlight.set(taskId, slot);
    slot.done = inLogContext(this.#context.logIds(taskId), () => this.#work(taskId, slot)).then(() => {
      this.#wakeLater();
      return this.admit();
    });
    return slot.done;
  }

  #wakeLater(): void {
    const [next] = this.#later;
    if (next === undefined) return;
    this.#later.delete(next);
    void this.wake(next);
  }

  /** Lets waiting tasks go on while their provider has room. Never rejects. */
  async admit(): Promise<void> {
    this.#admitAgain = true;
    if (this.#admitting || !this.#started) return;
    this.#admitting = true;
    try {
      while (this.#admitAgain && !this.#stopping) {
        this.#admitAgain = false;
        for (const provider of this.#context.providers.values()) await this.#admitTo(provider);
      }
    } catch (error) {
      this.#context.log.error({ err: error }, 'waiting tasks could not be read; the sweep tries again');
    } finally {
      this.#admitting = false;
    }
  }

  /** Another server has changed a task that this one may be working on. */
  async heard(taskId: string): Promise<void> {
    if (!this.#started) return;
    const job = this.#board.operation(taskId);
    const task = await this.#context.store.get(taskId);
    if (task === undefined || this.#isElsewhere(task)) return;
    if (task.state !== 'cancelled') return this.wake(taskId);
    this.#aborts.get(taskId)?.abort();
    this.#forget(taskId);
    if (job !== undefined) await this.#context.providers.get(task.provider)?.cancel?.(job);
  }

  /** Stops what is being done for a task that was cancelled, and cleans up behind it. */
  async cancelled(task: Task): Promise<void> {
    this.#aborts.get(task.id)?.abort();
    this.#forget(task.id);
    this.#company?.pass(task.id);
    if ('attemptId' in task) await this.#stopJob(task, task.attemptId);
    await tidy(this.#context, task);
    await this.admit();
  }

  async #admitTo(provider: Provider): Promise<void> {
    const { name } = provider;
    for (const taskId of this.#places.awaiting(name)) {
      // One that is worked on gives its place back with the end of that, and is here again.
      if (this.#inFlight.has(taskId)) continue;
      if (!this.#places.take(taskId, name, this.#freeRoom(provider))) return;
      void this.wake(taskId);
    }
    // No more than can be worked on at once: each end of a step comes here again.
    const own = Math.min(this.#roomForQueue(provider), maximumInFlight - this.#inFlight.size);
    const room = own > 0 && this.#company !== undefined ? Math.min(own, await this.#roomBesideOthers(provider)) : own;
    if (room <= 0) return;
    for (const { id } of await this.#context.store.takeWaiting(name, room)) {
      if (!this.#inFlight.has(id)) void this.wake(id);
    }
  }

  async #roomBesideOthers({ name, maximumJobs }: Provider): Promise<number> {
    if (maximumJobs === undefined) return Number.POSITIVE_INFINITY;
    return maximumJobs - (await this.#context.store.jobsAt(name));
  }

  #roomForQueue(provider: Provider): number {
    return this.#freeRoom(provider) - this.#places.awaiting(provider.name).length;
  }

  #freeRoom(provider: Provider): number {
    if (this.#context.breaker.isOpen(provider.name)) return 0;
    return provider.room() - this.#board.unseen(provider.name) - this.#places.taken(provider.name);
  }

  async #work(taskId: string, slot: Slot): Promise<void> {
    do {
      slot.again = false;
      try {
        await this.#advance(taskId);
      } catch (error) {
        this.#interrupted.add(taskId);
        this.#context.log.error({ err: error }, 'a task could not be advanced; it will be looked at again');
        await this.#context.pause(troublePauseMs);
      }
    } while (slot.again && !this.#stopping);
    this.#inFlight.delete(taskId);
    this.#told.delete(taskId);
    this.#aborts.delete(taskId);
    this.#places.giveBack(taskId);
  }

  async #advance(taskId: string): Promise<void> {
    const ours = this.#interrupted.delete(taskId);
    const found = await this.#context.store.get(taskId);
    if (found === undefined || isTerminal(found.state)) return this.#forget(taskId);
    hideFromLog(found.request.prompt, found.request.negativePrompt);
    if (this.#isElsewhere(found)) {
      this.#forget(taskId);
      return this.#company?.pass(taskId);
    }
    let before = found;
    let task = await this.#resume(found, ours);
    while (task !== undefined && !isTerminal(task.state)) {
      before = task;
      task = await this.#step(task);
      if (task !== undefined && task.state !== 'running') this.#board.forget(taskId);
    }
    if (task === undefined) return;
    this.#forget(taskId);
    await tidy(this.#context, before);
  }

  #isElsewhere({ server }: Task): boolean {
    return this.#company !== undefined && server !== undefined && server !== this.#company.server;
  }

  #forget(taskId: string): void {
    this.#board.forget(taskId);
    this.#places.forget(taskId);
    this.#context.searchClocks.forget(taskId);
  }

  /** A task found in the middle of a step is somebody else's until its lease runs out: then that process is gone. */
  async #resume(task: Task, ours: boolean): Promise<Task | undefined> {
    if (task.state === 'queued' || task.state === 'running' || task.state === 'uncertain') return task;
    if (!ours && !isPutOff(task) && 'dueAt' in task && task.dueAt > this.#context.now()) return undefined;
    if (task.state === 'preparing' || task.state === 'storing') return reclaim(this.#context, task);
    return task.state === 'submitting' ? takeUp(this.#context, task) : task;
  }

  async #step(task: Task): Promise<Task | undefined> {
    const context = this.#context;
    switch (task.state) {
      case 'queued':
        return this.#setOut(task);
      case 'preparing':
        return prepareInputs(context, task);
      case 'submitting':
        return submit(context, task);
      case 'uncertain':
        return search(context, task);
      case 'running':
        this.#places.giveBack(task.id);
        return task.cancelRequestedAt === undefined
          ? poll(context, task, this.#toldOf(task))
          : this.#cancelRunning(task);
      case 'storing':
        return keepOutputs(context, task);
      default:
        return undefined;
    }
  }

  #toldOf({ id, attemptId }: TaskIn<'running'>): StatusOutcome | undefined {
    const told = this.#told.get(id);
    this.#told.delete(id);
    return told?.attemptId === attemptId ? told.outcome : undefined;
  }

  async #setOut(task: TaskIn<'queued'>): Promise<Task | undefined> {
    const provider = this.#context.providers.get(task.provider);
    if (task.fault === undefined) {
      if (provider === undefined) return undefined;
      const room = this.#roomForQueue(provider);
      if (room <= 0) return undefined;
      this.#places.take(task.id, provider.name, room);
    }
    return begin(this.#context, task);
  }

  /** The client cancelled while the submission was under way; now its outcome is known. */
  async #cancelRunning(task: TaskIn<'running'>): Promise<Task | undefined> {
    await this.#stopJob(task, task.attemptId);
    const completedAt = this.#context.now();
    return this.#context.store.transition(task, { ...task, state: 'cancelled', completedAt, costMicros: 0 });
  }

  /** Stops the job where its provider can. */
  async #stopJob(task: Task, attemptId: string): Promise<void> {
    const { attempts, providers } = this.#context;
    const attempt = await attempts.get(attemptId);
    const provider = providers.get(task.provider);
    if (attempt?.operation === undefined || provider === undefined) return;
    await provider.cancel?.(attempt.operation);
  }

  async #news(provider: Provider, operationKey: string): Promise<void> {
    try {
      const taskId = await this.#context.attempts.taskOf(provider.name, operationKey);
      if (taskId !== undefined) await this.wake(taskId);
    } catch (error) {
      this.#context.log.warn({ err: error }, 'news of a provider was lost; the poll will find it');
    }
  }

  /** Looks for everything that is overdue. Never rejects. */
  async sweep(): Promise<void> {
    if (this.#sweeping || this.#stopping) return;
    this.#sweeping = true;
    try {
      if (this.#wasSetBack()) {
        this.#board.lookAtAll();
        await this.#context.store.makeAllDue();
      }
      for (const taskId of this.#interrupted) void this.wake(taskId);
      await this.#takeRunning();
      for (const task of await this.#context.store.due(this.#context.now(), maximumInFlight)) void this.wake(task.id);
      await this.admit();
      await followUpJobs(this.#context);
    } catch (error) {
      this.#context.log.error({ err: error }, 'overdue tasks could not be looked for');
    } finally {
      this.#sweeping = false;
    }
  }

  /** Puts running jobs on the board that are on nobody's: after a restart, or where a process has gone. Answers how many. */
  async #takeRunning(): Promise<number> {
    const now = this.#context.now();
    const jobs = await this.#context.store.takeRunning({ now, dueAt: now + watchLeaseMs, limit: takenAtOnce });
    for (const { task, operation } of jobs) {
      if (!this.#context.providers.has(task.provider)) {
        this.#context.log.warn(
          { task: task.id, provider: task.provider },
          'the job waits: its provider is not configured',
        );
      } else if (operation === undefined || task.cancelRequestedAt !== undefined) {
        void this.wake(task.id);
      } else {
        this.#board.takeOver(task, operation);
      }
    }
    return jobs.length;
  }
}
