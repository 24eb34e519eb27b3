import type { GenerationRequest, MediaRole, Operation } from './generation-request.ts';
import type { JsonObject } from './json.ts';
import type { ApiName } from './model.ts';
import type { PromptReading, ProviderOutput } from './provider.ts';

export const liveStates = ['queued', 'preparing', 'submitting', 'uncertain', 'running', 'storing'] as const;
export const terminalStates = ['succeeded', 'failed', 'cancelled'] as const;

export type LiveState = (typeof liveStates)[number];
export type TerminalState = (typeof terminalStates)[number];
export type TaskState = LiveState | TerminalState;

/** Why a task failed: a code of the error registry and a sentence for the client. */
export interface TaskError {
  readonly code: string;
  readonly message: string;
}

export interface TaskOutput {
  readonly assetId: string;
  readonly filename: string;
  readonly contentType: string;
  /** Absent of results of before it was kept. */
  readonly durationSeconds?: number;
  /** Milliseconds since the epoch after which the file is gone. */
  readonly expiresAt: number;
}

/** Where an input is after `preparing`. */
export interface TaskInput {
  readonly role: MediaRole;
  readonly assetId: string;
}

/** What every phase has. Times are milliseconds since the epoch, money is micro-dollars. */
interface TaskBase {
  readonly id: string;
  readonly accountId: string;
  /** The key that it was made with; absent of tasks of before that was kept. */
  readonly keyId?: string;
  readonly api: ApiName;
  /** Id of the catalogue's model. */
  readonly model: string;
  /** The id the client asked for: the model's own or its face's. */
  readonly requestedModel: string;
  readonly operation: Operation;
  readonly request: GenerationRequest;
  /** The client's parameters as received, in its API's names. */
  readonly parameters: JsonObject;
  readonly provider: string;
  /** The client asked for this provider and no other. */
  readonly providerAsked: boolean;
  /** Grows by one with every change of state; a wake-up that carries an old one does nothing. */
  readonly seq: number;
  /** 0 to 100, never falls, 100 only with results. */
  readonly progress: number;
  readonly warnings: readonly string[];
  /** What the provider made of the prompt when the job was given to it; null where it does not tell, absent before and of old tasks. */
  readonly reading?: PromptReading | null;
  readonly createdAt: number;
  /** When a provider took it up. */
  readonly startedAt?: number;
  readonly cancelRequestedAt?: number;
  readonly estimatedCostMicros: number;
  /** Where its end is told. */
  readonly callbackUrl?: string;
  /** The server that works on it, where several share the database. Until that is found gone, nobody else touches it. */
  readonly server?: string;
}

/** Next time somebody has to look at a live task. */
interface Live {
  readonly dueAt: number;
}

interface Ended {
  readonly completedAt: number;
}

/** One accepted request. Each phase owns its fields. */
export type Task =
  | (TaskBase &
      Live & {
        readonly state: 'queued' /** A fault found at accept that this API reports by failing the task. */;
        readonly fault?: TaskError;
      })
  | (TaskBase &
      Live & {
        readonly state: 'preparing';
        readonly fault?: TaskError;
        /** When it came to its turn: what passes is waited for from then on. */
        readonly begunAt: number;
      })
  | (TaskBase &
      Live & {
        readonly state: 'submitting';
        readonly inputs: readonly TaskInput[];
        readonly attemptId: string;
        readonly deadline: number;
        /** Refused for now, or no room: nothing is sent under this attempt, and before this time under none. */
        readonly notBefore?: number;
      })
  | (TaskBase &
      Live & {
        readonly state: 'uncertain';
        readonly inputs: readonly TaskInput[];
        readonly attemptId: string;
        readonly searchUntil: number;
      })
  | (TaskBase &
      Live & {
        readonly state: 'running';
        readonly inputs: readonly TaskInput[];
        readonly attemptId: string /** The provider still queues it. */;
        readonly waiting: boolean;
      })
  | (TaskBase &
      Live & {
        readonly state: 'storing';
        readonly inputs: readonly TaskInput[];
        readonly attemptId: string;
        readonly outputs: readonly ProviderOutput[];
        readonly costMicros: number;
        /** When it became ready: a paid result is fetched again and again for a while. */
        readonly readyAt: number;
      })
  | (TaskBase &
      Ended & { readonly state: 'succeeded'; readonly outputs: readonly TaskOutput[]; readonly costMicros: number })
  | (TaskBase & Ended & { readonly state: 'failed'; readonly error: TaskError; readonly costMicros: number })
  | (TaskBase & Ended & { readonly state: 'cancelled'; readonly costMicros: number });

export type TaskIn<State extends TaskState> = Extract<Task, { readonly state: State }>;

/** Something that happened to a task, in the order of its account. Carries all that a stream needs to speak of it. */
export interface TaskEvent {
  /** Counts up by one per account. */
  readonly id: number;
  readonly accountId: string;
  readonly taskId: string;
  readonly kind: 'state' | 'progress';
  readonly state: TaskState;
  readonly previous: TaskState;
  readonly progress: number;
  readonly requestedModel: string;
  /** Of a running task: its provider still queues it. */
  readonly waiting?: boolean;
  /** Of a task that is given to its provider: what that one makes of the prompt. */
  readonly reading?: PromptReading;
  readonly outputs?: readonly TaskOutput[];
  readonly error?: TaskError;
  readonly createdAt: number;
}

/** Nothing was sent under its attempt, and nothing will be before its time. */
export function isPutOff(task: Task): task is TaskIn<'submitting'> & { readonly notBefore: number } {
  return task.state === 'submitting' && task.notBefore !== undefined;
}

export function isTerminal(state: TaskState): state is TerminalState {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}
