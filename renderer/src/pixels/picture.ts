/** A still picture prepared for warping: packed pixels, and a depth for each. */
import type { Size } from '../geometry.ts';
import { boxBlur } from './box-blur.ts';
import { mix, smoothstep } from './numbers.ts';
import { createSkyMask, type SkyMask } from './sky-mask.ts';

export interface Picture extends Size {
  /** One pixel per element: red, green, blue from the lowest byte. Four bilinear taps are four reads instead of twelve. */
  readonly packed: Uint32Array;
}

export interface DepthMap extends Size {
  /** 0 far, about 1 near. */
  readonly values: Float32Array;
}

export function packPicture(rgb: Uint8Array, { width, height }: Size): Picture {
  const packed = new Uint32Array(width * height);
  for (let i = 0, o = 0; i < packed.length; i += 1, o += 3) {
    packed[i] = (rgb[o] as number) | ((rgb[o + 1] as number) << 8) | ((rgb[o + 2] as number) << 16);
  }
  return { width, height, packed };
}

/** The mask's working size stays near 430 pixels wide whatever the frame's. */
export function maskFactor({ width, height }: Size): number {
  return Math.max(2, Math.round(Math.max(width, height) / 430));
}

/** Sky is far, the lower a pixel the nearer, detail a little nearer than what is smooth; blurred wide, so that no edge tears. */
export function estimateDepth(rgb: Uint8Array, size: Size): DepthMap & { readonly mask: SkyMask } {
  const mask = createSkyMask(size.width, size.height, maskFactor(size));
  mask.read(rgb);
  const { width, height, texture, scratch } = mask.features;
  const trusted = mask.confidence() > 0.2 ? 1 : 0.35;
  const values = new Float32Array(width * height);
  for (let i = 0; i < values.length; i += 1) {
    const y = ((i / width) | 0) / height;
    const ground = smoothstep(0.25, 1, y) * 0.75 + 0.2;
    const detail = smoothstep(0.02, 0.09, texture[i] as number) * 0.08;
    values[i] = mix(ground, 0.02, (mask.alpha[i] as number) * trusted) + detail;
  }
  const radius = Math.max(2, Math.round(width * 0.02));
  boxBlur(values, values, { plane: mask.features, radius, scratch });
  boxBlur(values, values, { plane: mask.features, radius, scratch });
  return { width, height, values, mask };
}
