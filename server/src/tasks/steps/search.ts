import type { FoundJob, StartInput, TaskIn } from '../../contract/index.ts';
import type { Attempt } from '../attempts.ts';
import { fail, type Next, providerOf, type StepContext, startInput, watchLeaseMs } from './context.ts';
import { isStorageTrouble } from './passing-trouble.ts';
import { toStoring } from './poll.ts';

/** Pause between two looks for a submission whose outcome is unknown, in milliseconds. */
const searchIntervalMs = 15_000;

/** How much earlier than an attempt its provider's clock may say that its job was made, in milliseconds. */
const rivalSkewMs = 5 * 60_000;

/** Looks for the mark of an uncertain attempt. Never submits again. */
export async function search(context: StepContext, task: TaskIn<'uncertain'>): Next {
  // Its time begins to pass, if it has not yet.
  context.searchClocks.now(task.id);
  const attempt = await context.attempts.get(task.attemptId);
  if (attempt?.operation !== undefined) return toRunning(context, task);
  const provider = providerOf(context, task);
  if (attempt === undefined || provider.find === undefined) return notYet(context, task);
  let input: StartInput;
  try {
    input = await startInput(context, task, task.searchUntil);
  } catch (error) {
    if (!isStorageTrouble(error)) throw error;
    // Nothing was looked for: that the time is over says nothing.
    await context.store.reschedule(task, context.now() + searchIntervalMs);
    return undefined;
  }
  const found = await provider.find({ ...input, createdAt: attempt.createdAt });
  switch (found.kind) {
    case 'operation':
      return attach(context, task, found);
    case 'candidates': {
      const only = await onlyCandidate(context, { attempt, task, candidates: found.candidates });
      return only === undefined ? notYet(context, task) : attach(context, task, only);
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

async function attach(context: StepContext, task: TaskIn<'uncertain'>, job: FoundJob): Next {
  const written = await context.attempts.recordOperation(task.attemptId, job.operation, job.operationKey);
  return written ? toRunning(context, task) : notYet(context, task);
}

interface Candidature {
  readonly attempt: Attempt;
  readonly task: TaskIn<'uncertain'>;
  readonly candidates: readonly FoundJob[];
}

/**
 * The job that can be nobody's but the attempt's: the one that no attempt owns, while no other could have made it. Of two
 * that are alike, the one that was never taken would else get the job of the other.
 */
async function onlyCandidate(
  { attempts, submitTimeoutMs }: StepContext,
  { attempt, task, candidates }: Candidature,
): Promise<FoundJob | undefined> {
  const owners = await Promise.all(candidates.map((job) => attempts.taskOf(attempt.provider, job.operationKey)));
  const [only, ...others] = candidates.filter((_, index) => owners[index] === undefined);
  if (only === undefined || others.length > 0) return undefined;
  const since = attempt.createdAt - submitTimeoutMs - rivalSkewMs;
  return (await attempts.hasRival(attempt, { prompt: task.request.prompt, since })) ? undefined : only;
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
  if (context.searchClocks.now(task.id) >= task.searchUntil) {
    return fail(context, task, {
      code: 'submission_unknown',
      message: 'the provider did not say whether it took the job, and it was not found there',
    });
  }
  await context.store.reschedule(task, context.now() + searchIntervalMs);
  return undefined;
}
