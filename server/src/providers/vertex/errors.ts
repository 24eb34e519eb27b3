import type { ProviderFailure } from '../../contract/index.ts';
import type { ErrorCode } from '../../errors.ts';

/** Google's errors in our codes and our sentences: its own name projects, quotas and support codes. */

const sentences: Partial<Readonly<Record<ErrorCode, string>>> = {
  content_policy_violation: 'The provider refused the job: its content policy was violated.',
  invalid_parameters: 'The provider refused the parameters of the job.',
  generation_failed: 'The generation failed at the provider.',
  generation_timeout: 'The job took longer than the provider allows.',
  provider_unavailable: 'The provider does not take jobs at the moment.',
};

export function failure(code: ErrorCode): ProviderFailure {
  return { code, message: sentences[code] ?? 'The generation failed at the provider.' };
}

/** Codes of google.rpc.Code that end an operation. 3 is what a blocked prompt or input ends with. */
const codes: Readonly<Record<number, ErrorCode>> = {
  3: 'content_policy_violation',
  4: 'generation_timeout',
  8: 'provider_unavailable',
  14: 'provider_unavailable',
};

export function failureOfCode(code: unknown): ProviderFailure {
  return failure((typeof code === 'number' ? codes[code] : undefined) ?? 'generation_failed');
}

/** Google answers a blocked prompt with 400 and a sentence; only the sentence tells it from a wrong parameter. */
const blocked = /responsible ai|safety|usage guidelines|content polic|sensitive word|support codes?/i;

export function isBlocked(message: unknown): boolean {
  return typeof message === 'string' && blocked.test(message);
}
