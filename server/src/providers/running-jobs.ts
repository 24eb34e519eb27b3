import type { Unclear } from '../contract/index.ts';
import { type Answer, retryAfterMs } from './exchange.ts';

/** A job that nobody has asked about for this long is not counted any more: its task ended without us. */
const forgottenAfterMs = 10 * 60_000;

/** Answers in a row by which a provider does not know a job before it counts as lost. */
const missingLooks = 3;

/** Pauses before the next look at a job, in milliseconds. */
export interface Pauses {
  /** After a look that told nothing; twice as long after each further one in a row, up to the longest. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** After the provider said that it does not know the job. */
  readonly missingMs: number;
}

const usualPauses: Pauses = { firstMs: 5_000, longestMs: 2 * 60_000, missingMs: 5_000 };

type State = 'queued' | 'running';

interface Later {
  readonly kind: State;
  readonly checkAfterMs: number;
  readonly unclear: Unclear;
}

interface Seen {
  readonly at: number;
  readonly state: State;
  readonly troubles: number;
  readonly missing: number;
}

/**
 * What this process knows of its jobs at one provider: which run, and how often in a row a look at one told nothing.
 * Starts empty; each job comes back with the first look at it.
 */
export class RunningJobs {
  readonly #now: () => number;
  readonly #pauses: Pauses;
  readonly #seen = new Map<string, Seen>();

  constructor(now: () => number, pauses: Partial<Pauses> = {}) {
    this.#now = now;
    this.#pauses = { ...usualPauses, ...pauses };
  }

  seen(id: string, state: State): void {
    this.#note(id, { state, troubles: 0, missing: 0 });
  }

  /**
   * A look told nothing: the state is what it was, the next look comes later, and not before the time that the answer
   * asks for.
   */
  unclear(id: string, answer?: Pick<Answer, 'status' | 'headers'>): Later {
    const { state, troubles } = this.#last(id);
    this.#note(id, { state, troubles: troubles + 1, missing: 0 });
    const { firstMs, longestMs } = this.#pauses;
    const pauseMs = Math.min(longestMs, firstMs * 2 ** Math.min(troubles, 16));
    const askedMs = answer === undefined ? 0 : (retryAfterMs(answer, this.#now()) ?? 0);
    return { kind: state, checkAfterMs: Math.max(pauseMs, askedMs), unclear: reasonOf(answer) };
  }

  /** The provider said that it does not know the job; once may be a fault of its own. */
  missing(id: string): { readonly kind: 'lost' } | Later {
    const { state, troubles, missing } = this.#last(id);
    if (missing + 1 >= missingLooks) {
      this.ended(id);
      return { kind: 'lost' };
    }
    this.#note(id, { state, troubles, missing: missing + 1 });
    return { kind: state, checkAfterMs: this.#pauses.missingMs, unclear: 'not-known' };
  }

  ended(id: string): void {
    this.#seen.delete(id);
  }

  count(): number {
    const oldest = this.#now() - forgottenAfterMs;
    for (const [id, { at }] of this.#seen) {
      if (at >= oldest) break;
      this.#seen.delete(id);
    }
    return this.#seen.size;
  }

  /** The newest last, so that the forgotten ones are found without a walk past all others. */
  #note(id: string, seen: Omit<Seen, 'at'>): void {
    this.#seen.delete(id);
    this.#seen.set(id, { at: this.#now(), ...seen });
  }

  #last(id: string): Seen {
    return this.#seen.get(id) ?? { at: 0, state: 'running', troubles: 0, missing: 0 };
  }
}

function reasonOf(answer: Pick<Answer, 'status'> | undefined): Unclear {
  if (answer === undefined) return 'unanswered';
  return answer.status === 429 || answer.status === 503 ? 'limited' : 'unreadable';
}
