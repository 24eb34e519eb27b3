import type {
  ApiName,
  Caller,
  GenerationRequest,
  JsonObject,
  JsonValue,
  Model,
  Provider,
  Task,
  TaskError,
} from '../contract/index.ts';
import { routeOf } from './routing.ts';

/** One task of a submission. A `fault` makes it end as failed, for APIs that check a request only when it runs. */
export interface NewTask {
  readonly id: string;
  readonly request: GenerationRequest;
  readonly parameters: JsonObject;
  readonly fault?: TaskError;
}

export interface QuoteInput {
  readonly model: Model;
  readonly request: GenerationRequest;
  /** What it is expected to cost at a provider that has no figures of its own. */
  readonly estimatedCostMicros: number;
  readonly askedProvider?: string | undefined;
}

export interface Quote {
  readonly provider: string;
  readonly warnings: readonly string[];
  readonly estimatedCostMicros: number;
}

export interface AcceptInput {
  readonly caller: Caller;
  readonly api: ApiName;
  readonly model: Model;
  readonly requestedModel: string;
  readonly tasks: readonly NewTask[];
  /** What one of them is expected to cost at a provider that costs money. */
  readonly estimatedCostMicros: number;
  readonly askedProvider?: string;
  /** Name of the request, for the log. */
  readonly requestId?: string;
  readonly idempotency?: { readonly key: string; readonly bodyHash: string };
  /** Where the end of each of them is told. */
  readonly callbackUrl?: string;
  /** The answer to the client, kept for the same Idempotency-Key. */
  readonly answer: (tasks: readonly Task[]) => JsonValue;
}

/** The tasks that a request makes, each at the provider that is to run it. */
export function queuedTasks(providers: readonly Provider[], input: AcceptInput, at: number) {
  return input.tasks.map((task) => {
    const { askedProvider, callbackUrl, estimatedCostMicros, model } = input;
    const wanted = { model, request: task.request, estimatedCostMicros, askedProvider };
    const { provider, warnings } = routeOf(providers, wanted);
    return {
      id: task.id,
      accountId: input.caller.accountId,
      keyId: input.caller.keyId,
      api: input.api,
      model: input.model.id,
      requestedModel: input.requestedModel,
      operation: task.request.operation,
      request: task.request,
      parameters: task.parameters,
      provider: provider.name,
      providerAsked: askedProvider !== undefined,
      state: 'queued' as const,
      seq: 1,
      progress: 0,
      warnings,
      createdAt: at,
      dueAt: at,
      estimatedCostMicros: estimateAt(provider, wanted),
      ...(task.fault && { fault: task.fault }),
      ...(callbackUrl !== undefined && { callbackUrl }),
    };
  });
}

/** What accepting the request would lead to. */
export function quoteOf(providers: readonly Provider[], input: QuoteInput): Quote {
  const { provider, warnings } = routeOf(providers, input);
  return { provider: provider.name, warnings, estimatedCostMicros: estimateAt(provider, input) };
}

function estimateAt(provider: Provider, { model, request, estimatedCostMicros }: QuoteInput): number {
  if (provider.free) return 0;
  return provider.estimateMicros?.(model, request) ?? estimatedCostMicros;
}
