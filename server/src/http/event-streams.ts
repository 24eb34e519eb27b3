import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EventStream } from '../dialects/dialect.ts';

/** Pause between two keep-alive comments, in milliseconds: what Oxen's documentation says. */
const keepAliveMs = 15_000;

/** Bytes that a client may leave unread before it is dropped. */
const unreadLimit = 1024 * 1024;

/** Open streams to server-sent events. One timer keeps all of them alive. */
export class EventStreams {
  readonly #open = new Map<ServerResponse, AbortController>();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => {
      for (const response of this.#open.keys()) this.#write(response, ': keep-alive\n\n');
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
    const controller = new AbortController();
    this.#open.set(response, controller);
    response.once('close', () => {
      this.#open.delete(response);
      controller.abort();
    });
    response.on('error', () => response.destroy());
    return { write: (text) => this.#write(response, text), signal: controller.signal };
  }

  close(): void {
    clearInterval(this.#timer);
    for (const response of this.#open.keys()) response.end();
  }

  #write(response: ServerResponse, text: string): void {
    if (response.writableLength > unreadLimit) response.destroy();
    else if (!response.writableEnded) response.write(text);
  }
}
