import type { RenderErrorCode, RenderMessage } from './job.ts';

const ERROR_CODES: Readonly<Record<RenderErrorCode, true>> = {
  invalid_job: true,
  unreadable_input: true,
  aspect_ratio_mismatch: true,
  ffmpeg_missing: true,
  disk_full: true,
  too_complex: true,
  interrupted: true,
  render_failed: true,
};

function isErrorCode(value: unknown): value is RenderErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
}

function readJson(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Reads one line of a render child's standard output; undefined when the line is not a message. */
export function parseRenderMessage(line: string): RenderMessage | undefined {
  const message = readJson(line);
  if (message === undefined) return undefined;
  const { type, fraction, width, height, durationSeconds, frames, code } = message;
  if (type === 'progress' && typeof fraction === 'number') return { type, fraction };
  if (
    type === 'done' &&
    typeof width === 'number' &&
    typeof height === 'number' &&
    typeof durationSeconds === 'number' &&
    typeof frames === 'number'
  ) {
    return { type, width, height, durationSeconds, frames };
  }
  if (type === 'error' && isErrorCode(code) && typeof message['message'] === 'string') {
    return { type, code, message: message['message'] };
  }
  return undefined;
}

export function formatRenderMessage(message: RenderMessage): string {
  return `${JSON.stringify(message)}\n`;
}
