import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { Favorites } from './access/favorites.ts';
import { ensureFirstKey } from './access/first-key.ts';
import { Keys } from './access/keys.ts';
import { loadCatalogue } from './catalogue/catalogue.ts';
import { type DiscoveryMemory, ModelDiscovery } from './catalogue/discovery.ts';
import { estimateMicros } from './catalogue/price.ts';
import type { Config } from './config.ts';
import type { Provider, Telemetry } from './contract/index.ts';
import { lockFolder } from './database/folder-lock.ts';
import { openDatabase } from './database/open.ts';
import type { Schema } from './database/schema.ts';
import { installationSecret } from './database/secret.ts';
import { readSetting, writeSetting } from './database/setting.ts';
import { dialects } from './dialects/registry.ts';
import type { HealthCheck } from './http/health.ts';
import { webhookPath } from './http/provider-webhooks.ts';
import { createHttpServer } from './http/server.ts';
import { createAssetRows } from './media/asset-rows.ts';
import { createFetcher } from './media/fetch.ts';
import { findMediaTools, type MediaTools } from './media/ffmpeg.ts';
import { createMediaLibrary } from './media/library.ts';
import { createLinks } from './media/links.ts';
import type { MediaStorage } from './media/storage.ts';
import { createFileStorage } from './media/storage-fs.ts';
import { checkUrlForm, isPublicUrl } from './media/url-form.ts';
import { createMetrics } from './metrics/metrics.ts';
import { observed } from './providers/observed.ts';
import { createProviders } from './providers/registry.ts';
import { TaskCensus } from './tasks/census.ts';
import { every } from './tasks/every.ts';
import { Retention } from './tasks/retention.ts';
import { Tasks } from './tasks/tasks.ts';
import { workFoldersIn } from './tasks/work-folders.ts';

export interface Reelay {
  /** Where it listens. */
  readonly url: string;
  /** A key that was made because there was none; told once. */
  readonly firstKey?: string;
  /** Finishes what is under way and closes everything. */
  stop(): Promise<void>;
}

const { now } = Date;

const clock = { now, newId: randomUUID, pause: (ms: number) => pause(ms, undefined, { ref: false }), every };

/** Free disk space below which the server is not ready. */
const minimumFreeBytes = 256e6;

/** Longest fetch of one input, in milliseconds. */
const fetchTimeoutMs = 120_000;

/** Puts the server together and starts it: config → database → media → providers → tasks → dialects → http. */
export async function startReelay(config: Config, log: Logger): Promise<Reelay> {
  keepRequestsYoung();
  const tools = await requireTools(config);
  await mkdir(config.dataFolder, { recursive: true, mode: 0o700 });
  const lock = lockFolder(config.dataFolder);
  const database = await openDatabase(config.dataFolder);
  const { db } = database;
  const keys = new Keys(db, now);
  const firstKey = await ensureFirstKey(db, keys, config.apiKey);
  const webhookSecret = await installationSecret(db, 'webhook-secret');
  const metrics = createMetrics({ census: await TaskCensus.begin(db), now });
  const { telemetry } = metrics;
  let url = '';
  const publicUrl = () => config.publicUrl ?? url;
  const media = await createMedia(config, { db, tools, telemetry, publicUrl });
  const catalogue = await loadCatalogue();
  const providers = configuredProviders(config, { tools, telemetry, log });
  const discovery = new ModelDiscovery({ catalogue, providers, memory: discoveryMemory(db), now, log });
  const tasks = new Tasks({
    database,
    providers,
    media: media.library,
    findModel: catalogue.model,
    workFolders: workFoldersIn(media.workFolder),
    ...taskSettings(config, webhookSecret),
    ...clock,
    telemetry,
    log,
  });
  const retention = new Retention({ db, media: media.library, retentionMs: config.retentionMs, now, log });
  const app = await createHttpServer({
    log,
    trustProxy: config.trustProxy,
    dialects,
    catalogue,
    dependencies: {
      tasks,
      media: media.library,
      links: media.links,
      authenticate: (request) => keys.authenticate(request.headers.authorization),
      checkInputUrl: media.checkInputUrl,
      favorites: new Favorites(db),
      readPrompt: ({ provider, request }) => providers.find(({ name }) => name === provider)?.readPrompt?.(request),
      now,
      maxUploadBytes: config.maxUploadBytes,
      temporaryFolder: media.temporaryFolder,
    },
    webhooks: { secret: webhookSecret, telemetry },
    publicUrl,
    health: healthChecks({ db, storage: media.storage, config }),
    metrics: {
      contentType: metrics.contentType,
      read: (open) => metrics.read({ ...open, providers: tasks.conditions() }),
    },
  });
  await discovery.start();
  await app.listen({ host: config.host, port: config.port });
  url = urlOf(app.server.address(), config);
  await tasks.start();
  retention.start();
  return {
    url,
    ...(firstKey !== undefined && { firstKey }),
    async stop() {
      await app.close();
      await retention.stop();
      await Promise.all([tasks.stop(), discovery.stop()]);
      await media.close();
      await database.close();
      lock.release();
    },
  };
}

/**
 * V8 makes objects of one kind old from their birth where nearly all of its first samples lived on, as those of the first
 * requests under load may. What they point to then outlives its request, in some starts and not in others: 50,000
 * accepted tasks left 380 MB instead of 220, and each collection took four times as long (measured).
 */
function keepRequestsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}

function taskSettings(config: Config, webhookSecret: string) {
  const { publicUrl } = config;
  const publicLinks = isPublicUrl(publicUrl);
  return {
    submitTimeoutMs: config.submitTimeoutMs,
    outputLifetimeMs: config.retentionMs,
    publicLinks,
    uncertainMs: config.uncertainMs,
    webhookUrl: (provider: string, attemptId: string) =>
      publicLinks ? `${publicUrl}${webhookPath(webhookSecret, provider, attemptId)}` : undefined,
  };
}

function configuredProviders(
  config: Config,
  { tools, telemetry, log }: { readonly tools: MediaTools; readonly telemetry: Telemetry; readonly log: Logger },
): readonly Provider[] {
  const { localQuality: quality, renderConcurrency: concurrency } = config;
  const providers = createProviders({
    local: { quality, concurrency, ffmpegPath: tools.ffmpeg, onRendered: telemetry.rendered },
    vendors: config.vendors,
    order: config.providerOrder,
    limits: config.providerLimits,
    pollMs: config.pollMs,
    submitTimeoutMs: config.submitTimeoutMs,
    estimateMicros,
    now,
    log: (message, details) => log.info(details, message),
    onSubmission: telemetry.posted,
  });
  return providers.map((provider) => observed(provider, { telemetry, now: () => performance.now() }));
}

function discoveryMemory(db: Kysely<Schema>): DiscoveryMemory {
  const name = 'discovered-models';
  return { read: () => readSetting(db, name), write: (text) => writeSetting(db, name, text) };
}

async function createMedia(
  config: Config,
  {
    db,
    tools,
    telemetry,
    publicUrl,
  }: {
    readonly db: Kysely<Schema>;
    readonly tools: MediaTools;
    readonly telemetry: Telemetry;
    readonly publicUrl: () => string;
  },
) {
  const links = createLinks({ secret: await installationSecret(db, 'link-secret'), publicUrl, now });
  const temporaryFolder = join(config.dataFolder, 'temporary');
  const workFolder = join(config.dataFolder, 'work');
  await mkdir(workFolder, { recursive: true });
  const maxInputBytes = config.maxUploadBytes;
  const fetcher = createFetcher({
    allow: config.allowAddresses,
    maxBytes: maxInputBytes,
    timeoutMs: fetchTimeoutMs,
    onBlocked: telemetry.addressRefused,
  });
  const storage = await createFileStorage(join(config.dataFolder, 'files'));
  const library = createMediaLibrary({
    storage,
    assets: createAssetRows(db),
    fetcher,
    tools,
    links,
    limits: { maxInputBytes, inputLifetimeMs: config.retentionMs },
    folder: temporaryFolder,
    now,
    newId: () => `file-${Math.floor(now() / 1_000)}-${randomBytes(8).toString('hex')}`,
  });
  return {
    library,
    links,
    storage,
    temporaryFolder,
    workFolder,
    checkInputUrl(url: string): void {
      if (links.recognise(url) === undefined) checkUrlForm(url, config.allowAddresses);
    },
    close: () => fetcher.close(),
  };
}

async function requireTools(config: Config): Promise<MediaTools> {
  const tools = await findMediaTools({ ffmpegPath: config.ffmpegPath });
  if ('missing' in tools)
    throw new Error(`${tools.missing}; install FFmpeg 5.1 or newer (Debian: apt-get install ffmpeg)`);
  return tools;
}

/** The address people use: a server that listens everywhere is reached on this machine by its loopback name. */
function urlOf(address: AddressInfo | string | null, config: Config): string {
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  const everywhere = config.host === '0.0.0.0' || config.host === '::';
  const host = everywhere ? '127.0.0.1' : config.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function healthChecks({
  db,
  storage,
  config,
}: {
  db: Kysely<Schema>;
  storage: MediaStorage;
  config: Config;
}): readonly HealthCheck[] {
  const fault = (error: unknown) => (error instanceof Error ? error.message : String(error));
  return [
    {
      name: 'database',
      check: () =>
        db
          .updateTable('settings')
          .set({ value: String(Date.now()) })
          .where('name', '=', 'last-readiness-check')
          .execute()
          .then(() => undefined, fault),
    },
    {
      name: 'storage',
      check: async () => {
        const free = await storage.freeBytes();
        return free !== undefined && free < minimumFreeBytes ? `only ${Math.round(free / 1e6)} MB are free` : undefined;
      },
    },
    {
      name: 'ffmpeg',
      check: async () => {
        const tools = await findMediaTools({ ffmpegPath: config.ffmpegPath });
        return 'missing' in tools ? tools.missing : undefined;
      },
    },
  ];
}
