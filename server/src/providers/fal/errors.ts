import type { ProviderFailure } from '../../contract/index.ts';
import type { ErrorCode } from '../../errors.ts';
import { type Answer, asObject, objectOf } from '../exchange.ts';

/**
 * fal's errors in our codes and our sentences: its own may name ids, hosts and other models. Validation answers
 * `{detail: [{type, …}]}`, the platform `{detail: "…", error_type}` with the same in `x-fal-error-type`.
 * Types: https://fal.ai/docs/documentation/model-apis/errors.md and …/request-errors.md
 */
const codes: Readonly<Record<string, ErrorCode>> = {
  content_policy_violation: 'content_policy_violation',
  file_download_error: 'input_unreachable',
  image_load_error: 'input_unreadable',
  video_load_error: 'input_unreadable',
  file_too_large: 'input_too_large',
  image_too_small: 'input_dimensions',
  image_too_large: 'input_dimensions',
  video_duration_too_long: 'input_duration',
  video_duration_too_short: 'input_duration',
  unsupported_image_format: 'input_container',
  unsupported_video_format: 'input_container',
  bad_request: 'invalid_parameters',
  request_timeout: 'generation_timeout',
  generation_timeout: 'generation_timeout',
  startup_timeout: 'generation_expired',
  runner_scheduling_failure: 'provider_unavailable',
  downstream_service_unavailable: 'provider_unavailable',
};

const sentences: Partial<Readonly<Record<ErrorCode, string>>> = {
  content_policy_violation: 'The provider refused the job: its content policy was violated.',
  input_unreachable: 'The provider could not fetch an input.',
  input_unreadable: 'The provider could not read an input.',
  input_too_large: 'An input is larger than the provider takes.',
  input_dimensions: 'The provider does not take the size of an input in pixels.',
  input_duration: 'The provider does not take the length of an input.',
  input_container: 'The provider does not take the format of an input.',
  invalid_parameters: 'The provider refused the parameters of the job.',
  generation_timeout: 'The job took longer than the provider allows.',
  generation_expired: 'The provider did not start the job in time.',
  provider_unavailable: 'The provider does not take jobs at the moment.',
  generation_failed: 'The generation failed at the provider.',
};

export function failure(code: ErrorCode): ProviderFailure {
  return { code, message: sentences[code] ?? 'The generation failed at the provider.' };
}

/** The machine-readable names of what went wrong; empty where the answer carries none. */
export function errorTypes(answer: Pick<Answer, 'headers' | 'text'>): readonly string[] {
  const body = objectOf(answer.text);
  const detail = body?.['detail'];
  const listed = Array.isArray(detail) ? detail.map((one) => asObject(one)?.['type']) : [];
  return [...listed, body?.['error_type'], answer.headers['x-fal-error-type']].filter(
    (type) => typeof type === 'string',
  );
}

/** The failure that the types name; policy goes before what else an answer lists. */
export function failureOf(types: readonly string[], otherwise: ErrorCode): ProviderFailure {
  const found = types.map((type) => (Object.hasOwn(codes, type) ? codes[type] : undefined));
  if (found.includes('content_policy_violation')) return failure('content_policy_violation');
  return failure(found.find((code) => code !== undefined) ?? otherwise);
}
