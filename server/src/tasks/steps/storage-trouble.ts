import { ReelayError } from '../../errors.ts';

/**
 * A file storage that cannot be reached is nobody's fault and passes: tasks wait for it, whether they cost anything or not,
 * with pauses that grow with the time it has been so.
 */

const shortestPauseMs = 2_000;
const longestPauseMs = 30_000;

/** How long a task waits in all before it fails. */
const patienceMs = 24 * 3_600_000;

export function isStorageTrouble(error: unknown): boolean {
  return error instanceof ReelayError && error.code === 'storage_unavailable';
}

/** How long to wait before the next try of what began at `since`, in milliseconds; undefined where nothing is to be waited for. */
export function storagePauseMs(
  error: unknown,
  { since, now }: { readonly since: number; readonly now: number },
): number | undefined {
  const waited = now - since;
  if (!isStorageTrouble(error) || waited > patienceMs) return undefined;
  return Math.max(shortestPauseMs, Math.min(longestPauseMs, waited / 4));
}
