import type { GenerationRequest, Model, Provider } from '../contract/index.ts';
import { ConfigError } from '../errors.ts';
import { createProvider as fal } from './fal/provider.ts';
import { limited } from './limited.ts';
import { type LocalSettings, createProvider as local } from './local/provider.ts';
import { createProvider as openaiCompatible } from './openai-compatible/provider.ts';
import { paced } from './paced.ts';
import { createProvider as vertex } from './vertex/provider.ts';
import { createProvider as xai } from './xai/provider.ts';

/** Name of the provider that stands in for the real ones and costs nothing: what demos and samples ask for. */
export const standInName = 'local';

/** Keys and addresses, by the variables that an operator sets. A provider without its key is off. */
export interface VendorSettings {
  readonly XAI_API_KEY?: string | undefined;
  readonly XAI_BASE_URL: string;
  readonly FAL_KEY?: string | undefined;
  readonly FAL_QUEUE_URL: string;
  readonly FAL_API_URL: string;
  readonly FAL_JWKS_URL: string;
  readonly GOOGLE_CLOUD_PROJECT?: string | undefined;
  readonly GOOGLE_CLOUD_LOCATION: string;
  readonly VERTEX_STORAGE_URI?: string | undefined;
  readonly VERTEX_BASE_URL?: string | undefined;
  readonly GCS_BASE_URL?: string | undefined;
  readonly OPENAI_COMPATIBLE_URL?: string | undefined;
  readonly OPENAI_COMPATIBLE_KEY?: string | undefined;
}

export interface ProviderOptions {
  readonly local: LocalSettings;
  readonly vendors: VendorSettings;
  /** Names in the order they are asked; every configured one where empty. */
  readonly order: readonly string[];
  /** Each provider's own where unset. */
  readonly limits?: ProviderLimits;
  /** Pause between two looks at a job that costs money; each provider's own advice where unset. */
  readonly pollMs?: number | undefined;
  readonly submitTimeoutMs: number;
  /** What a request is expected to cost by the catalogue's prices, in micro-dollars. */
  readonly estimateMicros: (model: Model, request: GenerationRequest) => number;
  readonly now: () => number;
  /** What an operator may want to know; holds no key. */
  readonly log: (message: string, details: Readonly<Record<string, unknown>>) => void;
  /** Called when a submission that may cost money is about to leave. */
  readonly onSubmission?: (provider: string) => void;
}

/** The operator's limits, by the names of providers. */
export interface ProviderLimits {
  /** Jobs at once. */
  readonly jobs: ReadonlyMap<string, number>;
  readonly submitsPerMinute: ReadonlyMap<string, number>;
}

/** What one vendor is given beside its keys and addresses. */
interface VendorOptions extends Omit<ProviderOptions, 'onSubmission'> {
  readonly maximumJobs?: number;
  readonly onSubmission: () => void;
}

interface Vendor {
  readonly name: string;
  /** The variable that switches it on. */
  readonly variable: keyof VendorSettings;
  readonly create: (options: VendorOptions) => Provider;
}

/** One line a provider. */
const vendors: readonly Vendor[] = [
  { name: 'xai', variable: 'XAI_API_KEY', create: (options) => xai({ ...xaiSettings(options.vendors), ...options }) },
  { name: 'fal', variable: 'FAL_KEY', create: (options) => fal({ ...falSettings(options.vendors), ...options }) },
  {
    name: 'vertex',
    variable: 'VERTEX_STORAGE_URI',
    create: (options) => vertex({ ...vertexSettings(options.vendors), ...options }),
  },
  {
    name: 'openai-compatible',
    variable: 'OPENAI_COMPATIBLE_URL',
    create: (options) => openaiCompatible({ ...openaiSettings(options.vendors), ...options }),
  },
];

function xaiSettings({ XAI_API_KEY: apiKey = '', XAI_BASE_URL: baseUrl }: VendorSettings) {
  return { apiKey, baseUrl };
}

function falSettings({ FAL_KEY: key = '', ...urls }: VendorSettings) {
  return { key, queueUrl: urls.FAL_QUEUE_URL, apiUrl: urls.FAL_API_URL, jwksUrl: urls.FAL_JWKS_URL };
}

function vertexSettings(vendors: VendorSettings) {
  const { GOOGLE_CLOUD_PROJECT: project, VERTEX_STORAGE_URI: storageUri = '' } = vendors;
  const { VERTEX_BASE_URL: baseUrl, GCS_BASE_URL: gcsBaseUrl } = vendors;
  if (project === undefined) throw new ConfigError('VERTEX_STORAGE_URI is set, but GOOGLE_CLOUD_PROJECT is not');
  return {
    project,
    location: vendors.GOOGLE_CLOUD_LOCATION,
    storageUri,
    ...(baseUrl !== undefined && { baseUrl }),
    ...(gcsBaseUrl !== undefined && { gcsBaseUrl }),
  };
}

function openaiSettings({ OPENAI_COMPATIBLE_URL: url = '', OPENAI_COMPATIBLE_KEY: key }: VendorSettings) {
  return { url, ...(key !== undefined && { key }) };
}

/**
 * Every provider that is configured, in the operator's order, the stand-in behind them. Throws where the order names a
 * provider that does not exist or is not configured, or a limit one that does not exist.
 */
export function createProviders(options: ProviderOptions): readonly Provider[] {
  const configured = vendors.filter(({ variable }) => isOn(options.vendors, variable));
  for (const name of options.order) checkName(name, configured);
  checkLimits('REELAY_PROVIDER_JOBS', options.limits?.jobs);
  checkLimits('REELAY_PROVIDER_SUBMITS_PER_MINUTE', options.limits?.submitsPerMinute);
  const chosen =
    options.order.length === 0
      ? configured
      : options.order.flatMap((name) => configured.filter((vendor) => vendor.name === name));
  return [...chosen.map((vendor) => createVendor(vendor, options)), local(options.local)];
}

function createVendor({ name, create }: Vendor, { onSubmission, ...options }: ProviderOptions): Provider {
  const { limits, pollMs, now } = options;
  const maximumJobs = limits?.jobs.get(name);
  const submitsPerMinute = limits?.submitsPerMinute.get(name);
  const own = create({
    ...options,
    onSubmission: () => onSubmission?.(name),
    ...(maximumJobs !== undefined && { maximumJobs }),
  });
  const provider = submitsPerMinute === undefined ? own : limited(own, { submitsPerMinute, now });
  return pollMs === undefined || provider.free ? provider : paced(provider, pollMs);
}

/** A limit of a provider that is off does no harm; one of a name that there is not is a slip. */
function checkLimits(variable: string, limits: ReadonlyMap<string, number> = new Map()): void {
  for (const name of limits.keys()) {
    if (vendors.some((vendor) => vendor.name === name)) continue;
    const why =
      name === standInName ? 'REELAY_RENDER_CONCURRENCY limits that one' : `there are ${vendorNames().join(', ')}`;
    throw new ConfigError(`${variable} names ${name}, but ${why}`);
  }
}

/** Every vendor that there is, with the variable that switches it on. */
export function vendorSwitches(
  settings: VendorSettings,
): readonly { readonly name: string; readonly variable: string; readonly isSet: boolean }[] {
  return vendors.map(({ name, variable }) => ({ name, variable, isSet: isOn(settings, variable) }));
}

function isOn(settings: VendorSettings, variable: keyof VendorSettings): boolean {
  return (settings[variable] ?? '') !== '';
}

function vendorNames(): readonly string[] {
  return vendors.map(({ name }) => name);
}

function checkName(name: string, configured: readonly Vendor[]): void {
  if (name === standInName || configured.some((vendor) => vendor.name === name)) return;
  const known = vendors.find((vendor) => vendor.name === name);
  const why = known === undefined ? `there are ${vendorNames().join(', ')}` : `${known.variable} is not set`;
  throw new ConfigError(`REELAY_PROVIDERS names ${name}, but ${why}`);
}
