import type { StatusOutcome } from '../../contract/index.ts';
import { type Answer, asObject, objectOf } from '../exchange.ts';
import { errorTypes, failure, failureOf } from './errors.ts';

/** What an answer to a poll says; `unclear` is one that says nothing about the job. */
export type Look =
  | { readonly kind: 'queued' | 'running' | 'lost' | 'unclear' }
  | { readonly kind: 'completed'; readonly errorTypes: readonly string[]; readonly failed: boolean };

/** Statuses of a job by fal's word for them. One we do not know is polled on. */
const looks: Readonly<Record<string, 'queued' | 'running'>> = { IN_QUEUE: 'queued', IN_PROGRESS: 'running' };

export function lookOf(answer: Answer | undefined): Look {
  if (answer === undefined) return { kind: 'unclear' };
  if (answer.status === 404) return { kind: 'lost' };
  const body = answer.status === 200 || answer.status === 202 ? objectOf(answer.text) : undefined;
  if (body === undefined) return { kind: 'unclear' };
  const status = String(body['status']);
  if (status !== 'COMPLETED') return { kind: looks[status] ?? 'unclear' };
  const type = body['error_type'];
  const error = body['error'];
  return {
    kind: 'completed',
    errorTypes: typeof type === 'string' ? [type] : [],
    failed: typeof type === 'string' || (error !== undefined && error !== null && error !== ''),
  };
}

/**
 * COMPLETED is also the end of jobs that failed: the result decides. It is the model's output, or the model's error
 * with the model's status, which has to be told from the queue's own trouble: that carries no type of error.
 */
export function resultOf(
  answer: Answer | undefined,
  look: Extract<Look, { readonly kind: 'completed' }>,
  estimateMicros: number,
): StatusOutcome | { readonly kind: 'unclear' } {
  const failed = (types: readonly string[], code: 'generation_failed' | 'invalid_parameters' = 'generation_failed') =>
    ({ kind: 'failed', failure: failureOf(types, code), costMicros: 0 }) as const;
  if (answer === undefined) return look.failed ? failed(look.errorTypes) : { kind: 'unclear' };
  const types = [...errorTypes(answer), ...look.errorTypes];
  if (answer.status === 200) {
    const body = objectOf(answer.text);
    if (body === undefined) return look.failed ? failed(types) : { kind: 'unclear' };
    const url = asObject(body['video'])?.['url'];
    if (typeof url === 'string' && url !== '') return { kind: 'done', outputs: [{ url }], costMicros: estimateMicros };
    return failed(types);
  }
  if (answer.status === 422) return failed(types, 'invalid_parameters');
  if (look.failed || types.length > 0 || answer.status === 500) return failed(types);
  if (answer.status === 404) return { kind: 'lost' };
  if (answer.status === 410) return { kind: 'failed', failure: failure('generation_expired'), costMicros: 0 };
  return { kind: 'unclear' };
}
