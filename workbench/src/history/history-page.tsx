import { Button, Kbd, Skeleton } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import type { Task } from '../api.ts';
import { togglePick } from '../compare/picks.ts';
import { DeleteDialog } from '../output/task-actions.tsx';
import { TaskCard } from '../output/task-card.tsx';
import { linkTo, usePage } from '../page-state.ts';
import { tasksOf, useTasks } from '../queries.ts';
import { isLive, knownTask } from '../task-cache.ts';
import { HistoryFilters } from './history-filters.tsx';
import { useGridKeys } from './use-grid-keys.ts';

export default function HistoryPage() {
  const { of, status, operation, q } = usePage();
  const filter = useMemo(
    () => ({
      ...(of && { model: of }),
      ...(status && { status }),
      ...(operation && { operation }),
      ...(q && { search: q }),
    }),
    [of, status, operation, q],
  );
  const query = useTasks(filter);
  const tasks = tasksOf(query);
  const grid = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const client = useQueryClient();
  const [deleting, setDeleting] = useState<Task>();
  useGridKeys({
    grid,
    onSearch: () => search.current?.focus(),
    onCompare: (id) => {
      if (knownTask(client, id)?.status === 'completed') togglePick(id);
    },
    onDelete: (id) => {
      const task = knownTask(client, id);
      if (task !== undefined && !isLive(task)) setDeleting(task);
    },
  });
  return (
    <main className="history">
      <header className="history-head">
        <h1>History</h1>
        <KeyHints />
      </header>
      <HistoryFilters search={search} />
      {query.error !== null && (
        <p className="field-fault" role="alert">
          {query.error.message}
        </p>
      )}
      <div ref={grid} className="history-grid">
        {query.data === undefined && query.error === null && <GridSkeleton />}
        {tasks.map((task) => (
          <TaskCard key={task.id} task={task} withFacts />
        ))}
      </div>
      {query.data !== undefined && tasks.length === 0 && <Nothing isFiltered={Object.keys(filter).length > 0} />}
      {query.hasNextPage && (
        <Button
          className="history-more"
          variant="default"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          Show more
        </Button>
      )}
      {deleting !== undefined && <DeleteDialog task={deleting} onClose={() => setDeleting(undefined)} />}
    </main>
  );
}

const hints = [
  { keys: ['/'], does: 'search' },
  { keys: ['j', 'k'], does: 'move' },
  { keys: ['Enter'], does: 'open' },
  { keys: ['c'], does: 'compare' },
  { keys: ['Del'], does: 'delete' },
];

function KeyHints() {
  return (
    <p className="key-hints">
      {hints.map(({ keys, does }) => (
        <span key={does}>
          {keys.map((key) => (
            <Kbd key={key} size="xs">
              {key}
            </Kbd>
          ))}{' '}
          {does}
        </span>
      ))}
    </p>
  );
}

function Nothing({ isFiltered }: { readonly isFiltered: boolean }) {
  return (
    <div className="nothing">
      <p>{isFiltered ? 'No task is like that.' : 'Nothing made yet.'}</p>
      <a
        className="text-link"
        {...linkTo(isFiltered ? { of: '', status: '', operation: '', q: '' } : { view: 'create', tab: 'input' })}
      >
        {isFiltered ? 'Show everything' : 'Make a first video'}
      </a>
    </div>
  );
}

function GridSkeleton() {
  return [1, 2, 3, 4, 5, 6, 7, 8].map((place) => (
    <div key={place} className="card" aria-hidden="true">
      <Skeleton className="card-picture" height="auto" />
      <Skeleton height={12} mt={10} width="85%" />
      <Skeleton height={10} mt={8} width="55%" />
    </div>
  ));
}
