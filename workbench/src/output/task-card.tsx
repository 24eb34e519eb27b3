import { Progress } from '@mantine/core';
import { useState } from 'react';
import type { Task } from '../api.ts';
import { togglePick, usePicks } from '../compare/picks.ts';
import { moment, usd } from '../format.ts';
import { AlertIcon, CheckIcon, CompareIcon, FilmIcon } from '../icons.tsx';
import { linkTo } from '../page-state.ts';
import { useModels } from '../queries.ts';
import { isLive } from '../task-cache.ts';
import { usePoster } from './poster.ts';
import { cardLabel, isCancelled, modelName, promptOf, statusWord } from './task-words.ts';

interface CardProps {
  readonly task: Task;
  readonly isChosen?: boolean;
  /** Name of the model, time and cost below the prompt. */
  readonly withFacts?: boolean;
}

/** A task at a glance; it leads to all that is known of it. */
export function TaskCard({ task, isChosen = false, withFacts = false }: CardProps) {
  const { data: models } = useModels();
  const picks = usePicks();
  const isPicked = picks.includes(task.id);
  return (
    <article className="card" data-chosen={isChosen || undefined} data-picked={isPicked || undefined}>
      <a
        className="card-link"
        {...linkTo({ view: 'create', task: task.id, tab: 'output', ...modelOf(task, models) })}
        aria-current={isChosen ? 'true' : undefined}
        data-task={task.id}
      >
        <span className="visually-hidden">{cardLabel(task, models)}</span>
        <CardPicture task={task} />
        <span className="card-prompt">{promptOf(task) || 'No prompt'}</span>
        {withFacts && (
          <span className="card-facts">
            <span>{modelName(task, models)}</span>
            <span>{moment(task.created)}</span>
            {task.cost_usd !== null && <span>{task.cost_usd === 0 ? 'free' : usd(task.cost_usd)}</span>}
          </span>
        )}
      </a>
      {task.status === 'completed' && (
        <button
          type="button"
          className="card-pick"
          aria-pressed={isPicked}
          aria-label={isPicked ? 'Do not compare' : 'Pick for comparison'}
          onClick={() => togglePick(task.id)}
        >
          {isPicked ? <CheckIcon size={14} /> : <CompareIcon size={14} />}
        </button>
      )}
    </article>
  );
}

/** The form follows the task where the model still exists. */
function modelOf(task: Task, models: ReturnType<typeof useModels>['data']) {
  return models?.some(({ id }) => id === task.request.model) ? { model: task.request.model } : {};
}

function CardPicture({ task }: { readonly task: Task }) {
  const poster = usePoster(task);
  const [isPlaying, setPlaying] = useState(false);
  const url = task.results?.[0]?.url;
  return (
    <span
      className="card-picture"
      data-status={task.status}
      onPointerEnter={({ pointerType }) => setPlaying(pointerType === 'mouse' && mayMove())}
      onPointerLeave={() => setPlaying(false)}
    >
      {poster !== undefined && <img src={poster} alt="" />}
      {isPlaying && url !== undefined && (
        <video src={url} muted loop autoPlay playsInline aria-hidden="true" tabIndex={-1} />
      )}
      {poster === undefined && <CardSign task={task} />}
      {isLive(task) && (
        <Progress
          className="card-progress"
          size={3}
          radius={0}
          value={task.progress}
          aria-hidden="true"
          transitionDuration={300}
        />
      )}
    </span>
  );
}

function mayMove(): boolean {
  return !window.matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Narrow cards break a code behind its underscores, not within its words. */
function breakable(code: string): string {
  return code.replaceAll('_', '_\u200b');
}

function CardSign({ task }: { readonly task: Task }) {
  if (task.status === 'completed') return <FilmIcon size={20} />;
  return (
    <span className="card-sign" aria-hidden="true">
      {task.status === 'failed' && !isCancelled(task) && <AlertIcon size={16} />}
      {statusWord(task)}
      {task.error !== null && !isCancelled(task) && <code>{breakable(task.error.code)}</code>}
    </span>
  );
}
