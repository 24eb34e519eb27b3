/**
 * The lines an artist would draw: differences of two blurs of the brightness, dark on the dark side of an outline. Blurs keep
 * grain and compression from becoming lines.
 */
import type { Size } from '../geometry.ts';
import { boxBlur } from './box-blur.ts';

export interface Outlines {
  /** Brightness that is blurred a little, 0 to 255. */
  readonly fine: Float32Array;
  /** The same, blurred wide: what surrounds each pixel. */
  readonly broad: Float32Array;
  readonly read: (rgb: Uint8Array) => void;
}

/** A `fineRadius` of 0 is for pictures that are flat already. */
export function createOutlines(size: Size, fineRadius: number, broadRadius: number): Outlines {
  const count = size.width * size.height;
  const fine = new Float32Array(count);
  const broad = new Float32Array(count);
  const scratch = new Float32Array(count);
  return {
    fine,
    broad,
    read(rgb) {
      for (let i = 0, o = 0; i < count; i += 1, o += 3) {
        fine[i] = 0.3 * (rgb[o] as number) + 0.59 * (rgb[o + 1] as number) + 0.11 * (rgb[o + 2] as number);
      }
      if (fineRadius > 0) boxBlur(fine, fine, { plane: size, radius: fineRadius, scratch });
      boxBlur(fine, broad, { plane: size, radius: broadRadius, scratch });
      boxBlur(broad, broad, { plane: size, radius: broadRadius, scratch });
    },
  };
}
