import type { ProviderFailure, SubmitOutcome } from '../../contract/index.ts';
import type { ErrorCode } from '../../errors.ts';
import type { Sent } from '../exchange.ts';

/**
 * What xAI's refusals and failures mean here. Every sentence is ours: upstream text, ids and addresses reach the
 * attempt's record at most, never a client.
 */

interface Refusal {
  readonly kind: 'refused-final' | 'refused-elsewhere';
  readonly code: ErrorCode;
  readonly message: string;
}

const policy = 'xAI refused it by its content policy.';
const keyRefused = 'xAI does not accept the key that this server is configured with.';

/**
 * Statuses that prove that no job was made. Any other answer without a job's id leaves the submission unknown: 408 and
 * 5xx may come from a proxy behind which the job goes on.
 */
const refusals: Readonly<Record<number, Refusal>> = {
  400: { kind: 'refused-final', code: 'invalid_parameters', message: 'xAI refused the parameters of the request.' },
  401: { kind: 'refused-elsewhere', code: 'provider_unavailable', message: keyRefused },
  402: { kind: 'refused-elsewhere', code: 'provider_unavailable', message: "This server's credit at xAI is used up." },
  403: {
    kind: 'refused-elsewhere',
    code: 'provider_unavailable',
    message: "xAI does not let this server's key use the model.",
  },
  404: { kind: 'refused-elsewhere', code: 'provider_unavailable', message: 'xAI does not know the model.' },
  413: { kind: 'refused-elsewhere', code: 'input_too_large', message: 'The inputs are too large for xAI.' },
  422: { kind: 'refused-final', code: 'invalid_parameters', message: 'xAI refused the parameters of the request.' },
  429: { kind: 'refused-elsewhere', code: 'provider_unavailable', message: 'xAI takes no more requests for now.' },
};

/**
 * Phrases that say more than the status. xAI answers content that breaks its rules with 403 as well as with 400
 * ("Content violates usage guidelines. … SAFETY_CHECK_TYPE_…"), and a wrong key with 400 ("Incorrect API key
 * provided"). Narrow on purpose: such texts may quote the prompt.
 */
const phrases: readonly { readonly pattern: RegExp; readonly refusal: Refusal }[] = [
  {
    pattern:
      /usage guidelines|content[ _-](?:policy|moderation|filter)|safety_check|violat\w+ (?:\w+ ){0,3}(?:polic|guideline)/i,
    refusal: { kind: 'refused-final', code: 'content_policy_violation', message: policy },
  },
  {
    pattern: /(?:incorrect|invalid|expired|disabled|blocked) api[ _-]key/i,
    refusal: { kind: 'refused-elsewhere', code: 'provider_unavailable', message: keyRefused },
  },
];

/** Characters of upstream text kept for the operator. */
const maximumDetail = 300;

export function refusalOf(status: number, text: string): Refusal | undefined {
  const byStatus = refusals[status];
  if (byStatus === undefined) return undefined;
  const phrase = status === 429 ? undefined : phrases.find(({ pattern }) => pattern.test(text));
  return phrase?.refusal ?? byStatus;
}

/** The outcome of a submission that brought no job's id. */
export function outcomeWithoutJob(
  result: Sent,
  { secret, retryAfterMs }: { readonly secret: string; readonly retryAfterMs: number | undefined },
): SubmitOutcome {
  switch (result.kind) {
    case 'not-sent':
      return { kind: 'refused-elsewhere', failure: notSent[result.reason] };
    case 'broken':
      return { kind: 'unknown', detail: `the connection broke after the request was sent (${result.detail})` };
    case 'answered': {
      const { status, text } = result.answer;
      const refusal = refusalOf(status, text);
      if (refusal === undefined) return { kind: 'unknown', detail: `${status} ${excerpt(text, secret)}`.trim() };
      const failure = { code: refusal.code, message: refusal.message };
      if (refusal.kind === 'refused-final') return { kind: 'refused-final', failure };
      return { kind: 'refused-elsewhere', failure, ...(retryAfterMs !== undefined && { retryAfterMs }) };
    }
    default:
      return result satisfies never;
  }
}

/** Nothing left this machine, so another provider may be tried, or this one later. */
const notSent: Readonly<Record<'too-late' | 'unreachable', ProviderFailure>> = {
  'too-late': {
    code: 'provider_unavailable',
    message: 'The request was not sent: the time it had for that ran out on this server.',
  },
  unreachable: { code: 'provider_unavailable', message: 'No connection to xAI could be made; nothing was sent.' },
};

/** For the record of an attempt: bounded, on one line, without our key. */
export function excerpt(text: string, secret: string): string {
  return text.replaceAll(secret, '[key]').replaceAll(/\s+/g, ' ').slice(0, maximumDetail);
}

export const moderated: ProviderFailure = {
  code: 'content_policy_violation',
  message: 'xAI made the video and withheld it by its content policy.',
};

export const expired: ProviderFailure = { code: 'generation_expired', message: 'The job expired in the queue of xAI.' };

const jobFailures: Readonly<Record<string, ProviderFailure>> = {
  invalid_argument: { code: 'invalid_parameters', message: 'xAI took the job and then refused its parameters.' },
};

/** A job that ended with an error of this code and text. */
export function failureOfJob(code: string, text: string): ProviderFailure {
  const isPolicy = phrases.some(
    ({ pattern, refusal }) => refusal.kind === 'refused-final' && pattern.test(`${code} ${text}`),
  );
  if (isPolicy) return { code: 'content_policy_violation', message: policy };
  return jobFailures[code] ?? { code: 'generation_failed', message: 'The generation failed at xAI.' };
}

export function tooLargeToInline(totalBytes: number, maximumBytes: number): ProviderFailure {
  const mebibytes = (bytes: number) => (bytes / 1024 ** 2).toFixed(1);
  return {
    code: 'input_too_large',
    message:
      `The inputs have ${mebibytes(totalBytes)} MiB. This server has no public address that xAI could fetch them from, ` +
      `so they are sent along, which goes up to ${mebibytes(maximumBytes)} MiB.`,
  };
}

export const inputGone: ProviderFailure = {
  code: 'internal_error',
  message: 'A prepared input could not be read; nothing was sent.',
};
