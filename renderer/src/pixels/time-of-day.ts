/** The light of a time of day: the sky that belongs to it, and what it does to the tones of the whole picture. */
import type { Size } from '../geometry.ts';
import type { TimeOfDay } from '../prompt/lexicon.ts';
import { boxBlur } from './box-blur.ts';
import { createEnlarger } from './enlarge.ts';
import { clamp, mix, smoothstep } from './numbers.ts';
import { createOutlines } from './outlines.ts';
import { type Rgb, SKY_PALETTES, type SkyPalette } from './palette.ts';
import type { SceneMap } from './scene-map.ts';

const GOLDEN_HOUR: SkyPalette = {
  gradient: [
    [0, 255, 226, 158],
    [0.16, 255, 206, 136],
    [0.4, 232, 190, 158],
    [0.72, 152, 172, 200],
    [1, 96, 140, 192],
  ],
  sun: { x: 0.7, height: 0.16, colour: [255, 236, 178], strength: 1 },
  clouds: { lit: [255, 226, 170], shadow: [196, 152, 128], rim: [255, 242, 206] },
  cloudThreshold: 0.53,
  stars: false,
  aurora: false,
  tint: [1.12, 0.98, 0.78],
  exposure: 0.98,
  haze: [255, 208, 136],
};

const BLUE_HOUR: SkyPalette = {
  gradient: [
    [0, 196, 160, 168],
    [0.1, 142, 142, 188],
    [0.34, 72, 100, 176],
    [0.7, 36, 60, 132],
    [1, 18, 34, 92],
  ],
  clouds: { lit: [96, 116, 178], shadow: [34, 46, 98], rim: [168, 156, 188] },
  cloudThreshold: 0.55,
  stars: false,
  aurora: false,
  tint: [0.74, 0.88, 1.22],
  exposure: 0.68,
  haze: [92, 112, 176],
};

const NOON: SkyPalette = {
  ...SKY_PALETTES.day,
  gradient: [
    [0, 196, 226, 248],
    [0.22, 132, 190, 240],
    [0.6, 62, 138, 220],
    [1, 26, 88, 186],
  ],
  cloudThreshold: 0.58,
  tint: [1.03, 1.03, 1],
  exposure: 1.1,
};

/** Night over footage taken by day stays readable: eyes and cameras open up in the dark. */
const NIGHT: SkyPalette = { ...SKY_PALETTES.night, tint: [0.62, 0.78, 1.14], exposure: 0.6, haze: [46, 64, 108] };

const SKIES: Readonly<Record<TimeOfDay, SkyPalette>> = {
  dawn: SKY_PALETTES.dawn,
  day: SKY_PALETTES.day,
  noon: NOON,
  'golden-hour': GOLDEN_HOUR,
  sunset: SKY_PALETTES.sunset,
  'blue-hour': BLUE_HOUR,
  night: NIGHT,
};

export function timeSky(time: TimeOfDay): SkyPalette {
  return SKIES[time];
}

interface Tones {
  /** Added to dark and to bright parts. */
  readonly shadows: Rgb;
  readonly highlights: Rgb;
  readonly saturation: number;
  /** How far brightness follows a curve that deepens shadows and lifts lights. */
  readonly contrast: number;
  /** How strongly lamps and windows shine. */
  readonly lamps: number;
}

const TONES: Readonly<Record<TimeOfDay, Tones>> = {
  dawn: { shadows: [4, -2, 12], highlights: [16, 4, -4], saturation: 0.94, contrast: -0.12, lamps: 0 },
  day: { shadows: [0, 1, 3], highlights: [4, 3, 0], saturation: 1.06, contrast: 0.12, lamps: 0 },
  noon: { shadows: [-2, 0, 3], highlights: [9, 9, 5], saturation: 1.1, contrast: 0.38, lamps: 0 },
  'golden-hour': { shadows: [10, 1, -10], highlights: [24, 9, -26], saturation: 1.14, contrast: 0.18, lamps: 0 },
  sunset: { shadows: [4, -4, 10], highlights: [12, -1, -12], saturation: 1.08, contrast: 0.12, lamps: 0 },
  'blue-hour': { shadows: [-4, 2, 20], highlights: [-4, 2, 12], saturation: 0.86, contrast: 0, lamps: 0.7 },
  night: { shadows: [1, 5, 16], highlights: [0, 0, 8], saturation: 0.78, contrast: 0.1, lamps: 1 },
};

const LAMP: Rgb = [255, 196, 112];

export interface GradedMoment {
  /** The frame as it was taken. */
  readonly source: Uint8Array;
  readonly scene: SceneMap;
}

export type TimeGrade = (rgb: Uint8Array, moment: GradedMoment) => void;

/** A lamp's glow is soft: it is spread at one pixel in so many, each way. */
const GLOW_FACTOR = 2;
/** What is darker is no lamp, however warm. */
const DIMMEST_LAMP = 140;

/** Windows, lamps and what is as small and bright shine on when the rest of the ground goes dark. */
function createLamps(size: Size, amount: number): TimeGrade {
  const scale = Math.min(size.width, size.height) / 480;
  const points = createOutlines(size, 1, Math.max(4, Math.round(5 * scale)));
  const cores = new Float32Array(size.width * size.height);
  const plane = { width: Math.ceil(size.width / GLOW_FACTOR), height: Math.ceil(size.height / GLOW_FACTOR) };
  const glow = new Float32Array(plane.width * plane.height);
  const scratch = new Float32Array(glow.length);
  const full = { fullWidth: size.width, fullHeight: size.height };
  const rows = createEnlarger({ values: glow, ...plane, channels: 1, ...full });

  function find(source: Uint8Array, scene: SceneMap): void {
    points.read(source);
    glow.fill(0);
    for (let y = 0, i = 0; y < size.height; y += 1) {
      const sky = scene.skyRow(y);
      const small = Math.floor(y / GLOW_FACTOR) * plane.width;
      for (let x = 0; x < size.width; x += 1, i += 1) {
        const light = points.fine[i] as number;
        const around = points.broad[i] as number;
        cores[i] = 0;
        if (light < DIMMEST_LAMP || light - around < 24 || around > 150) continue;
        const colour = clamp((source[i * 3] as number) - (source[i * 3 + 2] as number) - 12, 0, 60);
        const bright = smoothstep(206 - colour, 252 - colour, light);
        const point = smoothstep(24, 64, light - around) * smoothstep(150, 90, around);
        const core = bright * point * smoothstep(0.3, 0, sky[x] as number);
        cores[i] = core;
        const j = small + ((x / GLOW_FACTOR) | 0);
        glow[j] = (glow[j] as number) + core / GLOW_FACTOR ** 2;
      }
    }
    const radius = Math.max(1, Math.round(3 * scale));
    boxBlur(glow, glow, { plane, radius, scratch });
    boxBlur(glow, glow, { plane, radius, scratch });
  }

  return (rgb, { source, scene }) => {
    find(source, scene);
    for (let y = 0, i = 0, o = 0; y < size.height; y += 1) {
      const soft = rows.row(y);
      for (let x = 0; x < size.width; x += 1, i += 1, o += 3) {
        const shine = amount * ((cores[i] as number) * 1.2 + (soft[x] as number) * 1.6);
        if (shine < 0.004) continue;
        rgb[o] = Math.min(255, (rgb[o] as number) + LAMP[0] * shine);
        rgb[o + 1] = Math.min(255, (rgb[o + 1] as number) + LAMP[1] * shine);
        rgb[o + 2] = Math.min(255, (rgb[o + 2] as number) + LAMP[2] * shine);
      }
    }
  };
}

/** Fractions as whole numbers of this many bits: three times as fast as floats that are clamped. */
const BITS = 12;
const ONE = 1 << BITS;

interface ToneTables {
  /** For each of the 256 brightnesses: what a channel's value is multiplied by, and what is added then. */
  readonly gains: Int32Array;
  readonly added: readonly [Int32Array, Int32Array, Int32Array];
}

function toneTables(tones: Tones, strength: number): ToneTables {
  const { shadows, highlights, contrast } = tones;
  const saturation = mix(1, tones.saturation, strength);
  const gain = (light: number) => {
    if (light === 0) return 1;
    return mix(light, 255 * smoothstep(-25, 280, light), contrast * strength) / light;
  };
  const gains = Int32Array.from({ length: 256 }, (_, light) => Math.round(ONE * gain(light) * saturation));
  const addedTo = (channel: 0 | 1 | 2) =>
    Int32Array.from({ length: 256 }, (_, light) => {
      const dark = shadows[channel] * smoothstep(180, 20, light) * smoothstep(-30, 50, light);
      const toned = strength * (dark + highlights[channel] * smoothstep(50, 210, light));
      return Math.round(ONE * (toned + light * gain(light) * (1 - saturation) + 0.5));
    });
  return { gains, added: [addedTo(0), addedTo(1), addedTo(2)] };
}

export function createTimeGrade(time: TimeOfDay, size: Size, strength = 1): TimeGrade {
  const tones = TONES[time];
  const { gains, added } = toneTables(tones, strength);
  const [reds, greens, blues] = added;
  const lamps = tones.lamps > 0 ? createLamps(size, tones.lamps * Math.min(1.3, strength)) : undefined;
  return (rgb, moment) => {
    for (let o = 0; o < rgb.length; o += 3) {
      const r = rgb[o] as number;
      const g = rgb[o + 1] as number;
      const b = rgb[o + 2] as number;
      const light = (77 * r + 151 * g + 28 * b) >> 8;
      const gain = gains[light] as number;
      const red = (r * gain + (reds[light] as number)) >> BITS;
      const green = (g * gain + (greens[light] as number)) >> BITS;
      const blue = (b * gain + (blues[light] as number)) >> BITS;
      rgb[o] = red < 0 ? 0 : red > 255 ? 255 : red;
      rgb[o + 1] = green < 0 ? 0 : green > 255 ? 255 : green;
      rgb[o + 2] = blue < 0 ? 0 : blue > 255 ? 255 : blue;
    }
    lamps?.(rgb, moment);
  };
}
