import { type ErrorEntry, errors } from '../errors.ts';

/** Every error code, what it means for a client, and what to do. */
export function errorPage(): string {
  const rows = Object.entries<ErrorEntry>(errors).map(
    ([code, { status, retryable, remedy }]) => `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${remedy} |`,
  );
  return [
    '# Error codes',
    '> Each error has a code. It stands in the answer to a request, or in the `error` of a task that failed.',
    'The status is that of an answer; an API whose own contract says otherwise has its own. Where "again" says yes, the same request may succeed later.',
    ['| Code | Status | Again | What to do |', '| --- | --- | --- | --- |', ...rows].join('\n'),
    '',
  ].join('\n\n');
}
