import type { TaskEvent, TaskState } from '../../contract/index.ts';
import type { TaskFilter } from '../../tasks/listing.ts';

export const oxenStatuses = ['queued', 'processing', 'succeeded', 'failed', 'cancelled'] as const;

export type OxenStatus = (typeof oxenStatuses)[number];

/** A running task that its provider still queues reads `queued`. */
const statuses: Readonly<Record<TaskState, OxenStatus>> = {
  queued: 'queued',
  preparing: 'queued',
  submitting: 'processing',
  uncertain: 'processing',
  running: 'processing',
  storing: 'processing',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** The status of a task, or of what an event says about one. */
export function oxenStatus(task: Pick<TaskEvent, 'state' | 'waiting'>): OxenStatus {
  return task.state === 'running' && task.waiting === true ? 'queued' : statuses[task.state];
}

/** The tasks that read so. */
export function filterOf(status: OxenStatus): TaskFilter {
  const states = (Object.keys(statuses) as TaskState[]).filter((state) => statuses[state] === status);
  if (status === 'queued') return { states: [...states, 'running'], waiting: true };
  return status === 'processing' ? { states, waiting: false } : { states };
}
