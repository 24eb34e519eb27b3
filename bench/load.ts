import autocannon from 'autocannon';
import type { MeasuredServer } from './server-process.ts';
import { median, percentile } from './statistics.ts';

export interface Load {
  readonly connections: number;
  readonly amount: number;
  readonly requests: readonly { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: string }[];
}

/** Longer than a history with the totals of a million tasks takes ten clients at once on a busy machine. */
const answerTimeoutSeconds = 120;

/** What one round of requests cost, as seen by the client and by the server's own clock of CPU time. */
export interface Round {
  readonly perSecond: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  /** Server CPU time of one request, in microseconds. */
  readonly cpuMicros: number;
  /** Share of one core that the server took: well below 1 something else limits `perSecond`. */
  readonly serverShare: number;
}

/**
 * Keeps every connection busy until the amount is answered. Throws where an answer is not a success.
 *
 * The generator does not sleep meanwhile. One that sleeps is woken by every answer of a server that is slower than it,
 * and the kernel charges that to the server: 18 of 69 µs of a read, and nothing for a floor that keeps it busy (measured).
 */
export async function run(server: MeasuredServer, load: Load): Promise<Round> {
  const times: number[] = [];
  let lastAt = 0;
  const before = await server.usage();
  const sleep = stayAwake();
  const startedAt = performance.now();
  const result = await autocannon({
    url: server.url,
    connections: load.connections,
    amount: load.amount,
    headers: server.headers,
    requests: [...load.requests],
    sampleInt: 100,
    timeout: answerTimeoutSeconds,
    setupClient: (client) =>
      client.on('response', (_status, _bytes, milliseconds) => {
        times.push(milliseconds);
        lastAt = performance.now();
      }),
  });
  sleep();
  const after = await server.usage();
  if (result['2xx'] !== load.amount) {
    throw new Error(`${server.name} answered ${result['2xx']} of ${load.amount} requests with success`);
  }
  const seconds = (lastAt - startedAt) / 1_000;
  const cpuMs = after.cpuMs - before.cpuMs;
  return {
    perSecond: load.amount / seconds,
    medianMs: median(times),
    p95Ms: percentile(times, 95),
    cpuMicros: (cpuMs * 1_000) / load.amount,
    serverShare: cpuMs / 1_000 / seconds,
  };
}

/** Turns the event loop without a pause until the function that it answers is called. */
function stayAwake(): () => void {
  let awake = true;
  const turn = () => {
    if (awake) setImmediate(turn);
  };
  turn();
  return () => {
    awake = false;
  };
}
