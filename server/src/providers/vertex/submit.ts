import type { SubmitOutcome } from '../../contract/index.ts';
import { type Answer, asObject, objectOf, retryAfterMs, type Sent } from '../exchange.ts';
import { failure, isBlocked } from './errors.ts';

/** Not this account, not this region, not this quota: nothing was taken, another provider may. */
const elsewhere: ReadonlySet<number> = new Set([401, 402, 403, 404, 413, 429]);

/** The form of an operation's name; the model in it becomes part of the address that looks at it. */
const operationName =
  /^projects\/[\w.:-]+\/locations\/[\w-]+\/publishers\/google\/models\/([\w-][\w.-]*)\/operations\/[\w-]+$/;

export function isOperationName(name: string): boolean {
  return operationName.test(name);
}

/** Google's model that an operation runs on. */
export function modelOfName(name: string): string {
  const model = operationName.exec(name)?.[1];
  if (model === undefined) throw new Error('a stored operation has no name of the known form');
  return model;
}

export type Submission =
  | { readonly kind: 'accepted'; readonly name: string }
  | Exclude<SubmitOutcome, { readonly kind: 'accepted' }>;

/** What became of a submission. Whatever no line names is `unknown`: a job may run, and it may cost. */
export function submissionOf(sent: Sent, now: number): Submission {
  if (sent.kind === 'not-sent') return { kind: 'refused-elsewhere', failure: failure('provider_unavailable') };
  if (sent.kind === 'broken') return { kind: 'unknown', detail: `the exchange broke: ${sent.detail}` };
  const { answer } = sent;
  if (answer.status === 400) return refusalOf(answer);
  if (elsewhere.has(answer.status)) {
    const wait = retryAfterMs(answer, now);
    return {
      kind: 'refused-elsewhere',
      failure: failure('provider_unavailable'),
      ...(wait !== undefined && { retryAfterMs: wait }),
    };
  }
  const name = answer.status >= 200 && answer.status < 300 ? objectOf(answer.text)?.['name'] : undefined;
  if (typeof name === 'string' && operationName.test(name)) return { kind: 'accepted', name };
  return { kind: 'unknown', detail: `the answer was ${answer.status} and names no operation` };
}

/** 400 is a wrong parameter, a blocked prompt, or a project that is not set up: that last one is not the client's fault. */
function refusalOf({ text }: Answer): Submission {
  const error = asObject(objectOf(text)?.['error']);
  if (error?.['status'] === 'FAILED_PRECONDITION') {
    return { kind: 'refused-elsewhere', failure: failure('provider_unavailable') };
  }
  const code = isBlocked(error?.['message']) ? 'content_policy_violation' : 'invalid_parameters';
  return { kind: 'refused-final', failure: failure(code) };
}
