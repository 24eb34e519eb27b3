import type { DueDelivery } from './deliveries.ts';

/** Deliveries that one server sends at once, to one receiver, and to one that failed last. */
const maximumInFlight = 128;
const maximumPerHost = 4;
const maximumPerFailingHost = 1;

/** Of one account: however many receivers of it are stuck, others have as many places. */
const maximumPerAccount = 64;

/** Failing receivers that are remembered. */
const maximumRemembered = 10_000;

/** Counts what is being sent, so that a receiver that is stuck holds up nobody but itself. */
export class Receivers {
  readonly #hosts = new Map<string, number>();
  readonly #accounts = new Map<string, number>();
  readonly #failing = new Set<string>();
  #inFlight = 0;

  get room(): number {
    return maximumInFlight - this.#inFlight;
  }

  get fullHosts(): readonly string[] {
    return [...this.#hosts.keys()].filter((host) => this.#hostRoom(host) <= 0);
  }

  get fullAccounts(): readonly string[] {
    return [...this.#accounts].filter(([, count]) => count >= maximumPerAccount).map(([account]) => account);
  }

  /** Takes places for as many of these as there are. */
  take(due: readonly DueDelivery[]): readonly DueDelivery[] {
    return due.filter((delivery) => {
      const { host, accountId } = delivery;
      const hasRoom =
        this.room > 0 && this.#hostRoom(host) > 0 && (this.#accounts.get(accountId) ?? 0) < maximumPerAccount;
      if (hasRoom) this.#count(delivery, 1);
      return hasRoom;
    });
  }

  giveBack(delivery: DueDelivery): void {
    this.#count(delivery, -1);
  }

  told(host: string, { failed }: { readonly failed: boolean }): void {
    this.#failing.delete(host);
    if (this.#failing.size >= maximumRemembered) this.#failing.clear();
    if (failed) this.#failing.add(host);
  }

  #hostRoom(host: string): number {
    const maximum = this.#failing.has(host) ? maximumPerFailingHost : maximumPerHost;
    return maximum - (this.#hosts.get(host) ?? 0);
  }

  #count({ host, accountId }: DueDelivery, change: 1 | -1): void {
    this.#inFlight += change;
    grow(this.#hosts, host, change);
    grow(this.#accounts, accountId, change);
  }
}

function grow(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
