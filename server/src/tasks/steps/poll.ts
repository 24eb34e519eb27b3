import type { ProviderOutput, StatusOutcome, TaskIn } from '../../contract/index.ts';
import { ranTooLong, withProgress } from '../poll-board.ts';
import { fail, type Next, providerOf, type StepContext, stepLeaseMs } from './context.ts';
import { newAttempt } from './submit.ts';

/** One look at the running job, or what a look elsewhere has told of it. */
export async function poll(context: StepContext, task: TaskIn<'running'>, told?: StatusOutcome): Next {
  const provider = providerOf(context, task);
  const attempt = await context.attempts.get(task.attemptId);
  if (attempt?.operation === undefined) {
    return fail(context, task, { code: 'internal_error', message: 'the record of the running job is gone' });
  }
  const outcome = told ?? (await provider.status(attempt.operation));
  switch (outcome.kind) {
    case 'queued':
    case 'running': {
      if (ranTooLong(task, provider, context.now())) {
        await provider.cancel?.(attempt.operation);
        return fail(context, task, { code: 'generation_timeout', message: 'the job took longer than it may' });
      }
      const seen = withProgress(task, outcome);
      if (seen !== task) await context.store.progress([seen]);
      context.watch(seen, attempt.operation, outcome.checkAfterMs);
      return undefined;
    }
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
