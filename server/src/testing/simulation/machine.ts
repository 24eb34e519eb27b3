import type { Random } from './random.ts';
import type { Owner, Timeline } from './timeline.ts';

/** How long a call may take: `probability` that it takes time at all, and the longest it may be. */
export interface Delay {
  readonly probability: number;
  readonly longestMs: number;
}

interface Timer {
  readonly ms: number;
  readonly work: () => void;
}

export interface Surroundings {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly trace: (line: string) => void;
  /** From now on everything is well, and nothing takes time. */
  readonly isKind: () => boolean;
}

/** What never comes: a dead process gets no answer. One for each call, so that what waits for it can be forgotten. */
export const never = () => new Promise<never>(() => undefined);

/**
 * A process that can die or freeze.
 *
 * Invariants:
 * M1. Everything that reaches beyond the process passes a seam, before and after. At a seam it may be delayed, frozen or
 *     killed; between two seams nothing else happens.
 * M2. What is dead never goes on: its calls get no answer and its timers do not ring.
 */
export class Machine implements Owner {
  readonly name: string;
  dead = false;
  frozenUntil = 0;
  /** The longest that it freezes, whatever it was told: less while everybody waits for what it holds. */
  longestFrostMs = Number.POSITIVE_INFINITY;
  readonly #surroundings: Surroundings;
  readonly #timers = new Set<Timer>();
  readonly #onDeath: (() => void)[] = [];
  #seamsToDeath = Number.POSITIVE_INFINITY;
  #seamsToFrost = Number.POSITIVE_INFINITY;
  #frostMs = 0;

  constructor(name: string, surroundings: Surroundings) {
    this.name = name;
    this.#surroundings = surroundings;
  }

  get isFrozen(): boolean {
    return this.frozenUntil > this.#surroundings.timeline.now;
  }

  get timers(): readonly Timer[] {
    return [...this.#timers];
  }

  onDeath(work: () => void): void {
    this.#onDeath.push(work);
  }

  /** Dies at the seam that is this many ahead. */
  armDeath(seams: number): void {
    this.#seamsToDeath = seams;
  }

  /** Freezes at the seam that is this many ahead. */
  armFrost(seams: number, ms: number): void {
    this.#seamsToFrost = seams;
    this.#frostMs = ms;
  }

  disarm(): void {
    this.#seamsToDeath = Number.POSITIVE_INFINITY;
    this.#seamsToFrost = Number.POSITIVE_INFINITY;
  }

  kill(): void {
    if (this.dead) return;
    this.dead = true;
    this.#timers.clear();
    for (const work of this.#onDeath) work();
  }

  /** Passes a seam and then does `work`, with nothing in between: once dead it is not done. */
  async seam<Answer>(place: string, delay: Delay, work: () => Answer): Promise<Answer> {
    await this.#pass(place, delay);
    return this.dead ? never() : work();
  }

  async #pass(place: string, delay: Delay): Promise<void> {
    const { timeline, random, trace, isKind } = this.#surroundings;
    if (this.dead) return;
    this.#seamsToDeath -= 1;
    this.#seamsToFrost -= 1;
    if (this.#seamsToDeath === 0) {
      trace(`${this.name} dies at ${place}`);
      this.kill();
      return;
    }
    if (this.#seamsToFrost === 0) {
      const frostMs = Math.min(this.#frostMs, this.longestFrostMs);
      trace(`${this.name} freezes for ${frostMs} ms at ${place}`);
      this.frozenUntil = timeline.now + frostMs;
    }
    if (!this.isFrozen && (isKind() || !random.chance(delay.probability))) return;
    await this.pause(random.chance(0.3) ? 0 : random.spread(1, delay.longestMs));
  }

  readonly pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (!this.dead) this.#surroundings.timeline.at(this.#surroundings.timeline.now + ms, this, resolve);
    });

  readonly every = (ms: number, work: () => void): (() => void) => {
    const timer = { ms, work };
    if (!this.dead) this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };
}
