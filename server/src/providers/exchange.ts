import type { IncomingHttpHeaders } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { buildConnector, Client, type Dispatcher, type FormData, request } from 'undici';

/**
 * Requests to the API of a provider. Knows no provider.
 *
 * 1. `sendOnce` sends at most once: on a connection of its own, with no retry and no redirect. A kept-alive socket
 *    that the other side has closed meanwhile would look as if the bytes had arrived.
 * 2. It looks at the deadline when the connection stands, just before bytes leave.
 * 3. `not-sent` is proven: no connection was ready for bytes. Everything after that is an answer or `broken`.
 * 4. A body that breaks off, comes late or is too long reads as empty; the status line still counts.
 */

/** Longest time to connect, TLS included, in milliseconds. */
export const connectTimeoutMs = 10_000;

/** Bytes of an answer that is not a file, where a question says nothing else. */
const usualAnswerBytes = 1024 ** 2;

/** Longest pause that a provider's Retry-After is believed, in milliseconds. */
const maximumRetryAfterMs = 10 * 60_000;

export interface Question {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable | FormData;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  /** Of the answer's body; 1 MiB where unset. */
  readonly maximumBytes?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty where the body broke off, came late or was too long. */
  readonly text: string;
}

export type Sent =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'not-sent'; readonly reason: 'too-late' | 'unreachable'; readonly detail: string }
  | { readonly kind: 'broken'; readonly detail: string };

export interface SendOptions {
  readonly deadline: number;
  readonly now: () => number;
  /** Called once, when the bytes are about to leave. */
  readonly onSend?: (() => void) | undefined;
}

/** The one submission that may cost money, or a question that no kept connection may spoil. Never throws. */
export async function sendOnce(question: Question, { deadline, now, onSend }: SendOptions): Promise<Sent> {
  let handedOver = false;
  let givenUp = false;
  let isLate = false;
  const connect = buildConnector({ timeout: Math.min(connectTimeoutMs, question.timeoutMs), allowH2: false });
  const client = new Client(new URL(question.url).origin, {
    allowH2: false,
    connect: (options, callback) =>
      connect(options, (error, socket) => {
        if (error !== null) return callback(error, null);
        isLate ||= now() >= deadline;
        if (isLate || givenUp || handedOver) {
          socket.destroy();
          return callback(Object.assign(new Error(), { code: isLate ? 'DEADLINE_PASSED' : 'GIVEN_UP' }), null);
        }
        handedOver = true;
        onSend?.();
        callback(null, socket);
      }),
  });
  try {
    return { kind: 'answered', answer: await exchange(client, { ...question, reset: true }) };
  } catch (error) {
    const detail = reasonOf(error);
    if (handedOver) return { kind: 'broken', detail };
    return { kind: 'not-sent', reason: isLate ? 'too-late' : 'unreachable', detail };
  } finally {
    givenUp = true;
    await client.destroy();
  }
}

/** A question that costs nothing. Undefined where no answer came. */
export async function ask(dispatcher: Dispatcher, question: Question): Promise<Answer | undefined> {
  try {
    return await exchange(dispatcher, question);
  } catch {
    return undefined;
  }
}

/** With `reset`, the other side is told that nothing more comes on the connection. */
async function exchange(dispatcher: Dispatcher, question: Question & { readonly reset?: boolean }): Promise<Answer> {
  const { method, url, headers, body, timeoutMs, maximumBytes = usualAnswerBytes, reset = false } = question;
  const signal = AbortSignal.timeout(timeoutMs);
  const answered = request(url, {
    dispatcher,
    method,
    reset,
    ...(headers && { headers }),
    ...(body !== undefined && { body }),
    signal,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  const answer = await beforeAbort(answered, signal);
  return { status: answer.statusCode, headers: answer.headers, text: await textOf(answer.body, maximumBytes) };
}

/** undici looks at a signal only once it is connected. */
async function beforeAbort(
  answered: Promise<Dispatcher.ResponseData>,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([answered, aborted]);
  } catch (error) {
    answered.then(
      ({ body }) => discard(body),
      () => undefined,
    );
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

export function discard(body: Readable): void {
  body.on('error', () => undefined).destroy();
}

export interface FileQuestion {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Longest wait for the headers and for the next bytes. */
  readonly idleTimeoutMs: number;
}

export type FileAnswer =
  | { readonly kind: 'file'; readonly body: Readable; readonly headers: IncomingHttpHeaders }
  /** Not followed: whether the place may be read is for the provider to say. */
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'refused'; readonly status: number };

/** One GET of a file. Undefined where no answer came. */
export async function askFile(dispatcher: Dispatcher, question: FileQuestion): Promise<FileAnswer | undefined> {
  const { url, headers = {}, signal, idleTimeoutMs } = question;
  const waits = { headersTimeout: idleTimeoutMs, bodyTimeout: idleTimeoutMs };
  const answer = await request(url, { dispatcher, headers, signal, ...waits }).catch(() => undefined);
  if (answer === undefined) return undefined;
  const { statusCode: status, body } = answer;
  if (status === 200) return { kind: 'file', body, headers: answer.headers };
  discard(body);
  const { location } = answer.headers;
  if (status >= 300 && status < 400 && typeof location === 'string') return { kind: 'redirect', location };
  return { kind: 'refused', status };
}

/** The bytes of a file; a fault on the way ends them with the error given, which a client may see. */
export function fileOf(body: Readable, fault: Error): Readable {
  return boundedFileOf(body, { maximumBytes: Number.POSITIVE_INFINITY, fault, tooLarge: fault });
}

export interface FileBound {
  readonly maximumBytes: number;
  readonly fault: Error;
  readonly tooLarge: Error;
}

/** As `fileOf`; a file of more bytes than it may have ends with an error of its own. */
export function boundedFileOf(body: Readable, { maximumBytes, fault, tooLarge }: FileBound): Readable {
  let received = 0;
  const file = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      if (received > maximumBytes) done(tooLarge);
      else done(null, chunk);
    },
  });
  body.on('error', () => file.destroy(fault));
  file.on('close', () => discard(body));
  return body.pipe(file);
}

async function textOf(body: Readable, maximumBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maximumBytes) return '';
      chunks.push(chunk);
    }
  } catch {
    return '';
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Codes and our own words only: a message could carry an address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the exchange failed';
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  if (typeof code === 'string') return code;
  if (error.name === 'TimeoutError') return 'no answer within the time limit';
  return cause instanceof Error ? reasonOf(cause) : error.name;
}

/** The object that a text is in JSON; undefined where it is none. */
export function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** Milliseconds that an answer asks to wait, by its Retry-After in seconds or as a date; at most 10 minutes. */
export function retryAfterMs({ headers }: Pick<Answer, 'headers'>, now: number): number | undefined {
  const value = headers['retry-after'];
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const seconds = Number(value);
  const waitMs = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(value) - now;
  return Number.isFinite(waitMs) ? Math.min(maximumRetryAfterMs, Math.max(0, waitMs)) : undefined;
}
