import type { IncomingHttpHeaders } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { buildConnector, Client, type Dispatcher, request } from 'undici';

/**
 * Requests to the API of a provider. Knows no provider.
 *
 * 1. `sendOnce` sends at most once: on a connection of its own, with no retry and no redirect. A kept-alive socket
 *    that the other side has closed meanwhile would look as if the bytes had arrived.
 * 2. It looks at the deadline when the connection stands, just before bytes leave.
 * 3. `not-sent` is proven: no connection was ready for bytes. Everything after that is an answer or `broken`.
 * 4. A body that breaks off, comes late or is too long reads as empty; the status line still counts.
 */

/** Longest time to connect, in milliseconds. */
const connectTimeoutMs = 10_000;

/** Longest pause that a provider's Retry-After is believed, in milliseconds. */
const maximumRetryAfterMs = 10 * 60_000;

export interface Question {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  /** Of the answer's body. */
  readonly maximumBytes: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export type Sent =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'not-sent'; readonly detail: string }
  | { readonly kind: 'broken'; readonly detail: string };

/** The one submission that may cost money. Never throws. */
export async function sendOnce(
  question: Question,
  { deadline, now }: { readonly deadline: number; readonly now: () => number },
): Promise<Sent> {
  let handedOver = false;
  let givenUp = false;
  const connect = buildConnector({ timeout: Math.min(connectTimeoutMs, question.timeoutMs), allowH2: false });
  const client = new Client(new URL(question.url).origin, {
    allowH2: false,
    connect: (options, callback) =>
      connect(options, (error, socket) => {
        if (error !== null) return callback(error, null);
        const isLate = now() >= deadline;
        if (isLate || givenUp || handedOver) {
          socket.destroy();
          return callback(Object.assign(new Error(), { code: isLate ? 'DEADLINE_PASSED' : 'GIVEN_UP' }), null);
        }
        handedOver = true;
        callback(null, socket);
      }),
  });
  try {
    return { kind: 'answered', answer: await exchange(client, question) };
  } catch (error) {
    return { kind: handedOver ? 'broken' : 'not-sent', detail: reasonOf(error) };
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

async function exchange(dispatcher: Dispatcher, question: Question): Promise<Answer> {
  const { method, url, headers, body, timeoutMs, maximumBytes } = question;
  const signal = AbortSignal.timeout(timeoutMs);
  const answered = request(url, {
    dispatcher,
    method,
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

/** The bytes of a file; a fault on the way ends them with the error given, which a client may see. */
export function fileOf(body: Readable, fault: Error): Readable {
  const file = new PassThrough();
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

/** Milliseconds that an answer asks to wait, by its Retry-After in seconds or as a date. */
export function retryAfterMs({ headers }: Pick<Answer, 'headers'>, now: number): number | undefined {
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  const waitMs = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isFinite(waitMs) ? Math.min(maximumRetryAfterMs, Math.max(0, waitMs)) : undefined;
}
