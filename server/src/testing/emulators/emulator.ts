import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The base of the emulators of providers: an HTTP server on this machine's loopback whose routes answer what a test
 * decides, broken connections included. Knows no provider.
 */

export interface EmulatorRequest {
  readonly method: string;
  readonly path: string;
  /** Named parts of the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What goes back. The request was read whole before any of these happens. */
export type EmulatorAnswer =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Sent as JSON; wins over `body`. */
      readonly json?: unknown;
      readonly body?: string | Uint8Array;
      /** Sends the body in pieces with pauses between them. */
      readonly slowly?: { readonly pieces: number; readonly pauseMs: number };
      /** Destroys the socket after half of the body. */
      readonly breakOff?: boolean;
    }
  /** The socket is destroyed without an answer. */
  | 'drop'
  /** Never answers; the connection stays open until the client or the emulator closes it. */
  | 'silence';

export type EmulatorHandler = (request: EmulatorRequest) => EmulatorAnswer | Promise<EmulatorAnswer>;

/** Routes by `METHOD /path`; `:name` stands for one part of the path, `*name` for the rest. The first that fits answers, else 404. */
export type EmulatorRoutes = Readonly<Record<string, EmulatorHandler>>;

export interface Emulator {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** Requests that arrived whole, in order. */
  readonly requests: readonly EmulatorRequest[];
  /** Connections that were made, with or without a request. */
  connections(): number;
  close(): Promise<void>;
}

export interface EmulatorOptions {
  /** A free one where unset. */
  readonly port?: number;
  /** Pause before every answer, in milliseconds. */
  readonly answerAfterMs?: number;
  /** Told of every request when its answer goes out. Where it is set, requests are told and not kept: it may run for days. */
  readonly onAnswer?: (request: EmulatorRequest, answer: EmulatorAnswer) => void;
}

/** Rejects where the port is taken. */
export async function startEmulator(routes: EmulatorRoutes, options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, answerAfterMs = 0, onAnswer } = options;
  const requests: EmulatorRequest[] = [];
  let connections = 0;
  const table = Object.entries(routes).map(([route, handler]) => ({ match: matcherOf(route), handler }));

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://emulator');
    const method = incoming.method ?? 'GET';
    const body = await buffer(incoming);
    const { handler, params } = routeOf(method, url.pathname);
    const request = { method, path: url.pathname, params, query: url.searchParams, headers: incoming.headers, body };
    if (onAnswer === undefined) requests.push(request);
    if (answerAfterMs > 0) await sleep(answerAfterMs);
    const answer = await handler(request);
    onAnswer?.(request, answer);
    await send(response, answer);
  }

  function routeOf(method: string, path: string) {
    for (const { match, handler } of table) {
      const params = match(method, path);
      if (params !== undefined) return { handler, params };
    }
    return { handler: noRoute, params: {} };
  }

  const server = createServer((incoming, response) => {
    // A client that goes away in the middle is part of many tests.
    handle(incoming, response).catch(() => response.destroy());
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    connections: () => connections,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

const noRoute: EmulatorHandler = ({ method, path }) => ({
  status: 404,
  json: { error: `no route for ${method} ${path}` },
});

function matcherOf(route: string): (method: string, path: string) => Readonly<Record<string, string>> | undefined {
  const [verb = '', template = ''] = route.split(' ');
  const source = template
    .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')
    .replaceAll(/\*(\w+)/g, '(?<$1>.+)');
  const pattern = new RegExp(`^${source}$`);
  return (method, path) => {
    const found = method === verb ? pattern.exec(path) : null;
    if (found === null) return undefined;
    return Object.fromEntries(
      Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
  };
}

async function send(response: ServerResponse, answer: EmulatorAnswer): Promise<void> {
  if (answer === 'silence') return;
  if (answer === 'drop') {
    response.socket?.destroy();
    return;
  }
  const isJson = answer.json !== undefined;
  const bytes = Buffer.from(isJson ? JSON.stringify(answer.json) : (answer.body ?? ''));
  response.writeHead(answer.status, {
    ...(isJson && { 'content-type': 'application/json' }),
    'content-length': bytes.length,
    ...answer.headers,
  });
  if (answer.breakOff) {
    response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => response.socket?.destroy());
    return;
  }
  const { pieces, pauseMs } = answer.slowly ?? { pieces: 1, pauseMs: 0 };
  const size = Math.max(1, Math.ceil(bytes.length / pieces));
  for (let at = 0; at < bytes.length && !response.destroyed; at += size) {
    response.write(bytes.subarray(at, at + size));
    if (pauseMs > 0) await sleep(pauseMs);
  }
  response.end();
}
