import { Skeleton } from '@mantine/core';
import type { JsonValue, Task } from '../api.ts';
import { length, moment, operationNames, usd } from '../format.ts';
import { AlertIcon } from '../icons.tsx';
import { ProviderBadge } from '../models/badges.tsx';
import { useModels, useTask } from '../queries.ts';
import { isLive } from '../task-cache.ts';
import { TaskDelivery } from './deliveries.tsx';
import { TaskActions } from './task-actions.tsx';
import { TaskFailure } from './task-failure.tsx';
import { TaskProgress } from './task-progress.tsx';
import { elapsed, modelName, promptOf, settingsOf } from './task-words.ts';

/** One task with all that is known of it. */
export function TaskStage({ id }: { readonly id: string }) {
  const { data: task, error, refetch } = useTask(id);
  if (task === undefined) {
    return error === null ? (
      <StageSkeleton />
    ) : (
      <div className="screen">
        <p className="screen-number">No such task</p>
        <p className="screen-line">{error.message}</p>
      </div>
    );
  }
  return (
    <section className="stage" aria-label="Result">
      <Screen task={task} onStale={() => void refetch()} />
      <TaskActions task={task} />
      <StageFacts task={task} />
      <TaskDelivery task={task} />
    </section>
  );
}

function Screen({ task, onStale }: { readonly task: Task; readonly onStale: () => void }) {
  const [result] = task.results ?? [];
  if (isLive(task)) return <TaskProgress task={task} />;
  if (result === undefined) return <TaskFailure task={task} />;
  const isStill = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  return (
    <div className="screen screen-video">
      <video
        key={task.id}
        src={result.url}
        controls
        loop
        playsInline
        muted={!isStill}
        autoPlay={!isStill}
        preload="auto"
        aria-label={promptOf(task) || 'Result'}
        onError={onStale}
      />
    </div>
  );
}

function StageFacts({ task }: { readonly task: Task }) {
  const { data: models } = useModels();
  return (
    <div className="stage-facts">
      <p className="stage-prompt">{promptOf(task)}</p>
      {task.warnings?.map((warning) => (
        <p key={warning} className="note" data-level="changed">
          <AlertIcon size={14} /> {warning}
        </p>
      ))}
      {task.metadata !== undefined && <Reading {...task.metadata} />}
      <dl className="facts">
        <Fact name="Model">
          {modelName(task, models)} <span className="faint">{operationNames[task.operation]}</span>
        </Fact>
        <Fact name="Provider">
          <ProviderBadge provider={task.provider} />
        </Fact>
        {task.completed !== null && <Fact name="Took">{length(elapsed(task, task.completed))}</Fact>}
        <Fact name="Cost">{costOf(task)}</Fact>
        <Fact name="Made">{moment(task.created)}</Fact>
        {settingsOf(task).map(([name, value]) => (
          <Fact key={name} name={name}>
            <ParameterValue value={value} />
          </Fact>
        ))}
        <Fact name="Task">
          <code>{task.id}</code>
        </Fact>
      </dl>
    </div>
  );
}

/** What the stand-in drew of the prompt, and which words it could not. */
function Reading({ understood, ignored }: NonNullable<Task['metadata']>) {
  return (
    <p className="faint">
      {understood.length > 0 && (
        <>
          Understood:{' '}
          {understood.map(({ text, as }, index) => (
            <span key={`${text} ${as}`}>
              {index > 0 && ', '}
              <span title={as}>{text}</span>
            </span>
          ))}
          .{' '}
        </>
      )}
      {ignored.length > 0 && `Not drawn: ${ignored.join(', ')}.`}
    </p>
  );
}

function costOf({ cost_usd: cost }: Task): string {
  if (cost === null) return 'not known yet';
  return cost === 0 ? 'free' : usd(cost);
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Links by the name of their file; what a link signs is nobody's reading. */
export function ParameterValue({ value }: { readonly value: JsonValue }) {
  if (Array.isArray(value)) {
    return value.map((item: JsonValue) => (
      <span key={String(item)} className="parameter-item">
        <ParameterValue value={item} />
      </span>
    ));
  }
  if (typeof value !== 'string') return typeof value === 'object' ? JSON.stringify(value) : String(value);
  if (value.startsWith('data:')) return 'data URI';
  if (!/^https?:/.test(value) || !URL.canParse(value)) return value;
  const { pathname, host } = new URL(value);
  return (
    <a className="text-link" href={value} target="_blank" rel="noreferrer">
      {pathname.split('/').at(-1) || host}
    </a>
  );
}

function StageSkeleton() {
  return (
    <div className="stage" aria-hidden="true">
      <Skeleton className="screen" height="auto" />
      <Skeleton height={30} width="60%" />
      <Skeleton height={14} width="80%" />
    </div>
  );
}
