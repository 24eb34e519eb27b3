import { ReelayError } from '../errors.ts';
import { unreadable } from './file-structure.ts';

/** What may be decoded: 8K video is 33 megapixels, and a decoded frame of this size takes 60 to 160 MB. */
export const maximumPixels = 40_000_000;
const longestSide = 16_384;

export function tooManyPixels(width: number, height: number): ReelayError {
  return new ReelayError(
    'input_dimensions',
    `is ${width}x${height}; at most ${maximumPixels / 1e6} megapixels and ${longestSide} pixels a side are taken`,
  );
}

export function checkDimensions(width: number, height: number): void {
  if (width < 1 || height < 1) throw unreadable('is damaged: it has no width or height');
  if (width * height > maximumPixels || Math.max(width, height) > longestSide) throw tooManyPixels(width, height);
}
