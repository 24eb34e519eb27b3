import type { Transaction } from 'kysely';
import {
  isPutOff,
  type Provider,
  type StartInput,
  type SubmitOutcome,
  type Task,
  type TaskIn,
  type TaskInput,
} from '../../contract/index.ts';
import { alone } from '../../database/alone.ts';
import type { Schema } from '../../database/schema.ts';
import { errors, isErrorCode } from '../../errors.ts';
import { nothingSent } from '../attempts.ts';
import { movedTo, providersAfter } from '../routing.ts';
import { fail, failureOf, type Next, providerOf, type StepContext, startInput, watchLeaseMs } from './context.ts';
import { firstTaker } from './first-taker.ts';
import { isStorageTrouble } from './passing-trouble.ts';

/** Starts of one task: a job that brings the server down, or a provider that never has time, must not go on for ever. */
const maximumAttempts = 25;

/** First pause after every provider has refused for now, in milliseconds; each further one is twice as long. */
const firstRetryMs = 2_000;
const longestRetryMs = 120_000;

/** The same while the file storage cannot be reached: three hours in all. */
const longestStorageRetryMs = 600_000;

/** Longest time between two looks for room at a provider that has none, in milliseconds; a place that falls free tells. */
const roomLookMs = 60_000;

type Startable = TaskIn<'preparing' | 'submitting' | 'running' | 'storing'>;

/** Commits the intent to submit, under a new mark, before anything is sent. Waits where the provider has no room. */
export async function newAttempt(context: StepContext, task: Startable, inputs: readonly TaskInput[]): Next {
  if ((await context.attempts.count(task.id)) >= maximumAttempts) {
    const message = `the job was started ${maximumAttempts} times and never ran to its end`;
    return fail(context, task, { code: 'generation_failed', message });
  }
  const at = context.now();
  let lookMs = roomLookMs;
  if (context.takePlace(task.id, providerOf(context, task))) {
    const deadline = at + context.submitTimeoutMs;
    const plan = { inputs, deadline, dueAt: deadline + context.submitTimeoutMs };
    const placed = await insertWithinLimit(context, task, plan);
    if (placed !== 'full') return placed;
    lookMs = sharedRoomLookMs;
  }
  const dueAt = at + lookMs;
  if (!isPutOff(task)) {
    return insertAttempt(context, task, { inputs, deadline: at, dueAt, notBefore: at });
  }
  await context.store.reschedule(task, dueAt);
  return undefined;
}

/** The same where other servers have taken the room, whose places nobody tells of here. */
const sharedRoomLookMs = 2_000;

/** Undoes the transaction of an attempt for which the other servers have left no room. */
class Full extends Error {}

/** Where several servers share the database, their jobs at a provider are counted in the rows, one server at a time. */
async function insertWithinLimit(
  context: StepContext,
  task: Startable,
  plan: Plan,
): Promise<Task | undefined | 'full'> {
  const { name, maximumJobs } = providerOf(context, task);
  if (!context.shared || maximumJobs === undefined) return insertAttempt(context, task, plan);
  try {
    return await insertAttempt(context, task, plan, async (trx) => {
      await alone(trx, `jobs at ${name}`);
      // The task itself is among them already.
      if ((await context.store.jobsAt(name, trx)) > maximumJobs) throw new Full();
    });
  } catch (error) {
    if (error instanceof Full) return 'full';
    throw error;
  }
}

/** Sends nothing before this time. */
function putOff(context: StepContext, task: TaskIn<'submitting'>, notBefore: number): Next {
  return insertAttempt(context, task, { inputs: task.inputs, deadline: notBefore, dueAt: notBefore, notBefore });
}

type Plan = Pick<TaskIn<'submitting'>, 'inputs' | 'deadline' | 'dueAt' | 'notBefore'>;

function insertAttempt(
  context: StepContext,
  task: Startable,
  plan: Plan,
  check?: (trx: Transaction<Schema>) => Promise<void>,
): Next {
  const { notBefore: _, ...rest } = { notBefore: undefined, ...task };
  const { id: taskId, accountId, keyId, model, provider, estimatedCostMicros } = task;
  const runner = providerOf(context, task);
  const costsNothing = runner.free || plan.notBefore !== undefined;
  const attempt = {
    id: context.newId(),
    ...{ taskId, accountId, keyId, model, provider, estimatedCostMicros, costsNothing },
    deadline: plan.deadline,
  };
  const at = context.now();
  // Kept as it is now: a renderer that has learnt more would tell of another video than the one that it made.
  const reading = runner.readPrompt?.(task.request) ?? null;
  const next = { ...rest, ...plan, reading, state: 'submitting', attemptId: attempt.id } as const;
  return context.store.transition(task, next, async (trx) => {
    await check?.(trx);
    await context.attempts.insert(trx, attempt, at);
  });
}

/** The one submission of an attempt. */
export async function submit(context: StepContext, task: TaskIn<'submitting'>): Next {
  // Put off: nothing was sent under this attempt. When its time comes, `takeUp` commits a new one first.
  if (isPutOff(task)) return undefined;
  // Asked for while an earlier attempt was under way, which was refused: its provider must not be followed by another.
  if (task.cancelRequestedAt !== undefined) {
    await context.attempts.recordCost(task.attemptId, 0);
    return cancelUnpaid(context, task);
  }
  const provider = providerOf(context, task);
  let outcome: SubmitOutcome;
  try {
    outcome = await start(context, provider, task);
  } catch (error) {
    if (!isStorageTrouble(error)) throw error;
    return awaitStorage(context, task, error);
  }
  context.breaker.note(provider.name, outcome);
  switch (outcome.kind) {
    case 'accepted': {
      const { operation, operationKey } = outcome;
      if (!(await context.attempts.recordOperation(task.attemptId, operation, operationKey))) {
        context.log.error({ attempt: task.attemptId }, 'a submission was answered with the job of another attempt');
        return takeUp(context, task);
      }
      const at = context.now();
      const startedAt = task.startedAt ?? at;
      return context.store.transition(task, {
        ...task,
        state: 'running',
        waiting: true,
        dueAt: at + watchLeaseMs,
        startedAt,
      });
    }
    case 'refused-final':
      await context.attempts.recordRefusal(task.attemptId, outcome.kind, outcome.failure.message);
      return fail(context, task, outcome.failure);
    case 'refused-elsewhere':
      await context.attempts.recordRefusal(task.attemptId, outcome.kind, outcome.failure.message);
      return elsewhere(context, task, outcome);
    case 'unknown':
      await context.attempts.recordUnknown(task.attemptId, outcome.detail);
      return takeUp(context, task);
    default:
      return outcome satisfies never;
  }
}

async function start(context: StepContext, provider: Provider, task: TaskIn<'submitting'>): Promise<SubmitOutcome> {
  let input: StartInput;
  try {
    input = await startInput(context, task, task.deadline);
  } catch (error) {
    if (isStorageTrouble(error)) throw error;
    return { kind: 'refused-final', failure: failureOf(context, task, error) };
  }
  try {
    return await provider.start(input);
  } catch (error) {
    context.log.error({ err: error, task: task.id }, 'a provider threw while starting');
    return { kind: 'unknown', detail: String(error) };
  }
}

/** The inputs cannot be read now. Nothing was sent, so the same provider is asked when they can. */
async function awaitStorage(context: StepContext, task: TaskIn<'submitting'>, error: unknown): Next {
  const failure = failureOf(context, task, error);
  await context.attempts.recordRefusal(task.attemptId, 'refused-elsewhere', failure.message);
  const tries = await context.attempts.count(task.id);
  if (tries >= maximumAttempts) return fail(context, task, failure);
  return putOff(context, task, context.now() + Math.min(longestStorageRetryMs, firstRetryMs * 2 ** (tries - 1)));
}

/**
 * The provider has certainly not taken the job. The next one in the operator's order may; behind the last one, a refusal
 * that will pass is waited out, and then that one is asked again.
 */
async function elsewhere(
  context: StepContext,
  task: TaskIn<'submitting'>,
  { failure, retryAfterMs }: Extract<SubmitOutcome, { readonly kind: 'refused-elsewhere' }>,
): Next {
  if (task.cancelRequestedAt !== undefined) return cancelUnpaid(context, task);
  const next = await atNextProvider(context, task);
  if (next !== undefined) return newAttempt(context, next, task.inputs);
  const passes = retryAfterMs !== undefined || (isErrorCode(failure.code) && errors[failure.code].retryable);
  if (!passes) return fail(context, task, failure);
  const tries = await context.attempts.count(task.id);
  if (tries >= maximumAttempts) return fail(context, task, failure);
  const pauseMs = Math.max(retryAfterMs ?? 0, Math.min(longestRetryMs, firstRetryMs * 2 ** (tries - 1)));
  return putOff(context, task, context.now() + pauseMs);
}

/** The task at the next provider that may be asked and has nothing against the inputs. */
async function atNextProvider(
  context: StepContext,
  task: TaskIn<'submitting'>,
): Promise<TaskIn<'submitting'> | undefined> {
  const model = context.findModel(task.model);
  if (model === undefined) return undefined;
  const [next, ...others] = providersAfter([...context.providers.values()], { model, task });
  const taker = next && (await firstTaker(context, task, [next, ...others]));
  return taker && 'provider' in taker ? movedTo(task, taker.provider, model) : undefined;
}

function cancelUnpaid(context: StepContext, task: TaskIn<'submitting'>): Next {
  return context.store.transition(task, { ...task, state: 'cancelled', completedAt: context.now(), costMicros: 0 });
}

/** Goes on with a submission whose outcome this process does not know: after a crash, or after an unclear answer. */
export async function takeUp(context: StepContext, task: TaskIn<'submitting'>): Next {
  if (isPutOff(task) && context.now() < task.notBefore) {
    await context.store.reschedule(task, task.notBefore);
    return undefined;
  }
  const attempt = await context.attempts.get(task.attemptId);
  if (attempt?.operation !== undefined) {
    const dueAt = context.now() + watchLeaseMs;
    return context.store.transition(task, { ...task, state: 'running', waiting: true, dueAt });
  }
  const provider = providerOf(context, task);
  const unsent = isPutOff(task) || nothingSent(attempt);
  // Known to cost nothing: else its reservation would stand for ever.
  if (unsent) await context.attempts.recordCost(task.attemptId, 0);
  if (unsent && task.cancelRequestedAt !== undefined) return cancelUnpaid(context, task);
  if (provider.free || unsent) return newAttempt(context, task, task.inputs);
  return context.store.transition(task, {
    ...task,
    state: 'uncertain',
    searchUntil: task.deadline + (context.uncertainMs ?? provider.longestJobMs + context.submitTimeoutMs),
    dueAt: context.now(),
  });
}
