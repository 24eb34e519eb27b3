import type { AssetStore } from './asset-store.ts';
import type { Fetcher } from './fetch.ts';
import type { MediaTools } from './ffmpeg.ts';
import type { Links } from './links.ts';
import type { MediaStorage } from './storage.ts';
import type { Turnstile } from './turnstile.ts';

export interface LibraryLimits {
  /** Of one input that a task fetches. */
  readonly maxInputBytes: number;
  /** How long what a task fetched or converted is kept, in milliseconds. */
  readonly inputLifetimeMs: number;
  /** Nothing is taken in when less disk than this is free. Default 256 MB. */
  readonly minimumFreeBytes?: number;
  /** Files probed at once. Default 4. */
  readonly maxProbes?: number;
  /** Videos converted at once. Default 2. */
  readonly maxConversions?: number;
}

export interface LibraryOptions {
  readonly storage: MediaStorage;
  readonly assets: AssetStore;
  readonly fetcher: Fetcher;
  readonly tools: MediaTools;
  readonly links: Links;
  readonly limits: LibraryLimits;
  /** For temporary files; best on the storage's own filesystem. */
  readonly folder: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newId: () => string;
}

/** What the library's parts share. */
export interface LibraryContext extends LibraryOptions {
  readonly probes: Turnstile;
  /** Apart from the probes: a conversion takes minutes, and an upload must not wait for it. */
  readonly conversions: Turnstile;
}
