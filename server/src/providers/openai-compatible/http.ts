import type { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { type Agent, buildConnector, Client, type FormData } from 'undici';

/** What travels to the operator's own server: small exchanges on a connection of their own each, and files. No retry, no redirect. */

/** To establish a connection, in milliseconds. */
export const connectTimeoutMs = 10_000;

/** Bytes of an answer that is not a file. */
const maximumAnswerBytes = 1024 ** 2;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Empty where the body broke off or was too large. */
  readonly text: string;
}

export type Exchange =
  | { readonly kind: 'answered'; readonly answer: Answer }
  /** Proven: no connection stood, or it was too late to use it. */
  | { readonly kind: 'not-sent' }
  | { readonly kind: 'broken'; readonly detail: string };

export interface ExchangeOptions {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: FormData;
  readonly timeoutMs: number;
  /** Asked when the connection stands and nothing has been written. */
  readonly maySend?: () => boolean;
}

/** Never throws. */
export async function exchange(url: URL, options: ExchangeOptions): Promise<Exchange> {
  const { method, headers, body, timeoutMs, maySend = () => true } = options;
  let handedOver = false;
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
        if (handedOver || !maySend()) {
          socket.destroy();
          callback(new Error('nothing may be sent on this connection'), null);
          return;
        }
        handedOver = true;
        callback(null, socket);
      }),
  });
  try {
    const answer = await client.request({
      ...{ path: url.pathname + url.search, method, headers, reset: true },
      ...(body !== undefined && { body }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await readText(answer.body);
    return { kind: 'answered', answer: { status: answer.statusCode, headers: answer.headers, text } };
  } catch (error) {
    return handedOver ? { kind: 'broken', detail: nameOf(error) } : { kind: 'not-sent' };
  } finally {
    await client.destroy();
  }
}

/** The code where there is one: messages name addresses. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'an error without a name';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

async function readText(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let received = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received > maximumAnswerBytes) return '';
      chunks.push(chunk);
    }
  } catch {
    return '';
  }
  return Buffer.concat(chunks).toString('utf8');
}

export interface FileOptions {
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** What a reader learns of any fault. */
  readonly fault: Error;
}

/** The bytes of a file. Rejects with `fault`, and ends with it where the source breaks off. */
export async function readFileAt(url: URL, { agent, headers, signal, fault }: FileOptions): Promise<Readable> {
  const { origin } = url;
  const path = url.pathname + url.search;
  const answer = await agent.request({ origin, path, method: 'GET', headers, signal }).catch(() => {
    throw fault;
  });
  const { statusCode, body } = answer;
  if (statusCode !== 200 || (answer.headers['content-encoding'] ?? 'identity') !== 'identity') {
    body.on('error', () => undefined).destroy();
    throw fault;
  }
  const file = new PassThrough();
  body.on('error', () => file.destroy(fault));
  file.on('close', () => body.destroy());
  return body.pipe(file);
}

/** Seconds or a date, in milliseconds from now; undefined where there is none. */
export function retryAfterMs({ headers }: Answer, now: number): number | undefined {
  const value = headers['retry-after'];
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
