import type { Provider, ProviderOutput, TaskIn } from '../../contract/index.ts';
import { fail, type Next, providerOf, type StepContext, stepLeaseMs } from './context.ts';
import { newAttempt } from './submit.ts';

/** One look at the running job. */
export async function poll(context: StepContext, task: TaskIn<'running'>): Next {
  const provider = providerOf(context, task);
  const attempt = await context.attempts.get(task.attemptId);
  if (attempt?.operation === undefined) {
    return fail(context, task, { code: 'internal_error', message: 'the record of the running job is gone' });
  }
  const outcome = await provider.status(attempt.operation);
  switch (outcome.kind) {
    case 'queued':
    case 'running':
      return stillRunning(context, task, provider, outcome);
    case 'done':
      await context.attempts.recordCost(task.attemptId, outcome.costMicros);
      return toStoring(context, task, outcome);
    case 'failed':
      await context.attempts.recordCost(task.attemptId, outcome.costMicros);
      return fail(context, task, outcome.failure, outcome.costMicros);
    case 'lost':
      if (provider.free) return newAttempt(context, task, task.inputs);
      return fail(context, task, { code: 'generation_failed', message: 'the provider no longer knows the job' });
    default:
      return outcome satisfies never;
  }
}

async function stillRunning(
  context: StepContext,
  task: TaskIn<'running'>,
  provider: Provider,
  outcome: { readonly kind: 'queued' | 'running'; readonly progress?: number; readonly checkAfterMs: number },
): Next {
  if (context.now() - (task.startedAt ?? task.createdAt) > provider.longestJobMs) {
    const attempt = await context.attempts.get(task.attemptId);
    if (attempt?.operation !== undefined) await provider.cancel?.(attempt.operation);
    await context.attempts.followUp(task.attemptId, context.now());
    return fail(context, task, { code: 'generation_timeout', message: 'the job took longer than it may' });
  }
  const waiting = outcome.kind === 'queued';
  const progress = Math.floor(outcome.progress ?? task.progress);
  if (waiting !== task.waiting || progress > task.progress) await context.store.progress(task, { progress, waiting });
  await context.store.reschedule(task, context.now() + outcome.checkAfterMs);
  return undefined;
}

export function toStoring(
  context: StepContext,
  task: TaskIn<'running' | 'uncertain'>,
  { outputs, costMicros }: { readonly outputs: readonly ProviderOutput[]; readonly costMicros: number },
): Next {
  return context.store.transition(task, {
    ...task,
    state: 'storing',
    outputs,
    costMicros,
    readyAt: context.now(),
    dueAt: context.now() + stepLeaseMs,
  });
}
