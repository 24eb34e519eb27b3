import type { Readable } from 'node:stream';
import type { Asset } from '../../contract/index.ts';
import { ReelayError } from '../../errors.ts';
import type { MediaLibrary } from '../../media/library.ts';
import type { Delay, Machine } from './machine.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

const fileDelay: Delay = { probability: 0.2, longestMs: 200 };
const transferDelay: Delay = { probability: 0.5, longestMs: 60_000 };

interface Item {
  readonly asset: Asset;
  /** The job that a result is of. */
  readonly job?: string;
}

export interface ShelfSurroundings {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly newId: () => string;
  readonly isKind: () => boolean;
  readonly bytes: WeakMap<Readable, string>;
}

/** Files that outlive the processes which made them. They hold no bytes, only which job they came from. */
export class Shelf {
  readonly items = new Map<string, Item>();
  readonly #surroundings: ShelfSurroundings;

  constructor(surroundings: ShelfSurroundings) {
    this.#surroundings = surroundings;
  }

  /** The library as a process has it. */
  libraryOf(machine: Machine): MediaLibrary {
    const { random, bytes, isKind } = this.#surroundings;
    const at = async <Answer>(place: string, work: () => Answer, delay = fileDelay): Promise<Answer> => {
      const answer = await machine.seam(place, delay, work);
      return machine.seam(`${place}, done`, fileDelay, () => answer);
    };
    return {
      ingest: ({ source }) =>
        at(
          'storing a result',
          () => {
            if (!isKind() && random.chance(0.05)) throw new ReelayError('storage_full', 'the disk is full');
            const job = 'path' in source ? source.path : 'stream' in source ? bytes.get(source.stream as Readable) : '';
            return this.#add('output', job ?? '');
          },
          transferDelay,
        ),
      prepareInput: ({ signal }) =>
        at(
          'fetching an input',
          () => {
            if (signal?.aborted === true || (!isKind() && random.chance(0.1))) {
              throw new ReelayError('input_unreachable', 'the input did not come');
            }
            return this.#add('input');
          },
          transferDelay,
        ),
      get: (id) => at('looking up a file', () => this.items.get(id)?.asset),
      materialise: () => at('opening a file', () => '/dev/null'),
      link: () => 'https://files.example/x',
      open: async () => undefined,
      remove: (id) => at('removing a file', () => void this.items.delete(id)),
      sweepExpired: async () => 0,
    };
  }

  #add(purpose: Asset['purpose'], job?: string): Asset {
    const { newId, timeline } = this.#surroundings;
    const asset: Asset = {
      id: newId(),
      accountId: 'account',
      purpose,
      storageKey: 'none',
      filename: 'file.mp4',
      sizeBytes: 1,
      sha256: '',
      probe: { kind: 'video', container: 'mp4', demuxer: 'mov', contentType: 'video/mp4' },
      createdAt: timeline.now,
      expiresAt: timeline.now + 86_400_000,
    };
    this.items.set(asset.id, { asset, ...(job !== undefined && { job }) });
    return asset;
  }
}
