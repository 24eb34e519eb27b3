import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '../contract/index.ts';
import type { DialectDependencies } from './dialect.ts';

export type CallerOf = (request: FastifyRequest) => Caller;

/** Refuses requests without a valid key before anything else is looked at; answers who is calling the others. */
export function requireKey(
  app: FastifyInstance,
  { authenticate }: Pick<DialectDependencies, 'authenticate'>,
): CallerOf {
  const callers = new WeakMap<FastifyRequest, Caller>();
  app.addHook('onRequest', async (request) => {
    callers.set(request, await authenticate(request));
  });
  return (request) => {
    const caller = callers.get(request);
    if (caller === undefined) throw new Error('a route was reached without authentication');
    return caller;
  };
}
