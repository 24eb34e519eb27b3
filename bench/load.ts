import autocannon from 'autocannon';
import type { MeasuredServer } from './server-process.ts';
import { median, percentile } from './statistics.ts';

export interface Load {
  readonly connections: number;
  readonly amount: number;
  readonly requests: readonly { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: string }[];
}

/** What one round of requests cost, as seen by the client and by the server's own clock of CPU time. */
export interface Round {
  readonly perSecond: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  /** Server CPU time of one request, in microseconds. */
  readonly cpuMicros: number;
  /** Share of one core that the load generator took: near 1 it is what limits `perSecond`. */
  readonly generatorShare: number;
}

/** Keeps every connection busy until the amount is answered. Throws where an answer is not a success. */
export async function run(server: MeasuredServer, load: Load): Promise<Round> {
  const times: number[] = [];
  let lastAt = 0;
  const before = await server.usage();
  const ownBefore = process.cpuUsage();
  const startedAt = performance.now();
  const result = await autocannon({
    url: server.url,
    connections: load.connections,
    amount: load.amount,
    headers: server.headers,
    requests: [...load.requests],
    sampleInt: 100,
    setupClient: (client) =>
      client.on('response', (_status, _bytes, milliseconds) => {
        times.push(milliseconds);
        lastAt = performance.now();
      }),
  });
  const own = process.cpuUsage(ownBefore);
  const after = await server.usage();
  if (result['2xx'] !== load.amount) {
    throw new Error(`${server.name} answered ${result['2xx']} of ${load.amount} requests with success`);
  }
  const seconds = (lastAt - startedAt) / 1_000;
  return {
    perSecond: load.amount / seconds,
    medianMs: median(times),
    p95Ms: percentile(times, 95),
    cpuMicros: ((after.cpuMs - before.cpuMs) * 1_000) / load.amount,
    generatorShare: (own.user + own.system) / 1e6 / seconds,
  };
}
