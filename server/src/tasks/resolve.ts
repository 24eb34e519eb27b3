import type { Kysely, Transaction } from 'kysely';
import type { ProviderOperation, Task, TaskIn } from '../contract/index.ts';
import type { Schema } from '../database/schema.ts';
import { writtenOff } from './attempts.ts';
import { TaskStore } from './store.ts';

/** What an operator who has looked at the provider says about a submission whose outcome nobody knew. */
export type Resolution =
  /** The provider has the job: this is its operation, which may depend on the task. */
  | {
      readonly kind: 'attach';
      readonly operation: ProviderOperation | ((task: TaskIn<'uncertain'>) => ProviderOperation);
    }
  /** The provider has it not: submit once more. May be paid a second time where the operator is wrong. */
  | { readonly kind: 'resubmit' }
  /** Give up. */
  | { readonly kind: 'fail' };

/** Why a resolution was refused. The message is for the operator. */
export class ResolveError extends Error {}

/**
 * Settles an uncertain task by hand, beside a running server, which takes it up within a second.
 *
 * Invariants:
 * V1. Works while the task is `uncertain` and nowhere else: the store's guarded update decides, not a look before it.
 * V2. What is known of money is in the same transaction: an attached operation belongs to no other attempt, and an
 *     attempt is written off only while no operation of it is known.
 * V3. Nothing is sent here. A task that is to be submitted again is left for the server, under an attempt written off.
 */
export async function resolveTask(
  { db, now }: { readonly db: Kysely<Schema>; readonly now: () => number },
  id: string,
  resolution: Resolution,
): Promise<Task> {
  const store = new TaskStore(db, { now, publish: () => undefined });
  const task = await store.get(id);
  if (task === undefined) throw new ResolveError(`there is no task ${id}`);
  if (task.state !== 'uncertain')
    throw new ResolveError(`task ${id} is ${task.state}; only an uncertain task can be resolved`);
  const settled = await settle(store, task, resolution, now());
  if (settled === undefined) throw new ResolveError(`task ${id} changed just now; look at it again`);
  return settled;
}

function settle(
  store: TaskStore,
  task: TaskIn<'uncertain'>,
  resolution: Resolution,
  at: number,
): Promise<Task | undefined> {
  switch (resolution.kind) {
    case 'attach': {
      const operation = typeof resolution.operation === 'function' ? resolution.operation(task) : resolution.operation;
      return store.transition(
        task,
        { ...task, state: 'running', waiting: false, dueAt: at, startedAt: task.startedAt ?? at },
        (trx) => attach(trx, task, operation),
      );
    }
    case 'resubmit':
      return store.transition(task, { ...task, state: 'submitting', deadline: at, dueAt: at }, (trx) =>
        writeOff(trx, task),
      );
    case 'fail':
      return store.transition(task, {
        ...task,
        state: 'failed',
        costMicros: 0,
        completedAt: at,
        error: {
          code: 'submission_unknown',
          message: 'the operator closed it: nobody knows whether the provider took it',
        },
      });
    default:
      return resolution satisfies never;
  }
}

/** What identifies the job at the provider: the first text in the operation, whose other fields are its address or state. */
function keyOf(operation: ProviderOperation): string {
  return Object.values(operation).find((value) => typeof value === 'string') ?? JSON.stringify(operation);
}

async function attach(
  trx: Transaction<Schema>,
  task: TaskIn<'uncertain'>,
  operation: ProviderOperation,
): Promise<void> {
  const key = keyOf(operation);
  const owner = await trx
    .selectFrom('attempts')
    .select('task_id')
    .where('provider', '=', task.provider)
    .where('operation_key', '=', key)
    .executeTakeFirst();
  if (owner !== undefined) throw new ResolveError(`${key} is the operation of task ${owner.task_id} already`);
  const written = await trx
    .updateTable('attempts')
    .set({
      operation: JSON.stringify(operation),
      operation_key: key,
      outcome: 'accepted',
      detail: 'attached by the operator',
    })
    .where('id', '=', task.attemptId)
    .where('operation', 'is', null)
    .executeTakeFirst();
  if (written.numUpdatedRows !== 1n)
    throw new ResolveError(`the provider has just named its operation of task ${task.id}`);
}

async function writeOff(trx: Transaction<Schema>, task: TaskIn<'uncertain'>): Promise<void> {
  const written = await trx
    .updateTable('attempts')
    .set({ outcome: writtenOff, detail: 'the operator had the task submitted again', cost_micros: 0 })
    .where('id', '=', task.attemptId)
    .where('operation', 'is', null)
    .executeTakeFirst();
  if (written.numUpdatedRows !== 1n)
    throw new ResolveError(`the provider has just named its operation of task ${task.id}`);
}
