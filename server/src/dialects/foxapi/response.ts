import type { Face } from '../../catalogue/catalogue.ts';
import { type Asset, isTerminal, type JsonObject, type Task, type TaskState } from '../../contract/index.ts';
import type { Balance } from '../../tasks/balance.ts';
import type { DialectDependencies, StatusDependencies } from '../dialect.ts';
import { withReading } from '../prompt-reading.ts';

export type FoxStatus = 'pending' | 'processing' | 'completed' | 'failed';

const statuses: Readonly<Record<TaskState, FoxStatus>> = {
  queued: 'pending',
  preparing: 'pending',
  submitting: 'processing',
  uncertain: 'processing',
  running: 'processing',
  storing: 'processing',
  succeeded: 'completed',
  failed: 'failed',
  cancelled: 'failed',
};

/** States that a status stands for, for the list's filter. `running` may also read `pending` while its provider queues it. */
export function statesOf(status: FoxStatus): readonly TaskState[] {
  return (Object.keys(statuses) as TaskState[]).filter((state) => statuses[state] === status);
}

export function foxStatus(task: Task): FoxStatus {
  return task.state === 'running' && task.waiting ? 'pending' : statuses[task.state];
}

type Shown = Pick<DialectDependencies, 'tasks' | 'links'>;

const object = 'video.generation.task';

/** A credit is a US cent. */
function credits(micros: number): number {
  return micros / 10_000;
}

/** What is reserved while the task lives, and what it cost once it has ended. */
function usage(task: Task): JsonObject {
  const micros = 'costMicros' in task && isTerminal(task.state) ? task.costMicros : task.estimatedCostMicros;
  return { credits_reserved: credits(micros), user_group: 'default' };
}

function taskInfo(task: Task, face: Face | undefined, { tasks }: Shown): JsonObject {
  const estimated = tasks.measuredSeconds(task.model) ?? face?.model.typicalSeconds ?? 45;
  return { can_cancel: tasks.canCancel(task), estimated_time: estimated };
}

export function unixSeconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

function head(task: Task): JsonObject {
  return {
    id: task.id,
    object,
    type: 'video',
    model: task.requestedModel,
    status: foxStatus(task),
    progress: task.progress,
    created: unixSeconds(task.createdAt),
  };
}

/** The answer to `POST /v1/videos/generations`. */
export function createdBody(task: Task, face: Face, shown: Shown): JsonObject {
  return { ...head(task), task_info: taskInfo(task, face, shown), usage: usage(task) };
}

/** A task in a list. */
export function taskBody(task: Task, face: Face | undefined, shown: Shown): JsonObject {
  return {
    ...head(task),
    results: results(task, shown),
    error: failure(task),
    usage: usage(task),
    task_info: taskInfo(task, face, shown),
    provider: task.provider,
    ...(task.warnings.length > 0 && { warnings: task.warnings }),
  };
}

/** The answer to `GET /v1/tasks/{id}`, and the body of the task's webhook. */
export function statusBody(task: Task, shown: StatusDependencies): JsonObject {
  return withReading(taskBody(task, shown.faces.find(task.requestedModel), shown), task, shown);
}

function results(task: Task, { links }: Shown): readonly JsonObject[] | null {
  if (task.state !== 'succeeded') return null;
  return task.outputs.map((output) => ({
    url: links.sign({ id: output.assetId, filename: output.filename, expiresAt: output.expiresAt }),
    content_type: output.contentType,
  }));
}

function failure(task: Task): JsonObject | null {
  if (task.state === 'failed') return { code: task.error.code, message: task.error.message, type: 'task_error' };
  if (task.state !== 'cancelled') return null;
  return { code: 'request_cancelled', message: 'The task was cancelled.', type: 'task_error' };
}

/** The answer to the upload routes. */
export function fileBody(asset: Asset, url: string): JsonObject {
  return {
    id: asset.id,
    filename: asset.filename,
    url,
    size: asset.sizeBytes,
    created: unixSeconds(asset.createdAt),
  };
}

/** The answer to `GET /v1/models`. */
export function modelsBody(faces: readonly Face[], detailsOf: (face: Face) => JsonObject): JsonObject {
  return {
    object: 'list',
    data: faces.map((face) => ({
      id: face.id,
      object: 'model',
      created: face.model.created,
      owned_by: face.model.developer.slug,
      supported_endpoint_types: ['video'],
      ...detailsOf(face),
    })),
  };
}

/** The answer to `GET /v1/account/credits`. FoxAPI's own body is not documented; this is the shape of its relatives. */
export function creditsBody(
  { chargedMicros, reservedMicros }: Balance,
  leftUsd: { readonly token: number | undefined; readonly user: number | undefined },
): JsonObject {
  const used = credits(chargedMicros + reservedMicros);
  const balance = (usd: number | undefined) => ({
    remaining_credits: usd === undefined ? unlimitedCredits : usd * 100,
    used_credits: used,
    unlimited_credits: usd === undefined,
  });
  return { success: true, message: '', data: { token: balance(leftUsd.token), user: balance(leftUsd.user) } };
}

/** What FoxAPI's billing routes show for an unlimited key. */
const unlimitedCredits = 100_000_000;
