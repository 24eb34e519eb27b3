import { Button, Skeleton } from '@mantine/core';
import { useState } from 'react';
import type { Task } from '../api.ts';
import { Choices } from '../choices.tsx';
import { moment } from '../format.ts';
import { modelName, promptOf } from '../output/task-words.ts';
import { go, linkTo, usePage } from '../page-state.ts';
import { useModels, useTask } from '../queries.ts';
import { ComparePlayer } from './compare-player.tsx';
import { Differences } from './differences.tsx';
import { usePicks } from './picks.ts';

const modes = ['split', 'side'] as const;
const modeNames = { split: 'Split', side: 'Side by side' } as const;

export default function ComparePage() {
  const page = usePage();
  const picks = usePicks();
  const [mode, setMode] = useState<'side' | 'split'>('split');
  const a = useTask(page.a || (picks[0] ?? ''));
  const b = useTask(page.b || (picks[1] ?? ''));
  const { data: models } = useModels();
  const [first, second] = [a.data, b.data];
  const [one, other] = [first?.results?.[0], second?.results?.[0]];
  if (!(a.isFetching || b.isFetching) && (one === undefined || other === undefined)) return <NothingPicked />;
  return (
    <main className="compare">
      <header className="compare-head">
        <h1>Compare</h1>
        <Choices label="View" values={modes} names={modeNames} chosen={mode} onChoose={setMode} />
        <Button
          variant="default"
          size="xs"
          onClick={() => go({ a: second?.id ?? '', b: first?.id ?? '' }, { replace: true })}
        >
          Swap A and B
        </Button>
      </header>
      {first && second && one && other ? (
        <>
          <ComparePlayer
            key={`${first.id} ${second.id}`}
            mode={mode}
            a={{ url: one.url, title: promptOf(first) }}
            b={{ url: other.url, title: promptOf(second) }}
          />
          <div className="compare-sides">
            <SideHead name="A" task={first} title={modelName(first, models)} />
            <SideHead name="B" task={second} title={modelName(second, models)} />
          </div>
          <Differences a={first} b={second} models={models} />
        </>
      ) : (
        <Skeleton className="screen" height="auto" />
      )}
    </main>
  );
}

function SideHead({ name, task, title }: { readonly name: string; readonly task: Task; readonly title: string }) {
  return (
    <a className="compare-side" {...linkTo({ view: 'create', task: task.id, tab: 'output' })}>
      <strong>{name}</strong>
      <span>
        {title} <span className="faint">{moment(task.created)}</span>
      </span>
    </a>
  );
}

function NothingPicked() {
  return (
    <main className="compare">
      <header className="compare-head">
        <h1>Compare</h1>
      </header>
      <div className="nothing">
        <p>Pick two finished videos: each card and each result has a Compare button.</p>
        <a className="text-link" {...linkTo({ view: 'history', status: 'completed' })}>
          Pick from the history
        </a>
      </div>
    </main>
  );
}
