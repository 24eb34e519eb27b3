import { Readable } from 'node:stream';
import { S3mini } from 's3mini';
import { Agent, type RequestInit, fetch as undiciFetch } from 'undici';
import type { S3Settings } from './s3-settings.ts';

/**
 * The client of the operator's object store. It goes to that one address, which may be private, and follows no redirect:
 * a store that sends us elsewhere is set up wrongly.
 */

export interface S3Limits {
  /** Until a connection is there, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Longest silence of the store, before its answer and in the middle of one, in milliseconds. */
  readonly silenceMs: number;
}

export const defaultS3Limits: S3Limits = { connectTimeoutMs: 5_000, silenceMs: 30_000 };

/** Longest answer to the question whether the store works, in milliseconds. */
const checkTimeoutMs = 5_000;

export interface S3Client {
  readonly s3: S3mini;
  /** The same, for questions that are not worth a wait. */
  readonly impatient: S3mini;
  /** Breaks off what is under way: whoever waited for it has given up by then. */
  close(): Promise<void>;
}

export function createS3Client(
  { endpoint, bucket, ...identity }: S3Settings,
  { connectTimeoutMs, silenceMs }: S3Limits,
): S3Client {
  const dispatcher = new Agent({
    connect: { timeout: connectTimeoutMs },
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
  });
  // Bytes go as a stream, of which fetch makes no copy as it does of a buffer; their length is in the headers.
  const send = (url: string, init: RequestInit) =>
    undiciFetch(url, {
      ...init,
      ...(init.body instanceof Uint8Array && init.body.length > 0 && { body: Readable.from([init.body]) }),
      // The bytes as they are stored: ranges and lengths are of those.
      headers: { ...(init.headers as Record<string, string>), 'accept-encoding': 'identity' },
      dispatcher,
      redirect: 'manual',
      duplex: 'half',
    });
  const options = {
    ...identity,
    endpoint: `${endpoint.replace(/\/+$/, '')}/${bucket}`,
    // The library's types are those of the platform's own fetch, which takes no dispatcher of another version.
    fetch: send as unknown as typeof fetch,
  };
  return {
    s3: new S3mini(options),
    impatient: new S3mini({ ...options, requestAbortTimeout: checkTimeoutMs }),
    close: () => dispatcher.destroy(),
  };
}
