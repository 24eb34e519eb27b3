import type { Readable } from 'node:stream';
import type { Asset } from '../contract/index.ts';
import { ReelayError } from '../errors.ts';
import { type IngestOptions, ingest } from './ingest.ts';
import { clearLeftovers, jobPrefix } from './job-folder.ts';
import type { LibraryContext, LibraryOptions } from './library-options.ts';
import type { OpenFile } from './open-files.ts';
import { type PrepareInputOptions, prepareInput } from './prepare-input.ts';
import type { ByteRange } from './storage.ts';
import { createTurnstile } from './turnstile.ts';

export type { IngestOptions } from './ingest.ts';
export type { LibraryLimits, LibraryOptions } from './library-options.ts';
export type { PrepareInputOptions } from './prepare-input.ts';
export type { MediaSource } from './receive.ts';

/**
 * The files of accounts: takes them in, prepares them as inputs, hands them out, removes them.
 *
 * 1. A file is received, probed, stored, and its row written last: a crash before that leaves nothing visible.
 * 2. Bytes without a row have their key on the list of loose ones, before they are stored and after their row is gone: what
 *    a crash or a storage that cannot be reached interrupts, a later sweep finishes.
 * 3. Every temporary file lives in a folder of its job, gone whichever way the job ends.
 * 4. Errors about a file start with the client's name for its field.
 */
export interface MediaLibrary {
  /**
   * Takes a file in. For uploads throws `file_too_large`, `invalid_file_type`, `input_unreadable`, `input_dimensions`;
   * for other purposes the `input_*` codes; for URLs also what the fetcher throws; for all `storage_full` and `service_unavailable`.
   */
  ingest(options: IngestOptions): Promise<Asset>;
  /** Fetches, checks and converts an input of a task. Throws codes that name the rule, messages that name the field. */
  prepareInput(options: PrepareInputOptions): Promise<Asset>;
  get(assetId: string): Promise<Asset | undefined>;
  /** A path with the bytes, never to be changed: a copy in `folder`, which the caller clears, where the storage is remote. */
  materialise(asset: Asset, folder: string): Promise<string>;
  /** A signed link for 24 hours that leads to this server. */
  link(asset: Asset): string;
  /** Undefined where the bytes are gone. */
  open(asset: Asset, range?: ByteRange): Promise<Readable | undefined>;
  /** The bytes where assets are files of this machine, which the caller closes. */
  openFile?(asset: Asset): Promise<OpenFile | undefined>;
  /** Does nothing where there is no such asset. */
  remove(assetId: string): Promise<void>;
  /** Removes what has expired by `now` (milliseconds since the epoch); returns how many. */
  sweepExpired(now: number): Promise<number>;
}

const defaultMaxProbes = 4;
const defaultMaxConversions = 2;
const sweepBatch = 100;

/** The row goes at once. Bytes that cannot be removed now are left to the sweep. */
async function removeAsset({ storage, assets, now }: LibraryContext, asset: Asset): Promise<void> {
  await assets.remove(asset, now());
  try {
    await storage.remove(asset.storageKey);
  } catch (error) {
    if (error instanceof ReelayError && error.code === 'storage_unavailable') return;
    throw error;
  }
  await assets.forget(asset.storageKey);
}

/** Takes batch after batch until one is not full; answers how many there were in all. */
async function inBatches<Item>(
  take: () => Promise<readonly Item[]>,
  work: (item: Item) => Promise<void>,
): Promise<number> {
  for (let done = 0; ; ) {
    const batch = await take();
    for (const item of batch) await work(item);
    done += batch.length;
    if (batch.length < sweepBatch) return done;
  }
}

async function sweepExpired({ storage, assets, folder }: LibraryContext, at: number): Promise<number> {
  await clearLeftovers(folder, jobPrefix);
  const removed = await inBatches(
    () => assets.expired(at, sweepBatch),
    (asset) => assets.remove(asset, at),
  );
  await inBatches(
    () => assets.loose(at, sweepBatch),
    async (key) => {
      await storage.remove(key);
      await assets.forget(key);
    },
  );
  return removed;
}

export function createMediaLibrary(options: LibraryOptions): MediaLibrary {
  const context: LibraryContext = {
    ...options,
    probes: createTurnstile(options.limits.maxProbes ?? defaultMaxProbes),
    conversions: createTurnstile(options.limits.maxConversions ?? defaultMaxConversions),
  };
  const { storage, assets, links } = context;
  const { openFile } = storage;
  return {
    ingest: (request) => ingest(context, request),
    prepareInput: (request) => prepareInput(context, request),
    get: (assetId) => assets.get(assetId),

    async materialise(asset, folder) {
      const path = await storage.materialise(asset.storageKey, folder);
      if (path === undefined) throw new ReelayError('input_unreachable', `the file ${asset.filename} is gone`);
      return path;
    },

    link: (asset) => links.sign(asset, { throughServer: true }),
    open: (asset, range) => storage.open(asset.storageKey, range),
    ...(openFile && { openFile: (asset: Asset) => openFile(asset.storageKey) }),

    async remove(assetId) {
      const asset = await assets.get(assetId);
      if (asset !== undefined) await removeAsset(context, asset);
    },

    sweepExpired: (at) => sweepExpired(context, at),
  };
}
