import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Provider, ProviderOutput, TaskIn, TaskOutput } from '../../contract/index.ts';
import { errors, isErrorCode } from '../../errors.ts';
import type { MediaSource } from '../../media/receive.ts';
import { fail, failureOf, type Next, providerOf, type StepContext } from './context.ts';
import { passingPauseMs } from './passing-trouble.ts';
import { newAttempt } from './submit.ts';

/** Longest download of one result, in milliseconds. Shorter than the step's lease. */
const downloadTimeoutMs = 10 * 60_000;

/** How long a paid result is fetched again, and the pause between two tries, in milliseconds. fal keeps small ones for an hour. */
const patienceMs = 30 * 60_000;
const retryMs = 15_000;

/** Bytes of one result: ten times what the largest model makes. */
const maximumOutputBytes = 2 * 1024 ** 3;

/** Takes the result into our own storage; only then is the task done. */
export async function keepOutputs(context: StepContext, task: TaskIn<'storing'>): Next {
  if (mayBeMadeAgain(context, task)) return newAttempt(context, task, task.inputs);
  const outputs: TaskOutput[] = [];
  try {
    for (const [index, output] of task.outputs.entries()) outputs.push(await keep(context, { task, output, index }));
  } catch (error) {
    for (const { assetId } of outputs) await context.media.remove(assetId);
    const failure = failureOf(context, task, error);
    const pauseMs = pauseAfter(context, task, { error, code: failure.code });
    if (pauseMs === undefined) return fail(context, task, failure, task.costMicros);
    context.log.warn({ task: task.id, code: failure.code, err: error }, 'a result could not be stored yet');
    await context.store.reschedule(task, context.now() + pauseMs);
    return undefined;
  }
  const completedAt = context.now();
  const done = await context.store.transition(task, { ...task, state: 'succeeded', outputs, completedAt });
  if (done === undefined) for (const output of outputs) await context.media.remove(output.assetId);
  return done;
}

/** A clip that was rendered on the disk of a server that is gone is not here, and costs nothing to be made again. */
function mayBeMadeAgain(context: StepContext, task: TaskIn<'storing'>): boolean {
  if (!providerOf(context, task).free) return false;
  return task.outputs.some((output, index) => {
    return 'path' in output && !existsSync(output.path) && !existsSync(sparePathOf(context, task, index));
  });
}

function sparePathOf(context: StepContext, task: TaskIn<'storing'>, index: number): string {
  return join(context.workFolders.pathOf(task.attemptId), `result-${index}`);
}

/** What was paid for is not given up at the first trouble of a network or a disk; what was free is soon made again. */
function mayComeLater(context: StepContext, task: TaskIn<'storing'>, code: string): boolean {
  if (providerOf(context, task).free || context.now() - task.readyAt > patienceMs) return false;
  return code === 'internal_error' || (isErrorCode(code) && errors[code].retryable);
}

/** Undefined where the result is given up. */
function pauseAfter(
  context: StepContext,
  task: TaskIn<'storing'>,
  { error, code }: { readonly error: unknown; readonly code: string },
): number | undefined {
  const isPaid = !providerOf(context, task).free;
  const waiting = passingPauseMs(error, { since: task.readyAt, now: context.now(), isPaid });
  return waiting ?? (mayComeLater(context, task, code) ? retryMs : undefined);
}

interface Keepable {
  readonly task: TaskIn<'storing'>;
  readonly output: ProviderOutput;
  readonly index: number;
}

/** What was received before but could not be stored waits in the work folder: a provider's address may be gone by now. */
async function keep(context: StepContext, { task, output, index }: Keepable): Promise<TaskOutput> {
  const sparePath = sparePathOf(context, task, index);
  const { id, filename, probe, expiresAt } = await context.media.ingest({
    accountId: task.accountId,
    purpose: 'output',
    source: existsSync(sparePath) ? { path: sparePath } : await sourceOf(output, providerOf(context, task)),
    sparePath,
    field: 'result',
    maxBytes: maximumOutputBytes,
    filename: `${task.requestedModel}.mp4`,
    lifetimeMs: context.outputLifetimeMs,
  });
  const { contentType, durationSeconds } = probe;
  return { assetId: id, filename, contentType, ...(durationSeconds !== undefined && { durationSeconds }), expiresAt };
}

async function sourceOf(output: ProviderOutput, provider: Provider): Promise<MediaSource> {
  if ('path' in output) return { path: output.path };
  if (provider.download === undefined) throw new Error(`${provider.name} answered an address that it cannot read`);
  return { stream: await provider.download(output.url, AbortSignal.timeout(downloadTimeoutMs)) };
}
