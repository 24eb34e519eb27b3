import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import type { FastifyRequest } from 'fastify';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { Accounts } from './access/accounts.ts';
import { Favorites } from './access/favorites.ts';
import { ensureFirstKey } from './access/first-key.ts';
import { Keys } from './access/keys.ts';
import { createRequestRates } from './access/request-rates.ts';
import { loadCatalogue } from './catalogue/catalogue.ts';
import { type DiscoveryMemory, ModelDiscovery } from './catalogue/discovery.ts';
import { estimateMicros } from './catalogue/price.ts';
import { type Config, version } from './config.ts';
import type { DatabaseFault, Provider, Task, Telemetry } from './contract/index.ts';
import type { OnFault } from './database/faults-told.ts';
import { lockFolder } from './database/folder-lock.ts';
import { refuseMoved } from './database/move.ts';
import { type Database, openDatabase } from './database/open.ts';
import type { Schema } from './database/schema.ts';
import { installationSecret } from './database/secret.ts';
import { readSetting, writeSetting } from './database/setting.ts';
import { refuseBackup } from './database/snapshot.ts';
import { deliveryBodies } from './dialects/delivery-bodies.ts';
import { dialects } from './dialects/registry.ts';
import { readinessChecks } from './health/readiness.ts';
import { webhookPath } from './http/provider-webhooks.ts';
import { closeHttpServer, createHttpServer } from './http/server.ts';
import { createAssetRows } from './media/asset-rows.ts';
import { createCallbackSender } from './media/callbacks.ts';
import { createDirectLinks } from './media/direct-links.ts';
import { createFetcher } from './media/fetch.ts';
import { explainMissingTools, findMediaTools, type MediaTools } from './media/ffmpeg.ts';
import { findConfinement } from './media/find-confinement.ts';
import { createMediaLibrary } from './media/library.ts';
import { createLinks } from './media/links.ts';
import { openStorage } from './media/open-storage.ts';
import { withFaultsTold } from './media/storage-faults-told.ts';
import { checkCallbackUrl, checkUrlForm, isPublicUrl } from './media/url-form.ts';
import { createMetrics, type Metrics } from './metrics/metrics.ts';
import { metricsSource } from './metrics/metrics-source.ts';
import { observed } from './providers/observed.ts';
import { createProviders } from './providers/registry.ts';
import { TaskCensus } from './tasks/census.ts';
import { every } from './tasks/every.ts';
import { Retention } from './tasks/retention.ts';
import { Servers } from './tasks/servers.ts';
import { Tasks } from './tasks/tasks.ts';
import { workFoldersIn } from './tasks/work-folders.ts';
import { createWebhooks } from './webhooks/webhooks.ts';

export interface Reelay {
  /** Where it listens. */
  readonly url: string;
  /** A key that was made because there was none; told once. */
  readonly firstKey?: string;
  /** Finishes what is under way and closes everything. */
  stop(): Promise<void>;
}

const clock = {
  newId: randomUUID,
  random: Math.random,
  elapsed: () => performance.now(),
  pause: (ms: number) => pause(ms, undefined, { ref: false }),
  every,
};

/** Longest fetch of one input, in milliseconds. */
const fetchTimeoutMs = 120_000;

/** Puts the server together and starts it: config → database → media → providers → tasks → dialects → http. */
export async function startReelay(config: Config, log: Logger): Promise<Reelay> {
  keepRequestsYoung();
  const programs = await requireTools(config);
  // What was begun is ended in reverse: when the server stops, and when it cannot start.
  await using begun = new AsyncDisposableStack();
  let metrics: Metrics | undefined;
  const onFault = (fault: DatabaseFault) => metrics?.telemetry.databaseFailed(fault);
  const { database, servers } = await openStore(config, { log, onFault, begun });
  const tools = await confined(programs, config, log);
  const { db } = database;
  const now = servers?.now ?? Date.now;
  const keys = new Keys(db, now);
  const firstKey = await ensureFirstKey(db, now, config.apiKey);
  const webhookSecret = await installationSecret(db, 'webhook-secret');
  metrics = createMetrics({ census: await TaskCensus.begin(db), now });
  const { telemetry } = metrics;
  let url = '';
  const publicUrl = () => config.publicUrl ?? url;
  const media = await createMedia(config, { database, tools, telemetry, publicUrl, now, servers });
  begun.defer(media.close);
  const catalogue = await loadCatalogue();
  const providers = configuredProviders(config, { tools, telemetry, log, now });
  const discovery = new ModelDiscovery({ catalogue, providers, memory: discoveryMemory(db), now, log });
  const surroundings = { ...clock, ...(servers && { server: servers.id }), now, telemetry, log };
  const tasks = new Tasks({
    ...surroundings,
    database,
    providers,
    media: media.library,
    findModel: catalogue.model,
    workFolders: workFoldersIn(media.workFolder),
    ...taskSettings(config, webhookSecret),
    onDelivery: () => webhooks.wake(),
  });
  const webhooks = createWebhooks(db, { ...surroundings, callbacks: media.callbacks, render: (one) => render(one) });
  const dependencies = { tasks, webhooks, now, ...media.forDialects, ...forCallers({ database, keys, providers }) };
  const render = deliveryBodies(dialects, catalogue, dependencies);
  const retention = new Retention({ database, media: media.library, retentionMs: config.retentionMs, now, log });
  const stopping = new AbortController();
  const app = await createHttpServer({
    log,
    trustProxy: config.trustProxy,
    corsOrigins: config.corsOrigins,
    dialects,
    catalogue,
    dependencies,
    admin: { keys, accounts: new Accounts(db, now) },
    webhooks: { secret: webhookSecret, telemetry },
    publicUrl,
    stopping: stopping.signal,
    ...(config.s3 && config.directLinks && { filesOrigin: new URL(config.s3.endpoint).origin }),
    health: readinessChecks({ db, storage: media.storage, tools: config, stopping: stopping.signal }),
    metrics: metricsSource(metrics, { database, storage: media.storage, tasks, webhooks }),
  });
  // Requests are answered until the work is done: a client reads how its task does, and a load balancer that this server leaves.
  begun.defer(() => closeHttpServer(app));
  const workers = [tasks, discovery, webhooks, retention];
  begun.defer(async () => void (await Promise.all(workers.map((worker) => worker.stop()))));
  begun.defer(() => stopping.abort());
  await discovery.start();
  await app.listen({ host: config.host, port: config.port });
  url = urlOf(app.server.address(), config);
  servers?.start(() => Promise.all([tasks.freeAbandoned(), webhooks.freeAbandoned()]));
  const works = config.role !== 'api';
  if (works) await retention.start();
  await tasks.start({ works });
  if (works) await webhooks.start();
  const running = begun.move();
  return { url, ...(firstKey !== undefined && { firstKey }), stop: () => running.disposeAsync() };
}

function forCallers({
  database,
  keys,
  providers,
}: {
  readonly database: Database;
  readonly keys: Keys;
  readonly providers: readonly Provider[];
}) {
  return {
    favorites: new Favorites(database.db),
    rates: createRequestRates(database.db, database.reader),
    authenticate: (request: FastifyRequest) => keys.authenticate(request.headers.authorization),
    readPrompt: ({ provider, request }: Task) => providers.find(({ name }) => name === provider)?.readPrompt?.(request),
  };
}

/** The database and, where servers may share it, their list. */
async function openStore(
  { dataFolder: folder, databaseUrl: url, role }: Config,
  { log, onFault, begun }: { readonly log: Logger; readonly onFault: OnFault; readonly begun: AsyncDisposableStack },
): Promise<{ readonly database: Database; readonly servers: Servers | undefined }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (url === undefined) {
    refuseBackup(folder);
    const lock = lockFolder(folder);
    begun.defer(lock.release);
  }
  const onError = (error: unknown) => log.warn({ err: error }, 'a connection to the database broke');
  const onProgress = (progress: string) => log.info(progress);
  const database = await openDatabase({ folder, url, onError, onProgress, onFault });
  begun.defer(database.close);
  if (url === undefined) {
    await refuseMoved(database.db);
    return { database, servers: undefined };
  }
  const servers = await Servers.join({ db: database.db, id: randomUUID(), role, version, log });
  begun.defer(() => servers.leave());
  return { database, servers };
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
  {
    tools,
    telemetry,
    log,
    now,
  }: {
    readonly tools: MediaTools;
    readonly telemetry: Telemetry;
    readonly log: Logger;
    readonly now: () => number;
  },
): readonly Provider[] {
  const { localQuality: quality, renderConcurrency: concurrency } = config;
  const onRendered = (seconds: number) => {
    telemetry.rendered(seconds);
    log.debug({ seconds }, 'a clip was rendered');
  };
  const providers = createProviders({
    local: {
      ...{ quality, concurrency, ffmpegPath: tools.ffmpeg, onRendered },
      ...(tools.confinement && { confinement: tools.confinement }),
    },
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
  return providers.map((provider) => observed(provider, { telemetry, log, now: () => performance.now() }));
}

function discoveryMemory(db: Kysely<Schema>): DiscoveryMemory {
  const name = 'discovered-models';
  return { read: () => readSetting(db, name), write: (text) => writeSetting(db, name, text) };
}

async function createMedia(
  config: Config,
  {
    database,
    tools,
    telemetry,
    publicUrl,
    now,
    servers,
  }: {
    readonly database: Database;
    readonly tools: MediaTools;
    readonly telemetry: Telemetry;
    readonly publicUrl: () => string;
    readonly now: () => number;
    readonly servers: Servers | undefined;
  },
) {
  const signed = createLinks({ secret: await installationSecret(database.db, 'link-secret'), publicUrl, now });
  const { s3, directLinks } = config;
  const links = s3 !== undefined && directLinks ? createDirectLinks({ links: signed, settings: s3, now }) : signed;
  const temporaryFolder = join(config.dataFolder, 'temporary');
  const workFolder = await makeWorkFolder(join(config.dataFolder, 'work'), servers);
  const maxInputBytes = config.maxUploadBytes;
  const fetcher = createFetcher({
    allow: config.allowAddresses,
    maxBytes: maxInputBytes,
    timeoutMs: fetchTimeoutMs,
    onBlocked: telemetry.addressRefused,
  });
  const callbacks = createCallbackSender({ allow: config.allowAddresses, onBlocked: telemetry.addressRefused });
  const storage = withFaultsTold(await openStorage(config), telemetry.storageFailed);
  const library = createMediaLibrary({
    storage,
    assets: createAssetRows(database),
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
    storage,
    workFolder,
    callbacks,
    forDialects: {
      media: library,
      links,
      checkInputUrl(url: string): void {
        if (links.recognise(url) === undefined) checkUrlForm(url, config.allowAddresses);
      },
      checkCallbackUrl: (url: string) => void checkCallbackUrl(url, config.allowAddresses),
      maxUploadBytes: config.maxUploadBytes,
      uploadLifetimeMs: config.uploadRetentionMs,
      temporaryFolder,
    },
    close: async () => void (await Promise.all([fetcher.close(), callbacks.close(), storage.close()])),
  };
}

/** Servers may share a data folder: each works in a folder of its own there, and clears those of servers that are gone. */
async function makeWorkFolder(folder: string, servers: Servers | undefined): Promise<string> {
  const own = servers === undefined ? folder : join(folder, servers.id);
  await mkdir(own, { recursive: true });
  if (servers === undefined) return own;
  const listed = new Set([servers.id, ...(await servers.list())]);
  for (const name of await readdir(folder)) {
    if (!listed.has(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
  return own;
}

async function requireTools(config: Config): Promise<MediaTools> {
  const tools = await findMediaTools({ ffmpegPath: config.ffmpegPath });
  if ('missing' in tools) throw new Error(`${tools.missing}; ${explainMissingTools}`);
  return tools;
}

async function confined(tools: MediaTools, { dataFolder }: Config, log: Logger): Promise<MediaTools> {
  const { confinement, held, missing } = await findConfinement(tools, dataFolder);
  if (missing.length > 0) {
    const lacking = missing.map(({ bound, reason }) => `${bound} (${reason})`);
    log.warn({ held, lacking }, 'FFmpeg is not held in every bound: "reelay doctor" says how to mend that');
  }
  return { ...tools, confinement };
}

/** The address people use: a server that listens everywhere is reached on this machine by its loopback name. */
function urlOf(address: AddressInfo | string | null, config: Config): string {
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  const everywhere = config.host === '0.0.0.0' || config.host === '::';
  const host = everywhere ? '127.0.0.1' : config.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
