/**
 * The registry of every error that a client can meet: in an HTTP answer or as the reason of a failed task.
 * `docs/errors.md` lists the same codes; a test holds the two together in both directions.
 */

export interface ErrorEntry {
  /** HTTP status where the code answers a request; each API's own table may map it to another. */
  readonly status: number;
  /** Whether the same request may succeed later without a change. */
  readonly retryable: boolean;
  /** What to do about it. */
  readonly remedy: string;
}

export const errors = {
  // Answers to a request
  invalid_json: { status: 400, retryable: false, remedy: 'Send one JSON object, UTF-8 encoded.' },
  invalid_content_type: { status: 400, retryable: false, remedy: 'Set the Content-Type that the route takes.' },
  invalid_parameters: {
    status: 422,
    retryable: false,
    remedy: 'Mend the named fields; the model page lists what each may be.',
  },
  invalid_url: {
    status: 422,
    retryable: false,
    remedy:
      'Send a public http or https URL without credentials, a data URI, or a link from an upload; as callback_url a public https URL.',
  },
  blocked_address: {
    status: 422,
    retryable: false,
    remedy:
      'Use a host on the public internet, or upload the file first; an operator can allow addresses with REELAY_ALLOW_ADDRESSES.',
  },
  unauthenticated: {
    status: 401,
    retryable: false,
    remedy: 'Send Authorization: Bearer with a key that is valid and neither revoked nor expired.',
  },
  missing_scope: {
    status: 403,
    retryable: false,
    remedy: 'Use a key with the named scope; the operator gives it with "reelay keys update ID --scopes".',
  },
  model_not_allowed: {
    status: 403,
    retryable: false,
    remedy:
      'Use one of the models that the message names; the operator changes them with "reelay keys update ID --models".',
  },
  insufficient_quota: {
    status: 402,
    retryable: true,
    remedy:
      'Wait until the budget resets, or ask the operator for a larger one; GET /v1/account/limits tells what is left.',
  },
  too_many_tasks: {
    status: 429,
    retryable: true,
    remedy: 'Send it again once one of your tasks has ended; Retry-After is a good pause between tries.',
  },
  rate_limited: {
    status: 429,
    retryable: true,
    remedy:
      'Wait as many seconds as Retry-After says; RateLimit-Remaining tells beforehand how many requests are left.',
  },
  not_found: { status: 404, retryable: false, remedy: 'Check the id; what belongs to another account is not shown.' },
  route_not_found: { status: 404, retryable: false, remedy: 'Check method and path against the API reference.' },
  not_served_here: { status: 404, retryable: false, remedy: 'This server makes videos only; use a video model.' },
  model_not_found: { status: 422, retryable: false, remedy: 'Use an id from the models route.' },
  no_compatible_channel: {
    status: 422,
    retryable: true,
    remedy: 'Choose another model, or ask the operator to configure a provider that serves it.',
  },
  unsupported_advanced_options: { status: 422, retryable: false, remedy: 'Leave the named options out.' },
  idempotency_conflict: { status: 409, retryable: false, remedy: 'Use a new Idempotency-Key for a different body.' },
  not_cancellable: {
    status: 409,
    retryable: false,
    remedy: 'Read the task: it has ended, or its provider cannot stop it any more.',
  },
  not_terminal: { status: 409, retryable: true, remedy: 'Cancel the task or wait for its end, then delete again.' },
  body_too_large: {
    status: 413,
    retryable: false,
    remedy: 'Upload the file with /v1/files/upload/stream and send its link.',
  },
  file_too_large: {
    status: 413,
    retryable: false,
    remedy: 'Send a smaller file; the operator sets the limit with REELAY_MAX_UPLOAD_MB.',
  },
  invalid_file_type: {
    status: 422,
    retryable: false,
    remedy: 'Send MP4, MOV, WebM, Matroska, PNG, JPEG, WebP, MP3, WAV, M4A or Ogg.',
  },
  too_many_at_once: {
    status: 429,
    retryable: true,
    remedy: 'Close event streams that nobody reads, or wait for uploads under way to end, then try again.',
  },
  invalid_http: {
    status: 400,
    retryable: false,
    remedy: 'Send one well-formed HTTP/1.1 request; look at what is between.',
  },
  headers_too_large: { status: 431, retryable: false, remedy: 'Send at most 16 KB of address and headers.' },
  request_timeout: {
    status: 408,
    retryable: true,
    remedy: 'Send the headers within 20 seconds, the whole request within five minutes.',
  },
  link_invalid: { status: 403, retryable: false, remedy: 'Read the task again for a fresh link.' },
  storage_full: { status: 503, retryable: true, remedy: 'The operator has to free disk space.' },
  storage_unavailable: {
    status: 503,
    retryable: true,
    remedy: 'Send the same request again a little later; the operator finds the fault at /readyz.',
  },
  service_unavailable: { status: 503, retryable: true, remedy: 'Wait a moment and send the same request again.' },
  internal_error: { status: 500, retryable: true, remedy: 'Tell the operator the request id.' },
  // Reasons of a failed task: the inputs
  input_unreachable: { status: 422, retryable: true, remedy: 'Check that the URL answers 200 to an anonymous GET.' },
  input_timeout: { status: 422, retryable: true, remedy: 'Serve the file faster, or upload it first.' },
  input_too_large: {
    status: 422,
    retryable: false,
    remedy: 'Send a smaller file; the operator sets the limit with REELAY_MAX_UPLOAD_MB.',
  },
  input_not_media: {
    status: 422,
    retryable: false,
    remedy: 'The URL must answer with the media file itself, not with a page about it.',
  },
  input_unreadable: { status: 422, retryable: false, remedy: 'The file is truncated or damaged: encode it again.' },
  input_wrong_kind: {
    status: 422,
    retryable: false,
    remedy: 'Send a video where a video is asked for, a picture where a picture is.',
  },
  input_container: { status: 422, retryable: false, remedy: 'Convert the file to a container that the model takes.' },
  input_codec: { status: 422, retryable: false, remedy: 'Encode the video with a codec that the model takes.' },
  input_duration: { status: 422, retryable: false, remedy: 'Cut the input to the length that the model takes.' },
  input_aspect_ratio: {
    status: 422,
    retryable: false,
    remedy: 'Crop or pad the input to a shape that the model takes.',
  },
  input_too_complex: {
    status: 422,
    retryable: false,
    remedy: 'Send a file that takes less work: shorter, smaller, with one picture track, in a common codec.',
  },
  input_dimensions: { status: 422, retryable: false, remedy: 'Scale the input to a size that can be processed.' },
  // Reasons of a failed task: the generation
  aspect_ratio_mismatch: { status: 422, retryable: false, remedy: "Leave aspect_ratio out, or name the source's own." },
  content_policy_violation: { status: 422, retryable: false, remedy: 'Change the prompt or the input.' },
  generation_failed: {
    status: 500,
    retryable: true,
    remedy: 'Send the request again; tell the operator if it keeps failing.',
  },
  generation_expired: {
    status: 500,
    retryable: true,
    remedy: 'The provider gave up on the job in its queue: send the request again.',
  },
  generation_timeout: {
    status: 500,
    retryable: true,
    remedy: 'The job took longer than it may: send the request again.',
  },
  submission_unknown: {
    status: 500,
    retryable: false,
    remedy: 'Nobody knows whether the provider took the job: ask the operator to resolve it before you pay again.',
  },
  result_refused: {
    status: 500,
    retryable: false,
    remedy: 'The provider named a result that is not fetched from where it is: tell the operator.',
  },
  provider_unavailable: { status: 503, retryable: true, remedy: 'Send the request again later.' },
  request_cancelled: { status: 409, retryable: false, remedy: 'You cancelled it.' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errors;

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errors, code);
}

/** What is wrong with one field, in the client's own name for it. */
export interface Fault {
  readonly field: string;
  readonly message: string;
}

/** An error meant for a client. Everything else that is thrown is a defect and answers `internal_error`. */
export class ReelayError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly Fault[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly faults?: readonly Fault[]; readonly retryAfterSeconds?: number; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ReelayError';
    this.code = code;
    this.faults = options.faults ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** A setting of the operator that is not what it may be. The message names the variable. */
export class ConfigError extends Error {}

const fullDiskCodes: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EROFS', 'EFBIG'];

/** What to say of a disk that can take no more; undefined where the error is about something else. */
export function fullDiskFault(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return fullDiskCodes.includes(code) ? `the server cannot store files now (${String(code)})` : undefined;
}
