import { Button, Progress } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { announce } from '../announcer.tsx';
import type { Task } from '../api.ts';
import { length } from '../format.ts';
import { StopIcon } from '../icons.tsx';
import { useNow } from '../queries.ts';
import { useApi } from '../session.tsx';
import { putTask } from '../task-cache.ts';
import { elapsed, queueWords, remaining } from './task-words.ts';

/** A task on its way. */
export function TaskProgress({ task }: { readonly task: Task }) {
  const now = useNow(true);
  const isWaiting = task.status === 'pending';
  const left = remaining(task, now);
  return (
    <div className="screen screen-live">
      <p className="screen-number" aria-hidden="true">
        {isWaiting ? 'Waiting' : `${task.progress} %`}
      </p>
      <Progress className="screen-bar" size={4} value={task.progress} aria-label="Progress" transitionDuration={400} />
      <p className="screen-line">
        <span>{isWaiting ? queueWords(task) : 'Being made'}</span>
        <span>{length(elapsed(task, now))}</span>
        {left !== undefined && <span>{left}</span>}
      </p>
      <CancelButton task={task} />
    </div>
  );
}

function CancelButton({ task }: { readonly task: Task }) {
  const api = useApi();
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => api.cancel(task.id),
    onSuccess: async () => {
      announce('Cancelled.');
      putTask(client, await api.task(task.id));
    },
  });
  if (!task.task_info.can_cancel) {
    return <p className="screen-hint">It can no longer be cancelled: the provider charges for it from here on.</p>;
  }
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<StopIcon size={14} />}
        loading={cancel.isPending}
        onClick={() => cancel.mutate()}
      >
        Cancel
      </Button>
      {cancel.error !== null && (
        <p className="field-fault" role="alert">
          {cancel.error.message}
        </p>
      )}
    </>
  );
}
