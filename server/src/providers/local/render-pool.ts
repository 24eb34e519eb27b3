import { AsyncLocalStorage } from 'node:async_hooks';
import type { Confinement, RenderJob } from '@reelay/renderer';
import type { ProviderFailure, StatusOutcome } from '../../contract/index.ts';
import { fullDiskFault } from '../../errors.ts';
import type { Directives } from './directives.ts';
import { askedFailures, failureOfRender } from './errors.ts';
import { render } from './render-child.ts';

/** Ends of jobs that are remembered, so that a late look still finds its answer. */
const rememberedEnds = 1_000;

/** Pause before an asked-for failure, so that the job is seen running, in milliseconds. */
const failureDelayMs = 300;

/** Progress at the end of `[reelay:slow]`: the rendering takes the rest. */
const slowShare = 30;

const newsIntervalMs = 400;

interface Entry {
  readonly id: string;
  readonly job: RenderJob;
  readonly directives: Directives;
  readonly abort: AbortController;
  /** Runs what is done for the job as part of the work that asked for it, whoever makes room for it. */
  readonly onBehalf: <Result>(work: () => Result) => Result;
  state: 'waiting' | 'pretending' | 'rendering';
  progress: number;
  toldAt: number;
}

/**
 * Renders jobs, at most one per place, in the order they came. A job is `waiting` until it has a place. What a prompt
 * asks for without rendering (`stuck`, `fail`, the wait of `slow`) takes no place, so it holds nobody up.
 */
export class RenderPool {
  readonly #places: number;
  readonly #ffmpegPath: string;
  readonly #confinement: Confinement | undefined;
  readonly #onNews: (id: string) => void;
  readonly #onRendered: ((seconds: number) => void) | undefined;
  readonly #entries = new Map<string, Entry>();
  /** Without their jobs, whose prompts may be long. */
  readonly #ends = new Map<string, StatusOutcome>();
  readonly #queue: Entry[] = [];
  #rendering = 0;

  constructor(options: {
    readonly places: number;
    readonly ffmpegPath: string;
    readonly confinement: Confinement | undefined;
    readonly onNews: (id: string) => void;
    readonly onRendered: ((seconds: number) => void) | undefined;
  }) {
    this.#places = options.places;
    this.#ffmpegPath = options.ffmpegPath;
    this.#confinement = options.confinement;
    this.#onNews = options.onNews;
    this.#onRendered = options.onRendered;
  }

  /** Jobs that could be taken so that every place stays busy. */
  room(): number {
    return Math.max(0, this.#places * 2 - this.#rendering - this.#queue.length);
  }

  add(id: string, job: RenderJob, directives: Directives): void {
    const entry: Entry = {
      id,
      job,
      directives,
      abort: new AbortController(),
      onBehalf: AsyncLocalStorage.snapshot(),
      state: 'waiting',
      progress: 0,
      toldAt: 0,
    };
    this.#entries.set(id, entry);
    if (directives.ending !== undefined) this.#pretend(entry, directives.ending);
    else if (directives.slowSeconds > 0) this.#delay(entry, directives.slowSeconds * 1_000);
    else this.#enqueue(entry);
  }

  status(id: string): StatusOutcome {
    const entry = this.#entries.get(id);
    if (entry === undefined) return this.#ends.get(id) ?? { kind: 'lost' };
    const checkAfterMs = 2_000;
    if (entry.state === 'waiting') return { kind: 'queued', checkAfterMs };
    return { kind: 'running', progress: entry.progress, checkAfterMs };
  }

  cancel(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.abort.abort();
    const place = this.#queue.indexOf(entry);
    if (place >= 0) this.#queue.splice(place, 1);
    if (entry.state !== 'rendering') this.#end(entry, cancelled);
  }

  close(): void {
    for (const id of this.#entries.keys()) this.cancel(id);
  }

  #pretend(entry: Entry, ending: NonNullable<Directives['ending']>): void {
    entry.state = 'pretending';
    this.#tell(entry);
    if (ending === 'stuck') return;
    const delayMs = failureDelayMs + entry.directives.slowSeconds * 1_000;
    this.#after(entry, delayMs, () =>
      this.#end(entry, { kind: 'failed', failure: askedFailures[ending], costMicros: 0 }),
    );
  }

  #delay(entry: Entry, delayMs: number): void {
    entry.state = 'pretending';
    const startedAt = Date.now();
    const timer = setInterval(() => {
      entry.progress = Math.min(slowShare, ((Date.now() - startedAt) / delayMs) * slowShare);
      this.#tell(entry);
    }, 1_000).unref();
    entry.abort.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    this.#after(entry, delayMs, () => {
      clearInterval(timer);
      this.#enqueue(entry);
    });
    this.#tell(entry);
  }

  #after(entry: Entry, delayMs: number, then: () => void): void {
    const timer = setTimeout(() => entry.abort.signal.aborted || then(), delayMs).unref();
    entry.abort.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }

  #enqueue(entry: Entry): void {
    this.#queue.push(entry);
    this.#fillPlaces();
  }

  #fillPlaces(): void {
    while (this.#rendering < this.#places) {
      const entry = this.#queue.shift();
      if (entry === undefined) return;
      this.#rendering += 1;
      void entry
        .onBehalf(() => this.#render(entry))
        .finally(() => {
          this.#rendering -= 1;
          this.#fillPlaces();
        });
    }
  }

  async #render(entry: Entry): Promise<void> {
    entry.state = 'rendering';
    const floor = entry.progress;
    this.#tell(entry);
    const begun = performance.now();
    const outcome = await this.#outcome(entry, floor);
    this.#onRendered?.((performance.now() - begun) / 1_000);
    this.#end(entry, outcome);
  }

  async #outcome(entry: Entry, floor: number): Promise<StatusOutcome> {
    const attempt = () =>
      render({
        job: entry.job,
        ffmpegPath: this.#ffmpegPath,
        confinement: this.#confinement,
        signal: entry.abort.signal,
        onProgress: (fraction) => {
          entry.progress = Math.max(entry.progress, floor + fraction * (99 - floor));
          if (Date.now() - entry.toldAt >= newsIntervalMs) this.#tell(entry);
        },
      });
    try {
      const first = await attempt();
      const isInterrupted = first.type === 'error' && first.code === 'interrupted';
      const result = isInterrupted && !entry.abort.signal.aborted ? await attempt() : first;
      if (entry.abort.signal.aborted) return cancelled;
      if (result.type === 'done') return { kind: 'done', outputs: [{ path: entry.job.outputPath }], costMicros: 0 };
      return failed(failureOfRender(result.code, result.message));
    } catch (error) {
      const full = fullDiskFault(error);
      return failed(failureOfRender(full === undefined ? 'render_failed' : 'disk_full', full ?? String(error)));
    }
  }

  #end(entry: Entry, outcome: StatusOutcome): void {
    if (!this.#entries.delete(entry.id)) return;
    this.#ends.set(entry.id, outcome);
    const [oldest] = this.#ends.keys();
    if (this.#ends.size > rememberedEnds && oldest !== undefined) this.#ends.delete(oldest);
    this.#tell(entry);
  }

  #tell(entry: Entry): void {
    entry.toldAt = Date.now();
    this.#onNews(entry.id);
  }
}

function failed(failure: ProviderFailure): StatusOutcome {
  return { kind: 'failed', failure, costMicros: 0 };
}

const cancelled: StatusOutcome = failed({ code: 'request_cancelled', message: 'the job was cancelled' });
