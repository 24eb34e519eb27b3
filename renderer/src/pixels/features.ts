/** A small copy of a frame as brightness, two colour differences and texture: what masks and motion are measured on. */
import { boxBlur, type Plane } from './box-blur.ts';
import { clamp } from './numbers.ts';

const TEXTURE_RADIUS = 4;
const TEXTURE_LIMIT = 0.3;

export interface Features extends Plane {
  /** Full-size pixels per pixel here. */
  readonly factor: number;
  /** Brightness, 0 to 1. */
  readonly luma: Float32Array;
  /** Blue and red differences, about -128 to 128. */
  readonly blue: Float32Array;
  readonly red: Float32Array;
  /** Mean local change of brightness. */
  readonly texture: Float32Array;
  /** Local change of brightness, not averaged. */
  readonly edges: Float32Array;
  /** Colour class: 4 bits each of brightness, blue and red difference. */
  readonly bins: Uint16Array;
  readonly scratch: Float32Array;
}

export const COLOUR_BINS = 4096;

export function createFeatures(fullWidth: number, fullHeight: number, factor: number): Features {
  const width = Math.floor(fullWidth / factor);
  const height = Math.floor(fullHeight / factor);
  const channel = () => new Float32Array(width * height);
  return {
    ...{ width, height, factor, bins: new Uint16Array(width * height) },
    ...{ luma: channel(), blue: channel(), red: channel(), texture: channel(), edges: channel(), scratch: channel() },
  };
}

function readColours(features: Features, rgb: Uint8Array, fullWidth: number): void {
  const { width, height, factor, luma, blue, red, bins } = features;
  // Two samples per side are enough: a larger factor skips pixels, and what it skips is averaged by the texture blur.
  const step = Math.max(1, factor >> 1) * 3;
  const below = Math.max(1, factor >> 1) * fullWidth * 3;
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      const a = (y * factor * fullWidth + x * factor) * 3;
      const b = a + below;
      const r = ((rgb[a] as number) + (rgb[a + step] as number) + (rgb[b] as number) + (rgb[b + step] as number)) / 4;
      const g =
        ((rgb[a + 1] as number) +
          (rgb[a + step + 1] as number) +
          (rgb[b + 1] as number) +
          (rgb[b + step + 1] as number)) /
        4;
      const c =
        ((rgb[a + 2] as number) +
          (rgb[a + step + 2] as number) +
          (rgb[b + 2] as number) +
          (rgb[b + step + 2] as number)) /
        4;
      const light = 0.299 * r + 0.587 * g + 0.114 * c;
      const blueness = (c - light) * 0.564;
      const redness = (r - light) * 0.713;
      luma[i] = light / 255;
      blue[i] = blueness;
      red[i] = redness;
      bins[i] = ((light / 16) << 8) | (clamp((blueness + 64) >> 3, 0, 15) << 4) | clamp((redness + 64) >> 3, 0, 15);
    }
  }
}

export function readFeatures(features: Features, rgb: Uint8Array, fullWidth: number): void {
  readColours(features, rgb, fullWidth);
  const { width, height, luma, edges, texture, scratch } = features;
  for (let y = 0, i = 0; y < height; y += 1) {
    const down = y < height - 1 ? width : 0;
    for (let x = 0; x < width; x += 1, i += 1) {
      const here = luma[i] as number;
      const right = luma[x < width - 1 ? i + 1 : i] as number;
      const change = Math.abs(right - here) + Math.abs((luma[i + down] as number) - here);
      edges[i] = Math.min(change, TEXTURE_LIMIT);
    }
  }
  boxBlur(edges, texture, { plane: features, radius: TEXTURE_RADIUS, scratch });
}
