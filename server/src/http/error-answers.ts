import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Dialect } from '../dialects/dialect.ts';
import { errors, ReelayError } from '../errors.ts';
import { asReelayError } from './as-reelay-error.ts';
import { inertHeaders } from './browser-rules.ts';

type ErrorAnswerOf = Dialect['errorAnswer'];

/** For paths that belong to no API. */
export const plainAnswer: ErrorAnswerOf = (error) => {
  const { status, remedy } = errors[error.code];
  return { status, body: { error: { code: error.code, message: error.message, remedy } } };
};

/** Answers whatever is thrown in this scope, and paths that it does not have, in one envelope. */
export function answerErrors(app: FastifyInstance, errorAnswer: ErrorAnswerOf = plainAnswer): void {
  app.setErrorHandler((error, request, reply) => send(asReelayError(error), { errorAnswer, request, reply }));
  app.setNotFoundHandler((request, reply) => {
    const error = new ReelayError(
      'route_not_found',
      `there is no ${request.method} ${request.url.split('?')[0]}; GET /docs shows all routes`,
    );
    return send(error, { errorAnswer, request, reply });
  });
}

/** For what the router itself refuses, such as a path that cannot be decoded: it belongs to the API it begins like. */
export function answerRouterErrors(dialects: readonly Dialect[]) {
  return (error: Error, request: FastifyRequest, reply: FastifyReply): void => {
    const dialect = dialects.find(({ prefix }) => request.raw.url?.startsWith(`${prefix}/`));
    const errorAnswer = dialect?.errorAnswer ?? plainAnswer;
    // No hook has run.
    reply.headers(inertHeaders);
    send(asReelayError(error), { errorAnswer, request, reply });
  };
}

function send(
  error: ReelayError,
  options: { readonly errorAnswer: ErrorAnswerOf; readonly request: FastifyRequest; readonly reply: FastifyReply },
): FastifyReply {
  const { errorAnswer, request, reply } = options;
  const { status, body } = errorAnswer(error, request.id);
  if (status >= 500) request.log.error({ reqId: request.id, err: error.cause ?? error }, error.message);
  if (error.retryAfterSeconds !== undefined) reply.header('Retry-After', String(error.retryAfterSeconds));
  return reply.code(status).send(body);
}
