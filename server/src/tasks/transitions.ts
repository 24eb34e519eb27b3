import type { TaskState } from '../contract/index.ts';

/**
 * Every change of state that there is. `submitting` may follow itself: a free provider is asked again with a new
 * attempt when the old one is lost. `running` may go back to it for the same reason, and `storing` where the file of a
 * free one has gone with the server that made it.
 */
export const transitions: Readonly<Record<TaskState, readonly TaskState[]>> = {
  queued: ['preparing', 'cancelled'],
  preparing: ['submitting', 'failed', 'cancelled'],
  submitting: ['submitting', 'running', 'uncertain', 'failed', 'cancelled'],
  uncertain: ['submitting', 'running', 'storing', 'failed', 'cancelled'],
  running: ['submitting', 'storing', 'failed', 'cancelled'],
  storing: ['submitting', 'succeeded', 'failed', 'cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
};
