import type { ProviderCheck } from '../contract/index.ts';
import { type Answer, connectTimeoutMs } from './exchange.ts';

/** For the one free question of a check, in milliseconds. */
export const checkTimeoutMs = Math.min(5_000, connectTimeoutMs);

export interface CheckWords {
  /** Who was asked, without a path. */
  readonly origin: string;
  /** The variable that names another address. */
  readonly addressVariable: string;
  /** What a 200 proves. */
  readonly usable: string;
  /** What a refused key means, and how to mend it. */
  readonly refused: Extract<ProviderCheck, { readonly kind: 'unusable' }>;
  /** Statuses by which the key is refused; 401 and 403 where unset. */
  readonly refusals?: readonly number[];
}

/**
 * What the answer to a free question says. An answer that is neither yes nor no, such as a proxy's 404, proves only that
 * somebody is there.
 */
export function checkOf(answer: Pick<Answer, 'status' | 'headers'> | undefined, words: CheckWords): ProviderCheck {
  const { origin, addressVariable, usable, refused, refusals = [401, 403] } = words;
  if (answer === undefined) {
    return {
      kind: 'unusable',
      problem: `${origin} cannot be reached, or did not answer within ${checkTimeoutMs / 1_000} seconds`,
      remedy: `Check the network from here, and ${addressVariable}.`,
    };
  }
  const { status } = answer;
  const told = Date.parse(answer.headers.date ?? '');
  const clock = Number.isNaN(told) ? {} : { clockAheadMs: told - Date.now() };
  if (status === 200) return { kind: 'usable', detail: usable, ...clock };
  if (refusals.includes(status)) return refused;
  if (status >= 500 && status !== 503) {
    return {
      kind: 'unusable',
      problem: `${origin} answers ${status}`,
      remedy: `The fault is there: try again later, or check ${addressVariable}.`,
    };
  }
  return {
    kind: 'usable',
    detail: `${origin} answers ${status}, so that the credentials could not be checked`,
    ...clock,
  };
}

export function unusable(problem: string, remedy: string): Extract<ProviderCheck, { readonly kind: 'unusable' }> {
  return { kind: 'unusable', problem, remedy };
}
