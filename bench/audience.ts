import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { MeasuredServer } from './server-process.ts';

/** Longest wait for an event to reach everybody, in milliseconds. */
const arrivalTimeoutMs = 10_000;

/** Streams opened at once: more would wait in the listen queue. */
const openAtOnce = 100;

/** The queue takes parameters that are wrong and fails the task at once: an end that needs no rendering. */
const failing = { model: 'grok-imagine-text-to-video', prompt: 'A calm sea', duration: 99 };

/** Has a task end, and its end told to a receiver where there is one; answers its id. */
export async function endOneTask(server: MeasuredServer, callbackUrl: string | null = null): Promise<string> {
  const body = JSON.stringify({ ...failing, callback_url: callbackUrl });
  const answer = await fetch(`${server.url}/api/ai/queue`, { method: 'POST', headers: server.headers, body });
  const { generations } = (await answer.json()) as { readonly generations: readonly { generation_id: string }[] };
  const [generation] = generations;
  if (generation === undefined) throw new Error(`the queue took nothing: ${answer.status}`);
  return generation.generation_id;
}

/** Clients of Oxen's event stream, in this process. */
export class Audience {
  readonly #size: number;
  readonly #agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
  readonly #streams: IncomingMessage[] = [];
  #times: number[] = [];
  #complete: () => void = () => {};

  constructor(size: number) {
    this.#size = size;
  }

  /** Opens all streams. */
  async join(server: MeasuredServer): Promise<void> {
    for (let opened = 0; opened < this.#size; opened += openAtOnce) {
      const streams = Math.min(openAtOnce, this.#size - opened);
      await Promise.all(Array.from({ length: streams }, () => this.#open(server)));
    }
  }

  async #open(server: MeasuredServer): Promise<void> {
    // An id that is still to come: nothing of the past.
    const headers = { ...server.headers, 'Last-Event-ID': '999999999999' };
    const request = get(`${server.url}/api/events`, { agent: this.#agent, headers });
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
