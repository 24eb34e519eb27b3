import { ReelayError } from '../errors.ts';

/** What went wrong on the network, in words for a client: never a response body, never a resolved address. */

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code } = error as { readonly code?: unknown };
  if (typeof code === 'string') return code;
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error.cause === undefined ? '' : codeOf(error.cause);
}

const faultSentences: Readonly<Record<string, string>> = {
  ENOTFOUND: 'cannot be reached: its host name does not exist',
  EAI_AGAIN: 'cannot be reached: its host name could not be resolved just now',
  ECONNREFUSED: 'cannot be reached: the host refuses connections',
  EHOSTUNREACH: 'cannot be reached: there is no route to the host',
  ENETUNREACH: 'cannot be reached: there is no route to the host',
  ECONNRESET: 'cannot be read: the host closed the connection',
  UND_ERR_SOCKET: 'cannot be read: the host closed the connection before its answer was complete',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'cannot be read: the host sent another length than it announced',
  UND_ERR_HEADERS_OVERFLOW: 'cannot be read: the answer has too many headers',
};

const timeoutCodes: readonly string[] = [
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
];

/** Turns whatever undici or the network threw into an error for the client. */
export function asClientError(error: unknown, timeout: AbortSignal, callerSignal: AbortSignal | undefined): unknown {
  if (error instanceof ReelayError) return error;
  if (callerSignal?.aborted === true) return callerSignal.reason;
  const code = codeOf(error);
  if (timeout.aborted || timeoutCodes.includes(code)) {
    return new ReelayError('input_timeout', 'was not delivered within the time limit', { cause: error });
  }
  const tls = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code) ? `cannot be read: its TLS is not valid (${code})` : '';
  const sentence = faultSentences[code] ?? (tls || `cannot be reached: network fault${code === '' ? '' : ` ${code}`}`);
  return new ReelayError('input_unreachable', sentence, { cause: error });
}
