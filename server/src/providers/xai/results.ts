import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import type { FindOutcome } from '../../contract/index.ts';
import { ReelayError } from '../../errors.ts';
import { type Answer, ask, askFile, boundedFileOf, discard, type FileAnswer } from '../exchange.ts';
import { readFilePage } from './wire.ts';

/** Where finished files are: found by an attempt's mark, and read from xAI's own addresses only. */

export interface Upstream {
  /** Ends with a slash, so that paths resolve below it. */
  readonly base: URL;
  readonly authorization: Readonly<Record<string, string>>;
  readonly agent: Dispatcher;
}

/** Silence that ends a look at a job, a list of files, or a download, in milliseconds. */
const readTimeoutMs = 30_000;

/** Pages of 100 files, newest first, that a search for a mark reads. */
const maximumFilePages = 5;

const maximumFileBytes = 2 * 1024 ** 3;
const maximumRedirects = 3;

/** Pauses before another try to read a finished file, in milliseconds: it is paid for. */
const downloadPausesMs = [500, 2_000];

export function get({ agent, authorization }: Upstream, url: URL): Promise<Answer | undefined> {
  return ask(agent, { method: 'GET', url: url.href, headers: authorization, timeoutMs: readTimeoutMs });
}

export function fileUrl({ base }: Upstream, id: string): string {
  return new URL(`files/${encodeURIComponent(id)}/content`, base).href;
}

/**
 * Looks for the file that the attempt's job leaves. The SDK's list takes a filter, the documented REST list does not:
 * it is asked for and not relied on.
 */
export async function find(upstream: Upstream, mark: string, costMicros: number): Promise<FindOutcome> {
  const query = new URLSearchParams({ limit: '100', order: 'desc', sort_by: 'created_at', filter: `name = "${mark}"` });
  for (let page = 0; page < maximumFilePages; page += 1) {
    let answer = await get(upstream, new URL(`files?${query}`, upstream.base));
    if ((answer?.status === 400 || answer?.status === 422) && query.has('filter')) {
      query.delete('filter');
      answer = await get(upstream, new URL(`files?${query}`, upstream.base));
    }
    const found = answer?.status === 200 ? readFilePage(answer.text, mark) : undefined;
    const [id] = found?.ids ?? [];
    if (id !== undefined) {
      return { kind: 'outputs', outputs: [{ url: fileUrl(upstream, id) }], costMicros };
    }
    if (found?.nextToken === undefined) break;
    query.set('pagination_token', found.nextToken);
  }
  return { kind: 'not-yet' };
}

/** Rejects with `generation_failed` where the file cannot be had; the stream ends in the same error. */
export async function download(upstream: Upstream, first: string, signal: AbortSignal): Promise<Readable> {
  for (const pauseMs of [...downloadPausesMs, undefined]) {
    const answer = await follow(upstream, first, signal);
    if (answer?.kind === 'file') {
      const encoding = answer.headers['content-encoding'] ?? 'identity';
      const length = Number(answer.headers['content-length'] ?? 0);
      if (encoding === 'identity' && length <= maximumFileBytes) {
        return boundedFileOf(answer.body, {
          maximumBytes: maximumFileBytes,
          fault: unreadable('broke off'),
          tooLarge: unreadable('is too large'),
        });
      }
      discard(answer.body);
      throw unreadable(encoding === 'identity' ? 'is too large' : 'came compressed');
    }
    const passing = answer === undefined || answer.status === 429 || answer.status >= 500;
    if (!passing || signal.aborted || pauseMs === undefined) break;
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
  throw unreadable('could not be fetched');
}

/** Follows redirects by hand: each address passes the same check. */
async function follow(
  upstream: Upstream,
  first: string,
  signal: AbortSignal,
): Promise<Exclude<FileAnswer, { kind: 'redirect' }> | undefined> {
  let url = ownAddress(upstream, first);
  for (let hop = 0; hop <= maximumRedirects; hop += 1) {
    const authorization = url.origin === upstream.base.origin ? upstream.authorization : {};
    const headers = { ...authorization, accept: '*/*', 'accept-encoding': 'identity' };
    const answer = await askFile(upstream.agent, { url: url.href, headers, signal, idleTimeoutMs: readTimeoutMs });
    if (answer?.kind !== 'redirect') return answer;
    url = ownAddress(upstream, answer.location, url);
  }
  throw unreadable('is behind too many redirects');
}

/** Result addresses come from an answer's body, so they are not trusted: only hosts of x.ai, and the API's own origin. */
function ownAddress({ base }: Upstream, address: string, from?: URL): URL {
  const url = URL.parse(address, from?.href);
  const known =
    url !== null &&
    url.username === '' &&
    url.password === '' &&
    (url.origin === base.origin || (url.protocol === 'https:' && url.port === '' && /(^|\.)x\.ai$/.test(url.hostname)));
  if (!known) throw new ReelayError('result_refused', 'The provider named a file at an address that is not its own.');
  return url;
}

function unreadable(why: string): ReelayError {
  return new ReelayError('generation_failed', `The result at xAI ${why}.`);
}
