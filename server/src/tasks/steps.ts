import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type {
  MediaKind,
  MediaRole,
  Model,
  Provider,
  ProviderOutput,
  StartInput,
  SubmitOutcome,
  Task,
  TaskError,
  TaskIn,
  TaskInput,
  TaskOutput,
} from '../contract/index.ts';
import { isErrorCode, ReelayError } from '../errors.ts';
import type { MediaLibrary } from '../media/library.ts';
import type { MediaSource } from '../media/receive.ts';
import { type AttemptStore, writtenOff } from './attempts.ts';
import type { TaskStore } from './store.ts';

/** How long a step may hold a task before another look at it is due, in milliseconds. Longer than any step's own limits. */
const stepLeaseMs = 15 * 60_000;

/** Pause between two looks for a submission whose outcome is unknown, in milliseconds. */
const searchIntervalMs = 15_000;

/** Longest download of one result, in milliseconds. Shorter than the step's lease. */
const downloadTimeoutMs = 10 * 60_000;

/** Bytes of one result: ten times what the largest model makes. */
const maximumOutputBytes = 2 * 1024 ** 3;

/** Starts of one task at a free provider: a job that brings the server down must not do so for ever. */
const maximumAttempts = 25;

const kindOf: Readonly<Record<MediaRole, MediaKind>> = { video: 'video', image: 'image', reference: 'image' };

export interface StepContext {
  readonly store: TaskStore;
  readonly attempts: AttemptStore;
  readonly media: MediaLibrary;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly findModel: (id: string) => Model | undefined;
  readonly now: () => number;
  readonly newId: () => string;
  /** Waits without keeping the process alive. */
  readonly pause: (ms: number) => Promise<void>;
  readonly log: Logger;
  readonly workFolder: string;
  readonly submitTimeoutMs: number;
  readonly outputLifetimeMs: number;
  /** Whether our file links can be fetched from the public internet. */
  readonly publicLinks: boolean;
  /** Ends when the client cancels the task. */
  readonly cancelled: (taskId: string) => AbortSignal;
}

/** What a step left behind: the task to go on with, or nothing when it has to wait or somebody else has it. */
type Next = Promise<Task | undefined>;

export function fail(context: StepContext, task: Task, error: TaskError, costMicros = 0): Next {
  return context.store.transition(task, { ...task, state: 'failed', error, costMicros, completedAt: context.now() });
}

export function begin(context: StepContext, task: TaskIn<'queued'>): Next {
  return context.store.transition(task, { ...task, state: 'preparing', dueAt: context.now() + stepLeaseMs });
}

/** Fetches, checks and normalises the inputs; nothing has been paid yet. */
export async function prepareInputs(context: StepContext, task: TaskIn<'preparing'>): Next {
  if (task.fault !== undefined) return fail(context, task, task.fault);
  const model = context.findModel(task.model);
  if (model === undefined) {
    return fail(context, task, { code: 'model_not_found', message: `${task.model} is not served any more` });
  }
  const inputs: TaskInput[] = [];
  try {
    for (const input of task.request.inputs) {
      const rules = model.mediaRules[input.role];
      const asset = await context.media.prepareInput({
        accountId: task.accountId,
        input,
        kind: kindOf[input.role],
        ...(rules && { rules }),
        signal: context.cancelled(task.id),
      });
      inputs.push({ role: input.role, assetId: asset.id });
    }
  } catch (error) {
    await releaseInputs(context, inputs);
    if (context.cancelled(task.id).aborted) return undefined;
    return fail(context, task, failureOf(context, task, error));
  }
  const submitting = await newAttempt(context, task, inputs);
  if (submitting === undefined) await releaseInputs(context, inputs);
  return submitting;
}

/** Removes what was fetched or converted for a task; what the client had uploaded stays. */
async function releaseInputs(context: StepContext, inputs: readonly TaskInput[]): Promise<void> {
  for (const { assetId } of inputs) {
    const asset = await context.media.get(assetId);
    if (asset?.purpose === 'input') await context.media.remove(assetId);
  }
}

/** Commits the intent to submit, under a new mark, before anything is sent. */
export async function newAttempt(
  context: StepContext,
  task: TaskIn<'preparing' | 'submitting' | 'running'>,
  inputs: readonly TaskInput[],
): Next {
  if ((await context.attempts.count(task.id)) >= maximumAttempts) {
    return fail(context, task, { code: 'generation_failed', message: `the job was lost ${maximumAttempts} times` });
  }
  const attemptId = context.newId();
  const at = context.now();
  const deadline = at + context.submitTimeoutMs;
  return context.store.transition(
    task,
    { ...task, state: 'submitting', inputs, attemptId, deadline, dueAt: deadline + context.submitTimeoutMs },
    (trx) => context.attempts.insert(trx, { id: attemptId, taskId: task.id, provider: task.provider, deadline }, at),
  );
}

/** The one submission of an attempt. */
export async function submit(context: StepContext, task: TaskIn<'submitting'>): Next {
  const provider = providerOf(context, task);
  const outcome = await start(context, provider, task);
  switch (outcome.kind) {
    case 'accepted':
      await context.attempts.recordOperation(task.attemptId, outcome.operation, outcome.operationKey);
      return context.store.transition(task, {
        ...task,
        state: 'running',
        waiting: true,
        dueAt: context.now(),
        startedAt: task.startedAt ?? context.now(),
      });
    case 'refused-final':
    case 'refused-elsewhere':
      await context.attempts.recordOutcome(task.attemptId, outcome.kind, outcome.failure.message);
      return fail(context, task, outcome.failure);
    case 'unknown':
      await context.attempts.recordOutcome(task.attemptId, outcome.kind, outcome.detail);
      return takeUp(context, task);
    default:
      return outcome satisfies never;
  }
}

async function start(context: StepContext, provider: Provider, task: TaskIn<'submitting'>): Promise<SubmitOutcome> {
  let input: StartInput;
  try {
    input = await startInput(context, task);
  } catch (error) {
    return { kind: 'refused-final', failure: failureOf(context, task, error) };
  }
  try {
    return await provider.start(input);
  } catch (error) {
    context.log.error({ err: error, task: task.id }, 'a provider threw while starting');
    return { kind: 'unknown', detail: String(error) };
  }
}

/** Goes on with a submission whose outcome this process does not know: after a crash, or after an unclear answer. */
export async function takeUp(context: StepContext, task: TaskIn<'submitting'>): Next {
  const attempt = await context.attempts.get(task.attemptId);
  if (attempt?.operation !== undefined) {
    return context.store.transition(task, { ...task, state: 'running', waiting: true, dueAt: context.now() });
  }
  const provider = providerOf(context, task);
  if (provider.free || attempt?.outcome === writtenOff) return newAttempt(context, task, task.inputs);
  return context.store.transition(task, {
    ...task,
    state: 'uncertain',
    searchUntil: task.deadline + provider.longestJobMs,
    dueAt: context.now(),
  });
}

/** Looks for the mark of an uncertain attempt. Never submits again. */
export async function search(context: StepContext, task: TaskIn<'uncertain'>): Next {
  const provider = providerOf(context, task);
  const found = (await provider.find?.(await startInput(context, task))) ?? ({ kind: 'not-yet' } as const);
  switch (found.kind) {
    case 'operation':
      await context.attempts.recordOperation(task.attemptId, found.operation, found.operationKey);
      return context.store.transition(task, { ...task, state: 'running', waiting: false, dueAt: context.now() });
    case 'outputs':
      return toStoring(context, task, found.outputs, found.costMicros);
    case 'failed':
      return fail(context, task, found.failure, found.costMicros);
    case 'not-yet':
      if (context.now() >= task.searchUntil) {
        return fail(context, task, {
          code: 'submission_unknown',
          message: 'the provider did not say whether it took the job, and it was not found there',
        });
      }
      await context.store.reschedule(task, context.now() + searchIntervalMs);
      return undefined;
    default:
      return found satisfies never;
  }
}

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
      return toStoring(context, task, outcome.outputs, outcome.costMicros);
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
    return fail(context, task, { code: 'generation_timeout', message: 'the job took longer than it may' });
  }
  const waiting = outcome.kind === 'queued';
  const progress = Math.floor(outcome.progress ?? task.progress);
  if (waiting !== task.waiting || progress > task.progress) await context.store.progress(task, { progress, waiting });
  await context.store.reschedule(task, context.now() + outcome.checkAfterMs);
  return undefined;
}

function toStoring(
  context: StepContext,
  task: TaskIn<'running' | 'uncertain'>,
  outputs: readonly ProviderOutput[],
  costMicros: number,
): Next {
  return context.store.transition(task, {
    ...task,
    state: 'storing',
    outputs,
    costMicros,
    dueAt: context.now() + stepLeaseMs,
  });
}

/** Takes the result into our own storage; only then is the task done. */
export async function keepOutputs(context: StepContext, task: TaskIn<'storing'>): Next {
  const outputs: TaskOutput[] = [];
  try {
    for (const output of task.outputs) {
      const asset = await context.media.ingest({
        accountId: task.accountId,
        purpose: 'output',
        source: await sourceOf(output, providerOf(context, task)),
        maxBytes: maximumOutputBytes,
        filename: `${task.requestedModel}.mp4`,
        lifetimeMs: context.outputLifetimeMs,
      });
      outputs.push({
        assetId: asset.id,
        filename: asset.filename,
        contentType: asset.probe.contentType,
        expiresAt: asset.expiresAt,
      });
    }
  } catch (error) {
    return fail(context, task, failureOf(context, task, error), task.costMicros);
  }
  const done = await context.store.transition(task, {
    ...task,
    state: 'succeeded',
    outputs,
    completedAt: context.now(),
  });
  if (done === undefined) for (const output of outputs) await context.media.remove(output.assetId);
  return done;
}

async function sourceOf(output: ProviderOutput, provider: Provider): Promise<MediaSource> {
  if ('path' in output) return { path: output.path };
  if (provider.download === undefined) throw new Error(`${provider.name} answered an address that it cannot read`);
  return { stream: await provider.download(output.url, AbortSignal.timeout(downloadTimeoutMs)) };
}

/** Takes a task that waits after a crash or a lost lease. */
export function reclaim(context: StepContext, task: Task): Next {
  return context.store.claim(task, context.now() + stepLeaseMs);
}

/** Removes what an ended task leaves behind: its work folder and the inputs that were made for it. */
export async function tidy(context: StepContext, task: Task): Promise<void> {
  if ('attemptId' in task) await removeWork(context, task.attemptId);
  if ('inputs' in task) await releaseInputs(context, task.inputs);
}

export async function removeWork(context: StepContext, attemptId: string): Promise<void> {
  await rm(join(context.workFolder, attemptId), { recursive: true, force: true });
}

async function startInput(context: StepContext, task: TaskIn<'submitting' | 'uncertain'>): Promise<StartInput> {
  const model = context.findModel(task.model);
  if (model === undefined) throw new Error(`${task.model} is not in the catalogue`);
  const inputs = await Promise.all(
    task.inputs.map(async ({ role, assetId }) => {
      const asset = await context.media.get(assetId);
      if (asset === undefined) throw new ReelayError('input_unreachable', 'a prepared input has been removed');
      const path = await context.media.materialise(asset);
      const publicUrl = context.publicLinks ? context.media.link(asset) : undefined;
      return { role, probe: asset.probe, path, ...(publicUrl !== undefined && { publicUrl }) };
    }),
  );
  return {
    attemptId: task.attemptId,
    taskId: task.id,
    model,
    request: task.request,
    inputs,
    workFolder: join(context.workFolder, task.attemptId),
    deadline: task.state === 'submitting' ? task.deadline : task.searchUntil,
  };
}

function providerOf(context: StepContext, task: Task): Provider {
  const provider = context.providers.get(task.provider);
  if (provider === undefined)
    throw new Error(`provider ${task.provider} of task ${task.id} is not configured any more`);
  return provider;
}

/** What the client is told. A defect of ours shows its details in the log only. */
function failureOf(context: StepContext, task: Task, error: unknown): TaskError {
  if (error instanceof ReelayError && isErrorCode(error.code)) return { code: error.code, message: error.message };
  context.log.error({ err: error, task: task.id }, 'a step failed by a defect');
  return { code: 'internal_error', message: 'an internal error; the operator finds it in the log under the task id' };
}
