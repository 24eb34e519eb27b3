/** A still picture prepared for warping: packed pixels, and a depth for each. */
import type { Size } from '../geometry.ts';

export interface Picture extends Size {
  /** One pixel per element: red, green, blue from the lowest byte. Four bilinear taps are four reads instead of twelve. */
  readonly packed: Uint32Array;
}

export interface DepthMap extends Size {
  /** 0 far, about 1 near. */
  readonly values: Float32Array;
}

/** Packs into a picture that is there already. */
export function packPictureInto(rgb: Uint8Array, { packed }: Picture): void {
  for (let i = 0, o = 0; i < packed.length; i += 1, o += 3) {
    packed[i] = (rgb[o] as number) | ((rgb[o + 1] as number) << 8) | ((rgb[o + 2] as number) << 16);
  }
}

export function packPicture(rgb: Uint8Array, { width, height }: Size): Picture {
  const picture = { width, height, packed: new Uint32Array(width * height) };
  packPictureInto(rgb, picture);
  return picture;
}

/** The same in memory that several threads read. */
export function packShared(rgb: Uint8Array, { width, height }: Size): Picture {
  const packed = new Uint32Array(new SharedArrayBuffer(width * height * Uint32Array.BYTES_PER_ELEMENT));
  const picture = { width, height, packed };
  packPictureInto(rgb, picture);
  return picture;
}

/** The mask's working size stays near 430 pixels wide whatever the frame's. */
export function maskFactor({ width, height }: Size): number {
  return Math.max(2, Math.round(Math.max(width, height) / 430));
}
