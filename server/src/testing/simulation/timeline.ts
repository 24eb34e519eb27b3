import type { Random } from './random.ts';

/** Whose turn it is: what belongs to a dead owner never happens, what belongs to a frozen one waits until it thaws. */
export interface Owner {
  readonly dead: boolean;
  readonly frozenUntil: number;
}

interface Entry {
  at: number;
  /** Decides between entries of the same time. */
  readonly rank: number;
  readonly owner: Owner | undefined;
  readonly run: () => void;
}

/** Virtual time. Nothing happens by itself: whoever holds it takes one entry after the other. */
export class Timeline {
  now = 1_800_000_000_000;
  readonly #random: Random;
  #entries: Entry[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** Runs `run` once, at this time or later. Answers what takes it back. */
  at(time: number, owner: Owner | undefined, run: () => void): () => void {
    const entry = { at: time, rank: this.#random.next(), owner, run };
    this.#entries.push(entry);
    return () => {
      this.#entries = this.#entries.filter((other) => other !== entry);
    };
  }

  /** When something is to happen next; infinite where nothing is. */
  nextAt(): number {
    return this.#first()?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Takes the next entry, and lets everything happen that follows from it at once. */
  async step(): Promise<void> {
    const entry = this.#first();
    if (entry === undefined) return;
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    this.now = Math.max(this.now, entry.at);
    entry.run();
    await settled();
  }

  /** Takes every entry up to this time. */
  async advanceTo(time: number): Promise<void> {
    while (this.nextAt() <= time) await this.step();
    this.now = Math.max(this.now, time);
  }

  #first(): Entry | undefined {
    let first: Entry | undefined;
    this.#entries = this.#entries.filter(({ owner }) => owner?.dead !== true);
    for (const entry of this.#entries) {
      if (entry.owner !== undefined) entry.at = Math.max(entry.at, entry.owner.frozenUntil);
      if (first === undefined || entry.at < first.at || (entry.at === first.at && entry.rank < first.rank))
        first = entry;
    }
    return first;
  }
}

/**
 * Resolves when nothing can go on by itself any more: promises settle within one turn of the event loop, and what asked
 * for the next turn has had it.
 */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
