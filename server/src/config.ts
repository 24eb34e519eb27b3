import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { envSchema } from 'env-schema';
import { type Static, Type } from 'typebox';
import { minimumKeyLength } from './access/keys.ts';
import { ConfigError } from './errors.ts';
import { type AddressRule, parseAddressRules } from './media/address.ts';
import type { S3Settings } from './media/s3-settings.ts';

const description = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8');

/** Of this server. */
export const { version } = JSON.parse(description) as { readonly version: string };

/** `description` is what a fault says of a pattern. */
const webAddress = { pattern: '^https?://[^\\s?#]+$', description: 'must be an http:// or https:// address' };
const noSpaces = { pattern: '^\\S+$', description: 'must have no spaces' };

/** Every setting, by its environment variable. A flag of the command line goes before the environment, that before the default. */
const settings = Type.Object({
  REELAY_HOST: Type.String({ default: '127.0.0.1', minLength: 1 }),
  REELAY_PORT: Type.Integer({ default: 8080, minimum: 0, maximum: 65_535 }),
  REELAY_DATA_DIR: Type.String({ default: './data', minLength: 1 }),
  DATABASE_URL: Type.Optional(
    Type.String({ pattern: '^postgres(ql)?://', description: 'must begin with postgres://' }),
  ),
  REELAY_ROLE: Type.Union([Type.Literal('all'), Type.Literal('api'), Type.Literal('worker')], { default: 'all' }),
  REELAY_PUBLIC_URL: Type.Optional(Type.String({ ...webAddress })),
  REELAY_API_KEY: Type.Optional(Type.String({ minLength: minimumKeyLength, ...noSpaces })),
  REELAY_ALLOW_ADDRESSES: Type.String({ default: '' }),
  REELAY_LOCAL_QUALITY: Type.Union([Type.Literal('full'), Type.Literal('draft')], { default: 'full' }),
  REELAY_RENDER_CONCURRENCY: Type.Integer({ default: availableParallelism(), minimum: 1, maximum: 256 }),
  REELAY_SUBMIT_TIMEOUT_SECONDS: Type.Integer({ default: 60, minimum: 1, maximum: 3_600 }),
  REELAY_RETENTION_DAYS: Type.String({ default: '30' }),
  REELAY_UPLOAD_RETENTION_DAYS: Type.String({ default: '3' }),
  REELAY_MAX_UPLOAD_MB: Type.Integer({ default: 200, minimum: 1, maximum: 10_000 }),
  REELAY_TRUST_PROXY: Type.Boolean({ default: false }),
  REELAY_CORS_ORIGINS: Type.String({ default: '' }),
  REELAY_LOG_PROMPTS: Type.Boolean({ default: false }),
  REELAY_LOG_LEVEL: Type.Union(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].map((level) => Type.Literal(level)),
    { default: 'info' },
  ),
  REELAY_UNCERTAIN_SECONDS: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800 })),
  REELAY_POLL_SECONDS: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_600 })),
  REELAY_PROVIDER_JOBS: Type.String({ default: '' }),
  REELAY_PROVIDER_SUBMITS_PER_MINUTE: Type.String({ default: '' }),
  REELAY_PROVIDERS: Type.String({
    default: '',
    pattern: '^([a-z][a-z0-9-]*(,[a-z][a-z0-9-]*)*)?$',
    description: 'must be names of providers with commas between them, such as xai,fal',
  }),
  XAI_API_KEY: Type.Optional(Type.String()),
  XAI_BASE_URL: Type.String({ default: 'https://api.x.ai/v1', ...webAddress }),
  FAL_KEY: Type.Optional(Type.String()),
  FAL_QUEUE_URL: Type.String({ default: 'https://queue.fal.run', ...webAddress }),
  FAL_API_URL: Type.String({ default: 'https://api.fal.ai/v1', ...webAddress }),
  FAL_JWKS_URL: Type.String({ default: 'https://rest.fal.ai/.well-known/jwks.json', ...webAddress }),
  GOOGLE_CLOUD_PROJECT: Type.Optional(Type.String()),
  GOOGLE_CLOUD_LOCATION: Type.String({ default: 'us-central1', pattern: '^[a-z0-9-]+$' }),
  GOOGLE_APPLICATION_CREDENTIALS: Type.Optional(Type.String()),
  VERTEX_STORAGE_URI: Type.Optional(
    Type.String({
      pattern: '^gs://[a-z0-9][a-z0-9._-]+(/[^\\s]*)?$',
      description: 'must be a bucket and a folder in it, such as gs://videos/reelay',
    }),
  ),
  VERTEX_BASE_URL: Type.Optional(Type.String({ ...webAddress })),
  GCS_BASE_URL: Type.Optional(Type.String({ ...webAddress })),
  OPENAI_COMPATIBLE_URL: Type.Optional(Type.String({ ...webAddress })),
  OPENAI_COMPATIBLE_KEY: Type.Optional(Type.String()),
  REELAY_S3_ENDPOINT: Type.Optional(Type.String({ ...webAddress })),
  REELAY_S3_REGION: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9-]+$' })),
  REELAY_S3_BUCKET: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$' })),
  REELAY_S3_ACCESS_KEY_ID: Type.Optional(Type.String(noSpaces)),
  REELAY_S3_SECRET_ACCESS_KEY: Type.Optional(Type.String(noSpaces)),
  REELAY_S3_DIRECT_LINKS: Type.Boolean({ default: false }),
  FFMPEG_PATH: Type.Optional(Type.String()),
});

export interface Config {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly dataFolder: string;
  /** Of a PostgreSQL database that servers may share; a SQLite file in the data folder where unset. */
  readonly databaseUrl?: string;
  /** Whether this server takes requests, runs tasks, or both. */
  readonly role: 'all' | 'api' | 'worker';
  /** Base of every link handed out; from host and port where unset. */
  readonly publicUrl?: string;
  /** The object store for files; a folder in the data folder where unset. */
  readonly s3?: S3Settings;
  /** Whether links lead to the object store itself. */
  readonly directLinks: boolean;
  readonly apiKey?: string;
  readonly allowAddresses: readonly AddressRule[];
  readonly localQuality: 'full' | 'draft';
  readonly renderConcurrency: number;
  readonly submitTimeoutMs: number;
  /** How long ended tasks and their results are kept. */
  readonly retentionMs: number;
  readonly uploadRetentionMs: number;
  readonly maxUploadBytes: number;
  readonly trustProxy: boolean;
  /** Of pages that may call the server from a browser; `*` alone stands for all. */
  readonly corsOrigins: readonly string[];
  readonly log: {
    readonly level: string;
    /** Whether prompts may be read in it. */
    readonly showsPrompts: boolean;
    /** Keys and passwords among these settings. */
    readonly secrets: readonly string[];
  };
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

const s3Variables = [
  'REELAY_S3_ENDPOINT',
  'REELAY_S3_REGION',
  'REELAY_S3_BUCKET',
  'REELAY_S3_ACCESS_KEY_ID',
  'REELAY_S3_SECRET_ACCESS_KEY',
] as const;

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
    readonly role?: string | undefined;
  } = {},
): Config {
  const set = Object.entries({
    ...environment,
    ...(flags.host !== undefined && { REELAY_HOST: flags.host }),
    ...(flags.port !== undefined && { REELAY_PORT: flags.port }),
    ...(flags.data !== undefined && { REELAY_DATA_DIR: flags.data }),
    ...(flags.role !== undefined && { REELAY_ROLE: flags.role }),
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
  readonly params: { readonly limit?: number; readonly type?: string };
}

const kinds: Readonly<Record<string, string>> = {
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
};

function demandOf({ keyword, params: { limit, type = '' }, message }: SchemaFault, description?: string): string {
  switch (keyword) {
    case 'minimum':
      return `must be at least ${limit}`;
    case 'maximum':
      return `must be at most ${limit}`;
    case 'minLength':
      return `must have at least ${limit} characters`;
    case 'type':
      return `must be ${kinds[type] ?? type}`;
    default:
      return description ?? message ?? 'is not valid';
  }
}

function faultOf(error: unknown, values: Record<string, string | undefined>): string {
  const faults = (error as { readonly errors?: readonly SchemaFault[] }).errors ?? [];
  const names = [...new Set(faults.map((fault) => fault.instancePath.slice(1)))];
  return names
    .map((name) => {
      const fault = faults.find((one) => one.instancePath.slice(1) === name);
      const schema = settings.properties[name as keyof typeof settings.properties] as {
        anyOf?: { const: string }[];
        description?: string;
      };
      const may = schema.anyOf
        ? `must be one of ${schema.anyOf.map((option) => option.const).join(', ')}`
        : fault && demandOf(fault, schema.description);
      const secret = /KEY|SECRET|DATABASE_URL/.test(name);
      return `${name} ${may ?? 'is not valid'}${secret ? '' : `, not ${JSON.stringify(values[name])}`}`;
    })
    .join('; ');
}

/** For clients of a server, and for the processes that it starts. */
const othersVariables: readonly string[] = ['REELAY_URL', 'REELAY_WEBHOOK_SECRET', 'REELAY_CONFINEMENT'];

/** Every setting's variable. */
export const settingNames: readonly string[] = Object.keys(settings.properties);

/** Variables that look like settings and are none. */
export function unknownSettings(environment: NodeJS.ProcessEnv): readonly string[] {
  const known = [...settingNames, ...othersVariables];
  return Object.keys(environment).filter((name) => name.startsWith('REELAY_') && !known.includes(name));
}

function configOf(values: Static<typeof settings>): Config {
  return {
    host: values.REELAY_HOST,
    port: values.REELAY_PORT,
    dataFolder: resolve(values.REELAY_DATA_DIR),
    ...(values.DATABASE_URL !== undefined && { databaseUrl: values.DATABASE_URL }),
    role: roleOf(values),
    ...(values.REELAY_PUBLIC_URL !== undefined && { publicUrl: values.REELAY_PUBLIC_URL.replace(/\/+$/, '') }),
    ...s3Of(values),
    ...(values.REELAY_API_KEY !== undefined && { apiKey: values.REELAY_API_KEY }),
    allowAddresses: addressRules(values.REELAY_ALLOW_ADDRESSES),
    localQuality: values.REELAY_LOCAL_QUALITY,
    renderConcurrency: values.REELAY_RENDER_CONCURRENCY,
    submitTimeoutMs: values.REELAY_SUBMIT_TIMEOUT_SECONDS * 1_000,
    retentionMs: lifetimeOf(values, 'REELAY_RETENTION_DAYS'),
    uploadRetentionMs: lifetimeOf(values, 'REELAY_UPLOAD_RETENTION_DAYS'),
    maxUploadBytes: values.REELAY_MAX_UPLOAD_MB * 1024 * 1024,
    trustProxy: values.REELAY_TRUST_PROXY,
    corsOrigins: originsOf(values.REELAY_CORS_ORIGINS),
    log: { level: values.REELAY_LOG_LEVEL, showsPrompts: values.REELAY_LOG_PROMPTS, secrets: secretsOf(values) },
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

function secretsOf(values: Static<typeof settings>): readonly string[] {
  const keys = Object.entries(values).filter(([name]) => name.endsWith('KEY'));
  return [...keys.map(([, value]) => String(value)), URL.parse(values.DATABASE_URL ?? '')?.password ?? ''];
}

/** Alone on its database, a server that takes no requests or runs no tasks would be of no use. */
function roleOf({ REELAY_ROLE: role, DATABASE_URL: url }: Static<typeof settings>): Config['role'] {
  if (role !== 'all' && url === undefined) {
    throw new ConfigError(`REELAY_ROLE=${role} needs servers that share a PostgreSQL database: set DATABASE_URL`);
  }
  return role;
}

/** All settings of an object store or none: with some alone, files would silently go elsewhere than the operator thinks. */
function s3Of(values: Static<typeof settings>): Pick<Config, 's3' | 'directLinks'> {
  const {
    REELAY_S3_ENDPOINT: endpoint,
    REELAY_S3_REGION: region,
    REELAY_S3_BUCKET: bucket,
    REELAY_S3_ACCESS_KEY_ID: accessKeyId,
    REELAY_S3_SECRET_ACCESS_KEY: secretAccessKey,
    REELAY_S3_DIRECT_LINKS: directLinks,
  } = values;
  if (endpoint && region && bucket && accessKeyId && secretAccessKey) {
    return {
      s3: { endpoint: endpoint.replace(/\/+$/, ''), region, bucket, accessKeyId, secretAccessKey },
      directLinks,
    };
  }
  const missing = s3Variables.filter((name) => values[name] === undefined);
  if (missing.length < s3Variables.length || directLinks) {
    throw new ConfigError(`files in an object store need all of ${s3Variables.join(', ')}: set ${missing.join(', ')}`);
  }
  return { directLinks };
}

/** Days that stand for ever: a hundred years, so that every time stays a time. */
const foreverDays = 36_525;
const longestDays = 3_650;

function lifetimeOf(
  values: Static<typeof settings>,
  variable: 'REELAY_RETENTION_DAYS' | 'REELAY_UPLOAD_RETENTION_DAYS',
): number {
  const text = values[variable];
  const days = text === 'forever' ? foreverDays : Number(text);
  if (!(days > 0 && (days <= longestDays || text === 'forever'))) {
    const form = `must be days, more than 0 and at most ${longestDays}, or forever`;
    throw new ConfigError(`${variable} ${form}, not ${JSON.stringify(text)}`);
  }
  return Math.ceil(days * 24 * 3_600_000);
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

/** Each written as a browser writes it: what differs by a slash or a capital letter would silently never fit. */
function originsOf(text: string): readonly string[] {
  const items = text.split(',').flatMap((item) => item.trim() || []);
  const isOrigin = (item: string) => /^https?:/.test(item) && URL.canParse(item) && new URL(item).origin === item;
  if (items.every(isOrigin) || text.trim() === '*') return items;
  const wrong = items.find((item) => !isOrigin(item));
  throw new ConfigError(
    `REELAY_CORS_ORIGINS must list origins such as https://app.example.com, separated by commas, or be * alone; ${JSON.stringify(wrong)} is none`,
  );
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
