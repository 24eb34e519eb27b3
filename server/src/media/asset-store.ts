import type { Asset } from '../contract/index.ts';

/** What a live task needs is kept for this much longer, again and again, in milliseconds: links that were handed out go on for a while. */
export const keptMs = 3_600_000;

export interface NeededFiles {
  readonly accountId: string;
  readonly ids: readonly string[];
  /** Now, in milliseconds since the epoch. */
  readonly at: number;
}

/**
 * The rows of assets, and the keys of bytes that no row names: those about to be stored and those about to be removed.
 * Whatever breaks off in between, a sweep over those keys finds the bytes.
 */
export interface AssetStore {
  /** Puts off the end of those of an account's files that end soon. */
  keep(needed: NeededFiles): Promise<void>;
  /** Before bytes are stored: unless an asset takes the key by `dueAt` (milliseconds since the epoch), it is loose. */
  announce(storageKey: string, dueAt: number): Promise<void>;
  /** Takes the announced key over. Throws where it is not announced any more: its bytes may be gone. */
  insert(asset: Asset): Promise<void>;
  get(id: string): Promise<Asset | undefined>;
  /** The row goes, and its key is loose from `dueAt` on. Does nothing where there is no such row. */
  remove(asset: Asset, dueAt: number): Promise<void>;
  /** At most `limit` assets whose `expiresAt` is not after `now` (milliseconds since the epoch), oldest first. */
  expired(now: number, limit: number): Promise<readonly Asset[]>;
  /** At most `limit` loose keys whose time has come. */
  loose(now: number, limit: number): Promise<readonly string[]>;
  /** The bytes of a loose key are gone. */
  forget(storageKey: string): Promise<void>;
}
