import { type ErrorCode, errors, type ReelayError } from '../../errors.ts';

/** FoxAPI's `error.type` by HTTP status; its error-codes page. 403 and 409 are not on it. */
const types: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'insufficient_quota',
  403: 'permission_error',
  404: 'not_found',
  409: 'invalid_request_error',
  413: 'file_too_large_error',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
  500: 'server_error',
  503: 'service_unavailable_error',
};

/** Codes whose type is not that of their status: the page lists 422 with this type for a model that has no channel. */
const typesByCode: { readonly [code in ErrorCode]?: string } = { no_compatible_channel: 'service_unavailable_error' };

export interface FoxError {
  readonly status: number;
  readonly body: {
    readonly error: {
      readonly message: string;
      readonly type: string;
      readonly code: string;
      readonly details?: readonly { readonly field: string; readonly message: string }[];
    };
  };
}

/** The envelope, with `code` and `details` beside FoxAPI's `message` and `type`. */
export function foxError(error: ReelayError, requestId: string): FoxError {
  const { status } = errors[error.code];
  const message = status >= 500 ? `${error.message} (request_id: ${requestId})` : error.message;
  return {
    status,
    body: {
      error: {
        message,
        type: typesByCode[error.code] ?? types[status] ?? 'server_error',
        code: error.code,
        ...(error.faults.length > 0 && { details: error.faults }),
      },
    },
  };
}
