/** A small copy of a frame as brightness, two colour differences and texture: what masks and motion are measured on. */
import { copyIn, copyOut, kernels, planesOf, SPARE_BYTES } from '../kernels.ts';
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
}

export const COLOUR_BINS = 4096;

export function createFeatures(fullWidth: number, fullHeight: number, factor: number): Features {
  return emptyFeatures(Math.floor(fullWidth / factor), Math.floor(fullHeight / factor), factor);
}

/** Room for the same picture in half of its size; squares of four that stand over the border repeat it. */
export function createHalf({ width, height, factor }: Features): Features {
  return emptyFeatures((width + 1) >> 1, (height + 1) >> 1, factor * 2);
}

function emptyFeatures(width: number, height: number, factor: number): Features {
  const channel = () => new Float32Array(width * height);
  return {
    ...{ width, height, factor, bins: new Uint16Array(width * height) },
    ...{ luma: channel(), blue: channel(), red: channel(), texture: channel(), edges: channel() },
  };
}

/** Fills the colour classes of rows `from` to `to` of a picture that was read. */
export function classifyColours({ width, luma, blue, red, bins }: Features, from: number, to: number): void {
  for (let i = from * width, end = to * width; i < end; i += 1) {
    const u = clamp(((blue[i] as number) + 64) >> 3, 0, 15);
    const v = clamp(((red[i] as number) + 64) >> 3, 0, 15);
    bins[i] = (((luma[i] as number) * (255 / 16)) << 8) | (u << 4) | v;
  }
}

function readColours(features: Features, rgb: Uint8Array, fullWidth: number): void {
  const { width, height, factor, luma, blue, red } = features;
  // Two samples per side are enough: a larger factor skips pixels, and what it skips is averaged by the texture blur.
  const step = Math.max(1, factor >> 1) * 3;
  const below = Math.max(1, factor >> 1) * fullWidth * 3;
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let a = y * factor * fullWidth * 3, end = i + width; i < end; i += 1, a += factor * 3) {
      const b = a + step;
      const c = a + below;
      const d = c + step;
      const sumRed = (rgb[a] as number) + (rgb[b] as number) + (rgb[c] as number) + (rgb[d] as number);
      const sumGreen =
        (rgb[a + 1] as number) + (rgb[b + 1] as number) + (rgb[c + 1] as number) + (rgb[d + 1] as number);
      const sumBlue = (rgb[a + 2] as number) + (rgb[b + 2] as number) + (rgb[c + 2] as number) + (rgb[d + 2] as number);
      const light = 0.07475 * sumRed + 0.14675 * sumGreen + 0.0285 * sumBlue;
      const blueness = (sumBlue * 0.25 - light) * 0.564;
      const redness = (sumRed * 0.25 - light) * 0.713;
      luma[i] = light * (1 / 255);
      blue[i] = blueness;
      red[i] = redness;
    }
  }
}

function halve(source: Float32Array, from: Features, target: Float32Array, to: Features): void {
  for (let y = 0, o = 0; y < to.height; y += 1) {
    const top = 2 * y * from.width;
    const down = 2 * y + 1 < from.height ? from.width : 0;
    for (let x = 0, i = top; x < from.width >> 1; x += 1, i += 2, o += 1) {
      const upper = (source[i] as number) + (source[i + 1] as number);
      target[o] = (upper + (source[i + down] as number) + (source[i + down + 1] as number)) * 0.25;
    }
    if (from.width % 2 === 0) continue;
    const last = top + from.width - 1;
    target[o] = ((source[last] as number) + (source[last + down] as number)) / 2;
    o += 1;
  }
}

/** Fills what `createHalf` made from a frame that was read, but for its `edges`. */
export function readHalf(from: Features, half: Features): void {
  halve(from.luma, from, half.luma, half);
  halve(from.blue, from, half.blue, half);
  halve(from.red, from, half.red, half);
  halve(from.texture, from, half.texture, half);
}

/** Reads all but the colour classes. */
export function readFeatures(features: Features, rgb: Uint8Array, fullWidth: number): void {
  readColours(features, rgb, fullWidth);
  const { width, height, luma, edges, texture } = features;
  const [lumaAt = 0, edgesAt = 0] = planesOf(width * height + SPARE_BYTES, 2);
  copyIn(luma, lumaAt);
  kernels.measureChange(lumaAt, edgesAt, width, height, TEXTURE_LIMIT);
  copyOut(edgesAt, edges);
  boxBlur(edges, texture, { plane: features, radius: TEXTURE_RADIUS });
}
