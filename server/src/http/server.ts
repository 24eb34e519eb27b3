import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest, fastify, LogController } from 'fastify';
import type { Logger } from 'pino';
import { type AdminOptions, adminPrefix, registerAdmin } from '../admin/routes.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { AnsweredRequest } from '../contract/index.ts';
import type { Dialect, DialectDependencies } from '../dialects/dialect.ts';
import type { HealthCheck } from '../health/readiness.ts';
import { boundBodies } from './body-room.ts';
import { answerBrokenHttp, watchAnswers } from './broken-http.ts';
import { allowOrigins, makeAnswersInert } from './browser-rules.ts';
import { registerDocs } from './docs.ts';
import { answerErrors, answerRouterErrors } from './error-answers.ts';
import { EventStreams } from './event-streams.ts';
import { registerFiles } from './files.ts';
import { registerHealth } from './health.ts';
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
    readonly isRead: () => boolean;
    readonly answered: (request: AnsweredRequest) => void;
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

/** A request's name as its client or a proxy gave it, where it is one that can stand in a header and in a log. */
function saneRequestId(given: string | string[] | undefined): string | undefined {
  return typeof given === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/.test(given) ? given : undefined;
}

/** Puts the HTTP server together. It listens when told to. */
export async function createHttpServer(options: HttpOptions): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: options.trustProxy,
    bodyLimit,
    requestTimeout: requestTimeoutMs,
    http: { headersTimeout: headersTimeoutMs, connectionsCheckingInterval: connectionCheckMs },
    clientErrorHandler: answerBrokenHttp,
    routerOptions: { maxParamLength: 200 },
    genReqId: ({ headers }) => saneRequestId(headers['x-request-id']) ?? `req-${randomUUID()}`,
    // Each line names its request itself: a logger of its own for every request costs more than the few that log.
    childLoggerFactory: (log) => log,
    forceCloseConnections: 'idle',
    frameworkErrors: answerRouterErrors(options.dialects),
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('X-Request-Id', request.id);
    // Its next request then goes to a server that stays.
    if (options.stopping.aborted) reply.header('Connection', 'close');
    if (options.metrics.isRead()) countAnswer(request, reply.raw, options.metrics.answered);
    done();
  });
  // Browsers call a body that nothing was said of text: better told so than read as no object.
  app.removeContentTypeParser('text/plain');
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
  const { authenticate } = dependencies;
  registerMetrics(app, { ...metrics, authenticate, read: () => metrics.read({ openStreams: streams.size }) });
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

/** A path that no route has is not told as it came: anybody may make up any number of them. */
function countAnswer(
  { method, routeOptions: { url } }: FastifyRequest,
  response: ServerResponse,
  answered: (request: AnsweredRequest) => void,
): void {
  const asked = url === undefined || url.endsWith('*') ? { method: 'any', route: 'none' } : { method, route: url };
  response.once('close', () => answered({ ...asked, status: response.statusCode }));
}

/** Only where it is read: a hook costs every request. */
function logAnswers(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const path = request.url.split('?')[0];
    request.log.debug(
      { reqId: request.id, method: request.method, path, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'answered',
    );
  });
}
