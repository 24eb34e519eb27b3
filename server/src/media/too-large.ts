import { ReelayError } from '../errors.ts';

const mebibyte = 1_048_576;

/** Megabytes as the operator set them: limits are round in one of the two units. */
function megabytes(bytes: number): string {
  return String(bytes % mebibyte === 0 ? bytes / mebibyte : Math.round(bytes / 1e5) / 10);
}

export function tooLarge(maxBytes: number): ReelayError {
  return new ReelayError('input_too_large', `is larger than the ${megabytes(maxBytes)} MB that are taken`);
}
