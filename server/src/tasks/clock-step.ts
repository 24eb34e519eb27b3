import type { Logger } from 'pino';

/** Steps that count, in milliseconds: a clock that is kept right is moved by less. */
const smallestMs = 1_000;

/**
 * Answers whether the clock was set back since the last call. What was to be done at a time by the clock before would else wait until that
 * time comes again.
 */
export function createStepWatch({
  now,
  elapsed,
  log,
}: {
  readonly now: () => number;
  readonly elapsed: () => number;
  readonly log: Logger;
}): () => boolean {
  let lead = now() - elapsed();
  return () => {
    const before = lead;
    lead = now() - elapsed();
    if (before - lead < smallestMs) return false;
    log.warn({ ms: Math.round(before - lead) }, 'the clock was set back: all that is under way is looked at now');
    return true;
  };
}
