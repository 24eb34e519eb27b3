import { type ErrorCode, ReelayError } from '../../errors.ts';

/**
 * A file storage that cannot be reached, and programs that the machine ends or does not start, are nobody's fault and pass: tasks wait
 * until they have, with pauses that grow with the time it has been so.
 */

const shortestPauseMs = 2_000;

/**
 * A file that takes more memory than the machine has makes it end programs at every try, and a vendor is asked for a result before the
 * disk is: those tries must be few.
 */
const longestPausesMs: Partial<Readonly<Record<ErrorCode, number>>> = {
  storage_unavailable: 30_000,
  service_unavailable: 10 * 60_000,
  storage_full: 10 * 60_000,
};

/** How long a task waits in all before it fails. */
const patienceMs = 24 * 3_600_000;

export function isStorageTrouble(error: unknown): boolean {
  return error instanceof ReelayError && error.code === 'storage_unavailable';
}

export interface Trouble {
  readonly since: number;
  readonly now: number;
  /** For a full disk only that is waited for: a client can soon ask for the rest again. */
  readonly isPaid: boolean;
}

/** How long to wait before the next try of what began at `since`, in milliseconds; undefined where nothing is to be waited for. */
export function passingPauseMs(error: unknown, { since, now, isPaid }: Trouble): number | undefined {
  if (!(error instanceof ReelayError) || (error.code === 'storage_full' && !isPaid)) return undefined;
  const longestMs = longestPausesMs[error.code];
  const waited = now - since;
  if (longestMs === undefined || waited > patienceMs) return undefined;
  return Math.max(shortestPauseMs, Math.min(longestMs, waited / 4));
}
