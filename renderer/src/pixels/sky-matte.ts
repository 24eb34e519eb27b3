/**
 * The sky's share of every full-size pixel, and the ground without the old sky's light in it: between stems of grass and
 * along soft edges a pixel is partly sky, and what it has of the old one would show as a fringe under the new one.
 */
import type { Size } from '../geometry.ts';
import { createEnlarger, type Enlarger } from './enlarge.ts';
import { maskFactor } from './picture.ts';
import { createSkyMask, type SkyMask, sharpen } from './sky-mask.ts';
import { coverOf } from './sky-things.ts';

/** Shares below the first are ground alone, above the second sky alone. */
const GROUND_SHARE = 0.004;
const SKY_SHARE = 0.996;

export interface SkyMatte {
  readonly mask: SkyMask;
  readonly read: (source: Uint8Array) => void;
  readonly confidence: () => number;
  /** The first full-size row from which on there is no sky. */
  readonly end: () => number;
  /** Row `y` of the shares, 0 to 1, valid until the next call. */
  readonly row: (y: number) => Float32Array;
  /** Row `y` of the ground as packed RGB, for the same `y` as the `row` before it; valid until the next call. */
  readonly ground: (y: number) => Uint8Array;
}

interface Backdrop {
  readonly luma: Enlarger;
  readonly blue: Enlarger;
  readonly red: Enlarger;
}

/** Takes the sky's share of the sky's colour out of a row's pixels. */
function cleanRow(
  source: Uint8Array,
  start: number,
  share: Float32Array,
  sky: Record<keyof Backdrop, Float32Array>,
  out: Uint8Array,
): void {
  for (let x = 0, i = 0, o = start; x < share.length; x += 1, i += 3, o += 3) {
    const alpha = share[x] as number;
    const r = source[o] as number;
    const g = source[o + 1] as number;
    const b = source[o + 2] as number;
    if (alpha < GROUND_SHARE || alpha > SKY_SHARE) {
      out[i] = r;
      out[i + 1] = g;
      out[i + 2] = b;
      continue;
    }
    const light = (sky.luma[x] as number) * 255;
    const skyRed = light + (sky.red[x] as number) / 0.713;
    const skyBlue = light + (sky.blue[x] as number) / 0.564;
    const skyGreen = (light - 0.299 * skyRed - 0.114 * skyBlue) / 0.587;
    const inverse = 1 / (1 - alpha);
    out[i] = Math.min(255, Math.max(0, (r - alpha * skyRed) * inverse));
    out[i + 1] = Math.min(255, Math.max(0, (g - alpha * skyGreen) * inverse));
    out[i + 2] = Math.min(255, Math.max(0, (b - alpha * skyBlue) * inverse));
  }
}

export function createSkyMatte(size: Size): SkyMatte {
  const mask = createSkyMask(size.width, size.height, maskFactor(size));
  const { width, height, factor } = mask.features;
  const enlarge = (values: Float32Array) =>
    createEnlarger({ values, width, height, channels: 1, fullWidth: size.width, fullHeight: size.height });
  const slope = enlarge(mask.filter.slope);
  const offset = enlarge(mask.filter.offset);
  const reach = enlarge(mask.things.reach);
  const sky = { luma: enlarge(mask.backdrop.luma), blue: enlarge(mask.backdrop.blue), red: enlarge(mask.backdrop.red) };
  const stride = size.width * 3;
  const share = new Float32Array(size.width);
  const clean = new Uint8Array(stride);
  let frame: Uint8Array = clean;

  function row(y: number): Float32Array {
    const slopes = slope.row(y);
    const offsets = offset.row(y);
    const lights = sky.luma.row(y);
    const blues = sky.blue.row(y);
    const reds = sky.red.row(y);
    const reached = reach.row(y);
    const [forLuma = 0, forBlue = 0, forRed = 0] = mask.guide.weights;
    for (let x = 0, o = y * stride; x < size.width; x += 1, o += 3) {
      const r = frame[o] as number;
      const b = frame[o + 2] as number;
      const light = 0.299 * r + 0.587 * (frame[o + 1] as number) + 0.114 * b;
      const blue = (b - light) * 0.564;
      const red = (r - light) * 0.713;
      const guide = (light / 255) * forLuma + blue * forBlue + red * forRed;
      const value = sharpen((slopes[x] as number) * guide + (offsets[x] as number));
      const near = reached[x] as number;
      if (value < GROUND_SHARE || near < 0.02) {
        share[x] = value;
        continue;
      }
      const luma = light / 255;
      const thing = coverOf(luma, blue, red, lights[x] as number, blues[x] as number, reds[x] as number);
      share[x] = Math.min(value, 1 - thing * Math.min(1, near * 1.6));
    }
    return share;
  }

  return {
    ...{ mask, row, confidence: mask.confidence },
    end: () => Math.min(size.height, mask.boundary.reduce((most, low) => Math.max(most, low), 0) * factor + 24),
    ground(y) {
      cleanRow(frame, y * stride, share, { luma: sky.luma.row(y), blue: sky.blue.row(y), red: sky.red.row(y) }, clean);
      return clean;
    },
    read(source) {
      frame = source;
      mask.read(source);
    },
  };
}
