import type { Logger } from 'pino';

/** Steps that count, in milliseconds: a clock that is kept right is moved by less. */
const smallestMs = 1_000;

interface Clocks {
  readonly now: () => number;
  /** Milliseconds that have passed, whatever the clock is set to. */
  readonly elapsed: () => number;
}

/**
 * A clock for each task, right when it is first looked at and never set after that: what a task waits for is not over because the system's
 * clock jumped ahead.
 */
export class SteadyClocks {
  readonly #clocks: Clocks;
  readonly #leads = new Map<string, number>();

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
  }

  now(taskId: string): number {
    const { now, elapsed } = this.#clocks;
    const lead = this.#leads.get(taskId) ?? now() - elapsed();
    this.#leads.set(taskId, lead);
    return elapsed() + lead;
  }

  forget(taskId: string): void {
    this.#leads.delete(taskId);
  }
}

/**
 * Answers whether the clock was set back since the last call. What was to be done at a time by the clock before would else wait until that
 * time comes again.
 */
export function createStepWatch({ now, elapsed, log }: Clocks & { readonly log: Logger }): () => boolean {
  let lead = now() - elapsed();
  return () => {
    const before = lead;
    lead = now() - elapsed();
    if (before - lead < smallestMs) return false;
    log.warn({ ms: Math.round(before - lead) }, 'the clock was set back: all that is under way is looked at now');
    return true;
  };
}
