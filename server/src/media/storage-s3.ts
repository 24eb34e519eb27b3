import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as pause } from 'node:timers/promises';
import { createS3Client, defaultS3Limits, type S3Client, type S3Limits } from './s3-client.ts';
import { asUnavailable, explainFault, isPassing, serviceFaultOf } from './s3-faults.ts';
import type { S3Settings } from './s3-settings.ts';
import { asStorageError, checkKey, type MediaStorage } from './storage.ts';
import { freeBytesOf } from './storage-fs.ts';

/**
 * Files in a bucket of an object store that speaks S3.
 *
 * 1. An object appears under its key whole: a small file is one request with its length, a large one an upload in parts
 *    that is completed at the end, or aborted.
 * 2. At most one part is in memory per upload; what is read is never in memory whole.
 * 3. "No such file" is believed only where the bucket is there: a bucket that vanished is a fault of the store.
 * 4. What the store has against us becomes `storage_unavailable`, whose cause tells the operator what to do.
 */

/** Bytes up to which a file is put by one request. */
const singlePutBytes = 64 * 1024 ** 2;

/** Bytes of one part: 10,000 parts, the most that S3 takes, are 160 GB. */
const partBytes = 16 * 1024 ** 2;

/** Pauses before a request is made again that failed by chance, in milliseconds. */
const retryPausesMs = [100, 500] as const;

/** No file of ours is called so: the store's answer to a question for it shows that it works. */
const absentKey = 'reelay-check';

const defaultContentType = 'application/octet-stream';

export interface S3StorageOptions {
  readonly settings: S3Settings;
  /** On the disk where files wait to be stored: the store itself has no bound, and that disk has. */
  readonly localFolder: string;
  readonly limits?: Partial<S3Limits>;
}

interface Context {
  readonly client: S3Client;
  readonly settings: S3Settings;
}

async function withRetries<T>(work: () => Promise<T>): Promise<T> {
  for (const pauseMs of retryPausesMs) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await pause(pauseMs);
    }
  }
  return work();
}

/** What the work answers; undefined where there is no such object. */
async function found<T>({ settings }: Context, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await withRetries(work);
  } catch (error) {
    if (serviceFaultOf(error)?.code === 'NoSuchKey') return undefined;
    throw error instanceof RangeError ? error : asUnavailable(error, settings);
  }
}

/**
 * Cuts a stream into parts; the last one is shorter, and the only one where there are no bytes. All are views of one
 * buffer: a part is gone once the next one is asked for.
 */
async function* partsOf(stream: Readable): AsyncGenerator<Buffer> {
  const part = Buffer.allocUnsafe(partBytes);
  let size = 0;
  for await (const chunk of stream) {
    for (let rest: Buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk; rest.length > 0; ) {
      const taken = rest.copy(part, size);
      rest = rest.subarray(taken);
      size += taken;
      if (size < partBytes) continue;
      yield part;
      size = 0;
    }
  }
  yield part.subarray(0, size);
}

/** Marks what went wrong on our side of an upload, which is no fault of the store. */
class SourceFault extends Error {}

async function nextPart(parts: AsyncGenerator<Buffer>): Promise<Buffer | undefined> {
  try {
    const { value, done } = await parts.next();
    return done ? undefined : value;
  } catch (cause) {
    throw new SourceFault('the source of an upload failed', { cause });
  }
}

async function putParts(
  { client: { s3 } }: Context,
  { key, first, rest, contentType }: { key: string; first: Buffer; rest: AsyncGenerator<Buffer>; contentType: string },
): Promise<void> {
  const uploadId = await withRetries(() => s3.getMultipartUploadId(key, contentType));
  try {
    const done: { readonly partNumber: number; readonly etag: string }[] = [];
    for (let part: Buffer | undefined = first; part !== undefined; part = await nextPart(rest)) {
      const bytes = part;
      if (bytes.length > 0) done.push(await withRetries(() => s3.uploadPart(key, uploadId, bytes, done.length + 1)));
    }
    const { etag } = await s3.completeMultipartUpload(key, uploadId, done);
    // S3 may answer 200 and tell of a failure in the body.
    if (etag === undefined) throw new Error('the upload was not completed');
  } catch (error) {
    // What cannot be aborted now is for the bucket's own rule about unfinished uploads.
    await withRetries(() => s3.abortMultipartUpload(key, uploadId)).catch(() => undefined);
    throw error;
  }
}

async function putStream(context: Context, key: string, stream: Readable, contentType: string): Promise<void> {
  const parts = partsOf(stream);
  try {
    const first = (await nextPart(parts)) ?? Buffer.alloc(0);
    if (first.length === partBytes) await putParts(context, { key, first, rest: parts, contentType });
    else await withRetries(() => context.client.s3.putObject(key, first, contentType));
  } finally {
    await parts.return(undefined);
  }
}

async function putFile(context: Context, key: string, path: string, contentType: string): Promise<void> {
  const { size } = await stat(path).catch((cause) => {
    throw new SourceFault('the source of an upload failed', { cause });
  });
  if (size > singlePutBytes) return putStream(context, key, createReadStream(path), contentType);
  await withRetries(async () => {
    const stream = createReadStream(path);
    try {
      // A readable of Node is a body for the fetch in use, though not for the library's types.
      const body = (size === 0 ? '' : stream) as Parameters<typeof context.client.s3.putObject>[1];
      await context.client.s3.putObject(key, body, contentType, undefined, undefined, size);
    } finally {
      stream.destroy();
    }
  });
}

/** Errors in the middle of a body are told like those of a request. */
async function* bytesOf(body: ReadableStream, settings: S3Settings): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk as Uint8Array;
  } catch (error) {
    throw asUnavailable(error, settings);
  }
}

async function openObject(context: Context, key: string, start: number, end?: number): Promise<Readable> {
  const isWhole = start === 0 && end === undefined;
  let response: Response;
  try {
    response = await context.client.s3.getObjectRaw(key, isWhole, start, end === undefined ? undefined : end + 1);
  } catch (error) {
    if (serviceFaultOf(error)?.status !== 416) throw error;
    if (start === 0) return Readable.from([]);
    throw new RangeError(`no bytes ${start} to ${end ?? ''} in ${key}`);
  }
  if (!isWhole && response.status !== 206) {
    await response.body?.cancel();
    throw new Error('the store does not answer with the range that it was asked for');
  }
  if (response.body === null) return Readable.from([]);
  return Readable.from(bytesOf(response.body as unknown as ReadableStream, context.settings), { objectMode: false });
}

/** Copies an object into the folder, once: what is under a key does not change while its file is there. */
async function copyTo(folder: string, key: string, open: () => Promise<Readable | undefined>) {
  const path = join(folder, key);
  if ((await stat(path).catch(() => undefined)) !== undefined) return path;
  const temporary = join(folder, `${randomUUID()}.part`);
  try {
    await mkdir(folder, { recursive: true });
    const stream = await open();
    if (stream === undefined) return undefined;
    await pipeline(stream, createWriteStream(temporary, { flags: 'wx' }));
    await rename(temporary, path);
    return path;
  } catch (error) {
    throw asStorageError(error);
  } finally {
    await rm(temporary, { force: true });
  }
}

export function createS3Storage({ settings, localFolder, limits }: S3StorageOptions): MediaStorage {
  const client = createS3Client(settings, { ...defaultS3Limits, ...limits });
  const context: Context = { client, settings };

  async function open(key: string, { start = 0, end }: { start?: number; end?: number } = {}) {
    checkKey(key);
    if (start < 0 || (end !== undefined && start > end)) throw new RangeError(`no bytes ${start} to ${end} in ${key}`);
    return found(context, () => openObject(context, key, start, end));
  }

  return {
    async put(key, source, { contentType = defaultContentType } = {}) {
      checkKey(key);
      try {
        await ('path' in source
          ? putFile(context, key, source.path, contentType)
          : putStream(context, key, source.stream, contentType));
      } catch (error) {
        throw error instanceof SourceFault ? error.cause : asUnavailable(error, settings);
      }
    },

    open,

    async stat(key) {
      checkKey(key);
      return found(context, async () => {
        try {
          return { sizeBytes: await client.s3.getContentLength(key) };
        } catch (error) {
          if (serviceFaultOf(error)?.status !== 404) throw error;
          // The answer to HEAD has no body and so does not say what is missing, the object or the bucket.
          const response = await client.s3.getObjectRaw(key, true);
          await response.body?.cancel();
          throw new Error('the store answered HEAD with 404 and GET with the file', { cause: error });
        }
      });
    },

    async materialise(key, folder) {
      checkKey(key);
      return copyTo(folder, key, () => open(key));
    },

    async remove(key) {
      checkKey(key);
      await found(context, () => client.s3.deleteObject(key));
    },

    freeBytes: () => freeBytesOf(localFolder),

    async fault() {
      try {
        const response = await client.impatient.getObjectRaw(absentKey, true);
        await response.body?.cancel();
        return undefined;
      } catch (error) {
        return serviceFaultOf(error)?.code === 'NoSuchKey' ? undefined : explainFault(error, settings);
      }
    },

    close: () => client.close(),
  };
}
