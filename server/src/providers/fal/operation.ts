import type { ProviderOperation } from '../../contract/index.ts';

/** What is stored of a submission at fal, enough to follow it from another process. */
export interface FalOperation {
  readonly requestId: string;
  readonly endpoint: string;
  readonly statusUrl: string;
  readonly responseUrl: string;
  readonly cancelUrl: string;
  /** fal answers no cost: the estimate is what a success is settled with. */
  readonly estimateMicros: number;
}

export interface OperationParts {
  readonly queueUrl: string;
  readonly endpoint: string;
  readonly requestId: string;
  readonly estimateMicros: number;
  /** Addresses that fal or an earlier process named. */
  readonly known?: { readonly statusUrl: unknown; readonly responseUrl: unknown; readonly cancelUrl: unknown };
}

/** The forms of ids that may become part of an address; fal's are UUIDs. */
const requestIdForm = /^[A-Za-z0-9_-]{1,128}$/;

export function requestIdOf(body: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const id = body?.['request_id'];
  return typeof id === 'string' && requestIdForm.test(id) ? id : undefined;
}

/**
 * The answer to a submission names three addresses, which know only owner and app of the endpoint. They are taken
 * while they stay on the queue's own origin, else built: the key goes to whatever stands there.
 */
export function operationOf({ queueUrl, endpoint, requestId, estimateMicros, known }: OperationParts): FalOperation {
  const [owner, app] = endpoint.split('/');
  const base = `${queueUrl}/${owner}/${app}/requests/${requestId}`;
  const own = (value: unknown, built: string): string => (isOn(queueUrl, value) ? value : built);
  return {
    // The first text is the operation's key: an operator who attaches an operation by hand gives no other.
    requestId,
    endpoint,
    statusUrl: own(known?.statusUrl, `${base}/status`),
    responseUrl: own(known?.responseUrl, base),
    cancelUrl: own(known?.cancelUrl, `${base}/cancel`),
    estimateMicros,
  };
}

/** Reads a stored operation back, under the origin that is configured now. */
export function readOperation(queueUrl: string, operation: ProviderOperation): FalOperation {
  const { endpoint, requestId, estimateMicros, statusUrl, responseUrl, cancelUrl } = operation;
  return operationOf({
    queueUrl,
    endpoint: String(endpoint),
    requestId: String(requestId),
    estimateMicros: Number(estimateMicros),
    known: { statusUrl, responseUrl, cancelUrl },
  });
}

function isOn(queueUrl: string, value: unknown): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { origin, username, password } = new URL(value);
  return origin === new URL(queueUrl).origin && username === '' && password === '';
}
