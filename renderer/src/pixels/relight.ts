/** Lights ground by another sky. */
import type { Size } from '../geometry.ts';
import { smoothstep } from './numbers.ts';
import type { SkyPalette } from './palette.ts';
import { type SkyView, sunPlace } from './sky.ts';

export interface Light {
  readonly view: SkyView;
  /** 0 leaves the picture alone, 1 lights it fully. */
  readonly strength: number;
}

export interface LitRow {
  readonly y: number;
  /** Packed RGB of the row. */
  readonly row: Uint8Array;
  /** Its share of new sky, if there is any. */
  readonly sky: Float32Array | undefined;
}

/** Lights one row into the frame `out`. */
export type Relight = (lit: LitRow, light: Light, out: Uint8Array) => void;

/** Above this share the new sky covers what is under it. */
const COVERED = 0.996;
const SATURATION = 0.85;
/** The sun's glow is soft: it is computed at one pixel in 16. */
const GLOW_BITS = 4;
const GLOW_STEP = 1 << GLOW_BITS;
/** Colours are whole numbers with this many bits of fraction: three times as fast as floats that are clamped. */
const BITS = 8;
const ONE = 1 << BITS;
const HALF = ONE >> 1;
const GAIN_BITS = 12;

/** What a channel's value becomes by the pixel's brightness: `value * gain + base`. */
interface Channel {
  readonly gain: Int32Array;
  readonly base: Int32Array;
}

/** Less saturated, exposed and tinted, and highlights in the air's colour. */
function channelOf({ tint, exposure, haze }: SkyPalette, channel: 0 | 1 | 2): Channel {
  const gain = new Int32Array(256);
  const base = new Int32Array(256);
  const light = tint[channel] * exposure;
  for (let luma = 0; luma < 256; luma += 1) {
    const highlight = smoothstep(150, 240, luma) * 0.18;
    const kept = light * (1 - highlight);
    gain[luma] = Math.round(kept * SATURATION * (1 << GAIN_BITS));
    base[luma] = Math.round((luma * kept * (1 - SATURATION) + highlight * haze[channel]) * ONE);
  }
  return { gain, base };
}

/** Warm light about a low sun, along row `y`. */
function layGlow(palette: SkyPalette, { view }: Light, y: number, { width, height }: Size, glow: Int32Array): void {
  const place = sunPlace(palette, view, width);
  if (place === undefined) return;
  const dy = (y - place.y) / height;
  const most = 0.12 * (palette.sun?.strength ?? 0) * palette.exposure * ONE;
  for (let i = 0; i < glow.length; i += 1) {
    const dx = (i * GLOW_STEP - place.x) / height;
    glow[i] = Math.round(most / (1 + (dx * dx + dy * dy) * 5));
  }
}

/** Far parts go into the air's colour, those about a low sun are warm. */
export function createRelight(palette: SkyPalette, size: Size): Relight {
  const [reds, greens, blues] = [channelOf(palette, 0), channelOf(palette, 1), channelOf(palette, 2)] as const;
  const glow = new Int32Array(Math.ceil(size.width / GLOW_STEP) + 1);
  const [red, green, blue] = palette.sun?.colour ?? [0, 0, 0];
  const [sunRed, sunGreen, sunBlue] = [Math.round(red), Math.round(green * 0.7), Math.round(blue * 0.35)];
  const air = palette.haze;
  return ({ row, y, sky }, light, out) => {
    layGlow(palette, light, y, size, glow);
    const { horizon } = light.view;
    const far = smoothstep(horizon + size.height * 0.38, horizon - size.height * 0.1, y) * 0.13;
    const near = Math.round((1 - far) * 256);
    const [airRed, airGreen, airBlue] = air.map((value) => Math.round(value * far * ONE) + HALF) as [
      number,
      number,
      number,
    ];
    const strength = Math.round(light.strength * 256);
    const covered = sky !== undefined && light.strength === 1;
    for (let x = 0, i = 0, o = y * size.width * 3; x < size.width; x += 1, i += 3, o += 3) {
      if (covered && (sky[x] as number) > COVERED) continue;
      const red = row[i] as number;
      const green = row[i + 1] as number;
      const blue = row[i + 2] as number;
      const luma = (77 * red + 151 * green + 28 * blue) >> 8;
      const at = x >> GLOW_BITS;
      const start = glow[at] as number;
      const warm = start + ((((glow[at + 1] as number) - start) * (x & (GLOW_STEP - 1))) >> GLOW_BITS);
      let r = (red * (reds.gain[luma] as number)) >> (GAIN_BITS - BITS);
      let g = (green * (greens.gain[luma] as number)) >> (GAIN_BITS - BITS);
      let b = (blue * (blues.gain[luma] as number)) >> (GAIN_BITS - BITS);
      r = ((((r + (reds.base[luma] as number)) * near) >> 8) + airRed + warm * sunRed) >> BITS;
      g = ((((g + (greens.base[luma] as number)) * near) >> 8) + airGreen + warm * sunGreen) >> BITS;
      b = ((((b + (blues.base[luma] as number)) * near) >> 8) + airBlue + warm * sunBlue) >> BITS;
      r = red + (((r - red) * strength) >> 8);
      g = green + (((g - green) * strength) >> 8);
      b = blue + (((b - blue) * strength) >> 8);
      out[o] = r < 0 ? 0 : r > 255 ? 255 : r;
      out[o + 1] = g < 0 ? 0 : g > 255 ? 255 : g;
      out[o + 2] = b < 0 ? 0 : b > 255 ? 255 : b;
    }
  };
}
