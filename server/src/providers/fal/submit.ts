import type { SubmitOutcome } from '../../contract/index.ts';
import type { ErrorCode } from '../../errors.ts';
import { type Answer, objectOf, retryAfterMs, type Sent } from '../exchange.ts';
import { errorTypes, failure, failureOf } from './errors.ts';
import { requestIdOf } from './operation.ts';

/** Statuses by which fal says that it did not take the request and that no other account or model would change that. */
const final: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_parameters',
  422: 'invalid_parameters',
};

/** Not this key, not this balance, not this endpoint, not this size, not now: nothing was taken, another provider may. */
const elsewhere: Readonly<Record<number, ErrorCode>> = {
  401: 'provider_unavailable',
  402: 'provider_unavailable',
  403: 'provider_unavailable',
  404: 'provider_unavailable',
  413: 'input_too_large',
  429: 'provider_unavailable',
};

export type Submission =
  | { readonly kind: 'accepted'; readonly requestId: string; readonly body: Readonly<Record<string, unknown>> }
  | Exclude<SubmitOutcome, { readonly kind: 'accepted' }>;

/** What became of a submission. Whatever no line names is `unknown`: a job may run, and it may cost. */
export function submissionOf(sent: Sent, now: number): Submission {
  if (sent.kind === 'not-sent') return { kind: 'refused-elsewhere', failure: failure('provider_unavailable') };
  if (sent.kind === 'broken') return { kind: 'unknown', detail: `the exchange broke: ${sent.detail}` };
  const { answer } = sent;
  const refused = final[answer.status];
  if (refused !== undefined) return { kind: 'refused-final', failure: failureOf(errorTypes(answer), refused) };
  const declined = elsewhere[answer.status];
  if (declined !== undefined) {
    const wait = retryAfterMs(answer, now);
    return { kind: 'refused-elsewhere', failure: failure(declined), ...(wait !== undefined && { retryAfterMs: wait }) };
  }
  return accepted(answer) ?? { kind: 'unknown', detail: `the answer was ${answer.status} and names no request` };
}

function accepted({ status, text }: Answer): Submission | undefined {
  const body = status >= 200 && status < 300 ? objectOf(text) : undefined;
  const requestId = requestIdOf(body);
  return body && requestId !== undefined ? { kind: 'accepted', requestId, body } : undefined;
}
