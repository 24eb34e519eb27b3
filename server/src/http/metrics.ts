import { BlockList, isIPv4 } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ReelayError } from '../errors.ts';

export interface MetricsSource {
  readonly contentType: string;
  readonly read: () => Promise<string>;
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
 * `/metrics` in Prometheus' text format, for this machine only: the socket comes from the loopback, no header says that
 * it speaks for somebody else, and the address asked for is the loopback's. A reverse proxy beside the server would
 * make the whole world loopback; a page in a browser could give its own name this machine's address. Everybody else
 * meets a path that is not there. `REELAY_TRUST_PROXY` changes nothing here.
 */
export function registerMetrics(app: FastifyInstance, { contentType, read }: MetricsSource): void {
  app.get('/metrics', async (request, reply) => {
    if (!isLocal(request)) throw new ReelayError('route_not_found', `there is no ${request.method} /metrics`);
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
