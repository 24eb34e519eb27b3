import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Asset, MediaProbe } from '../contract/index.ts';
import { type ErrorCode, ReelayError } from '../errors.ts';
import { extensionOf, safeFilename } from './filename.ts';
import { inJobFolder } from './job-folder.ts';
import type { LibraryContext } from './library-options.ts';
import { probeFile } from './probe.ts';
import { type MediaSource, type Received, receive } from './receive.ts';

/**
 * Takes one file in: received, probed, stored, and its row written last, so that a crash leaves nothing visible. Its key
 * is written down before, so that bytes which no row came to name are found and removed.
 */

export interface IngestOptions {
  readonly accountId: string;
  readonly purpose: Asset['purpose'];
  readonly source: MediaSource;
  /** As the client gave it; made safe, its extension replaced. Default: the URL's. */
  readonly filename?: string;
  readonly maxBytes: number;
  readonly lifetimeMs: number;
  /** What errors call the file. Default `file`. */
  readonly field?: string;
  /** Where the file is left when it was received but could not be stored, to be given as the source of the next try. */
  readonly sparePath?: string;
  readonly signal?: AbortSignal;
}

const defaultMinimumFreeBytes = 256e6;

/** Longest time from the announcement of a key to its row, in milliseconds; then the bytes are taken for left over. */
const longestStoringMs = 3 * 3_600_000;

const uploadCodes: Partial<Readonly<Record<ErrorCode, ErrorCode>>> = {
  input_too_large: 'file_too_large',
  input_not_media: 'invalid_file_type',
  input_container: 'invalid_file_type',
};

function isAboutTheFile(code: ErrorCode): boolean {
  return code.startsWith('input_') || code === 'invalid_url' || code === 'blocked_address';
}

/** Puts the client's name for the field before an error about its file, once, and gives uploads their own codes. */
export function nameError(error: unknown, field: string, purpose: Asset['purpose']): unknown {
  if (!(error instanceof ReelayError) || error.faults.length > 0 || !isAboutTheFile(error.code)) return error;
  const code = purpose === 'upload' ? (uploadCodes[error.code] ?? error.code) : error.code;
  return new ReelayError(code, `${field}: ${error.message}`, {
    faults: [{ field, message: error.message }],
    cause: error,
  });
}

/** A file in a job's folder, and what is known of it. */
export interface ReceivedFile extends Received {
  readonly path: string;
  readonly probe: MediaProbe;
}

export interface ReceiveFileOptions {
  readonly source: MediaSource;
  readonly maxBytes: number;
  readonly purpose: Asset['purpose'];
  readonly signal?: AbortSignal;
}

export async function receiveFile(
  { storage, limits, fetcher, tools, probes }: LibraryContext,
  jobFolder: string,
  { source, maxBytes, purpose, signal }: ReceiveFileOptions,
): Promise<ReceivedFile> {
  const free = await storage.freeBytes();
  if (free !== undefined && free < (limits.minimumFreeBytes ?? defaultMinimumFreeBytes)) {
    throw new ReelayError('storage_full', 'the server has no disk space left', { retryAfterSeconds: 60 });
  }
  const path = join(jobFolder, 'file');
  const received = await receive({ source, targetPath: path, maxBytes, fetcher, ...(signal && { signal }) });
  const fromProvider = purpose === 'output';
  const { ffprobe: ffprobePath, confinement } = tools;
  const probing = { ffprobePath, confinement, fromProvider, ...(signal && { signal }) };
  return { ...received, path, probe: await probes.run(() => probeFile(path, probing), signal) };
}

export interface KeepOptions {
  readonly accountId: string;
  readonly purpose: Asset['purpose'];
  readonly filename: string | undefined;
  readonly lifetimeMs: number;
}

/** Moves a received file into the storage and writes its row. */
export async function keepFile(
  { storage, assets, now, newId }: LibraryContext,
  { path, probe, sizeBytes, sha256, suggestedName }: ReceivedFile,
  { accountId, purpose, filename, lifetimeMs }: KeepOptions,
): Promise<Asset> {
  const id = newId();
  const storageKey = `${id}.${extensionOf(probe.container)}`;
  const createdAt = now();
  const asset: Asset = {
    id,
    accountId,
    purpose,
    storageKey,
    filename: safeFilename(filename ?? suggestedName, probe.container, probe.kind),
    sizeBytes,
    sha256,
    probe,
    createdAt,
    expiresAt: createdAt + lifetimeMs,
  };
  await assets.announce(storageKey, createdAt + longestStoringMs);
  await storage.put(storageKey, { path }, { contentType: probe.contentType });
  try {
    await assets.insert(asset);
  } catch (error) {
    // The list of loose keys stays: the database has just shown that it is not to be relied on.
    await storage.remove(storageKey).catch(() => undefined);
    throw error;
  }
  return asset;
}

/** The storage may have taken the file away before it failed: then there is nothing to spare. */
async function spare(path: string, sparePath: string): Promise<void> {
  await mkdir(dirname(sparePath), { recursive: true });
  await rename(path, sparePath).catch(() => undefined);
}

export async function ingest(context: LibraryContext, options: IngestOptions): Promise<Asset> {
  const { source, field = 'file', purpose, filename, sparePath } = options;
  try {
    return await inJobFolder(context.folder, async (jobFolder) => {
      const received = await receiveFile(context, jobFolder, options);
      try {
        return await keepFile(context, received, { ...options, filename });
      } catch (error) {
        if (sparePath !== undefined) await spare(received.path, sparePath);
        throw error;
      }
    });
  } catch (error) {
    throw nameError(error, field, purpose);
  } finally {
    // Also where it was refused before a byte was read.
    if ('stream' in source) source.stream.on('error', () => undefined).destroy();
  }
}
