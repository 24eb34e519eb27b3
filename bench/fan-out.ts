import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { endedAt } from './foxapi.ts';
import type { Plan } from './plan.ts';
import { type MeasuredServer, startServer } from './server-process.ts';
import { median } from './statistics.ts';

/** One account's events to many clients of Oxen's `GET /api/events`. */
export interface FanOut {
  readonly clients: number;
  readonly events: number;
  /** Events that arrived, of `clients` times `events`. */
  readonly received: number;
  /** From the event's time, just before its commit, until the last client has it, in milliseconds; the median event. */
  readonly lastMs: number;
  /** Server CPU time by event and client, in microseconds; accepting the task and ending it included. */
  readonly cpuMicros: number;
  /** The server's resident memory while all streams are open, in bytes. */
  readonly rssBytes: number;
}

/** Longest wait for an event to reach everybody, in milliseconds. */
const arrivalTimeoutMs = 10_000;

/** Streams opened at once: more would wait in the listen queue. */
const openAtOnce = 100;

/** The queue takes parameters that are wrong and fails the task at once: an end that needs no rendering. */
const failing = JSON.stringify({ model: 'grok-imagine-text-to-video', prompt: 'A calm sea', duration: 99 });

export async function measureFanOut(plan: Plan): Promise<FanOut> {
  const server = await startServer('reelay');
  const audience = new Audience(plan.streamClients);
  try {
    for (let opened = 0; opened < plan.streamClients; opened += openAtOnce) {
      const count = Math.min(openAtOnce, plan.streamClients - opened);
      await Promise.all(Array.from({ length: count }, () => audience.join(server)));
    }
    await endOneTask(server, audience);
    const before = await server.usage();
    const rounds = [];
    for (let event = 0; event < plan.streamEvents; event++) rounds.push(await endOneTask(server, audience));
    const after = await server.usage();
    const received = rounds.reduce((sum, round) => sum + round.received, 0);
    return {
      clients: plan.streamClients,
      events: plan.streamEvents,
      received,
      lastMs: median(rounds.map((round) => round.lastMs)),
      cpuMicros: ((after.cpuMs - before.cpuMs) * 1_000) / (plan.streamClients * plan.streamEvents),
      rssBytes: after.rssBytes,
    };
  } finally {
    audience.leave();
    await server.stop();
  }
}

async function endOneTask(server: MeasuredServer, audience: Audience) {
  const arrivals = audience.expectAll();
  const answer = await fetch(`${server.url}/api/ai/queue`, { method: 'POST', headers: server.headers, body: failing });
  const { generations } = (await answer.json()) as { readonly generations: readonly { generation_id: string }[] };
  const [generation] = generations;
  if (generation === undefined) throw new Error(`the queue took nothing: ${answer.status}`);
  const times = await arrivals;
  return { received: times.length, lastMs: Math.max(...times) - endedAt(server, generation.generation_id) };
}

/** Clients of the event stream, in this process. */
class Audience {
  readonly #size: number;
  readonly #agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
  readonly #streams: IncomingMessage[] = [];
  #times: number[] = [];
  #complete: () => void = () => {};

  constructor(size: number) {
    this.#size = size;
  }

  async join(server: MeasuredServer): Promise<void> {
    const request = get(`${server.url}/api/events`, { agent: this.#agent, headers: server.headers });
    const [stream] = (await once(request, 'response')) as [IncomingMessage];
    if (stream.statusCode !== 200) throw new Error(`the event stream answered ${stream.statusCode}`);
    this.#streams.push(stream);
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => {
      if (!chunk.includes('event: media_generation_completed\n')) return;
      this.#times.push(performance.timeOrigin + performance.now());
      if (this.#times.length === this.#size) this.#complete();
    });
  }

  /** Times of arrival of the next event, once everybody has it or the wait is over. */
  async expectAll(): Promise<readonly number[]> {
    this.#times = [];
    const complete = new Promise<void>((resolve) => {
      this.#complete = resolve;
    });
    await Promise.race([complete, pause(arrivalTimeoutMs, undefined, { ref: false })]);
    return this.#times;
  }

  leave(): void {
    for (const stream of this.#streams) stream.destroy();
    this.#agent.destroy();
  }
}
