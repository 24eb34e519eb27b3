import { estimateMicros } from '../catalogue/price.ts';
import type { Config } from '../config.ts';
import type { Provider } from '../contract/index.ts';
import { ConfigError } from '../errors.ts';
import { isPublicUrl } from '../media/url-form.ts';
import { createProviders, vendorSwitches } from '../providers/registry.ts';
import { clockFinding } from './doctor-clock.ts';
import type { Finding } from './finding.ts';

/**
 * Who would run tasks, in which order and within which limits, and whether each vendor can be used. Vendors are asked
 * one question that costs nothing, unless `offline`.
 */
export async function checkProviders(config: Config, offline: boolean): Promise<readonly Finding[]> {
  let providers: readonly Provider[];
  try {
    providers = createProviders({
      local: { quality: config.localQuality, concurrency: config.renderConcurrency, ffmpegPath: 'ffmpeg' },
      vendors: config.vendors,
      order: config.providerOrder,
      limits: config.providerLimits,
      pollMs: config.pollMs,
      submitTimeoutMs: config.submitTimeoutMs,
      estimateMicros,
      now: Date.now,
      log: () => undefined,
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const remedy = 'Correct the variable or unset it.';
    return [{ name: 'Providers', state: 'broken', detail: error.message, remedy }];
  }
  try {
    const vendors = providers.filter(({ standIn }) => !standIn);
    const looks = vendors.map((provider) => lookAt(provider, config, offline));
    const looked = await Promise.all(looks);
    return [orderOf(providers, config), ...looked.flat(), webhooksOf(vendors, config)];
  } finally {
    await Promise.all(providers.map((provider) => provider.close?.()));
  }
}

function orderOf(providers: readonly Provider[], { vendors }: Config): Finding {
  const asked = providers.filter(({ standIn }) => !standIn).map(({ name }) => name);
  const standIn = providers.find((provider) => provider.standIn)?.name ?? '';
  const switches = vendorSwitches(vendors);
  const off = switches.filter(({ isSet }) => !isSet).map(({ name, variable }) => `${name} (${variable})`);
  const unused = switches.filter(({ name, isSet }) => isSet && !asked.includes(name)).map(({ name }) => name);
  const parts = [
    asked.length === 0
      ? `${standIn}: free stand-in videos; set a vendor's key for real ones`
      : `asked in this order: ${asked.join(', ')}; ${standIn} only where a request names it`,
    ...(unused.length > 0 ? [`left out by REELAY_PROVIDERS: ${unused.join(', ')}`] : []),
    ...(off.length > 0 ? [`off: ${off.join(', ')}`] : []),
  ];
  return { name: 'Providers', state: 'ok', detail: parts.join('; ') };
}

async function lookAt(provider: Provider, config: Config, offline: boolean): Promise<readonly Finding[]> {
  const { name } = provider;
  const perMinute = config.providerLimits.submitsPerMinute.get(name);
  const jobs = config.providerLimits.jobs.get(name) ?? provider.room();
  const limits = [
    `at most ${jobs} ${jobs === 1 ? 'job' : 'jobs'} at once`,
    ...(perMinute === undefined ? [] : [`at most ${perMinute} submissions a minute`]),
  ].join(', ');
  if (offline) return [{ name, state: 'ok', detail: `${limits}; not asked` }];
  const check = await provider.check?.();
  if (check === undefined) return [{ name, state: 'ok', detail: limits }];
  if (check.kind === 'unusable') return [{ name, state: 'broken', detail: check.problem, remedy: check.remedy }];
  const clock = check.clockAheadMs === undefined ? undefined : clockFinding(`that of ${name}`, check.clockAheadMs);
  const found: Finding = { name, state: 'ok', detail: `${check.detail}; ${limits}` };
  return clock === undefined || clock.state === 'ok' ? [found] : [found, clock];
}

function webhooksOf(vendors: readonly Provider[], { publicUrl }: Config): Finding {
  const senders = vendors.filter(({ webhook }) => webhook !== undefined).map(({ name }) => name);
  const detail = (): string => {
    if (senders.length === 0) return 'no provider that is on sends any';
    if (isPublicUrl(publicUrl)) return `${senders.join(', ')} may send them to ${publicUrl}`;
    const why = publicUrl === undefined ? 'REELAY_PUBLIC_URL is not set' : 'REELAY_PUBLIC_URL is no public address';
    return `none can arrive, as ${why}: ${senders.join(', ')} is polled instead`;
  };
  return { name: 'Webhooks', state: 'ok', detail: detail() };
}
