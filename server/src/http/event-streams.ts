import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EventStream } from '../dialects/dialect.ts';

/** Pause between two keep-alive comments, in milliseconds: what Oxen's documentation says. */
const keepAliveMs = 15_000;

/** Bytes that a client may leave unread before it is dropped. */
const unreadLimit = 1024 * 1024;

/** Open streams to server-sent events. One timer keeps all of them alive. */
export class EventStreams {
  readonly #open = new Set<ServerResponse>();
  readonly #timer: NodeJS.Timeout;

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
    return {
      write: (text) => write(response, text),
      isOpen: () => !response.destroyed,
      onClose: (listener) => response.once('close', listener),
    };
  }

  close(): void {
    clearInterval(this.#timer);
    for (const response of this.#open) response.end();
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
