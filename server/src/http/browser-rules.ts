import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/**
 * What browsers may do with our answers.
 *
 * 1. Every answer is inert unless its route says otherwise: it loads and runs nothing, is shown in no frame, is read as no
 *    other type, and tells no other site the address it came from, which may be a signed link.
 * 2. Pages of other origins read nothing, unless the operator lists them. Keys travel in a header and no cookie is ever set, so
 *    there is nothing that a browser would add by itself: `Access-Control-Allow-Credentials` is never sent.
 */
export const inertHeaders = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

export function makeAnswersInert(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(inertHeaders);
    done();
  });
}

/** Headers that a page may send, beside those that any page may. */
const allowedHeaders = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-None-Match',
  'If-Range',
  'Last-Event-ID',
  'Range',
  'X-Reelay-Dry-Run',
  'X-Reelay-Provider',
  'X-Request-Id',
];

/** Headers of an answer that a page may read, beside those that any page may. */
const exposedHeaders = [
  'Accept-Ranges',
  'Content-Disposition',
  'Content-Range',
  'ETag',
  'Idempotent-Replayed',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
  'X-Reelay-Provider',
  'X-Request-Id',
];

/** How long a browser may remember that it may ask, in seconds. */
const preflightSeconds = 600;

/** Lets pages of these origins call every route; to be called before any route is registered. */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders,
    exposedHeaders,
    maxAge: preflightSeconds,
    // OPTIONS that is no preflight is asked for a route like any other method.
    strictPreflight: false,
  });
}
