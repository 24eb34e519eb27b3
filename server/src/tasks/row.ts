import type { Selectable } from 'kysely';
import type {
  GenerationRequest,
  ProviderOutput,
  Task,
  TaskError,
  TaskEvent,
  TaskInput,
  TaskOutput,
} from '../contract/index.ts';
import type { Schema, TaskTable } from '../database/schema.ts';
import { fileNamedBy } from '../media/direct-links.ts';

export type TaskRow = Selectable<TaskTable>;
export type EventRow = Selectable<Schema['events']>;

/** The fields that states own beside `due_at`, `attempt_id` and `completed_at`, as the `phase` column holds them. */
interface Phase {
  readonly fault?: TaskError;
  readonly begunAt?: number;
  readonly inputs?: readonly TaskInput[];
  /** Files of ours that are to become inputs. */
  readonly wanted?: readonly string[];
  readonly deadline?: number;
  readonly notBefore?: number;
  readonly searchUntil?: number;
  readonly waiting?: boolean;
  readonly readyAt?: number;
  readonly pending?: readonly ProviderOutput[];
  readonly outputs?: readonly TaskOutput[];
  readonly error?: TaskError;
  readonly costMicros?: number;
}

function common(row: TaskRow) {
  return {
    id: row.id,
    accountId: row.account_id,
    api: row.api,
    model: row.model,
    requestedModel: row.requested_model,
    operation: row.operation,
    request: JSON.parse(row.request),
    parameters: JSON.parse(row.parameters),
    provider: row.provider,
    providerAsked: row.provider_asked === 1,
    seq: row.seq,
    progress: row.progress,
    warnings: JSON.parse(row.warnings),
    ...(row.reading !== null && { reading: JSON.parse(row.reading) }),
    createdAt: row.created_at,
    estimatedCostMicros: row.estimated_cost_micros,
    ...(row.started_at !== null && { startedAt: row.started_at }),
    ...(row.cancel_requested_at !== null && { cancelRequestedAt: row.cancel_requested_at }),
    ...(row.callback_url !== null && { callbackUrl: row.callback_url }),
    ...(row.server !== null && { server: row.server }),
    ...(row.key_id !== null && { keyId: row.key_id }),
  };
}

export function taskFromRow(row: TaskRow): Task {
  const base = common(row);
  const phase: Phase = JSON.parse(row.phase);
  const live = { ...base, dueAt: row.due_at ?? 0 };
  const placed = { ...live, inputs: phase.inputs ?? [], attemptId: row.attempt_id ?? '' };
  const ended = { ...base, completedAt: row.completed_at ?? 0, costMicros: phase.costMicros ?? 0 };
  switch (row.state) {
    case 'queued':
      return { ...live, state: row.state, ...(phase.fault && { fault: phase.fault }) };
    case 'preparing': {
      // Versions before 2026-11-22 did not write when it began.
      const begunAt = phase.begunAt ?? row.created_at;
      return { ...live, state: row.state, begunAt, ...(phase.fault && { fault: phase.fault }) };
    }
    case 'submitting':
      return {
        ...placed,
        state: row.state,
        deadline: phase.deadline ?? 0,
        ...(phase.notBefore !== undefined && { notBefore: phase.notBefore }),
      };
    case 'uncertain':
      return { ...placed, state: row.state, searchUntil: phase.searchUntil ?? 0 };
    case 'running':
      return { ...placed, state: row.state, waiting: phase.waiting ?? false };
    case 'storing':
      return {
        ...placed,
        state: row.state,
        outputs: phase.pending ?? [],
        costMicros: phase.costMicros ?? 0,
        readyAt: phase.readyAt ?? 0,
      };
    case 'succeeded':
      return { ...ended, state: row.state, outputs: phase.outputs ?? [] };
    case 'failed':
      return {
        ...ended,
        state: row.state,
        error: phase.error ?? { code: 'internal_error', message: 'no reason was kept' },
      };
    case 'cancelled':
      return { ...ended, state: row.state };
    default:
      throw new Error(`task ${row.id} is in a state that this version does not know: ${row.state satisfies never}`);
  }
}

/** The `phase` column of a task. */
export function phaseOf(task: Task): string {
  const phase: Phase = phaseFields(task);
  return JSON.stringify(phase);
}

function phaseFields(task: Task): Phase {
  switch (task.state) {
    case 'queued':
      return { ...(task.fault && { fault: task.fault }), ...wantedFiles(task.request) };
    case 'preparing':
      return { begunAt: task.begunAt, ...(task.fault && { fault: task.fault }), ...wantedFiles(task.request) };
    case 'submitting':
      return {
        inputs: task.inputs,
        deadline: task.deadline,
        ...(task.notBefore !== undefined && { notBefore: task.notBefore }),
      };
    case 'uncertain':
      return { inputs: task.inputs, searchUntil: task.searchUntil };
    case 'running':
      return { inputs: task.inputs, waiting: task.waiting };
    case 'storing':
      return { inputs: task.inputs, pending: task.outputs, costMicros: task.costMicros, readyAt: task.readyAt };
    case 'succeeded':
      return { outputs: task.outputs, costMicros: task.costMicros };
    case 'failed':
      return { error: task.error, costMicros: task.costMicros };
    case 'cancelled':
      return { costMicros: task.costMicros };
    default:
      return task satisfies never;
  }
}

/** Ids of the stored files that a live task needs, as its `phase` column names them. */
export function filesNeededBy(phase: string): readonly string[] {
  const { inputs = [], wanted = [] }: Phase = JSON.parse(phase);
  return [...inputs.map(({ assetId }) => assetId), ...wanted];
}

function wantedFiles({ inputs }: GenerationRequest): Pick<Phase, 'wanted'> {
  const wanted = inputs.flatMap(({ url }) => fileNamedBy(url) ?? []);
  return wanted.length === 0 ? {} : { wanted };
}

export function eventFromRow(row: EventRow): TaskEvent {
  return {
    id: row.id,
    accountId: row.account_id,
    taskId: row.task_id,
    kind: row.kind,
    state: row.state,
    previous: row.previous,
    progress: row.progress,
    requestedModel: row.requested_model,
    createdAt: row.created_at,
    ...JSON.parse(row.detail),
  };
}

/** The `detail` column of an event about this task: what its state adds. */
export function eventDetail(task: Task): string {
  if (task.state === 'submitting' && task.reading) return JSON.stringify({ reading: task.reading });
  if (task.state === 'running') return JSON.stringify({ waiting: task.waiting });
  if (task.state === 'succeeded') return JSON.stringify({ outputs: task.outputs });
  if (task.state === 'failed') return JSON.stringify({ error: task.error });
  return '{}';
}
