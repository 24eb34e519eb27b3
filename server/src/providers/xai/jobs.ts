/** A job that nobody has asked about for this long is not counted any more: its task ended without us. */
const forgottenAfterMs = 10 * 60_000;

/**
 * What this process knows of its jobs at the provider: which run, and how often in a row a look at one has failed.
 * Starts empty; each job comes back with the first look at it.
 */
export class Jobs {
  readonly #now: () => number;
  readonly #seen = new Map<string, { readonly at: number; readonly troubles: number; readonly missing: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The job runs, and could be looked at. */
  running(id: string): void {
    this.#seen.set(id, { at: this.#now(), troubles: 0, missing: 0 });
  }

  /** A look failed; answers how often in a row. */
  trouble(id: string): number {
    const troubles = (this.#seen.get(id)?.troubles ?? 0) + 1;
    this.#seen.set(id, { at: this.#now(), troubles, missing: 0 });
    return troubles;
  }

  /** The provider said that it does not know the job; answers how often in a row. */
  missing(id: string): number {
    const before = this.#seen.get(id);
    const missing = (before?.missing ?? 0) + 1;
    this.#seen.set(id, { at: this.#now(), troubles: before?.troubles ?? 0, missing });
    return missing;
  }

  ended(id: string): void {
    this.#seen.delete(id);
  }

  count(): number {
    const oldest = this.#now() - forgottenAfterMs;
    for (const [id, { at }] of this.#seen) if (at < oldest) this.#seen.delete(id);
    return this.#seen.size;
  }
}
