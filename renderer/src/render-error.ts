import type { RenderErrorCode } from './job.ts';

/** A fault with a code the caller can act on; anything else that is thrown becomes `render_failed`. */
export class RenderError extends Error {
  readonly code: RenderErrorCode;

  constructor(code: RenderErrorCode, message: string) {
    super(message);
    this.name = 'RenderError';
    this.code = code;
  }
}

/** Node reports a full disk as ENOSPC, or EDQUOT where the account's quota is what ran out. */
function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

export function toRenderError(error: unknown): RenderError {
  if (error instanceof RenderError) return error;
  if (isDiskFull(error)) return new RenderError('disk_full', 'The disk is full: free some space and render again.');
  return new RenderError('render_failed', error instanceof Error ? error.message : String(error));
}
