import type { Readable } from 'node:stream';
import type { GenerationRequest, MediaRole } from './generation-request.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { MediaProbe } from './media.ts';
import type { Model } from './model.ts';

/** What a provider returned for a submission: opaque, stored first, understood only by the provider that made it. */
export type ProviderOperation = JsonObject;

/** An input after `preparing`: fetched, probed, normalised, on this machine's disk. */
export interface PreparedInput {
  readonly role: MediaRole;
  readonly path: string;
  readonly probe: MediaProbe;
  /** A signed link to the same bytes that anybody can fetch; absent where this server's own address is not public. */
  readonly publicUrl?: string;
}

export interface StartInput {
  readonly attemptId: string;
  readonly taskId: string;
  readonly model: Model;
  readonly request: GenerationRequest;
  readonly inputs: readonly PreparedInput[];
  /** A folder of this attempt's own; gone when the task has ended. */
  readonly workFolder: string;
  /** The sender looks at it again just before the bytes leave: a process that froze and wakes late does not send. */
  readonly deadline: number;
  /** Where the provider may tell its news of this attempt; absent where nobody outside can reach this server. */
  readonly webhookUrl?: string;
}

export interface ProviderFailure {
  /** A code of the error registry. */
  readonly code: string;
  readonly message: string;
}

/** The answer to a submission, named by what comes next. */
export type SubmitOutcome =
  | { readonly kind: 'accepted'; readonly operation: ProviderOperation; readonly operationKey: string }
  | { readonly kind: 'refused-final'; readonly failure: ProviderFailure }
  | { readonly kind: 'refused-elsewhere'; readonly failure: ProviderFailure; readonly retryAfterMs?: number }
  /** Nobody can say whether it was accepted: never posted again. */
  | { readonly kind: 'unknown'; readonly detail: string };

/** A finished file: on this machine in the attempt's work folder, or where only the provider's own `download` goes. */
export type ProviderOutput = { readonly path: string } | { readonly url: string };

/** A request to an attempt's webhook address, as it came. The address itself was checked before. */
export interface WebhookDelivery {
  readonly attemptId: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  /** What the attempt was to make, for a process that did not start it; absent where its model is known no more. */
  readonly asked?: Pick<StartInput, 'model' | 'request'>;
}

/**
 * Why a delivery is worth nothing: its address is none that we made, or of an attempt that is known no more; its
 * signature does not fit, its time is too far away, its body says nothing; it speaks for another account or another job.
 */
export const webhookRefusals = ['address', 'attempt', 'signature', 'time', 'body', 'account', 'job'] as const;
export type WebhookRefusal = (typeof webhookRefusals)[number];

/** What a delivery is worth: nothing, or a wake-up that may carry the operation. Never the result itself. */
export type WebhookOutcome =
  | { readonly kind: 'refused'; readonly cause: WebhookRefusal; readonly reason: string }
  | { readonly kind: 'news'; readonly operation?: ProviderOperation; readonly operationKey?: string };

/**
 * Why a look told nothing, so that the state is what it was: the provider asks for patience (429, 503), its answer is of
 * no use, none came, or it does not know the job, which once may be a fault of its own.
 */
export type Unclear = 'limited' | 'unreadable' | 'unanswered' | 'not-known';

/** One look at an operation. `lost` means that the provider no longer knows it. */
export type StatusOutcome =
  | { readonly kind: 'queued'; readonly checkAfterMs: number; readonly unclear?: Unclear }
  | {
      readonly kind: 'running';
      readonly progress?: number;
      readonly checkAfterMs: number;
      readonly unclear?: Unclear;
    }
  | { readonly kind: 'done'; readonly outputs: readonly ProviderOutput[]; readonly costMicros: number }
  | { readonly kind: 'failed'; readonly failure: ProviderFailure; readonly costMicros: number }
  | { readonly kind: 'lost' };

/** A job that the provider shows. */
export interface FoundJob {
  readonly operation: ProviderOperation;
  readonly operationKey: string;
}

/** What is looked for, and the time from which on it may have been submitted. */
export interface FindInput extends StartInput {
  readonly createdAt: number;
}

export type FindOutcome =
  | ({ readonly kind: 'operation' } & FoundJob)
  /** No mark, but the same content: one of these may be the attempt's own, or none. */
  | { readonly kind: 'candidates'; readonly candidates: readonly FoundJob[] }
  | { readonly kind: 'outputs'; readonly outputs: readonly ProviderOutput[]; readonly costMicros: number }
  | { readonly kind: 'failed'; readonly failure: ProviderFailure; readonly costMicros: number }
  | { readonly kind: 'not-yet' };

/** Whether a provider can be used, in words for the operator that hold no key; and how far its clock is before this machine's. */
export type ProviderCheck =
  | { readonly kind: 'usable'; readonly detail: string; readonly clockAheadMs?: number }
  /** `remedy` says how to mend it. */
  | { readonly kind: 'unusable'; readonly problem: string; readonly remedy: string };

/** What a provider makes of a prompt, in the prompt's own words. */
export interface PromptReading {
  readonly understood: readonly { readonly text: string; readonly as: string }[];
  /** Words that change nothing in the video. */
  readonly ignored: readonly string[];
  /** What the client should know of it, such as that nothing was understood. */
  readonly warnings: readonly string[];
}

/** How a provider describes a model that no file of the catalogue declares. The catalogue gives it its id and its day. */
export type DescribedModel = Omit<Model, 'id' | 'created'>;

/** Models that a provider turns out to run, beyond those that the catalogue declares. */
export interface Discovery {
  /** Its own names for all that it runs now, the catalogue's included. Rejects, in our words, where they cannot be read. */
  list(): Promise<readonly string[]>;
  describe(name: string): DescribedModel;
}

/** A place that runs models. The presence of an optional method is the capability. */
export interface Provider {
  readonly name: string;
  /** Costs nothing, so a lost job may simply be started again. */
  readonly free: boolean;
  /** Takes the place of the real thing: chosen by itself only when nothing else is configured, and it ignores options it cannot do. */
  readonly standIn: boolean;
  /** The longest that a job takes here, in milliseconds, its time in the provider's queue included. */
  readonly longestJobMs: number;
  serves(model: Model): boolean;
  readonly discovery?: Discovery;
  /** Names of the model's options that it honours. */
  honours(model: Model): readonly string[];
  /** Values of such options that it does not take all the same, by the option's name. */
  readonly refusedValues?: Readonly<Record<string, readonly JsonValue[]>>;
  /** How many more jobs it wants now. Tasks wait as `queued` while it is 0. */
  room(): number;
  /** Jobs that it takes at once from all servers that share a database; each server's own where absent. */
  readonly maximumJobs?: number;
  /** Names of neutral fields of the request that it does not follow; the client is warned of them. */
  ignores?(model: Model, request: GenerationRequest): readonly string[];
  /** Only of a provider that knows which words it follows; undefined for a request of which it follows none. */
  readPrompt?(request: GenerationRequest): PromptReading | undefined;
  /** Micro-dollars that the request is expected to cost here; the model's own price where absent. */
  estimateMicros?(model: Model, request: GenerationRequest): number;
  /** What keeps the provider from taking these inputs, such as a size; asked before anything is paid. */
  checkInputs?(input: Pick<StartInput, 'model' | 'request' | 'inputs'>): ProviderFailure | undefined;
  /** Exactly one submission. Throws only on a defect of ours: every answer of the provider's is an outcome. */
  start(input: StartInput): Promise<SubmitOutcome>;
  status(operation: ProviderOperation): Promise<StatusOutcome>;
  /** Looks for the attempt's mark after an unknown outcome; where it left none, for what it would have made. */
  find?(input: FindInput): Promise<FindOutcome>;
  /** The operation of a job that an operator found there, by the id that is shown; undefined for what is no such id. */
  operationOf?(
    jobId: string,
    attempt: Pick<StartInput, 'attemptId' | 'model' | 'request'>,
  ): ProviderOperation | undefined;
  /** Asks the provider to stop; resolves when it has been told. */
  cancel?(operation: ProviderOperation): Promise<void>;
  /** The bytes of a finished file. Refuses addresses that are not the provider's own. */
  download?(url: string, signal: AbortSignal): Promise<Readable>;
  /** Verifies a delivery with the provider's own means. */
  webhook?(delivery: WebhookDelivery): Promise<WebhookOutcome>;
  /** Says when an operation has news, so that nobody waits for the next poll. */
  onNews?(listener: (operationKey: string) => void): void;
  /** Looks whether it can be reached and takes our key. Costs nothing, makes nothing, and answers within seconds. */
  check?(): Promise<ProviderCheck>;
  close?(): Promise<void>;
}
