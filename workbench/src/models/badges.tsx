import { Tooltip } from '@mantine/core';
import type { Model } from '../api.ts';
import { operationNames, pricePerSecond, standIn } from '../format.ts';

/** Who runs it. A stand-in is told from the real thing wherever its name is shown. */
export function ProviderBadge({
  provider,
  problem,
}: {
  readonly provider: string | null;
  readonly problem?: string | undefined;
}) {
  if (provider === null) {
    return (
      <Tooltip label={problem ?? 'No configured provider serves this model.'} multiline maw={280}>
        <span className="badge" data-tone="warning">
          no provider
        </span>
      </Tooltip>
    );
  }
  if (provider !== standIn) return <span className="badge">{provider}</span>;
  return (
    <Tooltip
      label="Drawn by Reelay’s own renderer, to build and test with. It is not a neural model."
      multiline
      maw={280}
    >
      <span className="badge" data-tone="quiet">
        {provider} · stand-in
      </span>
    </Tooltip>
  );
}

export function ModelBadges({ model }: { readonly model: Model }) {
  const { operation, pricing, provider, provider_problem: problem } = model;
  return (
    <div className="badges">
      <span className="badge" data-tone="accent">
        {operationNames[operation]}
      </span>
      <ProviderBadge provider={provider} problem={problem} />
      <Tooltip
        label={provider === standIn ? 'The vendor’s price; the stand-in is free.' : `List price: ${pricing.source}`}
      >
        <span className="badge">{pricePerSecond(pricing)}</span>
      </Tooltip>
    </div>
  );
}
