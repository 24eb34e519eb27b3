import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../contract/index.ts';
import { Admission, type AdmissionLimits } from '../dialects/admission.ts';
import type { EventStream } from '../dialects/dialect.ts';

/** Pause between two keep-alive comments, in milliseconds: what Oxen's documentation says. */
const keepAliveMs = 15_000;

export interface StreamLimits extends AdmissionLimits {
  /** Bytes that one client may leave unread before it is dropped. */
  readonly unread: number;
  /** The same for all clients that lag. */
  readonly unreadTotal: number;
}

const streamLimits: StreamLimits = {
  perKey: 2_000,
  perAccount: 4_000,
  total: 10_000,
  unread: 1024 * 1024,
  unreadTotal: 64 * 1024 * 1024,
};

/** Tells a client to come again, in milliseconds after the end: by then this server is gone, or another one has its place. */
const farewell = 'retry: 3000\n\n';

const keepAlive = Buffer.from(': keep-alive\n\n');

/** Open streams to server-sent events. One timer keeps all of them alive. */
export class EventStreams {
  readonly #open = new Set<ServerResponse>();
  readonly #limits: StreamLimits;
  readonly #admission: Admission;
  readonly #timer: NodeJS.Timeout;
  #unread = 0;
  #closed = false;

  constructor(limits: StreamLimits = streamLimits) {
    this.#limits = limits;
    this.#admission = new Admission('event streams', limits);
    this.#timer = setInterval(() => {
      for (const response of this.#open) this.#write(response, keepAlive);
    }, keepAliveMs).unref();
  }

  get size(): number {
    return this.#open.size;
  }

  /** Throws where too many are open. */
  open(request: FastifyRequest, reply: FastifyReply, caller: Pick<Caller, 'keyId' | 'accountId'>): EventStream {
    const leave = this.#admission.enter(caller);
    reply.hijack();
    const response = reply.raw;
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) response.setHeader(name, value);
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      Connection: 'keep-alive',
      'X-Accel-Buffering': 'no',
    });
    response.flushHeaders();
    request.raw.socket.setNoDelay(true);
    this.#open.add(response);
    response.once('close', () => {
      leave();
      this.#open.delete(response);
    });
    response.on('error', () => response.destroy());
    // A browser never comes again after an error's status, so it gets a stream that has ended.
    if (this.#closed) response.end(farewell);
    return {
      write: (bytes) => this.#write(response, bytes),
      isOpen: () => !response.destroyed,
      onClose: (listener) => response.once('close', listener),
    };
  }

  /** Ends all that are open, and every further one at once. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const response of this.#open) response.end(farewell);
  }

  /**
   * At once, and not in the next tick as a response would: what thousands of writes have ready together outlives young memory.
   * Of those who lag, each byte is counted until it has left; the others cost nothing.
   */
  #write(response: ServerResponse, bytes: Uint8Array): void {
    const { socket } = response;
    if (socket === null || response.destroyed || response.writableEnded) return;
    const { unread, unreadTotal } = this.#limits;
    const lag = response.writableLength;
    if (lag > unread || (lag > 0 && this.#unread > unreadTotal)) {
      response.destroy();
      return;
    }
    socket.cork();
    if (lag === 0) response.write(bytes);
    else {
      this.#unread += bytes.length;
      response.write(bytes, () => {
        this.#unread -= bytes.length;
      });
    }
    socket.uncork();
  }
}
