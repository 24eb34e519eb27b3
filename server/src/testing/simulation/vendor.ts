import type { StartInput } from '../../contract/index.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** What a vendor can do. */
export interface VendorTraits {
  readonly name: string;
  readonly free: boolean;
  /** What it lets one look for: the job itself, only what has come of it, or nothing. */
  readonly finds: 'jobs' | 'results' | 'nothing';
  readonly cancels: boolean;
  readonly sendsWebhooks: boolean;
  /** Jobs that it takes at once. */
  readonly places: number;
}

/** `stuck` is shown as running for ever. */
type JobEnd = 'done' | 'failed' | 'moderated' | 'stuck';

/** A job as the vendor has it: the truth that the server has to find out. */
export interface Job {
  readonly key: string;
  readonly attemptId: string;
  readonly taskId: string;
  /** From when it is seen: a request may be on its way for long after its sender gave up. */
  readonly visibleAt: number;
  finishAt: number;
  end: JobEnd;
  costMicros: number;
  /** From then on the vendor does not know it any more. */
  lostAt: number;
}

export const longestJobMs = 4 * 60_000;
export const submitTimeoutMs = 60_000;

const ends: readonly { readonly weight: number; readonly end: JobEnd }[] = [
  { weight: 80, end: 'done' },
  { weight: 8, end: 'failed' },
  { weight: 8, end: 'moderated' },
  { weight: 2, end: 'stuck' },
];

export interface VendorSurroundings {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly trace: (line: string) => void;
  /** Sends a delivery to the attempt's address. */
  readonly deliver: (vendor: Vendor, job: Job) => void;
}

/** A place that takes jobs, runs them and charges for them, whatever becomes of the process that asked. */
export class Vendor {
  readonly traits: VendorTraits;
  /** Jobs by key. */
  readonly jobs = new Map<string, Job>();
  /** Attempts whose bytes left, and those of them whose bytes left after their deadline. */
  readonly sent: string[] = [];
  readonly late: string[] = [];
  /** Attempts whose bytes left and whose answer has not arrived, nor ever will where their process has died. */
  readonly underWay = new Set<string>();
  readonly #surroundings: VendorSurroundings;
  readonly #listeners = new Set<(key: string) => void>();

  constructor(traits: VendorTraits, surroundings: VendorSurroundings) {
    this.traits = traits;
    this.#surroundings = surroundings;
  }

  /** The bytes have left. Takes the job, now or when they arrive. */
  take(input: StartInput, arrivesInMs: number): Job {
    const { timeline, random, trace } = this.#surroundings;
    const visibleAt = timeline.now + arrivesInMs;
    const { end } = random.weighted(ends);
    const isOverlong = random.chance(0.04);
    const finishAt = visibleAt + (isOverlong ? longestJobMs * 1.3 : random.spread(100, longestJobMs));
    const isLost = random.chance(this.traits.free ? 0.15 : 0.04);
    const job: Job = {
      key: `job-${input.attemptId}`,
      attemptId: input.attemptId,
      taskId: input.taskId,
      visibleAt,
      finishAt,
      end,
      costMicros: this.#priceOf(end),
      lostAt: isLost ? visibleAt + random.spread(100, 2 * longestJobMs) : Number.POSITIVE_INFINITY,
    };
    this.jobs.set(job.key, job);
    trace(`${this.traits.name} takes ${job.key} of ${job.taskId}: ${end} in ${finishAt - timeline.now} ms`);
    this.#announce(job);
    return job;
  }

  /** Undefined where the vendor does not know it, or not yet, or not any more. */
  known(key: string): Job | undefined {
    const { now } = this.#surroundings.timeline;
    const job = this.jobs.get(key);
    return job !== undefined && job.visibleAt <= now && now < job.lostAt ? job : undefined;
  }

  isFinished(job: Job): boolean {
    return job.end !== 'stuck' && job.finishAt <= this.#surroundings.timeline.now;
  }

  room(): number {
    const unfinished = [...this.jobs.values()].filter(
      (job) => job.end !== 'stuck' && !this.isFinished(job) && this.known(job.key),
    );
    return Math.max(0, this.traits.places - unfinished.length);
  }

  stop(key: string): void {
    const job = this.known(key);
    if (job === undefined || this.isFinished(job)) return;
    job.end = 'failed';
    job.costMicros = 0;
    job.finishAt = this.#surroundings.timeline.now;
  }

  /** Whatever runs ends now, except what is stuck. */
  finishAll(): void {
    const { now } = this.#surroundings.timeline;
    for (const job of this.jobs.values()) job.finishAt = Math.min(job.finishAt, Math.max(now, job.visibleAt));
  }

  listen(listener: (key: string) => void): void {
    this.#listeners.add(listener);
  }

  #priceOf(end: JobEnd): number {
    if (this.traits.free) return 0;
    const { random } = this.#surroundings;
    if (end === 'done') return random.between(1, 500);
    return end === 'moderated' ? random.between(1, 50) : 0;
  }

  /** Early, late, twice or never. */
  #announce(job: Job): void {
    const { timeline, random, deliver } = this.#surroundings;
    if (random.chance(0.5)) {
      timeline.at(job.finishAt, undefined, () => {
        for (const listener of this.#listeners) listener(job.key);
      });
    }
    if (!this.traits.sendsWebhooks) return;
    const times = [job.visibleAt, job.visibleAt + random.spread(1, longestJobMs), job.finishAt, job.finishAt + 60_000];
    for (const time of times) if (random.chance(0.3)) timeline.at(time, undefined, () => deliver(this, job));
  }
}
