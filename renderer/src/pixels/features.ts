/** A small copy of a frame as brightness, two colour differences and texture: what masks and motion are measured on. */
import { copyIn, copyOut, kernels, roomsOf, SPARE_BYTES } from '../kernels.ts';
import type { Plane } from './box-blur.ts';
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

/**
 * Reads all but the colour classes of a frame, and all but those and the edges of its `half`. Two samples per side are enough: a larger factor
 * skips pixels, and what it skips is averaged by the texture blur.
 */
export function readFeatures(features: Features, rgb: Uint8Array, fullWidth: number, half?: Features): void {
  const { width, height, factor, edges } = features;
  const bytes = features.luma.byteLength + SPARE_BYTES;
  const scratchBytes = bytes + width * Float32Array.BYTES_PER_ELEMENT;
  const halfBytes = (half?.luma.byteLength ?? 0) + SPARE_BYTES;
  const rooms = roomsOf([rgb.length + SPARE_BYTES, bytes, bytes, bytes, bytes, scratchBytes, halfBytes]);
  const [picture = 0, luma = 0, blue = 0, red = 0, change = 0, scratch = 0, halved = 0] = rooms;
  copyIn(rgb, picture);
  kernels.readColours(picture, luma, blue, red, width, height, factor, fullWidth);
  kernels.measureChange(luma, change, width, height, TEXTURE_LIMIT);
  copyOut(change, edges);
  kernels.blur(change, scratch, width, height, TEXTURE_RADIUS);
  const planes = { luma, blue, red, texture: change };
  for (const name of ['luma', 'blue', 'red', 'texture'] as const) {
    copyOut(planes[name], features[name]);
    if (half === undefined) continue;
    kernels.halvePlane(planes[name], halved, width, height);
    copyOut(halved, half[name]);
  }
}
