import type { Logger } from 'pino';
import type {
  Model,
  Provider,
  ProviderOperation,
  StartInput,
  Task,
  TaskError,
  TaskIn,
  TaskInput,
} from '../../contract/index.ts';
import { isErrorCode, ReelayError } from '../../errors.ts';
import type { LogContext } from '../../log/log-context.ts';
import type { MediaLibrary } from '../../media/library.ts';
import type { AttemptStore } from '../attempts.ts';
import type { CircuitBreaker } from '../circuit-breaker.ts';
import type { SteadyClocks } from '../clock-step.ts';
import type { TaskStore } from '../store.ts';
import type { WorkFolders } from '../work-folders.ts';

/** How long a step may hold a task before another look at it is due, in milliseconds. Longer than any step's own limits. */
export const stepLeaseMs = 15 * 60_000;

/** How long a running job is left to whoever looks at it, in milliseconds: its row is written that often where nothing changes. */
export const watchLeaseMs = 15 * 60_000;

export interface StepContext {
  readonly store: TaskStore;
  readonly attempts: AttemptStore;
  readonly media: MediaLibrary;
  /** By name, in the operator's order. */
  readonly providers: ReadonlyMap<string, Provider>;
  readonly breaker: CircuitBreaker;
  readonly findModel: (id: string) => Model | undefined;
  readonly now: () => number;
  /** Milliseconds that have passed, whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly newId: () => string;
  /** Waits without keeping the process alive. */
  readonly pause: (ms: number) => Promise<void>;
  readonly log: Logger;
  /** What every line about the task carries. */
  readonly logIds: (taskId: string) => LogContext;
  readonly workFolders: WorkFolders;
  readonly submitTimeoutMs: number;
  /** How long an unclear submission is looked for; the provider's longest job where undefined. */
  readonly uncertainMs: number | undefined;
  readonly outputLifetimeMs: number;
  /** Whether our file links can be fetched from the public internet. */
  readonly publicLinks: boolean;
  /** Where a provider may tell its news of an attempt; undefined while nobody outside can reach us. */
  readonly webhookUrl: (provider: string, attemptId: string) => string | undefined;
  /** Has the running job looked at in `afterMs`, and again as its provider advises. */
  readonly watch: (task: TaskIn<'running'>, operation: ProviderOperation, afterMs: number) => void;
  /** Has the task take a place at the provider, where it has none yet. False: it is woken when there is one. */
  readonly takePlace: (taskId: string, provider: Provider) => boolean;
  /** Calls `work` again and again; answers what ends that. */
  readonly every: (ms: number, work: () => void) => () => void;
  readonly searchClocks: SteadyClocks;
  /** Other servers may work on the same database. */
  readonly shared: boolean;
  /** Ends when the client cancels the task. */
  readonly cancelled: (taskId: string) => AbortSignal;
}

/** What a step left behind: the task to go on with, or nothing when it has to wait or somebody else has it. */
export type Next = Promise<Task | undefined>;

export function fail(context: StepContext, task: Task, error: TaskError, costMicros = 0): Next {
  return context.store.transition(task, { ...task, state: 'failed', error, costMicros, completedAt: context.now() });
}

export function providerOf(context: StepContext, task: Task): Provider {
  const provider = context.providers.get(task.provider);
  if (provider !== undefined) return provider;
  throw new Error(`provider ${task.provider} of task ${task.id} is not configured any more`);
}

/** What the client is told. A defect of ours shows its details in the log only. */
export function failureOf(context: StepContext, task: Task, error: unknown): TaskError {
  if (error instanceof ReelayError && isErrorCode(error.code)) return { code: error.code, message: error.message };
  context.log.error({ err: error, task: task.id }, 'a step failed by a defect');
  return { code: 'internal_error', message: 'an internal error; the operator finds it in the log under the task id' };
}

type Placed = Pick<TaskIn<'submitting'>, 'id' | 'provider' | 'model' | 'request' | 'inputs' | 'attemptId'>;

/** What a provider is given for one attempt. */
export async function startInput(context: StepContext, task: Placed, deadline: number): Promise<StartInput> {
  const model = context.findModel(task.model);
  if (model === undefined) throw new Error(`${task.model} is not in the catalogue`);
  const inputs = await Promise.all(
    task.inputs.map(async ({ role, assetId }) => {
      const asset = await context.media.get(assetId);
      if (asset === undefined) throw new ReelayError('input_unreachable', 'a prepared input has been removed');
      const path = await context.media.materialise(asset, context.workFolders.pathOf(task.id));
      const publicUrl = context.publicLinks ? context.media.link(asset) : undefined;
      return { role, probe: asset.probe, path, ...(publicUrl !== undefined && { publicUrl }) };
    }),
  );
  const webhookUrl = context.webhookUrl(task.provider, task.attemptId);
  return {
    attemptId: task.attemptId,
    taskId: task.id,
    model,
    request: task.request,
    inputs,
    workFolder: context.workFolders.pathOf(task.attemptId),
    deadline,
    ...(webhookUrl !== undefined && { webhookUrl }),
  };
}

/** Takes a task that waits after a crash or a lost lease. */
export function reclaim(context: StepContext, task: Task): Next {
  return context.store.claim(task, context.now() + stepLeaseMs);
}

/** Removes what an ended task leaves behind: its work folder, copies of its inputs, and the inputs that were made for it. */
export async function tidy(context: StepContext, task: Task): Promise<void> {
  await context.workFolders.remove(task.id);
  if ('attemptId' in task) await context.workFolders.remove(task.attemptId);
  if ('inputs' in task) await releaseInputs(context, task.inputs);
}

/** Removes the folders of tasks that have ended. */
export async function removeStaleWork({ store, workFolders }: StepContext): Promise<void> {
  const live = await store.liveAttempts();
  for (const attemptId of await workFolders.list()) if (!live.has(attemptId)) await workFolders.remove(attemptId);
}

/** Removes what was fetched or converted for a task; what the client had uploaded stays. */
export async function releaseInputs(context: StepContext, inputs: readonly TaskInput[]): Promise<void> {
  for (const { assetId } of inputs) {
    const asset = await context.media.get(assetId);
    if (asset?.purpose === 'input') await context.media.remove(assetId);
  }
}
