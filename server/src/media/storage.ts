import type { Readable } from 'node:stream';
import { fullDiskFault, ReelayError } from '../errors.ts';
import type { OpenFile } from './open-files.ts';

/**
 * Where the bytes of assets are. A folder or an object store; `storage.contract.ts` holds what every one must do.
 * Every method may throw `storage_unavailable` where the store cannot be reached or refuses us. Keys are flat names that we make ourselves; `checkKey` is the last line of defence, not input validation.
 */
export interface MediaStorage {
  /**
   * Stores a file whole or not at all; an older one under the key is replaced. A path's file may be moved away, a
   * stream is read to its end. Throws `storage_full`, or what the stream failed with. Whether anything is stored after
   * `storage_unavailable`, nobody knows.
   */
  put(
    key: string,
    source: { readonly path: string } | { readonly stream: Readable },
    options?: { readonly contentType?: string },
  ): Promise<void>;
  /** The bytes from `start` to `end`, both included; `end` beyond the file means its end. Undefined: no such file. */
  open(key: string, range?: ByteRange): Promise<Readable | undefined>;
  /** The bytes where they are in a file of this machine, which the caller closes. */
  openFile?(key: string): Promise<OpenFile | undefined>;
  stat(key: string): Promise<{ readonly sizeBytes: number } | undefined>;
  /**
   * A path on this machine's disk with the bytes, for programs that need one: the stored file itself, which nobody may
   * change, or a copy in `folder`, which the caller clears. Undefined: no such file.
   */
  materialise(key: string, folder: string): Promise<string | undefined>;
  /** Does nothing where there is no such file. */
  remove(key: string): Promise<void>;
  /** Undefined where the store has no bound that can be asked. */
  freeBytes(): Promise<number | undefined>;
  /** What keeps the store from working, and how to mend it; undefined where it works. */
  fault(): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface ByteRange {
  readonly start?: number;
  readonly end?: number;
}

const keyPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}(\.[A-Za-z0-9]{1,16})?$/;

/** Throws where a key is no plain name with at most one extension: no path, no dot segment, no control character. */
export function checkKey(key: string): void {
  if (!keyPattern.test(key)) throw new Error(`not a storage key: ${JSON.stringify(key.slice(0, 100))}`);
}

/**
 * Faults of a disk that can take no more become `storage_full`, a folder or file that vanished under its writer, as with a disk that
 * is unmounted, `storage_unavailable`; others stay what they are.
 */
export function asStorageError(error: unknown): unknown {
  const later = { retryAfterSeconds: 60, cause: error };
  const fault = fullDiskFault(error);
  if (fault !== undefined) return new ReelayError('storage_full', fault, later);
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) return error;
  return new ReelayError('storage_unavailable', 'a folder of the server is not there now (ENOENT)', later);
}
