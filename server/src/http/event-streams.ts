import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EventStream } from '../dialects/dialect.ts';

/** Pause between two keep-alive comments, in milliseconds: what Oxen's documentation says. */
const keepAliveMs = 15_000;

/** Bytes that a client may leave unread before it is dropped. */
const unreadLimit = 1024 * 1024;

/** Tells a client to come again, in milliseconds after the end: by then this server is gone, or another one has its place. */
const farewell = 'retry: 3000\n\n';

/** Open streams to server-sent events. One timer keeps all of them alive. */
export class EventStreams {
  readonly #open = new Set<ServerResponse>();
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  constructor() {
    this.#timer = setInterval(() => {
      for (const response of this.#open) write(response, ': keep-alive\n\n');
    }, keepAliveMs).unref();
  }

  get size(): number {
    return this.#open.size;
  }

  open(request: FastifyRequest, reply: FastifyReply): EventStream {
    reply.hijack();
    const response = reply.raw;
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) response.setHeader(name, value);
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      Connection: 'keep-alive',
      'X-Accel-Buffering': 'no',
    });
    response.flushHeaders();
    request.raw.socket.setNoDelay(true);
    this.#open.add(response);
    response.once('close', () => this.#open.delete(response));
    response.on('error', () => response.destroy());
    // A browser never comes again after an error's status, so it gets a stream that has ended.
    if (this.#closed) response.end(farewell);
    return {
      write: (text) => write(response, text),
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
}

/** At once, and not in the next tick as a response would: what thousands of writes have ready together outlives young memory. */
function write(response: ServerResponse, text: string): void {
  const { socket } = response;
  if (socket === null || response.destroyed || response.writableEnded) return;
  if (response.writableLength > unreadLimit) {
    response.destroy();
    return;
  }
  socket.cork();
  response.write(text);
  socket.uncork();
}
