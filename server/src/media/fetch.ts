import { STATUS_CODES } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { Agent, type Dispatcher, request } from 'undici';
import { ReelayError } from '../errors.ts';
import type { AddressRule } from './address.ts';
import { asClientError } from './fetch-error.ts';
import { guardedConnect, type Resolve, resolveBySystem } from './guarded-connect.ts';
import { tooLarge } from './too-large.ts';
import { checkHttpUrl, checkRedirect } from './url-form.ts';

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
  /** Told of each fetch that was refused because of where it led. */
  readonly onBlocked?: () => void;
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

export interface Fetcher {
  /**
   * A GET whose body is the file. Throws `invalid_url`, `blocked_address`, `input_unreachable`, `input_timeout` or
   * `input_too_large` with a predicate as message ("answers 404 Not Found"), or the caller's abort reason.
   */
  get(url: string, options?: GetOptions): Promise<FetchedFile>;
  close(): Promise<void>;
}

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];

export function discard(body: Readable): void {
  body.on('error', () => undefined).destroy();
}

type Answer = Dispatcher.ResponseData<unknown>;
type RequestOptions = NonNullable<Parameters<typeof request>[1]> & { readonly signal: AbortSignal };

/** undici looks at a signal only once it is connected; a resolver that hangs must not hold the job for longer. */
export async function requestWithin(url: URL, options: RequestOptions): Promise<Answer> {
  const { signal } = options;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const answered = request(url, options);
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

/** Refuses by what the headers say before a byte of the body is read. */
function checkAnswer({ statusCode, headers }: Answer, maxBytes: number): void {
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

  async function follow(first: string, signal: AbortSignal): Promise<{ answer: Answer; url: URL }> {
    let url = checkHttpUrl(first, rules);
    for (let hop = 0; ; hop += 1) {
      const headers = { 'user-agent': 'Reelay', 'accept-encoding': 'identity', accept: '*/*' };
      const answer = await requestWithin(url, { dispatcher: agent, signal, headers });
      if (!redirectStatuses.includes(answer.statusCode)) return { answer, url };
      discard(answer.body);
      if (hop >= maxRedirects) throw new ReelayError('input_unreachable', `redirects more than ${maxRedirects} times`);
      const { location } = answer.headers;
      if (typeof location !== 'string') throw new ReelayError('input_unreachable', 'redirects to nowhere');
      url = checkRedirect(location, url, rules);
    }
  }

  function clientError(error: unknown, timeout: AbortSignal, callerSignal: AbortSignal | undefined): unknown {
    const told = asClientError(error, timeout, callerSignal);
    if (told instanceof ReelayError && told.code === 'blocked_address') options.onBlocked?.();
    return told;
  }

  return {
    async get(url, { signal, maxBytes = options.maxBytes } = {}) {
      const limit = Math.min(maxBytes, options.maxBytes);
      const timeout = AbortSignal.timeout(options.timeoutMs);
      const mapError = (error: unknown) => clientError(error, timeout, signal);
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

    close: () => agent.destroy(),
  };
}
