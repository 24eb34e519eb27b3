import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import type { Logger } from 'pino';
import { type AdminOptions, adminPrefix, registerAdmin } from '../admin/routes.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Dialect, DialectDependencies } from '../dialects/dialect.ts';
import { boundBodies } from './body-room.ts';
import { answerBrokenHttp, watchAnswers } from './broken-http.ts';
import { allowOrigins, makeAnswersInert } from './browser-rules.ts';
import { registerDocs } from './docs.ts';
import { answerErrors, answerRouterErrors } from './error-answers.ts';
import { EventStreams } from './event-streams.ts';
import { registerFiles } from './files.ts';
import { type HealthCheck, registerHealth } from './health.ts';
import { registerMetrics } from './metrics.ts';
import { registerProviderWebhooks, type WebhookOptions, webhookPrefix } from './provider-webhooks.ts';
import { registerReference } from './reference.ts';
import { registerWorkbench } from './workbench.ts';

export interface HttpOptions extends RouteOptions {
  readonly log: Logger;
  readonly trustProxy: boolean;
  /** Of pages that may call the server from a browser. */
  readonly corsOrigins: readonly string[];
}

/** How long answers under way may take when the server closes, in milliseconds. */
const lastAnswersMs = 5_000;

/** How often connections are looked for whose answer has gone out meanwhile, in milliseconds. */
const closeIntervalMs = 50;

/** What the routes need. */
export interface RouteOptions {
  readonly dialects: readonly Dialect[];
  readonly catalogue: Catalogue;
  readonly dependencies: Omit<DialectDependencies, 'faces' | 'openStream'>;
  readonly admin: Pick<AdminOptions, 'keys' | 'accounts'>;
  readonly webhooks: Omit<WebhookOptions, 'tasks'>;
  readonly health: readonly HealthCheck[];
  /** Base of every link handed out. */
  readonly publicUrl: () => string;
  /** Aborted when the server is to stop: from then on nobody is kept. */
  readonly stopping: AbortSignal;
  /** Of the object store, where links lead to it. */
  readonly filesOrigin?: string;
  readonly metrics: {
    readonly contentType: string;
    readonly read: (open: { readonly openStreams: number }) => Promise<string>;
  };
}

/** The folder of this package, from its sources and from what they are built into alike. */
const packageFolder = join(import.meta.dirname, '..', '..');

/** Bytes of a body where a route says nothing else. */
const bodyLimit = 1024 * 1024;

/** How long a client may take to send its headers and its body, in milliseconds. */
const requestTimeoutMs = 300_000;

/** How much of that its headers may take, and how often connections are looked at for it. */
const headersTimeoutMs = 20_000;
const connectionCheckMs = 5_000;

/** Puts the HTTP server together. It listens when told to. */
export async function createHttpServer(options: HttpOptions): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // Without options: with them, each request's logger gets levels of its own, which takes time and memory.
    childLoggerFactory: (logger, bindings) => logger.child(bindings),
    trustProxy: options.trustProxy,
    bodyLimit,
    requestTimeout: requestTimeoutMs,
    http: { headersTimeout: headersTimeoutMs, connectionsCheckingInterval: connectionCheckMs },
    clientErrorHandler: answerBrokenHttp,
    routerOptions: { maxParamLength: 200 },
    genReqId: () => `req-${randomUUID()}`,
    forceCloseConnections: 'idle',
    frameworkErrors: answerRouterErrors(options.dialects),
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('X-Request-Id', request.id);
    // Its next request then goes to a server that stays.
    if (options.stopping.aborted) reply.header('Connection', 'close');
    done();
  });
  watchAnswers(app);
  makeAnswersInert(app);
  boundBodies(app);
  if (options.corsOrigins.length > 0) await allowOrigins(app, options.corsOrigins);
  if (options.log.isLevelEnabled('debug')) logAnswers(app);
  answerErrors(app);
  await registerRoutes(app, options);
  return app;
}

/** Takes no more requests, lets answers under way go out, and breaks off what takes too long. */
export async function closeHttpServer(app: FastifyInstance): Promise<void> {
  const { server } = app;
  const idle = setInterval(() => server.closeIdleConnections(), closeIntervalMs);
  const late = setTimeout(() => server.closeAllConnections(), lastAnswersMs);
  await app.close();
  clearInterval(idle);
  clearTimeout(late);
}

/** Every route of the server. */
export async function registerRoutes(app: FastifyInstance, options: RouteOptions): Promise<void> {
  const { catalogue, dependencies, metrics, publicUrl, stopping, filesOrigin } = options;
  const streams = new EventStreams();
  stopping.addEventListener('abort', () => streams.close(), { once: true });
  registerHealth(app, options.health);
  registerMetrics(app, { ...metrics, read: () => metrics.read({ openStreams: streams.size }) });
  await app.register(async (scope) => registerFiles(scope, dependencies));
  await app.register(
    async (scope) => registerProviderWebhooks(scope, { tasks: dependencies.tasks, ...options.webhooks }),
    { prefix: webhookPrefix },
  );
  await app.register(async (scope) => registerAdmin(scope, { ...dependencies, ...options.admin, catalogue }), {
    prefix: adminPrefix,
  });
  const apis = options.dialects.map((dialect) => ({ dialect, faces: catalogue.faces(dialect.api, dialect.names) }));
  for (const { dialect, faces } of apis) {
    const openStream: DialectDependencies['openStream'] = (...given) => streams.open(...given);
    await app.register(
      async (scope) => {
        answerErrors(scope, dialect.errorAnswer);
        dialect.register(scope, { ...dependencies, faces, openStream });
      },
      { prefix: dialect.prefix },
    );
  }
  registerDocs(app, { catalogue, apis, guidesFolder: join(packageFolder, 'guides'), publicUrl });
  registerReference(app);
  registerWorkbench(app, {
    folder: join(packageFolder, 'dist', 'workbench'),
    samplePicture: join(packageFolder, 'pictures', 'sample.jpg'),
    publicUrl,
    ...(filesOrigin !== undefined && { filesOrigin }),
  });
}

/** Only where it is read: a hook costs every request. */
function logAnswers(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const path = request.url.split('?')[0];
    request.log.debug(
      { method: request.method, path, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'answered',
    );
  });
}
