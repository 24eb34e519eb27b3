/** Puts another sky behind a video's ground, lights the ground by it, and lets water mirror it. */
import type { Size } from '../geometry.ts';
import { createSkyTrack } from '../motion/sky-track.ts';
import { createEnlarger, type Enlarger } from './enlarge.ts';
import { createMirrorWater, type MirrorWater } from './mirror-water.ts';
import { clamp, mix } from './numbers.ts';
import type { SkyPalette } from './palette.ts';
import { createRelight, type Light } from './relight.ts';
import { createSkyBuffer, paintSky } from './sky.ts';
import { lightFrom } from './sky-light.ts';
import type { SkyMatte } from './sky-matte.ts';
import { createStars, eachStarPixel } from './stars.ts';

/** Below this the first frame's mask is not believed: the whole frame is graded, which is never wrong, only less. */
export const LEAST_CONFIDENCE = 0.36;
/** Brightness of ripples is kept within these shares of the water's mean. */
const RIPPLE_RANGE = [0.55, 1.5] as const;
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
  readonly start: number;
  readonly share: Float32Array;
  readonly sky: Float32Array;
  readonly meanLuma: number;
  readonly strength: number;
}

/** The sky's colours with the ripples' own light and shadow. */
function mirrorRow(row: MirroredRow, out: Uint8Array): void {
  const { source, start, share, sky, meanLuma, strength } = row;
  const gain = 1 / (255 * Math.max(0.05, meanLuma));
  for (let x = 0, o = start, i = 0; i < sky.length; x += 1, o += 3, i += 3) {
    const amount = (share[x] as number) * WATER_STRENGTH * strength;
    if (amount < 0.004) continue;
    const light =
      (0.3 * (source[o] as number) + 0.59 * (source[o + 1] as number) + 0.11 * (source[o + 2] as number)) * gain;
    const ripple = clamp(light, RIPPLE_RANGE[0], RIPPLE_RANGE[1]) * 0.84;
    out[o] = clamp(mix(out[o] as number, (sky[i] as number) * ripple, amount) + 0.5, 0, 255);
    out[o + 1] = clamp(mix(out[o + 1] as number, (sky[i + 1] as number) * ripple, amount) + 0.5, 0, 255);
    out[o + 2] = clamp(mix(out[o + 2] as number, (sky[i + 2] as number) * ripple, amount) + 0.5, 0, 255);
  }
}

interface Rows {
  readonly sky: Enlarger;
  readonly water: Enlarger;
}

function createRows(
  { mask }: SkyMatte,
  water: MirrorWater,
  sky: { width: number; height: number; rgb: Float32Array },
  size: Size,
): Rows {
  const full = { fullWidth: size.width, fullHeight: size.height };
  const { width, height, factor } = mask.soft;
  // Soft pixels stand over the frame's borders, or end a little before them; the enlarged rows are never shorter than the frame's.
  const covered = {
    fullWidth: Math.max(size.width, width * factor),
    fullHeight: Math.max(size.height, height * factor),
  };
  return {
    sky: createEnlarger({ values: sky.rgb, width: sky.width, height: sky.height, channels: 3, ...full }),
    water: createEnlarger({ values: water.share, width, height, channels: 1, ...covered }),
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
  const rows = createRows(matte, water, sky, size);
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
      const start = y * stride;
      mirrorRow(
        { source, start, share: rows.water.row(y), sky: rows.sky.row(mirrored), meanLuma: water.luma(), strength },
        out,
      );
    }
  };
}
