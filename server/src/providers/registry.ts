import type { Provider } from '../contract/index.ts';
import { type LocalSettings, createProvider as local } from './local/provider.ts';

/** Name of the provider that stands in for the real ones and costs nothing: what demos and samples ask for. */
export const standInName = 'local';

export interface ProviderSettings {
  readonly local: LocalSettings;
}

/** Every provider that is configured, in the operator's order. */
export function createProviders(settings: ProviderSettings): readonly Provider[] {
  return [local(settings.local)];
}
