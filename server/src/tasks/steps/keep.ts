import type { Provider, ProviderOutput, TaskIn, TaskOutput } from '../../contract/index.ts';
import { errors, isErrorCode } from '../../errors.ts';
import type { MediaSource } from '../../media/receive.ts';
import { fail, failureOf, type Next, providerOf, type StepContext } from './context.ts';

/** Longest download of one result, in milliseconds. Shorter than the step's lease. */
const downloadTimeoutMs = 10 * 60_000;

/** How long a paid result is fetched again, and the pause between two tries, in milliseconds. fal keeps small ones for an hour. */
const patienceMs = 30 * 60_000;
const retryMs = 15_000;

/** Bytes of one result: ten times what the largest model makes. */
const maximumOutputBytes = 2 * 1024 ** 3;

/** Takes the result into our own storage; only then is the task done. */
export async function keepOutputs(context: StepContext, task: TaskIn<'storing'>): Next {
  const outputs: TaskOutput[] = [];
  try {
    for (const output of task.outputs) outputs.push(await keep(context, task, output));
  } catch (error) {
    for (const { assetId } of outputs) await context.media.remove(assetId);
    const failure = failureOf(context, task, error);
    if (!mayComeLater(context, task, failure.code)) return fail(context, task, failure, task.costMicros);
    context.log.warn({ task: task.id, code: failure.code }, 'a paid result could not be stored yet');
    await context.store.reschedule(task, context.now() + retryMs);
    return undefined;
  }
  const completedAt = context.now();
  const done = await context.store.transition(task, { ...task, state: 'succeeded', outputs, completedAt });
  if (done === undefined) for (const output of outputs) await context.media.remove(output.assetId);
  return done;
}

/** What was paid for is not given up at the first trouble of a network or a disk; what was free is soon made again. */
function mayComeLater(context: StepContext, task: TaskIn<'storing'>, code: string): boolean {
  if (providerOf(context, task).free || context.now() - task.readyAt > patienceMs) return false;
  return code === 'internal_error' || (isErrorCode(code) && errors[code].retryable);
}

async function keep(context: StepContext, task: TaskIn<'storing'>, output: ProviderOutput): Promise<TaskOutput> {
  const { id, filename, probe, expiresAt } = await context.media.ingest({
    accountId: task.accountId,
    purpose: 'output',
    source: await sourceOf(output, providerOf(context, task)),
    field: 'result',
    maxBytes: maximumOutputBytes,
    filename: `${task.requestedModel}.mp4`,
    lifetimeMs: context.outputLifetimeMs,
  });
  return { assetId: id, filename, contentType: probe.contentType, expiresAt };
}

async function sourceOf(output: ProviderOutput, provider: Provider): Promise<MediaSource> {
  if ('path' in output) return { path: output.path };
  if (provider.download === undefined) throw new Error(`${provider.name} answered an address that it cannot read`);
  return { stream: await provider.download(output.url, AbortSignal.timeout(downloadTimeoutMs)) };
}
