import type { Caller } from '../contract/index.ts';
import { ReelayError } from '../errors.ts';

/** How many may be inside at once. */
export interface AdmissionLimits {
  readonly perKey: number;
  readonly perAccount: number;
  readonly total: number;
}

/** Seconds after which somebody who found no room may try again. */
const retryAfterSeconds = 5;

/** Lets a bounded number in at once, so that no key takes an account's places and no account the server's. */
export class Admission {
  readonly #what: string;
  readonly #limits: AdmissionLimits;
  readonly #inside = new Map<string, number>();
  #total = 0;

  /** What is let in, in the plural, such as `event streams`. */
  constructor(what: string, limits: AdmissionLimits) {
    this.#what = what;
    this.#limits = limits;
  }

  /** Throws `too_many_at_once`, or `service_unavailable` where others took all places; answers what ends the stay. */
  enter({ keyId, accountId }: Pick<Caller, 'keyId' | 'accountId'>): () => void {
    const { perKey, perAccount, total } = this.#limits;
    this.#refuseAbove(keyId, perKey, 'key');
    this.#refuseAbove(accountId, perAccount, 'account');
    if (this.#total >= total) {
      const message = `the server has its ${total} ${this.#what} open`;
      throw new ReelayError('service_unavailable', message, { retryAfterSeconds });
    }
    this.#count(1, keyId, accountId);
    let left = false;
    return () => {
      if (!left) this.#count(-1, keyId, accountId);
      left = true;
    };
  }

  #refuseAbove(id: string, limit: number, owner: string): void {
    if ((this.#inside.get(id) ?? 0) < limit) return;
    const message = `this ${owner} has its ${limit} ${this.#what} open`;
    throw new ReelayError('too_many_at_once', message, { retryAfterSeconds });
  }

  #count(change: 1 | -1, ...ids: readonly string[]): void {
    this.#total += change;
    for (const id of ids) {
      const inside = (this.#inside.get(id) ?? 0) + change;
      if (inside === 0) this.#inside.delete(id);
      else this.#inside.set(id, inside);
    }
  }
}
