import { useHotkeys } from '@mantine/hooks';
import type { RefObject } from 'react';

interface GridKeys {
  readonly grid: RefObject<HTMLElement | null>;
  readonly onSearch: () => void;
  readonly onCompare: (taskId: string) => void;
  readonly onDelete: (taskId: string) => void;
}

/** Moves the focus among the cards: what a card leads to, the browser's own Enter opens. */
export function useGridKeys({ grid, onSearch, onCompare, onDelete }: GridKeys): void {
  const cards = () => [...(grid.current?.querySelectorAll<HTMLElement>('[data-task]') ?? [])];
  const focused = () => cards().findIndex((card) => card.matches(':focus'));
  const move = (steps: number) => {
    const all = cards();
    const from = focused();
    const to = from === -1 ? 0 : Math.min(all.length - 1, Math.max(0, from + steps));
    all[to]?.focus();
    all[to]?.scrollIntoView({ block: 'nearest' });
  };
  const columns = () => {
    const all = cards();
    const top = all[0]?.getBoundingClientRect().top;
    return Math.max(1, all.filter((card) => card.getBoundingClientRect().top === top).length);
  };
  const withFocused = (use: (id: string) => void) => {
    const id = cards()[focused()]?.dataset['task'];
    if (id !== undefined) use(id);
  };
  useHotkeys([
    ['/', onSearch],
    ['j', () => move(1)],
    ['ArrowRight', () => move(1)],
    ['k', () => move(-1)],
    ['ArrowLeft', () => move(-1)],
    ['ArrowDown', () => move(columns())],
    ['ArrowUp', () => move(-columns())],
    ['c', () => withFocused(onCompare)],
    ['Delete', () => withFocused(onDelete)],
  ]);
}
