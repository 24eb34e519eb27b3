import { isDatabaseAway } from '../database/faults.ts';
import { type ErrorCode, ReelayError } from '../errors.ts';

/** Errors of the HTTP framework that are the client's doing, by its codes. */
const codes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_json',
  FST_INVALID_MULTIPART_CONTENT_TYPE: 'invalid_content_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_REQ_FILE_TOO_LARGE: 'file_too_large',
  FST_PARTS_LIMIT: 'invalid_parameters',
  FST_FILES_LIMIT: 'invalid_parameters',
  FST_FIELDS_LIMIT: 'invalid_parameters',
  FST_PROTO_VIOLATION: 'invalid_parameters',
  FST_INVALID_JSON_FIELD_ERROR: 'invalid_parameters',
  FST_MP_PREMATURE_CLOSE: 'invalid_parameters',
  FST_ERR_BAD_URL: 'route_not_found',
  FST_ERR_MAX_PARAM_LENGTH: 'route_not_found',
};

/** Whatever was thrown while a request was answered, as an entry of the registry. */
export function asReelayError(error: unknown): ReelayError {
  if (error instanceof ReelayError) return error;
  const { code, statusCode, message } = error as { code?: unknown; statusCode?: unknown; message?: unknown };
  const known = typeof code === 'string' ? codes[code] : undefined;
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const told = 'the Content-Type has to be application/json, or multipart/form-data where a file is uploaded';
    return new ReelayError('invalid_content_type', told, { cause: error });
  }
  if (known !== undefined) return new ReelayError(known, String(message), { cause: error });
  if (isDatabaseAway(error)) {
    return new ReelayError('service_unavailable', 'the database does not answer now', {
      cause: error,
      retryAfterSeconds: 5,
    });
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new ReelayError('invalid_json', String(message), { cause: error });
  }
  return new ReelayError('internal_error', 'an internal error; the operator finds it in the log', { cause: error });
}
