import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { Keys } from '../server/dist/access/keys.js';
import { openDatabase } from '../server/dist/database/open.js';
import type { MeasuredServer } from './server-process.ts';

/** Longest wait for an event to reach everybody, in milliseconds. */
const arrivalTimeoutMs = 10_000;

/** Streams that a key may have open. */
const streamsOfKey = 2_000;

/** The server as so many accounts see it that all these clients may listen. */
export async function accountsFor(server: MeasuredServer, clients: number): Promise<readonly MeasuredServer[]> {
  const database = await openDatabase({ folder: server.folder, url: server.databaseUrl });
  try {
    const keys = new Keys(database.db, Date.now);
    const accounts: MeasuredServer[] = [];
    while (accounts.length * streamsOfKey < clients) {
      const { key } = await keys.create({ account: `listeners ${accounts.length}` });
      accounts.push({ ...server, headers: { ...server.headers, Authorization: `Bearer ${key}` } });
    }
    return accounts;
  } finally {
    await database.close();
  }
}

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

  /** Opens all streams, as many of each account. */
  async join(accounts: readonly MeasuredServer[]): Promise<void> {
    const owners = Array.from({ length: this.#size }, (_, client) => accounts.at(client % accounts.length));
    for (let opened = 0; opened < this.#size; opened += openAtOnce) {
      await Promise.all(owners.slice(opened, opened + openAtOnce).map((owner) => owner && this.#open(owner)));
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
