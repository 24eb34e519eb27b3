/**
 * The lines an artist would draw: differences of brightness from what surrounds a pixel, dark on the dark side of an outline.
 * Blurs keep grain and compression from becoming lines.
 */
import type { Size } from '../geometry.ts';
import { boxBlur } from './box-blur.ts';
import { createEnlarger } from './enlarge.ts';

/** What surrounds a pixel is soft: it is found at half size. */
export function halfOf({ width, height }: Size): Size {
  return { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
}

/** Mean brightness of each four pixels, 0 to 255. */
export function halfLight(rgb: Uint8Array, size: Size, light: Float32Array): void {
  const half = halfOf(size);
  for (let y = 0, i = 0; y < half.height; y += 1) {
    const top = y * 2 * size.width * 3;
    const bottom = Math.min(size.height - 1, y * 2 + 1) * size.width * 3;
    for (let x = 0; x < half.width; x += 1, i += 1) {
      const near = x * 6;
      const next = Math.min(size.width - 1, x * 2 + 1) * 3;
      let sum = 0;
      for (let c = 0; c < 3; c += 1) {
        const weight = c === 0 ? 77 : c === 1 ? 151 : 28;
        const upper = (rgb[top + near + c] as number) + (rgb[top + next + c] as number);
        sum += weight * (upper + (rgb[bottom + near + c] as number) + (rgb[bottom + next + c] as number));
      }
      light[i] = sum / 1024;
    }
  }
}

export interface Surroundings {
  /** `light` is the brightness of each pixel. */
  readonly read: (light: Uint8Array) => void;
  /** What surrounds each pixel, at half size. */
  readonly values: Float32Array;
  /** What surrounds each pixel of row `y`, valid until the next call. */
  readonly row: (y: number) => Float32Array;
}

export function createSurroundings(size: Size, radius: number): Surroundings {
  const half = halfOf(size);
  const values = new Float32Array(half.width * half.height);
  const blur = { plane: half, radius: Math.max(1, Math.round(radius / 2)) };
  const full = { fullWidth: size.width, fullHeight: size.height };
  const { row } = createEnlarger({ values, ...half, channels: 1, ...full });
  return {
    ...{ values, row },
    read(light) {
      for (let y = 0, i = 0; y < half.height; y += 1) {
        const top = y * 2 * size.width;
        const bottom = Math.min(size.height - 1, y * 2 + 1) * size.width;
        for (let x = 0; x < half.width; x += 1, i += 1) {
          const next = Math.min(size.width - 1, x * 2 + 1);
          const upper = (light[top + x * 2] as number) + (light[top + next] as number);
          values[i] = (upper + (light[bottom + x * 2] as number) + (light[bottom + next] as number)) / 4;
        }
      }
      boxBlur(values, values, blur);
      boxBlur(values, values, blur);
    },
  };
}
