/** Colour grades: a function over each pixel and its brightness, with grain where film has it. Each works in place. */
import type { Size } from '../geometry.ts';
import { clamp } from './numbers.ts';

export type FrameStyle = (rgb: Uint8Array, frame: number) => void;

/** Changes three channels of `pixel`, given where the pixel is. */
export type PixelGrade = (pixel: Float32Array, light: number, x: number, y: number) => void;

export function graded(size: Size, grade: PixelGrade): FrameStyle {
  const pixel = new Float32Array(3);
  return (rgb) => {
    for (let y = 0, o = 0; y < size.height; y += 1) {
      for (let x = 0; x < size.width; x += 1, o += 3) {
        const r = rgb[o] as number;
        const g = rgb[o + 1] as number;
        const b = rgb[o + 2] as number;
        pixel[0] = r;
        pixel[1] = g;
        pixel[2] = b;
        grade(pixel, 0.3 * r + 0.59 * g + 0.11 * b, x, y);
        rgb[o] = clamp(pixel[0], 0, 255);
        rgb[o + 1] = clamp(pixel[1], 0, 255);
        rgb[o + 2] = clamp(pixel[2], 0, 255);
      }
    }
  };
}

export function setPixel(pixel: Float32Array, red: number, green: number, blue: number): void {
  pixel[0] = red;
  pixel[1] = green;
  pixel[2] = blue;
}

/** Moves the colours away from grey (above 1) or towards it. */
export function saturate(pixel: Float32Array, light: number, amount: number): void {
  const grey = light * (1 - amount);
  pixel[0] = (pixel[0] as number) * amount + grey;
  pixel[1] = (pixel[1] as number) * amount + grey;
  pixel[2] = (pixel[2] as number) * amount + grey;
}

/** -15.5 to 15.5, mixed well enough that no lines show. */
function grain(frame: number, index: number): number {
  let mixed = Math.imul(index ^ Math.imul(frame + 1, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed >>> 16) & 31) - 15.5;
}

/** Grain that is new in every frame, as film has it. */
export function addGrain(rgb: Uint8Array, frame: number, strength: number): void {
  for (let o = 0, i = 0; o < rgb.length; o += 3, i += 1) {
    const added = grain(frame, i) * strength;
    for (let channel = 0; channel < 3; channel += 1)
      rgb[o + channel] = clamp((rgb[o + channel] as number) + added, 0, 255);
  }
}
