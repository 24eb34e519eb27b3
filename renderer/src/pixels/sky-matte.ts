/**
 * The sky's share of every full-size pixel, and the ground without the old sky's light in it: between stems of grass and
 * along soft edges a pixel is partly sky, and what it has of the old one would show as a fringe under the new one.
 */
import type { Size } from '../geometry.ts';
import { maskFactor } from './picture.ts';
import { createSkyMask, type SkyMask, sharpen } from './sky-mask.ts';
import { createSkyRuns } from './sky-runs.ts';
import { coverOf, isOpenSky } from './sky-things.ts';
import { between, createSoftRows, type SoftRows, type Stretch } from './soft-rows.ts';

/** Shares below the first are ground alone, above the second sky alone. */
const GROUND_SHARE = 0.004;
const SKY_SHARE = 0.996;
/** Where what stands before the sky reaches less far than this, the guided mask is believed. */
const LEAST_REACH = 0.02;

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

/** One channel of a row for each soft plane that is read at full size. */
function createChannels(width: number) {
  const channel = () => new Float32Array(width);
  const [slope, offset, reach] = [channel(), channel(), channel()];
  return { slope, offset, reach, luma: channel(), blue: channel(), red: channel() };
}

interface Reading {
  readonly mask: SkyMask;
  readonly rows: SoftRows;
  readonly channels: ReturnType<typeof createChannels>;
  /** Packed RGB of the whole frame, `stride` bytes a row. */
  readonly frame: Uint8Array;
  readonly stride: number;
}

function blendBackdrop({ mask, rows, channels }: Reading, stretch: Stretch): void {
  rows.blend(mask.backdrop.luma, stretch, channels.luma);
  rows.blend(mask.backdrop.blue, stretch, channels.blue);
  rows.blend(mask.backdrop.red, stretch, channels.red);
}

/** Fills the shares of pixels that may be of both. */
function fillShare(reading: Reading, stretch: Stretch, share: Float32Array): void {
  const { mask, rows, channels, frame, stride } = reading;
  const { slope, offset, reach, luma: lumas, blue: blues, red: reds } = channels;
  rows.blend(mask.filter.slope, stretch, slope);
  rows.blend(mask.filter.offset, stretch, offset);
  rows.blend(mask.things.reach, stretch, reach);
  blendBackdrop(reading, stretch);
  const [forLuma = 0, forBlue = 0, forRed = 0] = mask.guide.weights;
  for (let x = stretch.from, o = stretch.y * stride + x * 3; x < stretch.to; x += 1, o += 3) {
    const l = rows.left[x] as number;
    const t = rows.right[x] as number;
    const r = frame[o] as number;
    const b = frame[o + 2] as number;
    const light = 0.299 * r + 0.587 * (frame[o + 1] as number) + 0.114 * b;
    const luma = light * (1 / 255);
    const blue = (b - light) * 0.564;
    const red = (r - light) * 0.713;
    const guide = luma * forLuma + blue * forBlue + red * forRed;
    const value = sharpen(between(slope, l, t) * guide + between(offset, l, t));
    const near = between(reach, l, t);
    if (value < GROUND_SHARE || near < LEAST_REACH) {
      share[x] = value;
      continue;
    }
    const skyLuma = between(lumas, l, t);
    const skyBlue = between(blues, l, t);
    const skyRed = between(reds, l, t);
    const isOpen = isOpenSky(skyLuma - luma, blue - skyBlue, red - skyRed, skyLuma);
    const thing = isOpen ? 0 : coverOf(luma, blue, red, skyLuma, skyBlue, skyRed);
    share[x] = Math.min(value, 1 - thing * Math.min(1, near * 1.6));
  }
}

/** Takes the sky's share of the sky's colour out of pixels that may be of both; `out` is packed RGB of the row. */
function clean(reading: Reading, stretch: Stretch, share: Float32Array, out: Uint8Array): void {
  const { rows, channels, frame, stride } = reading;
  blendBackdrop(reading, stretch);
  for (let x = stretch.from, i = x * 3, o = stretch.y * stride + i; x < stretch.to; x += 1, i += 3, o += 3) {
    const alpha = share[x] as number;
    if (alpha < GROUND_SHARE || alpha > SKY_SHARE) continue;
    const l = rows.left[x] as number;
    const t = rows.right[x] as number;
    const light = between(channels.luma, l, t) * 255;
    const skyRed = light + between(channels.red, l, t) / 0.713;
    const skyBlue = light + between(channels.blue, l, t) / 0.564;
    const skyGreen = (light - 0.299 * skyRed - 0.114 * skyBlue) / 0.587;
    const inverse = 1 / (1 - alpha);
    out[i] = Math.min(255, Math.max(0, ((frame[o] as number) - alpha * skyRed) * inverse));
    out[i + 1] = Math.min(255, Math.max(0, ((frame[o + 1] as number) - alpha * skyGreen) * inverse));
    out[i + 2] = Math.min(255, Math.max(0, ((frame[o + 2] as number) - alpha * skyBlue) * inverse));
  }
}

export function createSkyMatte(size: Size): SkyMatte {
  const mask = createSkyMask(size.width, size.height, { factor: maskFactor(size), halved: true });
  const { soft, boundary, features } = mask;
  const runs = createSkyRuns(mask, size);
  const stride = size.width * 3;
  const share = new Float32Array(size.width);
  const ground = new Uint8Array(stride);
  const still = { mask, rows: createSoftRows(soft, size), channels: createChannels(soft.width), stride };
  let reading: Reading = { ...still, frame: ground };
  /** Columns of `runs.bounds` for the row that was read last. */
  let count = 0;
  const stretchAt = (y: number, run: number): Stretch => {
    return { y, from: runs.bounds[run] as number, to: runs.bounds[run + 1] as number };
  };

  return {
    ...{ mask, confidence: mask.confidence },
    end: () => Math.min(size.height, boundary.reduce((most, row) => Math.max(most, row), 0) * features.factor + 24),
    row(y) {
      count = runs.find(y, share);
      for (let run = 0; run < count; run += 2) fillShare(reading, stretchAt(y, run), share);
      return share;
    },
    ground(y) {
      ground.set(reading.frame.subarray(y * stride, (y + 1) * stride));
      for (let run = 0; run < count; run += 2) clean(reading, stretchAt(y, run), share, ground);
      return ground;
    },
    read(frame) {
      reading = { ...still, frame };
      mask.read(frame);
      runs.read();
    },
  };
}
