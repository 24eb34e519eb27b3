import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Asset } from '../contract/index.ts';
import { ReelayError } from '../errors.ts';
import { type IngestOptions, ingest } from './ingest.ts';
import { clearLeftovers, jobPrefix } from './job-folder.ts';
import type { LibraryContext, LibraryOptions } from './library-options.ts';
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
 * 2. It is removed the same way round, bytes and then row: what a crash interrupts, the next sweep finds again.
 * 3. Every temporary file lives in a folder of its job, gone whichever way the job ends.
 * 4. Errors about a file start with the client's name for its field.
 */
export interface MediaLibrary {
  /**
   * Takes a file in. For uploads throws `file_too_large`, `invalid_file_type`, `input_unreadable`, `input_dimensions`;
   * for other purposes the `input_*` codes; for URLs also what the fetcher throws; for all `storage_full`.
   */
  ingest(options: IngestOptions): Promise<Asset>;
  /** Fetches, checks and converts an input of a task. Throws codes that name the rule, messages that name the field. */
  prepareInput(options: PrepareInputOptions): Promise<Asset>;
  get(assetId: string): Promise<Asset | undefined>;
  /** A path with the bytes, never to be changed: a copy in `folder` (default: one that sweeps clear) where the storage is remote. */
  materialise(asset: Asset, folder?: string): Promise<string>;
  /** A signed link for 24 hours. */
  link(asset: Asset): string;
  /** Undefined where the bytes are gone. */
  open(asset: Asset, range?: ByteRange): Promise<Readable | undefined>;
  /** Does nothing where there is no such asset. */
  remove(assetId: string): Promise<void>;
  /** Removes what has expired by `now` (milliseconds since the epoch); returns how many. */
  sweepExpired(now: number): Promise<number>;
}

const defaultMaxProbes = 4;
const defaultMaxConversions = 2;
const sweepBatch = 100;
const copiesFolder = 'copies';

async function removeAsset({ storage, assets }: LibraryContext, asset: Asset): Promise<void> {
  await storage.remove(asset.storageKey);
  await assets.remove(asset.id);
}

async function sweepExpired(context: LibraryContext, at: number): Promise<number> {
  let removed = 0;
  for (let isMore = true; isMore; ) {
    const batch = await context.assets.expired(at, sweepBatch);
    for (const asset of batch) await removeAsset(context, asset);
    removed += batch.length;
    isMore = batch.length === sweepBatch;
  }
  await clearLeftovers(context.folder, jobPrefix);
  await clearLeftovers(join(context.folder, copiesFolder), '');
  return removed;
}

export function createMediaLibrary(options: LibraryOptions): MediaLibrary {
  const context: LibraryContext = {
    ...options,
    probes: createTurnstile(options.limits.maxProbes ?? defaultMaxProbes),
    conversions: createTurnstile(options.limits.maxConversions ?? defaultMaxConversions),
  };
  const { storage, assets, links } = context;
  return {
    ingest: (request) => ingest(context, request),
    prepareInput: (request) => prepareInput(context, request),
    get: (assetId) => assets.get(assetId),

    async materialise(asset, folder = join(context.folder, copiesFolder)) {
      await mkdir(folder, { recursive: true });
      const path = await storage.materialise(asset.storageKey, folder);
      if (path === undefined) throw new ReelayError('input_unreachable', `the file ${asset.filename} is gone`);
      return path;
    },

    link: (asset) => links.sign(asset),
    open: (asset, range) => storage.open(asset.storageKey, range),

    async remove(assetId) {
      const asset = await assets.get(assetId);
      if (asset !== undefined) await removeAsset(context, asset);
    },

    sweepExpired: (at) => sweepExpired(context, at),
  };
}
