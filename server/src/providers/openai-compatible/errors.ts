import type { ProviderFailure, SubmitOutcome } from '../../contract/index.ts';
import type { ErrorCode } from '../../errors.ts';
import type { Sent } from '../exchange.ts';

/** What the answers of the operator's own server mean here. Its texts may name paths and prompts, so none reaches a client. */

interface Refusal {
  readonly kind: 'refused-final' | 'refused-elsewhere';
  readonly code: ErrorCode;
  readonly message: string;
}

const keyRefused = 'The video server does not accept the key that this server is configured with.';
const parametersRefused = 'The video server refused the parameters of the request.';

const refusals: Readonly<Record<number, Refusal>> = {
  400: { kind: 'refused-final', code: 'invalid_parameters', message: parametersRefused },
  401: { kind: 'refused-elsewhere', code: 'provider_unavailable', message: keyRefused },
  403: { kind: 'refused-elsewhere', code: 'provider_unavailable', message: keyRefused },
  404: { kind: 'refused-elsewhere', code: 'provider_unavailable', message: 'The video server does not run the model.' },
  413: {
    kind: 'refused-elsewhere',
    code: 'input_too_large',
    message: 'The inputs are too large for the video server.',
  },
  422: { kind: 'refused-final', code: 'invalid_parameters', message: parametersRefused },
  429: {
    kind: 'refused-elsewhere',
    code: 'provider_unavailable',
    message: 'The video server takes no more jobs for now.',
  },
};

/**
 * Unlike at a paying provider a server's own fault is no riddle worth a search: nothing is charged, and starting again
 * at once would only meet the same fault.
 */
const faulty: Refusal = {
  kind: 'refused-elsewhere',
  code: 'provider_unavailable',
  message: 'The video server has a fault.',
};

/** vLLM-Omni runs one model and calls every other a bad request. */
const otherModel = /model mismatch/i;

/** The outcome of a submission that brought no job's id. */
export function outcomeWithoutJob(result: Sent, retryAfterMs: number | undefined): SubmitOutcome {
  switch (result.kind) {
    case 'not-sent':
      return {
        kind: 'refused-elsewhere',
        failure: {
          code: 'provider_unavailable',
          message: 'Nothing was sent to the video server: it could not be reached in time.',
        },
      };
    case 'broken':
      return { kind: 'unknown', detail: `the connection broke after the request was sent (${result.detail})` };
    case 'answered': {
      const { status, text } = result.answer;
      const refusal =
        (status === 400 && otherModel.test(text) ? refusals[404] : refusals[status]) ??
        (status >= 500 ? faulty : undefined);
      if (refusal === undefined) return { kind: 'unknown', detail: `${status} without the id of a job` };
      const failure = { code: refusal.code, message: refusal.message };
      if (refusal.kind === 'refused-final') return { kind: 'refused-final', failure };
      return { kind: 'refused-elsewhere', failure, ...(retryAfterMs !== undefined && { retryAfterMs }) };
    }
    default:
      return result satisfies never;
  }
}

export const jobFailed: ProviderFailure = {
  code: 'generation_failed',
  message: 'The generation failed at the video server.',
};

export const jobStopped: ProviderFailure = {
  code: 'generation_failed',
  message: 'The job was stopped at the video server.',
};

export const jobExpired: ProviderFailure = {
  code: 'generation_expired',
  message: 'The job expired at the video server.',
};

export const inputGone: ProviderFailure = {
  code: 'internal_error',
  message: 'A prepared input could not be read; nothing was sent.',
};
