import type { StatusOutcome } from '../../contract/index.ts';
import { type Answer, asObject, objectOf } from '../exchange.ts';
import type { Bucket } from './bucket.ts';
import { failure, failureOfCode } from './errors.ts';

export interface VertexOperation {
  readonly name: string;
  readonly attemptId: string;
  /** Google answers no cost: the estimate is what a success is settled with. */
  readonly estimateMicros: number;
}

/** What an answer to a look says; `unclear` is one that says nothing about the job. */
export type Look = StatusOutcome | { readonly kind: 'unclear' };

type Ended = Exclude<StatusOutcome, { readonly kind: 'queued' | 'running' | 'lost' }>;

export function lookOf(answer: Answer | undefined, operation: VertexOperation, bucket: Bucket): Look {
  if (answer?.status === 404) return { kind: 'lost' };
  const body = answer?.status === 200 ? objectOf(answer.text) : undefined;
  if (body === undefined) return { kind: 'unclear' };
  if (body['done'] !== true) return { kind: 'running', checkAfterMs: 0 };
  return endOf(body, operation, bucket);
}

/** Blocked films are left out and counted; a job without a film costs nothing. */
function endOf(body: Readonly<Record<string, unknown>>, operation: VertexOperation, bucket: Bucket): Ended {
  const error = asObject(body['error']);
  if (error !== undefined) return { kind: 'failed', failure: failureOfCode(error['code']), costMicros: 0 };
  const response = asObject(body['response']);
  const videos = Array.isArray(response?.['videos']) ? response['videos'] : [];
  const urls = videos
    .map((video) => asObject(video)?.['gcsUri'])
    .filter((uri): uri is string => bucket.holds(uri, operation.attemptId));
  if (urls.length > 0) {
    return { kind: 'done', outputs: urls.map((url) => ({ url })), costMicros: operation.estimateMicros };
  }
  const isBlocked = videos.length === 0 && Number(response?.['raiMediaFilteredCount'] ?? 0) > 0;
  const code = isBlocked ? 'content_policy_violation' : 'generation_failed';
  return { kind: 'failed', failure: failure(code), costMicros: 0 };
}
