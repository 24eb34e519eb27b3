import type { GenerationRequest, MediaRole } from './generation-request.ts';
import type { JsonObject } from './json.ts';
import type { MediaProbe } from './media.ts';
import type { Model } from './model.ts';

/** What a provider returned for a submission: opaque, stored first, understood only by the provider that made it. */
export type ProviderOperation = JsonObject;

/** An input after `preparing`: fetched, probed, normalised, on this machine's disk. */
export interface PreparedInput {
  readonly role: MediaRole;
  readonly path: string;
  readonly probe: MediaProbe;
  /** A signed link to the same bytes, for providers that fetch. */
  readonly url: string;
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

/** A finished file on this machine, in the attempt's work folder. */
export interface ProviderOutput {
  readonly path: string;
}

/** One look at an operation. `lost` means that the provider no longer knows it. */
export type StatusOutcome =
  | { readonly kind: 'queued'; readonly checkAfterMs: number }
  | { readonly kind: 'running'; readonly progress?: number; readonly checkAfterMs: number }
  | { readonly kind: 'done'; readonly outputs: readonly ProviderOutput[]; readonly costMicros: number }
  | { readonly kind: 'failed'; readonly failure: ProviderFailure; readonly costMicros: number }
  | { readonly kind: 'lost' };

export type FindOutcome =
  | { readonly kind: 'operation'; readonly operation: ProviderOperation; readonly operationKey: string }
  | { readonly kind: 'outputs'; readonly outputs: readonly ProviderOutput[]; readonly costMicros: number }
  | { readonly kind: 'failed'; readonly failure: ProviderFailure; readonly costMicros: number }
  | { readonly kind: 'not-yet' };

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
  /** Names of the model's options that it honours. */
  honours(model: Model): readonly string[];
  /** How many more jobs it wants now. Tasks wait as `queued` while it is 0. */
  room(): number;
  /** Exactly one submission. Throws only on a defect of ours: every answer of the provider's is an outcome. */
  start(input: StartInput): Promise<SubmitOutcome>;
  status(operation: ProviderOperation): Promise<StatusOutcome>;
  /** Looks for the attempt's mark after an unknown outcome. */
  find?(input: StartInput): Promise<FindOutcome>;
  /** Asks the provider to stop; resolves when it has been told. */
  cancel?(operation: ProviderOperation): Promise<void>;
  /** Says when an operation has news, so that nobody waits for the next poll. */
  onNews?(listener: (operationKey: string) => void): void;
  close?(): Promise<void>;
}
