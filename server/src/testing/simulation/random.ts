/** Chance that is the same on every machine for the same seed (Mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** At least 0, less than 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** A whole number whose order of magnitude is what chance decides: most waits are short and a few are very long. */
  spread(least: number, most: number): number {
    return Math.round(least * (most / least) ** this.next());
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.next() * items.length)];
    if (item === undefined) throw new Error('there is nothing to pick from');
    return item;
  }

  /** One of the items, each as likely as its weight says. */
  weighted<Item extends { readonly weight: number }>(items: readonly Item[]): Item {
    let point = this.next() * items.reduce((sum, { weight }) => sum + weight, 0);
    for (const item of items) {
      point -= item.weight;
      if (point < 0) return item;
    }
    return this.pick(items);
  }
}
