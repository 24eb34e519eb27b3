import type { DeliveryEnd, DeliveryTry } from './deliveries.ts';

/** Pauses before the first tries that follow a failed one, in milliseconds: FoxAPI's. */
const firstPausesMs: readonly number[] = [1_000, 2_000, 4_000];

const longestPauseMs = 3_600_000;

/** How far a later pause may differ, as a share of it: so that many do not come back together. */
const jitter = 0.2;

/** How long a delivery is tried, in milliseconds. */
export const patienceMs = 24 * 3_600_000;

/** What a receiver answers that wants no more of it. */
const gone = 410;

/** Why a try was not taken; undefined where it was. */
export function refusalOf(status: number): string | undefined {
  if (status >= 200 && status < 300) return undefined;
  return status >= 300 && status < 400
    ? 'redirects, which is not followed'
    : 'did not answer with a status of 200 to 299';
}

/** What follows from a try, which is the last of so many `failures` since `since` where it failed. */
export function endOf(
  tried: DeliveryTry,
  { failures, since, random }: { readonly failures: number; readonly since: number; readonly random: () => number },
): DeliveryEnd {
  if (tried.error === undefined) return { state: 'delivered' };
  if (tried.status === gone) return { state: 'failed' };
  const dueAt = tried.at + tried.durationMs + pauseMs(failures, random);
  return dueAt > since + patienceMs ? { state: 'failed' } : { state: 'waiting', dueAt };
}

/** After so many failures: 1, 2, 4 s, then twice as long each time, up to an hour. */
function pauseMs(failures: number, random: () => number): number {
  const first = firstPausesMs[failures - 1];
  if (first !== undefined) return first;
  const pause = Math.min(longestPauseMs, 1_000 * 2 ** (failures - 1));
  return Math.round(pause * (1 + jitter * (2 * random() - 1)));
}
