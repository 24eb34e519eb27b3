import { createStore, useStore } from '../store.ts';

/** Results picked for the comparison, at most two: a third takes the place of the first. */
const picks = createStore<readonly string[]>([]);

export function usePicks(): readonly string[] {
  return useStore(picks);
}

export function togglePick(id: string): void {
  picks.set((before) => (before.includes(id) ? before.filter((one) => one !== id) : [...before, id].slice(-2)));
}

export function dropPicks(): void {
  picks.set((before) => (before.length === 0 ? before : []));
}
