/** The light of a time of day: the sky that belongs to it, and what it does to the tones of the whole picture. */
import type { Size } from '../geometry.ts';
import { changePicture, copyIn, kernels } from '../kernels.ts';
import type { TimeOfDay } from '../prompt/lexicon.ts';
import { createLamps, type LampMoment } from './lamps.ts';
import { mix, smoothstep } from './numbers.ts';
import { type Rgb, SKY_PALETTES, type SkyPalette } from './palette.ts';

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

/** Frames come in order. */
export type TimeGrade = (rgb: Uint8Array, moment: LampMoment) => void;

/** Curves over brightness are straight between 17 brightnesses; a kernel looks them up, each value in two bytes. */
const STRETCHES = 16;
const CURVE_BYTES = 4 * STRETCHES;
/** A share of 1, and one of 255 levels, in a kernel's numbers. */
const ONE = 32_767;
const LEVEL = ONE / 510;

function writeCurve(curves: Uint8Array, offset: number, curve: (light: number) => number): void {
  const values = Array.from({ length: STRETCHES + 1 }, (_, index) => Math.round(curve((index * 255) / STRETCHES)));
  for (let index = 0; index < STRETCHES; index += 1) {
    const value = values[index] as number;
    const rise = (values[index + 1] as number) - value;
    const bytes = [value, value >> 8, rise, rise >> 8];
    for (const [place, byte] of bytes.entries()) curves[offset + place * STRETCHES + index] = byte & 255;
  }
}

/** For each brightness half of what a channel's value is multiplied by, and what is added to each channel then. */
function toneCurves(tones: Tones, strength: number): Uint8Array {
  const { shadows, highlights, contrast } = tones;
  const saturation = mix(1, tones.saturation, strength);
  const gain = (light: number) => {
    if (light === 0) return 1;
    return mix(light, 255 * smoothstep(-25, 280, light), contrast * strength) / light;
  };
  const curves = new Uint8Array(4 * CURVE_BYTES);
  writeCurve(curves, 0, (light) => (ONE / 2) * gain(light) * saturation);
  for (const channel of [0, 1, 2] as const) {
    writeCurve(curves, (channel + 1) * CURVE_BYTES, (light) => {
      const dark = shadows[channel] * smoothstep(180, 20, light) * smoothstep(-30, 50, light);
      const toned = strength * (dark + highlights[channel] * smoothstep(50, 210, light));
      return LEVEL * (toned + light * gain(light) * (1 - saturation));
    });
  }
  return curves;
}

export interface TimeGradeOptions {
  readonly strength?: number;
  /** Which windows are lit at night. */
  readonly seed?: number;
}

export function createTimeGrade(
  time: TimeOfDay,
  size: Size,
  { strength = 1, seed = 0 }: TimeGradeOptions = {},
): TimeGrade {
  const tones = TONES[time];
  const curves = toneCurves(tones, strength);
  const lamps = tones.lamps > 0 ? createLamps(size, seed, tones.lamps * Math.min(1.3, strength)) : undefined;
  return (rgb, moment) => {
    changePicture(rgb, [curves.length], ([source = 0, target = 0, curvesAt = 0]) => {
      copyIn(curves, curvesAt);
      kernels.tonePicture(source, target, curvesAt, size.width * size.height);
    });
    lamps?.(rgb, moment);
  };
}
