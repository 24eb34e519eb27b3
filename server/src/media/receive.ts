import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decodeDataUri, isDataUri } from './data-uri.ts';
import type { Fetcher } from './fetch.ts';
import { asStorageError } from './storage.ts';
import { tooLarge } from './too-large.ts';

/** Takes the bytes of a file from wherever they come into a file of ours, counted and hashed on the way. */

export type MediaSource =
  | { readonly stream: Readable }
  /** The file stays where it is and is not changed. */
  | { readonly path: string }
  /** http(s) or `data:`. The fetcher is the library's own unless one is given, e.g. for an operator-set origin. */
  | { readonly url: string; readonly fetcher?: Fetcher };

export interface ReceiveOptions {
  readonly source: MediaSource;
  readonly targetPath: string;
  readonly maxBytes: number;
  readonly fetcher: Fetcher;
  readonly signal?: AbortSignal;
}

export interface Received {
  readonly sizeBytes: number;
  readonly sha256: string;
  /** What the source calls the file, if it says. Not to be trusted. */
  readonly suggestedName: string | undefined;
}

function lastSegment(url: URL): string | undefined {
  const segment = url.pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(segment) || undefined;
  } catch {
    return undefined;
  }
}

interface Opened {
  readonly stream: Readable;
  readonly suggestedName?: string | undefined;
}

async function openSource({ source, maxBytes, fetcher, signal }: ReceiveOptions): Promise<Opened> {
  if ('stream' in source) return { stream: source.stream };
  if ('path' in source) return { stream: createReadStream(source.path) };
  if (isDataUri(source.url)) return { stream: Readable.from([decodeDataUri(source.url, maxBytes)]) };
  const fetched = await (source.fetcher ?? fetcher).get(source.url, { maxBytes, ...(signal && { signal }) });
  return { stream: fetched.stream, suggestedName: lastSegment(fetched.url) };
}

/** Throws `input_too_large`, `storage_full`, the fetcher's errors, or what the stream failed with. */
export async function receive(options: ReceiveOptions): Promise<Received> {
  const { maxBytes, targetPath, signal } = options;
  const { stream, suggestedName } = await openSource(options);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) {
        done(tooLarge(maxBytes));
        return;
      }
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(stream, counter, createWriteStream(targetPath, { flags: 'wx' }), signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw asStorageError(error);
  }
  return { sizeBytes, sha256: hash.digest('hex'), suggestedName };
}
