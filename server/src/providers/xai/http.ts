import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';
import { buildConnector, Client, type Dispatcher } from 'undici';

/**
 * Owns what travels to xAI and back. Knows nothing of jobs or outcomes.
 *
 * H1. `postOnce` writes one request on one fresh connection, or none: no retry, no redirect, no kept socket whose reset
 *     would look like a lost answer.
 * H2. Whether bytes can have left is known, not guessed: nothing leaves before the connection (with its TLS handshake)
 *     is handed over, and `maySend` is asked at that very moment.
 * H3. Every wait and every body has a bound.
 */

/** To establish a connection, TLS included, in milliseconds. */
export const connectTimeoutMs = 10_000;

/** Bytes of an answer that is not a file. */
const maximumAnswerBytes = 1024 ** 2;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Undefined where the body broke off, was too large or took too long. */
  readonly text: string | undefined;
}

export type PostResult =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'not-sent'; readonly reason: 'too-late' | 'unreachable'; readonly detail: string }
  | { readonly kind: 'broken'; readonly detail: string };

export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** From the first packet to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Asked when the connection stands and nothing has been written. */
  readonly maySend: () => boolean;
}

class Barred extends Error {}

export async function postOnce(url: URL, options: PostOptions): Promise<PostResult> {
  const { headers, body, timeoutMs, maySend } = options;
  const state = { handedOver: false, givenUp: false, tooLate: false };
  const connect = buildConnector({ timeout: Math.min(connectTimeoutMs, timeoutMs), allowH2: false });
  const client = new Client(url.origin, {
    allowH2: false,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: (target, callback) =>
      connect(target, (error, socket) => {
        if (error !== null) {
          callback(error, null);
          return;
        }
        state.tooLate ||= !maySend();
        if (state.tooLate || state.givenUp || state.handedOver) {
          socket.destroy();
          callback(new Barred('nothing may be sent on this connection'), null);
          return;
        }
        state.handedOver = true;
        callback(null, socket);
      }),
  });
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const request = { path: url.pathname + url.search, method: 'POST', headers, body, reset: true, signal } as const;
    const answer = await beforeAbort(client.request(request), signal);
    return { kind: 'answered', answer: await readAnswer(answer) };
  } catch (error) {
    const detail = describeError(error);
    if (state.handedOver) return { kind: 'broken', detail };
    return { kind: 'not-sent', reason: state.tooLate ? 'too-late' : 'unreachable', detail };
  } finally {
    state.givenUp = true;
    await client.destroy();
  }
}

/** undici looks at a signal only once it is connected. */
async function beforeAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The code where there is one: messages name addresses. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'an error without a name';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return code ?? error.name;
}

async function readAnswer({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Answer> {
  return { status: statusCode, headers, text: await readText(body) };
}

async function readText(body: Readable): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let received = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received > maximumAnswerBytes) return undefined;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch {
    return undefined;
  }
}

export interface GetOptions {
  readonly agent: Dispatcher;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** A GET of a small answer; `undefined` where none came. */
export async function getAnswer(url: URL, { agent, headers, timeoutMs }: GetOptions): Promise<Answer | undefined> {
  try {
    const { origin } = url;
    const path = url.pathname + url.search;
    const signal = AbortSignal.timeout(timeoutMs);
    return await readAnswer(await agent.request({ origin, path, method: 'GET', headers, signal }));
  } catch {
    return undefined;
  }
}

export interface GetFileOptions {
  readonly agent: Dispatcher;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export type FileAnswer =
  | { readonly kind: 'file'; readonly body: Readable; readonly headers: Answer['headers'] }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'refused'; readonly status: number };

/** One GET of a file; a redirect is not followed. Throws where no answer came. */
export async function getFile(url: URL, { agent, headers, signal }: GetFileOptions): Promise<FileAnswer> {
  const { origin } = url;
  const path = url.pathname + url.search;
  const answer = await agent.request({ origin, path, method: 'GET', headers, signal });
  const { statusCode: status, body } = answer;
  if (status === 200) return { kind: 'file', body, headers: answer.headers };
  discard(body);
  const { location } = answer.headers;
  if (status >= 300 && status < 400 && typeof location === 'string') return { kind: 'redirect', location };
  return { kind: 'refused', status };
}

export function discard(body: Readable): void {
  body.on('error', () => undefined).destroy();
}

/** Counts bytes; an overflow and every fault of the source end it with the error that `fault` makes. */
export function bounded(body: Readable, maximumBytes: number, fault: (tooLarge: boolean) => Error): Readable {
  let received = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      if (received > maximumBytes) done(fault(true));
      else done(null, chunk);
    },
  });
  body.on('error', () => counter.destroy(fault(false)));
  counter.on('close', () => discard(body));
  return body.pipe(counter);
}

/** Seconds or a date, in milliseconds from now; undefined where there is none. */
export function retryAfterMs(headers: Answer['headers'], now: number): number | undefined {
  const value = headers['retry-after'];
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
