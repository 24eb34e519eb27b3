import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { ReelayError } from '../../errors.ts';
import { askFile, fileOf } from '../exchange.ts';

/** Hosts that hold fal's files, with everything below them; a path where the host holds files of others too. */
const mediaHosts: readonly { readonly host: string; readonly path?: string }[] = [
  { host: 'fal.media' },
  { host: 'fal.run' },
  { host: 'fal.ai' },
  { host: 'storage.googleapis.com', path: '/falserverless/' },
];

const maximumRedirects = 3;

/** Tries of one file; the job has been paid, so a short fault must not lose it. */
const maximumTries = 3;
const pauseMs = 500;

/** Longest wait for the headers and for the next bytes of a file, in milliseconds. */
const idleTimeoutMs = 60_000;

export interface DownloadOptions {
  readonly dispatcher: Dispatcher;
  readonly queueUrl: string;
  readonly key: string;
  readonly signal: AbortSignal;
}

/** The bytes of a finished file. Addresses come from an answer: each, also after a redirect, has to be fal's. */
export async function download(url: string, options: DownloadOptions): Promise<Readable> {
  for (let attempt = 1; ; attempt += 1) {
    const found = await follow(url, options);
    const fault = new ReelayError('generation_failed', 'The finished file could not be fetched from the provider.');
    if ('body' in found) return fileOf(found.body, fault);
    if (!found.temporary || attempt >= maximumTries) throw fault;
    await sleep(pauseMs * attempt, undefined, { signal: options.signal });
  }
}

type Found = { readonly body: Readable } | { readonly temporary: boolean };

async function follow(first: string, options: DownloadOptions): Promise<Found> {
  let url = first;
  for (let hop = 0; hop <= maximumRedirects; hop += 1) {
    const isOwn = checkedOrigin(url, options.queueUrl) === new URL(options.queueUrl).origin;
    const answer = await askFile(options.dispatcher, {
      url,
      signal: options.signal,
      idleTimeoutMs,
      ...(isOwn && { headers: { authorization: `Key ${options.key}` } }),
    });
    options.signal.throwIfAborted();
    if (answer === undefined) return { temporary: true };
    if (answer.kind === 'file') return { body: answer.body };
    if (answer.kind === 'refused') return { temporary: answer.status >= 500 || answer.status === 429 };
    const { location } = answer;
    url = URL.canParse(location, url) ? new URL(location, url).href : location;
  }
  return { temporary: false };
}

function checkedOrigin(url: string, queueUrl: string): string {
  if (URL.canParse(url)) {
    const { origin, protocol, hostname, port, pathname, username, password } = new URL(url);
    const isPlain = username === '' && password === '';
    if (isPlain && origin === new URL(queueUrl).origin) return origin;
    const isMedia = mediaHosts.some(
      ({ host, path }) =>
        (path === undefined ? hostname === host || hostname.endsWith(`.${host}`) : hostname === host) &&
        pathname.startsWith(path ?? '/'),
    );
    if (isPlain && protocol === 'https:' && port === '' && isMedia) return origin;
  }
  throw new ReelayError('result_refused', 'The provider named a file at an address that is not its own.');
}
