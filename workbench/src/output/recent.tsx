import { Skeleton } from '@mantine/core';
import type { Task } from '../api.ts';
import { linkTo } from '../page-state.ts';
import { TaskCard } from './task-card.tsx';

/** How many of the newest tasks are kept at hand. */
const shown = 8;

/** The newest tasks, those under way among them. */
export function Recent({ tasks, chosen }: { readonly tasks: readonly Task[]; readonly chosen: string }) {
  return (
    <section className="recent" aria-label="Recent tasks">
      <header className="recent-head">
        <h2>Recent</h2>
        <a className="text-link" {...linkTo({ view: 'history' })}>
          All of the history
        </a>
      </header>
      <div className="recent-grid">
        {tasks.slice(0, shown).map((task) => (
          <TaskCard key={task.id} task={task} isChosen={task.id === chosen} />
        ))}
      </div>
    </section>
  );
}

export function RecentSkeleton() {
  return (
    <div className="stage" aria-hidden="true">
      <Skeleton className="screen" height="auto" />
      <div className="recent-grid">
        {[1, 2, 3, 4].map((place) => (
          <Skeleton key={place} height={92} />
        ))}
      </div>
    </div>
  );
}
