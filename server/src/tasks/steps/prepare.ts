import type { MediaKind, MediaRole, Model, TaskIn, TaskInput } from '../../contract/index.ts';
import { movedTo, providersAfter } from '../routing.ts';
import { fail, failureOf, type Next, providerOf, releaseInputs, type StepContext, stepLeaseMs } from './context.ts';
import { firstTaker, type Taker } from './first-taker.ts';
import { passingPauseMs } from './passing-trouble.ts';
import { newAttempt } from './submit.ts';

const kindOf: Readonly<Record<MediaRole, MediaKind>> = {
  video: 'video',
  image: 'image',
  'last-image': 'image',
  reference: 'image',
};

export function begin(context: StepContext, task: TaskIn<'queued'>): Next {
  const begunAt = context.now();
  return context.store.transition(task, { ...task, state: 'preparing', begunAt, dueAt: begunAt + stepLeaseMs });
}

/** Fetches, checks and normalises the inputs; nothing has been paid yet. */
export async function prepareInputs(context: StepContext, task: TaskIn<'preparing'>): Next {
  if (task.fault !== undefined) return fail(context, task, task.fault);
  const model = context.findModel(task.model);
  if (model === undefined) {
    return fail(context, task, { code: 'model_not_found', message: `${task.model} is not served any more` });
  }
  const inputs: TaskInput[] = [];
  let taker: Taker;
  try {
    await fetchInputs(context, task, { model, inputs });
    const others = providersAfter([...context.providers.values()], { model, task });
    taker = await firstTaker(context, { ...task, inputs }, [providerOf(context, task), ...others]);
  } catch (error) {
    await releaseInputs(context, inputs);
    if (context.cancelled(task.id).aborted) return undefined;
    const now = context.now();
    const pauseMs = passingPauseMs(error, { since: task.begunAt, now, isPaid: false });
    if (pauseMs !== undefined) {
      context.log.warn({ task: task.id, err: error }, 'inputs could not be stored or read yet');
      await context.store.reschedule(task, now + pauseMs);
      return undefined;
    }
    return fail(context, task, failureOf(context, task, error));
  }
  if ('refusal' in taker) {
    await releaseInputs(context, inputs);
    return fail(context, task, taker.refusal);
  }
  const submitting = await newAttempt(context, movedTo(task, taker.provider, model), inputs);
  if (submitting === undefined) await releaseInputs(context, inputs);
  return submitting;
}

/** Adds each input to the list once it is there, so that the list is complete also when a later one fails. */
async function fetchInputs(
  context: StepContext,
  task: TaskIn<'preparing'>,
  { model, inputs }: { readonly model: Model; readonly inputs: TaskInput[] },
): Promise<void> {
  for (const input of task.request.inputs) {
    const rules = model.mediaRules[input.role];
    const asset = await context.media.prepareInput({
      accountId: task.accountId,
      input,
      kind: kindOf[input.role],
      ...(rules && { rules }),
      namedAt: task.createdAt,
      signal: context.cancelled(task.id),
    });
    inputs.push({ role: input.role, assetId: asset.id });
  }
}
