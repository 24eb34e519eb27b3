import type { Asset } from '../contract/index.ts';

/** The rows of assets. The library writes a row only after the bytes are stored, and removes the bytes before the row. */
export interface AssetStore {
  insert(asset: Asset): Promise<void>;
  get(id: string): Promise<Asset | undefined>;
  /** Does nothing where there is no such row. */
  remove(id: string): Promise<void>;
  /** At most `limit` assets whose `expiresAt` is not after `now` (milliseconds since the epoch), oldest first. */
  expired(now: number, limit: number): Promise<readonly Asset[]>;
}
