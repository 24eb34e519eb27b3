import type { WebhookRefusal } from './provider.ts';
import type { Task, TaskState } from './task.ts';

/** A call of a provider that has ended. */
export interface ProviderCall {
  readonly provider: string;
  readonly method: 'start' | 'status' | 'find' | 'cancel' | 'webhook';
  /** Kind of the outcome, or why a look told nothing; `error` where the call threw. One of a few words. */
  readonly outcome: string;
  readonly seconds: number;
}

export const databaseFaults = [
  'locked',
  'slow',
  'full',
  'read-only',
  'unreachable',
  'refused',
  'crowded',
  'damaged',
  'missing',
  'other',
] as const;
export type DatabaseFault = (typeof databaseFaults)[number];

export const storageFaults = ['full', 'unavailable', 'other'] as const;
export type StorageFault = (typeof storageFaults)[number];

/** A request that was answered, or whose client went away. */
export interface AnsweredRequest {
  readonly method: string;
  /** Pattern of the route's path, such as `/v1/tasks/:id`; never what a client sent. */
  readonly route: string;
  readonly status: number;
}

/**
 * What is worth counting, told by those to whom it happens. Calls are quick and never throw, and nothing depends on
 * them: without telemetry everything works the same.
 */
export interface Telemetry {
  /** Tasks that are on disk now, and how long that took. */
  accepted(tasks: readonly Task[], seconds: number): void;
  /** A change of state that is committed. */
  moved(previous: TaskState, task: Task): void;
  /** What a submission cost, once that is known. */
  settled(provider: string, costMicros: number): void;
  /** A submission that may cost money is about to leave. */
  posted(provider: string): void;
  called(call: ProviderCall): void;
  /** Something came to where providers bring their news, and is worth nothing. */
  webhookRefused(cause: WebhookRefusal): void;
  /** A webhook was sent: taken by its receiver, to be sent again, or given up. */
  delivered(outcome: 'delivered' | 'retried' | 'failed'): void;
  /** A clip was rendered on this machine, or the try failed. */
  rendered(seconds: number): void;
  answered(request: AnsweredRequest): void;
  /** The database gave no answer. */
  databaseFailed(fault: DatabaseFault): void;
  /** The file storage did not take, give or remove a file. */
  storageFailed(fault: StorageFault): void;
  /** A user-given URL led to an address that is not fetched from. */
  addressRefused(): void;
}
