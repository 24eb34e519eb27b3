import { MAX_INPUT_PIXELS } from '@reelay/renderer';
import { ReelayError } from '../errors.ts';
import { unreadable } from './file-structure.ts';

const longestSide = 16_384;

export function tooManyPixels(width: number, height: number): ReelayError {
  return new ReelayError(
    'input_dimensions',
    `is ${width}x${height}; at most ${MAX_INPUT_PIXELS / 1e6} megapixels and ${longestSide} pixels a side are taken`,
  );
}

export function checkDimensions(width: number, height: number): void {
  if (width < 1 || height < 1) throw unreadable('is damaged: it has no width or height');
  if (width * height > MAX_INPUT_PIXELS || Math.max(width, height) > longestSide) throw tooManyPixels(width, height);
}
