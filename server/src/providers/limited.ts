import type { Provider, StartInput, SubmitOutcome } from '../contract/index.ts';

const windowMs = 60_000;

/**
 * The provider with at most so many submissions in any minute. Tasks wait as `queued` while there is no room; one that
 * comes past the room, such as one that another provider has refused, is turned away before anything is sent. Starts
 * empty: a restart may submit as many again within its first minute.
 */
export function limited(
  provider: Provider,
  { submitsPerMinute, now }: { readonly submitsPerMinute: number; readonly now: () => number },
): Provider {
  /** Times of the submissions within the window, the oldest first. */
  const times: number[] = [];
  const left = (): number => {
    const oldest = now() - windowMs;
    // Later than now is what was sent before the clock was set back.
    while ((times.at(-1) ?? 0) > now()) times.pop();
    while (times[0] !== undefined && times[0] <= oldest) times.shift();
    return submitsPerMinute - times.length;
  };
  return {
    ...provider,
    room: () => Math.min(provider.room(), left()),
    async start(input: StartInput): Promise<SubmitOutcome> {
      if (left() <= 0) return turnedAway((times[0] ?? now()) + windowMs - now());
      times.push(now());
      return provider.start(input);
    },
  };
}

function turnedAway(retryAfterMs: number): SubmitOutcome {
  return {
    kind: 'refused-elsewhere',
    failure: { code: 'provider_unavailable', message: 'The provider has had its submissions of this minute.' },
    retryAfterMs,
  };
}
