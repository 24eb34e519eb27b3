/** Puts another sky behind a video's ground, lights the ground by it, and lets water mirror it. */
import type { Size } from '../geometry.ts';
import { copyIn, copyOut, kernels, roomsOf } from '../kernels.ts';
import { createSkyTrack } from '../motion/sky-track.ts';
import { createMirrorWater, type MirrorWater } from './mirror-water.ts';
import { clamp, mix } from './numbers.ts';
import type { SkyPalette } from './palette.ts';
import { copySkyRows, createRelight, type Light } from './relight.ts';
import { createSkyBuffer, paintSky, type SkyBuffer } from './sky.ts';
import { lightFrom } from './sky-light.ts';
import type { SkyMask } from './sky-mask.ts';
import type { SkyMatte } from './sky-matte.ts';
import { createStars, eachStarPixel } from './stars.ts';

/** Below this the first frame's mask is not believed: the whole frame is graded, which is never wrong, only less. */
export const LEAST_CONFIDENCE = 0.36;
const WATER_STRENGTH = 0.88;

export interface SkyFrame {
  readonly source: Uint8Array;
  readonly seconds: number;
  /** 0 shows the source, 1 the new sky. */
  readonly strength: number;
}

/** Paints one frame after the other, in order. */
export type SkyReplacement = (frame: SkyFrame, out: Uint8Array) => void;

interface MirroredRow {
  readonly source: Uint8Array;
  readonly y: number;
  /** The row of the sky that is seen in it. */
  readonly mirrored: number;
  readonly sky: SkyBuffer;
  readonly strength: number;
}

/** Where a kernel is told of what is soft. */
const STEP_PIXELS = 8;
const SPARE_PIXELS = 32;
const ONE = 32_767;
const DARKEST_WATER = 0.05;

/** Shows the sky in rows of water, for a sky of half the frame's size. */
function createMirrorRow({ soft }: SkyMask, water: MirrorWater, size: Size) {
  const { width, height, factor } = soft;
  // Soft pixels stand over the frame's borders, or end a little before them.
  const scale = Math.min(1 / factor, width / size.width);
  const shares = new Int16Array(Math.ceil(size.width / STEP_PIXELS) + 2);
  const stride = size.width * 3;
  const pixels = size.width + SPARE_PIXELS;
  const skyBytes = (pixels >> 1) * 3 * Float32Array.BYTES_PER_ELEMENT;
  const sizes = [pixels * 3, pixels * 3, shares.byteLength, skyBytes, skyBytes, skyBytes];
  const [sourceAt = 0, target = 0, sharesAt = 0, above = 0, below = 0, room = 0] = roomsOf(sizes);

  /** Whether there is any water in row `y`. */
  function layShares(y: number, strength: number): boolean {
    const position = clamp((y + 0.5) * Math.min(1 / factor, height / size.height) - 0.5, 0, height - 1.001);
    const top = (position | 0) * width;
    const down = position - (position | 0);
    let any = 0;
    for (let step = 0; step < shares.length; step += 1) {
      const place = clamp((step * STEP_PIXELS + 0.5) * scale - 0.5, 0, width - 1.001);
      const at = top + (place | 0);
      const across = place - (place | 0);
      const upper = mix(water.share[at] as number, water.share[at + 1] as number, across);
      const lower = mix(water.share[at + width] as number, water.share[at + width + 1] as number, across);
      const share = (ONE * WATER_STRENGTH * strength * mix(upper, lower, down)) | 0;
      shares[step] = share;
      any |= share;
    }
    return any !== 0;
  }

  return ({ source, y, mirrored, sky, strength }: MirroredRow, out: Uint8Array): void => {
    if (!layShares(y, strength)) return;
    const start = y * stride;
    copyIn(source.subarray(start, start + stride), sourceAt);
    const row = out.subarray(start, start + stride);
    copyIn(row, target);
    copyIn(shares, sharesAt);
    const down = copySkyRows(sky, { y: mirrored, height: size.height }, above, below);
    const gain = 1 / Math.max(DARKEST_WATER, water.luma());
    kernels.mirrorRow(sourceAt, target, sharesAt, above, below, room, down, gain, size.width);
    copyOut(target, row);
  };
}

export interface SkyPainterOptions {
  readonly palette: SkyPalette;
  readonly size: Size;
  readonly seed: number;
  readonly matte: SkyMatte;
}

/** `matte` is read here, once for each frame. */
export function createSkyPainter({ palette, size, seed, matte }: SkyPainterOptions): SkyReplacement {
  const { mask } = matte;
  const track = createSkyTrack(mask, size);
  const relight = createRelight(palette, size);
  const water = createMirrorWater(mask);
  const sky = createSkyBuffer(size.width, size.height);
  const mirrorRow = createMirrorRow(mask, water, size);
  const stars = palette.stars ? createStars(seed) : [];
  const { width, height, factor } = mask.soft;
  const stride = size.width * 3;
  let trusted: boolean | undefined;
  let sunAt: number | undefined;

  function drawStars(view: Light['view'], strength: number, out: Uint8Array): void {
    eachStarPixel(stars, { ...size, ...view, horizon: view.horizon + view.offsetY }, (x, y, light) => {
      const small = Math.min(height - 1, (y / factor) | 0) * width + Math.min(width - 1, (x / factor) | 0);
      const added = light * (mask.alpha[small] as number) ** 2 * strength;
      for (let o = (y * size.width + x) * 3, end = o + 3; o < end; o += 1)
        out[o] = Math.min(255, (out[o] as number) + added);
    });
  }

  return ({ source, seconds, strength }, out) => {
    matte.read(source);
    if (trusted === undefined) {
      trusted = matte.confidence() >= LEAST_CONFIDENCE;
      sunAt = trusted ? lightFrom(mask) : undefined;
    }
    water.read();
    const view = { ...track(), sunAt, seconds, seed: (seed % 89) / 89 };
    const horizon = view.horizon + view.offsetY;
    const light: Light = { view, strength };
    const skyEnd = trusted ? matte.end() : 0;
    if (trusted) paintSky(sky, palette, view, Math.max(skyEnd, Math.min(size.height, horizon)));
    for (let y = 0; y < size.height; y += 1) {
      const cover = y < skyEnd ? { share: matte.row(y), sky } : undefined;
      const row = cover === undefined ? source.subarray(y * stride, (y + 1) * stride) : matte.ground(y);
      relight({ y, row, cover }, light, out);
    }
    if (!trusted) return;
    drawStars(view, strength, out);
    const waterTop = water.top() * factor;
    for (let y = waterTop; y < size.height; y += 1) {
      const mirrored = horizon * (1 - 0.9 * ((y - waterTop) / (size.height - waterTop)) - 0.08);
      mirrorRow({ source, y, mirrored, sky, strength }, out);
    }
  };
}
