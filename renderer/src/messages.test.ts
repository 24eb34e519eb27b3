import { expect, test } from 'vitest';
import type { RenderMessage } from './job.ts';
import { formatRenderMessage, parseRenderMessage } from './messages.ts';
import { toRenderError } from './render-error.ts';

test.each<RenderMessage>([
  { type: 'progress', fraction: 0.25 },
  { type: 'done', width: 2, height: 2, durationSeconds: 1, frames: 24 },
  { type: 'error', code: 'disk_full', message: 'full' },
])('$type survives the way to the parent', (message) => {
  expect(parseRenderMessage(formatRenderMessage(message).trim())).toEqual(message);
});

test.each(['', '{', 'null', '{"type":"progress"}', '{"type":"error","code":"other","message":"x"}'])(
  '%s is no message',
  (line) => {
    expect(parseRenderMessage(line)).toBeUndefined();
  },
);

test('a full disk has its own code', () => {
  const fault = Object.assign(new Error('write failed'), { code: 'ENOSPC' });
  expect(toRenderError(fault).code).toBe('disk_full');
  expect(toRenderError(new Error('other')).code).toBe('render_failed');
});
