import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { type ErrorCode, ReelayError } from '../errors.ts';
import { plainAnswer } from './error-answers.ts';

/** What Node's parser refuses, by its codes; anything else is no HTTP. */
const codes: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
};

/** The newest answer on each connection. */
const answers = new WeakMap<Socket, ServerResponse>();

/** Has the server know which connections are in the midst of an answer, also to what the framework refuses before any hook. */
export function watchAnswers(app: FastifyInstance): void {
  app.server.prependListener('request', ({ socket }, answer) => answers.set(socket, answer));
}

/**
 * Answers what is no request, and ends the connection: where the next one begins, nobody knows. Only where no other answer is
 * under way or due: in the midst of a file it would be taken for a part of it, and before an answer for that one. And not after
 * the last answer of a connection.
 */
export function answerBrokenHttp({ code }: NodeJS.ErrnoException, socket: Socket): void {
  const answer = answers.get(socket);
  const isAnswered = answer !== undefined && (answer.headersSent || answer.req.complete);
  const isNext = !isAnswered || (answer.writableFinished && answer.shouldKeepAlive);
  if (code === 'ECONNRESET' || !socket.writable || !isNext) {
    socket.destroy();
    return;
  }
  const error = new ReelayError(codes[code ?? ''] ?? 'invalid_http', 'this is not a request that can be read');
  const { status, body } = plainAnswer(error, '');
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`, () => socket.destroy());
}
