import { type ErrorCode, errors, type ReelayError } from '../../errors.ts';

/** The `error.type`s that Oxen documents. */
type OxenType =
  | 'invalid_params'
  | 'invalid_file_input'
  | 'unauthenticated'
  | 'insufficient_credits'
  | 'resource_not_found'
  | 'unknown_error';

/** Titles of `invalid_params` and `resource_not_found` are Oxen's own words. */
const titles: Readonly<Record<OxenType, string>> = {
  invalid_params: 'Invalid parameters supplied, please check your request and try again.',
  invalid_file_input: 'An input file could not be used.',
  unauthenticated: 'A valid API key is required.',
  insufficient_credits: 'You have run out of credits.',
  resource_not_found: 'The requested resource could not be found',
  unknown_error: 'The request could not be completed.',
};

const titlesByCode: { readonly [code in ErrorCode]?: string } = {
  missing_scope: 'This API key may not do that.',
  model_not_allowed: 'This API key may not use the model.',
  too_many_tasks: 'Too many generations are in flight.',
  rate_limited: 'Too many requests.',
  not_served_here: 'This server makes videos only.',
  idempotency_conflict: 'This Idempotency-Key belongs to another request.',
  content_policy_violation: 'The content policy does not allow this generation.',
  request_cancelled: 'The generation was cancelled.',
  too_many_at_once: 'Too many are open at once.',
};

/** HTTP status where Oxen's differs from the registry's: it has no 408, 422 or 431, and a model that does not exist is a 404. */
const statusesByCode: { readonly [code in ErrorCode]?: number } = {
  model_not_found: 404,
  headers_too_large: 400,
  request_timeout: 400,
};

const typesByStatus: Readonly<Record<number, OxenType>> = {
  400: 'invalid_params',
  401: 'unauthenticated',
  402: 'insufficient_credits',
  404: 'resource_not_found',
  409: 'invalid_params',
  413: 'invalid_params',
};

/** A generation that the client itself stopped has no invalid parameters. */
const typesByCode: { readonly [code in ErrorCode]?: OxenType } = { request_cancelled: 'unknown_error' };

/** Codes whose documented body has no `detail`. */
const withoutDetail: readonly ErrorCode[] = ['not_found'];

export interface OxenError {
  readonly status: number;
  readonly body:
    | { readonly error: { readonly message: string } }
    | {
        readonly error: { readonly type: OxenType; readonly title: string; readonly detail?: string };
        readonly status: 'error';
        readonly status_message: OxenType;
      };
}

/** One of Oxen's two envelopes: the short one for a model that does not exist, the long one for all else. */
export function oxenError(error: ReelayError, requestId: string): OxenError {
  const status = statusOf(error.code);
  if (error.code === 'model_not_found') return { status, body: { error: { message: error.message } } };
  const type = typesByCode[error.code] ?? typeOf(error.code, status);
  const title = titlesByCode[error.code] ?? titles[type];
  const detail = withoutDetail.includes(error.code) ? undefined : detailOf(error, status, requestId);
  return {
    status,
    body: {
      error: { type, title, ...(detail !== undefined && { detail }) },
      status: 'error',
      status_message: type,
    },
  };
}

function statusOf(code: ErrorCode): number {
  const { status } = errors[code];
  return statusesByCode[code] ?? (status === 422 ? 400 : status);
}

function typeOf(code: ErrorCode, status: number): OxenType {
  if (code.startsWith('input_') || code === 'file_too_large') return 'invalid_file_input';
  return typesByStatus[status] ?? 'unknown_error';
}

/** Faults name their fields; everything else begins with our code, for which the envelope has no field. */
function detailOf({ code, message, faults }: ReelayError, status: number, requestId: string): string {
  if (faults.length > 0 || code === 'unauthenticated') return message;
  return `${code}: ${message}${status >= 500 ? ` (request_id: ${requestId})` : ''}`;
}
