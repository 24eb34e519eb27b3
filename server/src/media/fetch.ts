import { lookup } from 'node:dns/promises';
import { STATUS_CODES } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import { type Readable, Transform } from 'node:stream';
import { Agent, buildConnector, type Dispatcher, request } from 'undici';
import { ReelayError } from '../errors.ts';
import { type AddressRule, isReachable } from './address.ts';
import { tooLarge } from './too-large.ts';
import { checkHttpUrl, isLocalhost } from './url-form.ts';

/**
 * Fetches user-given URLs. Owns the guard against requests into private networks, and every bound of a download. Does
 * not look at the bytes: the probe does.
 *
 * 1. No connection is made to an address that `isReachable` refuses: literals are checked before connecting, names by
 *    the one resolution whose checked answer is the one connected to, and the peer once more after connecting.
 * 2. A name with one refused address is refused whole, so that no race between addresses decides.
 * 3. Redirects are followed by hand; each hop passes 1 and the URL's form again, and https never becomes http.
 * 4. Bytes are never decompressed, so none can multiply.
 * 5. One time limit covers the job from resolution to the last byte, beside the shorter ones of its parts.
 * 6. No error tells what a server answered beyond its status, nor which address a name resolved to.
 */

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export interface FetcherOptions {
  readonly allow?: readonly AddressRule[];
  /** Seam for tests; the system's resolver otherwise. */
  readonly resolve?: Resolve;
  readonly maxBytes: number;
  /** For the whole job. */
  readonly timeoutMs: number;
  readonly connectTimeoutMs?: number;
  readonly headersTimeoutMs?: number;
  /** Longest silence between two chunks of a body. */
  readonly bodyTimeoutMs?: number;
  readonly maxRedirects?: number;
}

export interface FetchedFile {
  /** Fails with a ReelayError; destroy it when it is not read to its end. */
  readonly stream: Readable;
  /** Where the last redirect led. */
  readonly url: URL;
}

export interface GetOptions {
  readonly signal?: AbortSignal;
  /** Lowers the fetcher's own bound, never raises it. */
  readonly maxBytes?: number;
}

export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly signal?: AbortSignal;
}

export interface Fetcher {
  /**
   * A GET whose body is the file. Throws `invalid_url`, `blocked_address`, `input_unreachable`, `input_timeout` or
   * `input_too_large` with a predicate as message ("answers 404 Not Found"), or the caller's abort reason.
   */
  get(url: string, options?: GetOptions): Promise<FetchedFile>;
  /** One POST, for callbacks: same guard, no redirect, the answer's body is dropped. Throws as `get`. */
  post(url: string, options: PostOptions): Promise<{ readonly status: number }>;
  close(): Promise<void>;
}

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];

const resolveBySystem: Resolve = (hostname) => lookup(hostname, { all: true });

function refusedHost(): ReelayError {
  return new ReelayError('blocked_address', 'leads to an address that this server does not fetch from');
}

/** The lookup that `net.connect` uses: it hands out only addresses that have been checked (invariants 1 and 2). */
function checkedLookup(rules: readonly AddressRule[], resolve: Resolve, port: number): LookupFunction {
  return (hostname, options, callback) => {
    const host = hostname.replace(/\.$/, '').toLowerCase();
    // RFC 6761: localhost is the loopback interface and never a question for DNS.
    const answer = isLocalhost(host)
      ? Promise.resolve(loopback.filter(({ address }) => isReachable(rules, address, port)))
      : resolve(host);
    answer.then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined || addresses.some(({ address }) => !isReachable(rules, address, port))) {
          callback(refusedHost(), '', 0);
        } else if (options.all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, '', 0),
    );
  };
}

const loopback: readonly ResolvedAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

function guardedConnect(rules: readonly AddressRule[], resolve: Resolve, timeoutMs: number): buildConnector.connector {
  return (options, callback) => {
    const port = Number(options.port || (options.protocol === 'https:' ? 443 : 80));
    const host = options.hostname.replace(/^\[|\]$/g, '');
    // `lookup` is never called for literals.
    if (isIP(host) !== 0 && !isReachable(rules, host, port)) {
      callback(refusedHost(), null);
      return;
    }
    const connect = buildConnector({
      allowH2: false,
      maxCachedSessions: 0,
      timeout: timeoutMs,
      lookup: checkedLookup(rules, resolve, port),
    });
    connect(options, (...result) => {
      const [error, socket] = result;
      if (error !== null) callback(error, null);
      else if (isReachable(rules, socket.remoteAddress ?? '', port)) callback(null, socket);
      else {
        socket.destroy();
        callback(refusedHost(), null);
      }
    });
  };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code } = error as { readonly code?: unknown };
  if (typeof code === 'string') return code;
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error.cause === undefined ? '' : codeOf(error.cause);
}

const faultSentences: Readonly<Record<string, string>> = {
  ENOTFOUND: 'cannot be reached: its host name does not exist',
  EAI_AGAIN: 'cannot be reached: its host name could not be resolved just now',
  ECONNREFUSED: 'cannot be reached: the host refuses connections',
  EHOSTUNREACH: 'cannot be reached: there is no route to the host',
  ENETUNREACH: 'cannot be reached: there is no route to the host',
  ECONNRESET: 'cannot be read: the host closed the connection',
  UND_ERR_SOCKET: 'cannot be read: the host closed the connection before the file was complete',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'cannot be read: the host sent another length than it announced',
  UND_ERR_HEADERS_OVERFLOW: 'cannot be read: the answer has too many headers',
};

const timeoutCodes: readonly string[] = [
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
];

/** Turns whatever undici or the network threw into an error for the client. */
function asClientError(error: unknown, timeout: AbortSignal, callerSignal: AbortSignal | undefined): unknown {
  if (error instanceof ReelayError) return error;
  if (callerSignal?.aborted === true) return callerSignal.reason;
  const code = codeOf(error);
  if (timeout.aborted || timeoutCodes.includes(code)) {
    return new ReelayError('input_timeout', 'was not delivered within the time limit', { cause: error });
  }
  const tls = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code) ? `cannot be read: its TLS is not valid (${code})` : '';
  const sentence = faultSentences[code] ?? (tls || `cannot be reached: network fault${code === '' ? '' : ` ${code}`}`);
  return new ReelayError('input_unreachable', sentence, { cause: error });
}

function discard(body: Readable): void {
  body.on('error', () => undefined).destroy();
}

/** Refuses by what the headers say before a byte of the body is read. */
function checkAnswer({ statusCode, headers }: Dispatcher.ResponseData, maxBytes: number): void {
  if (statusCode !== 200) {
    const name = STATUS_CODES[statusCode];
    throw new ReelayError(
      'input_unreachable',
      `answers ${statusCode}${name === undefined ? '' : ` ${name}`} instead of the file`,
    );
  }
  const encoding = String(headers['content-encoding'] ?? 'identity')
    .trim()
    .toLowerCase();
  if (encoding !== 'identity' && encoding !== '') {
    throw new ReelayError('input_unreachable', 'answers with a compressed body, although none was asked for');
  }
  const length = Number(headers['content-length'] ?? 0);
  if (length > maxBytes) throw tooLarge(maxBytes);
}

/** Counts bytes and turns faults into client errors; its end destroys the body. */
function bounded(body: Readable, maxBytes: number, mapError: (error: unknown) => unknown): Readable {
  let received = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      if (received > maxBytes) done(tooLarge(maxBytes));
      else done(null, chunk);
    },
  });
  body.on('error', (error) => counter.destroy(mapError(error) as Error));
  counter.on('close', () => discard(body));
  return body.pipe(counter);
}

export function createFetcher(options: FetcherOptions): Fetcher {
  const rules = options.allow ?? [];
  const maxRedirects = options.maxRedirects ?? 5;
  const agent = new Agent({
    connect: guardedConnect(rules, options.resolve ?? resolveBySystem, options.connectTimeoutMs ?? 10_000),
    headersTimeout: options.headersTimeoutMs ?? 30_000,
    bodyTimeout: options.bodyTimeoutMs ?? 30_000,
    maxHeaderSize: 16_384,
    allowH2: false,
    // One request per connection: another user's idle socket is never reused, nor a stale one hit.
    pipelining: 0,
  });

  async function follow(first: string, signal: AbortSignal): Promise<{ answer: Dispatcher.ResponseData; url: URL }> {
    let url = checkHttpUrl(first, rules);
    for (let hop = 0; ; hop += 1) {
      const headers = { 'user-agent': 'Reelay', 'accept-encoding': 'identity', accept: '*/*' };
      const answer = await request(url, { dispatcher: agent, signal, headers });
      if (!redirectStatuses.includes(answer.statusCode)) return { answer, url };
      discard(answer.body);
      if (hop >= maxRedirects) throw new ReelayError('input_unreachable', `redirects more than ${maxRedirects} times`);
      const { location } = answer.headers;
      if (typeof location !== 'string') throw new ReelayError('input_unreachable', 'redirects to nowhere');
      const next = checkHttpUrl(location, rules, url);
      if (url.protocol === 'https:' && next.protocol === 'http:') {
        throw new ReelayError('input_unreachable', 'redirects from https to http');
      }
      url = next;
    }
  }

  return {
    async get(url, { signal, maxBytes = options.maxBytes } = {}) {
      const limit = Math.min(maxBytes, options.maxBytes);
      const timeout = AbortSignal.timeout(options.timeoutMs);
      const mapError = (error: unknown) => asClientError(error, timeout, signal);
      try {
        const found = await follow(url, signal === undefined ? timeout : AbortSignal.any([timeout, signal]));
        try {
          checkAnswer(found.answer, limit);
        } catch (error) {
          discard(found.answer.body);
          throw error;
        }
        return { stream: bounded(found.answer.body, limit, mapError), url: found.url };
      } catch (error) {
        throw mapError(error);
      }
    },

    async post(url, { headers = {}, body, signal }) {
      const timeout = AbortSignal.timeout(options.timeoutMs);
      try {
        const answer = await request(checkHttpUrl(url, rules), {
          method: 'POST',
          dispatcher: agent,
          signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
          headers: { 'user-agent': 'Reelay', 'accept-encoding': 'identity', ...headers },
          body,
        });
        discard(answer.body);
        return { status: answer.statusCode };
      } catch (error) {
        throw asClientError(error, timeout, signal);
      }
    },

    close: () => agent.destroy(),
  };
}
