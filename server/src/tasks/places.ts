/**
 * Tasks on their way to a provider: each takes a place there before the provider knows of its job, else too many would
 * set out at once.
 *
 * Invariants:
 * P1. A task has a place at one provider at most, and waits for one at one provider at most.
 * P2. Who has set out and finds no room goes before those that still queue.
 *
 * Kept in memory only: after a restart every task asks for its place again.
 */
export class Places {
  readonly #taken = new Map<string, Set<string>>();
  readonly #awaited = new Map<string, Set<string>>();

  /** Has the task take a place, where it has none there yet and there is `room`. False: it waits for one from now on. */
  take(taskId: string, provider: string, room: number): boolean {
    const taken = setAt(this.#taken, provider);
    if (taken.has(taskId)) return true;
    const awaited = setAt(this.#awaited, provider);
    // It keeps its turn.
    if (room <= 0 && awaited.has(taskId)) return false;
    this.forget(taskId);
    (room > 0 ? taken : awaited).add(taskId);
    return room > 0;
  }

  /** The task has arrived, or is not worked on any more: its job speaks for itself, or it asks again. */
  giveBack(taskId: string): void {
    for (const tasks of this.#taken.values()) tasks.delete(taskId);
  }

  /** The task goes nowhere any more. */
  forget(taskId: string): void {
    this.giveBack(taskId);
    for (const tasks of this.#awaited.values()) tasks.delete(taskId);
  }

  /** How many places are taken. */
  taken(provider: string): number {
    return this.#taken.get(provider)?.size ?? 0;
  }

  /** Who waits for a place, the longest first. */
  awaiting(provider: string): readonly string[] {
    return [...(this.#awaited.get(provider) ?? [])];
  }
}

function setAt(sets: Map<string, Set<string>>, key: string): Set<string> {
  const set = sets.get(key) ?? new Set();
  sets.set(key, set);
  return set;
}
