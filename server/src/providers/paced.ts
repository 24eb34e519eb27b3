import type { Provider, ProviderOperation, StatusOutcome } from '../contract/index.ts';

/** The provider with the operator's own pause between two looks at a job; one that told nothing may ask for a longer one. */
export function paced(provider: Provider, pollMs: number): Provider {
  return {
    ...provider,
    async status(operation: ProviderOperation): Promise<StatusOutcome> {
      const outcome = await provider.status(operation);
      if (outcome.kind !== 'queued' && outcome.kind !== 'running') return outcome;
      const checkAfterMs = outcome.unclear === undefined ? pollMs : Math.max(pollMs, outcome.checkAfterMs);
      return { ...outcome, checkAfterMs };
    },
  };
}
