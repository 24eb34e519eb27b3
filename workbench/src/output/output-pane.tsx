import { lazy, Suspense } from 'react';
import type { Generation } from '../generate/use-generation.ts';
import { ModelNotes } from '../models/model-notes.tsx';
import { linkTo, type PageState, usePage } from '../page-state.ts';
import { tasksOf, useTasks } from '../queries.ts';
import { FirstRun } from './first-run.tsx';
import { Recent, RecentSkeleton } from './recent.tsx';
import { TaskStage } from './task-stage.tsx';

const ApiTab = lazy(() => import('../code/api-tab.tsx'));

const tabs = [
  { tab: 'input', title: 'Input' },
  { tab: 'output', title: 'Output' },
  { tab: 'api', title: 'API' },
  { tab: 'about', title: 'Model' },
] as const satisfies readonly { readonly tab: PageState['tab']; readonly title: string }[];

/** Links, as each is a place with an address. On a wide page the form is always there and needs no tab. */
export function PaneTabs() {
  const { tab } = usePage();
  return (
    <nav className="tabs" aria-label="Panes">
      {tabs.map((entry) => (
        <a
          key={entry.tab}
          className="tab"
          data-tab={entry.tab}
          {...linkTo({ tab: entry.tab })}
          aria-current={entry.tab === tab || (entry.tab === 'output' && tab === 'input') ? 'page' : undefined}
        >
          {entry.title}
        </a>
      ))}
    </nav>
  );
}

export function OutputPane({ generation }: { readonly generation: Generation }) {
  const { tab } = usePage();
  return (
    <section className="pane pane-output" aria-label="Output">
      {tab === 'api' && (
        <Suspense fallback={<RecentSkeleton />}>
          <ApiTab generation={generation} />
        </Suspense>
      )}
      {tab === 'about' && <ModelNotes model={generation.model} />}
      {(tab === 'output' || tab === 'input') && <Results />}
    </section>
  );
}

const everything = {};

function Results() {
  const { task } = usePage();
  const query = useTasks(everything);
  const tasks = tasksOf(query);
  const chosen = task || (tasks[0]?.id ?? '');
  if (query.data === undefined && task === '') return <RecentSkeleton />;
  if (chosen === '') return <FirstRun />;
  return (
    <>
      <TaskStage key={chosen} id={chosen} />
      {tasks.length > 0 && <Recent tasks={tasks} chosen={chosen} />}
    </>
  );
}
