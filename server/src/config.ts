import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { envSchema } from 'env-schema';
import { type Static, Type } from 'typebox';
import { minimumKeyLength } from './access/keys.ts';
import { ConfigError } from './errors.ts';
import { type AddressRule, parseAddressRules } from './media/address.ts';

const webAddress = '^https?://[^\\s?#]+$';

/** Every setting, by its environment variable. A flag of the command line goes before the environment, that before the default. */
const settings = Type.Object({
  REELAY_HOST: Type.String({ default: '127.0.0.1', minLength: 1 }),
  REELAY_PORT: Type.Integer({ default: 8080, minimum: 0, maximum: 65_535 }),
  REELAY_DATA_DIR: Type.String({ default: './data', minLength: 1 }),
  REELAY_PUBLIC_URL: Type.Optional(Type.String({ pattern: webAddress })),
  REELAY_API_KEY: Type.Optional(Type.String({ minLength: minimumKeyLength, pattern: '^\\S+$' })),
  REELAY_ALLOW_ADDRESSES: Type.String({ default: '' }),
  REELAY_LOCAL_QUALITY: Type.Union([Type.Literal('full'), Type.Literal('draft')], { default: 'full' }),
  REELAY_RENDER_CONCURRENCY: Type.Integer({ default: availableParallelism(), minimum: 1, maximum: 256 }),
  REELAY_SUBMIT_TIMEOUT_SECONDS: Type.Integer({ default: 60, minimum: 1, maximum: 3_600 }),
  REELAY_RETENTION_DAYS: Type.Number({ default: 30, exclusiveMinimum: 0, maximum: 3_650 }),
  REELAY_MAX_UPLOAD_MB: Type.Integer({ default: 200, minimum: 1, maximum: 10_000 }),
  REELAY_TRUST_PROXY: Type.Boolean({ default: false }),
  REELAY_LOG_LEVEL: Type.Union(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].map((level) => Type.Literal(level)),
    { default: 'info' },
  ),
  REELAY_UNCERTAIN_SECONDS: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800 })),
  REELAY_POLL_SECONDS: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_600 })),
  REELAY_PROVIDER_JOBS: Type.String({ default: '' }),
  REELAY_PROVIDER_SUBMITS_PER_MINUTE: Type.String({ default: '' }),
  REELAY_PROVIDERS: Type.String({ default: '', pattern: '^([a-z][a-z0-9-]*(,[a-z][a-z0-9-]*)*)?$' }),
  XAI_API_KEY: Type.Optional(Type.String()),
  XAI_BASE_URL: Type.String({ default: 'https://api.x.ai/v1', pattern: webAddress }),
  FAL_KEY: Type.Optional(Type.String()),
  FAL_QUEUE_URL: Type.String({ default: 'https://queue.fal.run', pattern: webAddress }),
  FAL_API_URL: Type.String({ default: 'https://api.fal.ai/v1', pattern: webAddress }),
  FAL_JWKS_URL: Type.String({ default: 'https://rest.fal.ai/.well-known/jwks.json', pattern: webAddress }),
  GOOGLE_CLOUD_PROJECT: Type.Optional(Type.String()),
  GOOGLE_CLOUD_LOCATION: Type.String({ default: 'us-central1', pattern: '^[a-z0-9-]+$' }),
  GOOGLE_APPLICATION_CREDENTIALS: Type.Optional(Type.String()),
  VERTEX_STORAGE_URI: Type.Optional(Type.String({ pattern: '^gs://[a-z0-9][a-z0-9._-]+(/[^\\s]*)?$' })),
  VERTEX_BASE_URL: Type.Optional(Type.String({ pattern: webAddress })),
  GCS_BASE_URL: Type.Optional(Type.String({ pattern: webAddress })),
  OPENAI_COMPATIBLE_URL: Type.Optional(Type.String({ pattern: webAddress })),
  OPENAI_COMPATIBLE_KEY: Type.Optional(Type.String()),
  FFMPEG_PATH: Type.Optional(Type.String()),
});

export interface Config {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly dataFolder: string;
  /** Base of every link handed out; from host and port where unset. */
  readonly publicUrl?: string;
  readonly apiKey?: string;
  readonly allowAddresses: readonly AddressRule[];
  readonly localQuality: 'full' | 'draft';
  readonly renderConcurrency: number;
  readonly submitTimeoutMs: number;
  readonly retentionMs: number;
  readonly maxUploadBytes: number;
  readonly trustProxy: boolean;
  readonly logLevel: string;
  readonly ffmpegPath?: string;
  /** How long an unclear submission is looked for, in milliseconds; the provider's longest job where unset. */
  readonly uncertainMs?: number;
  /** Names of providers in the order they are asked; every configured one where empty. */
  readonly providerOrder: readonly string[];
  readonly providerLimits: ProviderLimits;
  /** Pause between two looks at a job that costs money, in milliseconds; the provider's own advice where unset. */
  readonly pollMs?: number;
  /** Keys and addresses of providers, by their variables. */
  readonly vendors: VendorSettings;
}

/** The operator's own limits, by the names of providers, which are not checked here. */
export interface ProviderLimits {
  /** Jobs at once. */
  readonly jobs: ReadonlyMap<string, number>;
  readonly submitsPerMinute: ReadonlyMap<string, number>;
}

/** Largest limit of a provider. */
const maximumLimit = 10_000;

type VendorVariable = Extract<
  keyof Static<typeof settings>,
  `${'XAI' | 'FAL' | 'GOOGLE' | 'VERTEX' | 'GCS' | 'OPENAI'}_${string}`
>;

export type VendorSettings = Readonly<Pick<Static<typeof settings>, VendorVariable>>;

/** Reads and freezes the configuration. Empty variables count as unset. Throws ConfigError. */
export function readConfig(
  environment: NodeJS.ProcessEnv,
  flags: {
    readonly host?: string | undefined;
    readonly port?: string | undefined;
    readonly data?: string | undefined;
  } = {},
): Config {
  const set = Object.entries({
    ...environment,
    ...(flags.host !== undefined && { REELAY_HOST: flags.host }),
    ...(flags.port !== undefined && { REELAY_PORT: flags.port }),
    ...(flags.data !== undefined && { REELAY_DATA_DIR: flags.data }),
  }).filter(([name, value]) => name in settings.properties && value !== undefined && value !== '');
  return Object.freeze(configOf(checked(Object.fromEntries(set))));
}

function checked(values: Record<string, string | undefined>): Static<typeof settings> {
  try {
    return envSchema<Static<typeof settings>>({ schema: settings, data: values, env: false });
  } catch (error) {
    throw new ConfigError(faultOf(error, values), { cause: error });
  }
}

interface SchemaFault {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string;
}

function faultOf(error: unknown, values: Record<string, string | undefined>): string {
  const faults = (error as { readonly errors?: readonly SchemaFault[] }).errors ?? [];
  const names = [...new Set(faults.map((fault) => fault.instancePath.slice(1)))];
  return names
    .map((name) => {
      const fault = faults.find((one) => one.instancePath.slice(1) === name);
      const schema = settings.properties[name as keyof typeof settings.properties] as { anyOf?: { const: string }[] };
      const may = schema.anyOf
        ? `must be one of ${schema.anyOf.map((option) => option.const).join(', ')}`
        : fault?.message;
      const secret = /KEY|SECRET/.test(name);
      return `${name} ${may ?? 'is not valid'}${secret ? '' : `, not ${JSON.stringify(values[name])}`}`;
    })
    .join('; ');
}

function configOf(values: Static<typeof settings>): Config {
  return {
    host: values.REELAY_HOST,
    port: values.REELAY_PORT,
    dataFolder: resolve(values.REELAY_DATA_DIR),
    ...(values.REELAY_PUBLIC_URL !== undefined && { publicUrl: values.REELAY_PUBLIC_URL.replace(/\/+$/, '') }),
    ...(values.REELAY_API_KEY !== undefined && { apiKey: values.REELAY_API_KEY }),
    allowAddresses: addressRules(values.REELAY_ALLOW_ADDRESSES),
    localQuality: values.REELAY_LOCAL_QUALITY,
    renderConcurrency: values.REELAY_RENDER_CONCURRENCY,
    submitTimeoutMs: values.REELAY_SUBMIT_TIMEOUT_SECONDS * 1_000,
    retentionMs: values.REELAY_RETENTION_DAYS * 24 * 3_600_000,
    maxUploadBytes: values.REELAY_MAX_UPLOAD_MB * 1024 * 1024,
    trustProxy: values.REELAY_TRUST_PROXY,
    logLevel: values.REELAY_LOG_LEVEL,
    ...(values.FFMPEG_PATH !== undefined && { ffmpegPath: values.FFMPEG_PATH }),
    ...(values.REELAY_UNCERTAIN_SECONDS !== undefined && { uncertainMs: values.REELAY_UNCERTAIN_SECONDS * 1_000 }),
    providerOrder: values.REELAY_PROVIDERS.split(',').filter((name) => name !== ''),
    providerLimits: {
      jobs: limitsOf(values, 'REELAY_PROVIDER_JOBS'),
      submitsPerMinute: limitsOf(values, 'REELAY_PROVIDER_SUBMITS_PER_MINUTE'),
    },
    ...(values.REELAY_POLL_SECONDS !== undefined && { pollMs: values.REELAY_POLL_SECONDS * 1_000 }),
    vendors: values,
  };
}

function limitsOf(
  values: Static<typeof settings>,
  variable: 'REELAY_PROVIDER_JOBS' | 'REELAY_PROVIDER_SUBMITS_PER_MINUTE',
): ReadonlyMap<string, number> {
  const text = values[variable];
  const items = text.split(',').filter((item) => item.trim() !== '');
  const limits = new Map(
    items.map((item) => {
      const [, name = '', limit = ''] = /^\s*([a-z][a-z0-9-]*)=(\d{1,5})\s*$/.exec(item) ?? [];
      return [name, Number(limit)];
    }),
  );
  if (limits.size < items.length || [...limits.values()].some((limit) => limit < 1 || limit > maximumLimit)) {
    const form = `must give each provider once, as NAME=NUMBER separated by commas, with numbers from 1 to ${maximumLimit}`;
    throw new ConfigError(`${variable} ${form}, not ${JSON.stringify(text)}`);
  }
  return limits;
}

function addressRules(text: string): readonly AddressRule[] {
  try {
    return parseAddressRules(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(message.includes('REELAY_ALLOW_ADDRESSES') ? message : `REELAY_ALLOW_ADDRESSES: ${message}`, {
      cause,
    });
  }
}
