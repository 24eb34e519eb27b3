/** Which stretches of a full-size row are sky alone or ground alone: most are, and nothing has to be told of their pixels. */
import type { Size } from '../geometry.ts';
import type { SkyMask } from './sky-mask.ts';

/** What a soft pixel is; added up, what it and all around it are. */
const GROUND = 1;
const SKY = 2;
const BOTH = 4;
/** Where what stands before the sky reaches less far than this, nothing does. */
const LEAST_REACH = 0.005;

export interface SkyRuns {
  /** Reads the frame that the mask has read. */
  readonly read: () => void;
  /** Fills what of row `y` is sky or ground alone; returns how many columns of `bounds` tell of the rest, `from` and `to` by turns. */
  readonly find: (y: number, share: Float32Array) => number;
  readonly bounds: Int32Array;
}

/** Marks each soft pixel by what it and its neighbours are; `across` is room for one pass. */
function markKinds({ soft, alpha, things }: SkyMask, across: Uint8Array, kinds: Uint8Array): void {
  const { width, height } = soft;
  for (let i = 0; i < kinds.length; i += 1) {
    const share = alpha[i] as number;
    kinds[i] = share === 0 ? GROUND : share === 1 && (things.reach[i] as number) < LEAST_REACH ? SKY : BOTH;
  }
  for (let y = 0, i = 0; y < height; y += 1) {
    for (const end = i + width; i < end; i += 1) {
      const left = i === end - width ? 0 : (kinds[i - 1] as number);
      across[i] = left | (kinds[i] as number) | (i === end - 1 ? 0 : (kinds[i + 1] as number));
    }
  }
  for (let i = 0; i < kinds.length; i += 1) {
    const upper = i < width ? 0 : (across[i - width] as number);
    kinds[i] = upper | (across[i] as number) | (i + width < kinds.length ? (across[i + width] as number) : 0);
  }
}

export function createSkyRuns(mask: SkyMask, size: Size): SkyRuns {
  const { width, height, factor } = mask.soft;
  const kinds = new Uint8Array(width * height);
  const across = new Uint8Array(kinds.length);
  const bounds = new Int32Array(width * 2 + 2);
  const isWhole = (kind: number) => kind === GROUND || kind === SKY;
  return {
    bounds,
    read: () => markKinds(mask, across, kinds),
    find(y, share) {
      const row = Math.min(height - 1, Math.floor(y / factor)) * width;
      let count = 0;
      for (let x = 0; x < width; ) {
        const kind = kinds[row + x] as number;
        const whole = isWhole(kind);
        const from = x * factor;
        do x += 1;
        while (x < width && (whole ? kinds[row + x] === kind : !isWhole(kinds[row + x] as number)));
        // Soft pixels may end a little before the frame does.
        const to = x === width ? size.width : Math.min(size.width, x * factor);
        if (from >= to) break;
        if (whole) {
          share.fill(kind === SKY ? 1 : 0, from, to);
          continue;
        }
        bounds[count] = from;
        bounds[count + 1] = to;
        count += 2;
      }
      return count;
    },
  };
}
