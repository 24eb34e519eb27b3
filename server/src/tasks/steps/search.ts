import type { TaskIn } from '../../contract/index.ts';
import { fail, type Next, providerOf, type StepContext, startInput, watchLeaseMs } from './context.ts';
import { toStoring } from './poll.ts';

/** Pause between two looks for a submission whose outcome is unknown, in milliseconds. */
const searchIntervalMs = 15_000;

/** Looks for the mark of an uncertain attempt. Never submits again. */
export async function search(context: StepContext, task: TaskIn<'uncertain'>): Next {
  const attempt = await context.attempts.get(task.attemptId);
  if (attempt?.operation !== undefined) return toRunning(context, task);
  const provider = providerOf(context, task);
  const found = (await provider.find?.(await startInput(context, task, task.searchUntil))) ?? { kind: 'not-yet' };
  switch (found.kind) {
    case 'operation': {
      const written = await context.attempts.recordOperation(task.attemptId, found.operation, found.operationKey);
      return written ? toRunning(context, task) : notYet(context, task);
    }
    case 'outputs':
      await context.attempts.recordCost(task.attemptId, found.costMicros);
      return toStoring(context, task, found);
    case 'failed':
      await context.attempts.recordCost(task.attemptId, found.costMicros);
      return fail(context, task, found.failure, found.costMicros);
    case 'not-yet':
      return notYet(context, task);
    default:
      return found satisfies never;
  }
}

function toRunning(context: StepContext, task: TaskIn<'uncertain'>): Next {
  const at = context.now();
  return context.store.transition(task, {
    ...task,
    state: 'running',
    waiting: false,
    dueAt: at + watchLeaseMs,
    startedAt: task.startedAt ?? at,
  });
}

async function notYet(context: StepContext, task: TaskIn<'uncertain'>): Next {
  if (context.now() >= task.searchUntil) {
    return fail(context, task, {
      code: 'submission_unknown',
      message: 'the provider did not say whether it took the job, and it was not found there',
    });
  }
  await context.store.reschedule(task, context.now() + searchIntervalMs);
  return undefined;
}
