import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RequestRate } from '../access/request-rates.ts';
import { requireScope } from '../access/rights.ts';
import type { Caller, Scope } from '../contract/index.ts';
import { ReelayError } from '../errors.ts';
import type { DialectDependencies } from './dialect.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key needs for the route: `read` where the method reads, else `create`, unless it is named here. */
    readonly scope?: Scope;
  }
  interface FastifyRequest {
    caller: Caller | null;
  }
}

export type CallerOf = (request: FastifyRequest) => Caller;

/**
 * Refuses requests without a valid key, beyond a limit, or with a key that lacks the route's scope before anything else is looked at;
 * answers who is calling the others.
 */
export function requireKey(
  app: FastifyInstance,
  { authenticate, rates }: Pick<DialectDependencies, 'authenticate' | 'rates'>,
): CallerOf {
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request, reply) => {
    const caller = await authenticate(request);
    if (caller.limits !== undefined) holdRates(await rates.count(caller), reply);
    requireScope(caller, scopeOf(request));
    request.caller = caller;
  });
  return ({ caller }) => {
    if (caller === null) throw new Error('a route was reached without authentication');
    return caller;
  };
}

function scopeOf({ method, routeOptions }: FastifyRequest): Scope {
  return routeOptions.config.scope ?? (method === 'GET' || method === 'HEAD' ? 'read' : 'create');
}

/** Tells of the limit that is nearest, and throws where it is passed. */
function holdRates(rates: readonly RequestRate[], reply: FastifyReply): void {
  const [nearest] = rates.toSorted((a, b) => left(a) - left(b) || b.resetSeconds - a.resetSeconds);
  if (nearest === undefined) return;
  const { of, limit, resetSeconds } = nearest;
  reply.header('RateLimit-Limit', String(limit));
  reply.header('RateLimit-Remaining', String(Math.max(0, left(nearest))));
  reply.header('RateLimit-Reset', String(resetSeconds));
  if (left(nearest) >= 0) return;
  throw new ReelayError(
    'rate_limited',
    `the ${of} may send ${limit} requests a minute; the next in ${resetSeconds} s`,
    {
      retryAfterSeconds: resetSeconds,
    },
  );
}

function left({ limit, used }: RequestRate): number {
  return limit - used;
}
