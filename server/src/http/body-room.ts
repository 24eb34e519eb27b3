import { Transform } from 'node:stream';
import type { FastifyInstance, preParsingAsyncHookHandler } from 'fastify';
import { ReelayError } from '../errors.ts';

/** Bytes of bodies that are held in memory at once, those of routes that take small ones not counted. */
const bodyRoomBytes = 256 * 1024 * 1024;

/** Bytes of a body that no room is kept for. */
const smallBodyBytes = 1024 * 1024;

/**
 * Bounds what the bodies of all requests take of the memory. Bytes count from when they come until the answer is given, so
 * whoever announces much and sends it slowly keeps nobody out. One alone is always let through: its route bounds it.
 */
export function boundBodies(app: FastifyInstance, room: number = bodyRoomBytes): void {
  let held = 0;
  app.addHook('onRoute', (route) => {
    if ((route.bodyLimit ?? 0) <= smallBodyBytes) return;
    const bound: preParsingAsyncHookHandler = async (request, reply, payload) => {
      if (Number(request.headers['content-length'] ?? Number.NaN) <= smallBodyBytes) return payload;
      let own = 0;
      let isAnswered = false;
      reply.raw.once('close', () => {
        held -= own;
        isAnswered = true;
      });
      const counted = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          // What comes behind the answer is thrown away.
          if (isAnswered) return done();
          own += chunk.length;
          held += chunk.length;
          return held > room && held > own ? done(noRoom()) : done(null, chunk);
        },
      });
      // A body may break while nobody reads it any more.
      counted.on('error', () => undefined);
      return payload.on('error', (error) => counted.destroy(error)).pipe(counted);
    };
    route.preParsing = [route.preParsing ?? [], bound].flat();
  });
}

function noRoom(): ReelayError {
  const message = 'the server holds as many large requests as it has room for';
  return new ReelayError('service_unavailable', message, { retryAfterSeconds: 5 });
}
