import { BlockList, isIPv4 } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { requireScope } from '../access/rights.ts';
import type { Caller } from '../contract/index.ts';
import { ReelayError } from '../errors.ts';

export interface MetricsSource {
  readonly contentType: string;
  readonly read: () => Promise<string>;
  readonly authenticate: (request: FastifyRequest) => Promise<Caller>;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Headers by which a proxy says that it speaks for somebody else. */
const forwardingHeaders = [
  'forwarded',
  'via',
  'x-forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-server',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-original-forwarded-for',
  'true-client-ip',
  'cf-connecting-ip',
  'cf-ray',
  'fastly-client-ip',
  'x-envoy-external-address',
] as const;

/**
 * `/metrics` in Prometheus' text format, for this machine and for keys with the scope `admin`. From this machine means
 * that the socket comes from the loopback, no header says that it speaks for somebody else, and the address asked for is
 * the loopback's. A reverse proxy beside the server would make the whole world loopback; a page in a browser could give
 * its own name this machine's address. Who is elsewhere and brings no key meets a path that is not there.
 * `REELAY_TRUST_PROXY` changes nothing here.
 */
export function registerMetrics(app: FastifyInstance, { contentType, read, authenticate }: MetricsSource): void {
  app.get('/metrics', async (request, reply) => {
    if (!isLocal(request)) {
      if (request.headers.authorization === undefined) {
        throw new ReelayError('route_not_found', `there is no ${request.method} /metrics`);
      }
      requireScope(await authenticate(request), 'admin');
    }
    return reply
      .header('Cache-Control', 'no-store')
      .type(contentType)
      .send(await read());
  });
}

function isLocal({ raw }: FastifyRequest): boolean {
  return (
    isLoopback(raw.socket.remoteAddress ?? '') &&
    forwardingHeaders.every((name) => raw.headers[name] === undefined) &&
    isLoopbackName(raw.headers.host ?? '')
  );
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return loopback.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
}

/** `localhost:8080`, `127.0.0.1`, `[::1]:8080` */
function isLoopbackName(host: string): boolean {
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  return name === 'localhost' || isLoopback(name);
}
