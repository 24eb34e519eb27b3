/** Lights ground by another sky. */
import type { Size } from '../geometry.ts';
import { clamp, mix, smoothstep } from './numbers.ts';
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
/** Fractions are whole numbers of this many bits: three times as fast as floats that are clamped. */
const BITS = 12;
const ONE = 1 << BITS;
/** A row takes the nearest of so many shares of the air's colour: they differ by less than a third of a level. */
const FAR_LEVELS = 64;
const FARTHEST = 0.13;

/** What a channel's value becomes, `value * gain + base`, by how far the row is and how bright the pixel. */
interface Channel {
  readonly gain: Int32Array;
  readonly base: Int32Array;
}

/** Less saturated, exposed and tinted, highlights and far parts in the air's colour; of all that, `strength`. */
function mixChannel({ tint, exposure, haze }: SkyPalette, channel: 0 | 1 | 2, strength: number): Channel {
  const gain = new Int32Array(FAR_LEVELS * 256);
  const base = new Int32Array(gain.length);
  const light = tint[channel] * exposure;
  for (let i = 0; i < gain.length; i += 1) {
    const luma = i & 255;
    const far = ((i >> 8) * FARTHEST) / (FAR_LEVELS - 1);
    const highlight = smoothstep(150, 240, luma) * 0.18;
    const kept = light * (1 - highlight) * (1 - far);
    const air = highlight * (1 - far) + far;
    gain[i] = Math.round(mix(1, kept * SATURATION, strength) * ONE);
    base[i] = Math.round((strength * (luma * kept * (1 - SATURATION) + air * haze[channel]) + 0.5) * ONE);
  }
  return { gain, base };
}

/** How much less the glow falls off down the ground than to the sides: light lies along the ground towards the viewer. */
const LONGER = 0.55;
/** How much of the glow the ground gets at a frame's height towards the sun's side, and loses on the other. */
const SIDE_LIGHT = 0.22;

/** Warm light about a low sun, along row `y`. */
function layGlow(palette: SkyPalette, { view, strength }: Light, y: number, size: Size, glow: Int32Array): void {
  const place = sunPlace(palette, view, size.width);
  if (place === undefined) return;
  const dy = ((y - place.y) / size.height) * (y > place.y ? LONGER : 1);
  const middle = size.width / 2;
  const lean = clamp((place.x - middle) / (size.width / 4), -1, 1) * SIDE_LIGHT;
  const most = 0.12 * (palette.sun?.strength ?? 0) * palette.exposure * strength * ONE;
  for (let i = 0; i < glow.length; i += 1) {
    const dx = (i * GLOW_STEP - place.x) / size.height;
    const side = clamp((i * GLOW_STEP - middle) / size.height, -1, 1) * lean;
    glow[i] = Math.round(most * (1 / (1 + (dx * dx + dy * dy) * 5) + side));
  }
}

export function createRelight(palette: SkyPalette, size: Size): Relight {
  const mixAll = (strength: number) =>
    [mixChannel(palette, 0, strength), mixChannel(palette, 1, strength), mixChannel(palette, 2, strength)] as const;
  let mixedFor = 1;
  let channels = mixAll(mixedFor);
  const glow = new Int32Array(Math.ceil(size.width / GLOW_STEP) + 1);
  const [red, green, blue] = palette.sun?.colour ?? [0, 0, 0];
  const [sunRed, sunGreen, sunBlue] = [Math.round(red), Math.round(green * 0.7), Math.round(blue * 0.35)];
  return ({ row, y, sky }, light, out) => {
    const { view, strength } = light;
    if (strength !== mixedFor) channels = mixAll(strength);
    mixedFor = strength;
    const [{ gain: redGain, base: redBase }, { gain: greenGain, base: greenBase }, { gain: blueGain, base: blueBase }] =
      channels;
    layGlow(palette, light, y, size, glow);
    const horizon = view.horizon + view.offsetY;
    const far = smoothstep(horizon + size.height * 0.38, horizon - size.height * 0.1, y);
    const level = Math.round(far * (FAR_LEVELS - 1)) << 8;
    const covered = sky !== undefined && strength === 1;
    for (let x = 0, i = 0, o = y * size.width * 3; x < size.width; x += 1, i += 3, o += 3) {
      if (covered && (sky[x] as number) > COVERED) continue;
      const r = row[i] as number;
      const g = row[i + 1] as number;
      const b = row[i + 2] as number;
      const at = level + ((77 * r + 151 * g + 28 * b) >> 8);
      const start = glow[x >> GLOW_BITS] as number;
      const warm = start + ((((glow[(x >> GLOW_BITS) + 1] as number) - start) * (x & (GLOW_STEP - 1))) >> GLOW_BITS);
      const litRed = (r * (redGain[at] as number) + (redBase[at] as number) + warm * sunRed) >> BITS;
      const litGreen = (g * (greenGain[at] as number) + (greenBase[at] as number) + warm * sunGreen) >> BITS;
      const litBlue = (b * (blueGain[at] as number) + (blueBase[at] as number) + warm * sunBlue) >> BITS;
      out[o] = litRed < 0 ? 0 : litRed > 255 ? 255 : litRed;
      out[o + 1] = litGreen < 0 ? 0 : litGreen > 255 ? 255 : litGreen;
      out[o + 2] = litBlue < 0 ? 0 : litBlue > 255 ? 255 : litBlue;
    }
  };
}
