import { inLogContext } from '../log/log-context.ts';
import type { Attempt } from './attempts.ts';
import type { StepContext } from './steps/context.ts';

/** Jobs of ended tasks looked at in one round. */
const roundLimit = 50;

/** A job that its provider still shows as running after this many of its longest jobs has no cost that we could learn. */
const patience = 2;

/**
 * Looks after jobs whose task has ended before them, because the client cancelled it or it took too long: what they cost
 * is still ours. Their result is dropped.
 */
export async function followUpJobs(context: StepContext): Promise<void> {
  for (const attempt of await context.attempts.dueFollowUps(context.now(), roundLimit)) {
    await inLogContext({ task: attempt.taskId, attempt: attempt.id }, () => followUpSafely(context, attempt));
  }
}

async function followUpSafely(context: StepContext, attempt: Attempt): Promise<void> {
  try {
    await followUp(context, attempt);
  } catch (error) {
    context.log.warn({ err: error }, 'the cost of a job could not be learnt yet');
    await context.attempts.followUp(attempt.id, context.now() + 60_000);
  }
}

async function followUp(context: StepContext, attempt: Attempt): Promise<void> {
  const provider = context.providers.get(attempt.provider);
  if (provider === undefined || attempt.operation === undefined) return giveUp(context, attempt);
  const outcome = await provider.status(attempt.operation);
  switch (outcome.kind) {
    case 'done':
    case 'failed':
      return context.attempts.recordCost(attempt.id, outcome.costMicros);
    case 'lost':
      return giveUp(context, attempt);
    case 'queued':
    case 'running': {
      const tooOld = context.now() - attempt.createdAt > patience * provider.longestJobMs;
      if (tooOld) return giveUp(context, attempt);
      return context.attempts.followUp(attempt.id, context.now() + outcome.checkAfterMs);
    }
    default:
      return outcome satisfies never;
  }
}

/** Nobody will ever say what it cost: what was reserved for it is released. */
function giveUp(context: StepContext, attempt: Attempt): Promise<void> {
  return context.attempts.recordCost(attempt.id, 0);
}
