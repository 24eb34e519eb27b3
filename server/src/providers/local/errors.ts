import { basename } from 'node:path';
import type { RenderErrorCode } from '@reelay/renderer';
import type { ProviderFailure } from '../../contract/index.ts';
import type { ErrorCode } from '../../errors.ts';

const codes: Readonly<Record<RenderErrorCode, ErrorCode>> = {
  invalid_job: 'internal_error',
  unreadable_input: 'input_unreadable',
  aspect_ratio_mismatch: 'aspect_ratio_mismatch',
  ffmpeg_missing: 'provider_unavailable',
  disk_full: 'storage_full',
  too_complex: 'input_too_complex',
  interrupted: 'generation_failed',
  render_failed: 'generation_failed',
};

/** What a client is told: of our folders only the names of files. */
export function failureOfRender(code: RenderErrorCode, message: string): ProviderFailure {
  return { code: codes[code], message: message.replace(absolutePaths, (path) => basename(path)) };
}

/** No address of the web, and no stroke within words. */
const absolutePaths = /(?<![\w:/])(?:\/[^/\s'"]+)+\/?/g;

/** Failures that a prompt asked for. */
export const askedFailures: Readonly<Record<'fail' | 'moderation' | 'expired', ProviderFailure>> = {
  fail: { code: 'generation_failed', message: 'The generation failed, as [reelay:fail] in the prompt asked.' },
  moderation: {
    code: 'content_policy_violation',
    message: 'The content policy was violated, as [reelay:moderation] in the prompt asked.',
  },
  expired: { code: 'generation_expired', message: 'The job expired, as [reelay:expired] in the prompt asked.' },
};
