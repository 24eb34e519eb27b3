/** The light of each sky: its gradient, sun or moon, clouds, and what it does to the ground under it. */
import type { ColourName, SkyName, TimeOfDay } from '../prompt/lexicon.ts';
import { mix } from './numbers.ts';

export type Rgb = readonly [red: number, green: number, blue: number];

export interface Sun {
  /** Shares of the sky's width, and of its height above the horizon. */
  readonly x: number;
  readonly height: number;
  readonly colour: Rgb;
  readonly strength: number;
}

export interface SkyPalette {
  /** Colours from the horizon (0) to the top (1). */
  readonly gradient: readonly (readonly [height: number, red: number, green: number, blue: number])[];
  readonly sun?: Sun;
  readonly clouds: { readonly lit: Rgb; readonly shadow: Rgb; readonly rim: Rgb };
  /** Noise above this is cloud: a lower value means more clouds. */
  readonly cloudThreshold: number;
  readonly stars: boolean;
  readonly aurora: boolean;
  /** The light that falls on the ground: a gain per channel, and an exposure. */
  readonly tint: Rgb;
  readonly exposure: number;
  /** The air's own colour, which far things take on. */
  readonly haze: Rgb;
}

export const SKY_PALETTES: Readonly<Record<SkyName, SkyPalette>> = {
  sunset: {
    gradient: [
      [0, 255, 192, 98],
      [0.1, 255, 152, 74],
      [0.26, 240, 100, 80],
      [0.45, 178, 68, 120],
      [0.7, 98, 54, 140],
      [1, 46, 36, 98],
    ],
    sun: { x: 0.64, height: 0.07, colour: [255, 226, 160], strength: 1 },
    clouds: { lit: [255, 150, 84], shadow: [122, 58, 116], rim: [255, 214, 150] },
    cloudThreshold: 0.48,
    stars: false,
    aurora: false,
    tint: [1.1, 0.86, 0.78],
    exposure: 0.8,
    haze: [255, 146, 92],
  },
  dawn: {
    gradient: [
      [0, 255, 216, 170],
      [0.14, 255, 188, 150],
      [0.34, 236, 168, 178],
      [0.62, 158, 156, 208],
      [1, 92, 122, 190],
    ],
    sun: { x: 0.34, height: 0.1, colour: [255, 240, 206], strength: 0.9 },
    clouds: { lit: [255, 206, 178], shadow: [168, 138, 176], rim: [255, 240, 214] },
    cloudThreshold: 0.52,
    stars: false,
    aurora: false,
    tint: [1.07, 0.95, 0.9],
    exposure: 0.9,
    haze: [250, 206, 184],
  },
  day: {
    gradient: [
      [0, 212, 232, 247],
      [0.25, 158, 204, 241],
      [0.6, 90, 156, 224],
      [1, 42, 104, 192],
    ],
    // Out of the frame: a disc that is not blinding looks like a ball.
    sun: { x: 0.8, height: 1.35, colour: [255, 250, 235], strength: 0.7 },
    clouds: { lit: [255, 255, 255], shadow: [190, 203, 220], rim: [255, 255, 255] },
    cloudThreshold: 0.53,
    stars: false,
    aurora: false,
    tint: [1.02, 1.02, 1],
    exposure: 1.03,
    haze: [214, 231, 246],
  },
  night: {
    gradient: [
      [0, 40, 56, 96],
      [0.3, 20, 32, 70],
      [1, 7, 12, 36],
    ],
    sun: { x: 0.72, height: 0.7, colour: [235, 240, 255], strength: 0.55 },
    clouds: { lit: [56, 66, 98], shadow: [20, 24, 46], rim: [124, 136, 172] },
    cloudThreshold: 0.58,
    stars: true,
    aurora: false,
    tint: [0.56, 0.66, 0.96],
    exposure: 0.5,
    haze: [36, 50, 84],
  },
  storm: {
    gradient: [
      [0, 142, 150, 156],
      [0.3, 94, 102, 112],
      [1, 40, 46, 56],
    ],
    clouds: { lit: [128, 134, 142], shadow: [42, 46, 56], rim: [172, 178, 184] },
    cloudThreshold: 0.3,
    stars: false,
    aurora: false,
    tint: [0.86, 0.93, 1],
    exposure: 0.7,
    haze: [120, 128, 136],
  },
  overcast: {
    gradient: [
      [0, 214, 219, 224],
      [0.4, 186, 193, 201],
      [1, 152, 161, 172],
    ],
    clouds: { lit: [216, 220, 225], shadow: [156, 164, 174], rim: [228, 231, 235] },
    cloudThreshold: 0.34,
    stars: false,
    aurora: false,
    tint: [0.95, 0.98, 1.01],
    exposure: 0.94,
    haze: [204, 210, 217],
  },
  aurora: {
    gradient: [
      [0, 26, 66, 76],
      [0.3, 11, 32, 56],
      [1, 5, 9, 30],
    ],
    clouds: { lit: [20, 40, 60], shadow: [6, 10, 24], rim: [60, 120, 110] },
    cloudThreshold: 0.74,
    stars: true,
    aurora: true,
    tint: [0.52, 0.84, 0.86],
    exposure: 0.62,
    haze: [30, 84, 88],
  },
};

/** Hours whose light differs from that of the sky that an edit gives them. */
export const HOUR_PALETTES: Readonly<Partial<Record<TimeOfDay, SkyPalette>>> = {
  noon: {
    ...SKY_PALETTES.day,
    gradient: [
      [0, 196, 224, 246],
      [0.25, 132, 190, 240],
      [0.6, 62, 138, 222],
      [1, 22, 84, 184],
    ],
    sun: { x: 0.56, height: 1.5, colour: [255, 253, 246], strength: 0.95 },
    cloudThreshold: 0.57,
    exposure: 1.1,
  },
  'golden-hour': {
    gradient: [
      [0, 255, 226, 158],
      [0.12, 255, 206, 134],
      [0.34, 238, 186, 140],
      [0.65, 148, 162, 190],
      [1, 84, 118, 176],
    ],
    sun: { x: 0.7, height: 0.24, colour: [255, 232, 176], strength: 0.95 },
    clouds: { lit: [255, 216, 164], shadow: [176, 142, 138], rim: [255, 242, 206] },
    cloudThreshold: 0.53,
    stars: false,
    aurora: false,
    tint: [1.14, 0.98, 0.8],
    exposure: 0.98,
    haze: [255, 214, 154],
  },
  night: {
    ...SKY_PALETTES.night,
    gradient: [
      [0, 58, 78, 122],
      [0.2, 32, 48, 92],
      [0.55, 15, 25, 60],
      [1, 6, 10, 32],
    ],
    sun: { x: 0.72, height: 0.7, colour: [226, 236, 255], strength: 0.56 },
    tint: [0.57, 0.75, 1.2],
    exposure: 0.68,
    haze: [44, 60, 98],
  },
  'blue-hour': {
    gradient: [
      [0, 236, 172, 150],
      [0.08, 190, 142, 164],
      [0.26, 96, 108, 172],
      [0.6, 42, 66, 134],
      [1, 18, 32, 84],
    ],
    clouds: { lit: [112, 108, 160], shadow: [48, 56, 106], rim: [196, 150, 168] },
    cloudThreshold: 0.54,
    stars: false,
    aurora: false,
    tint: [0.7, 0.82, 1.14],
    exposure: 0.6,
    haze: [102, 108, 162],
  },
};

export const COLOUR_VALUES: Readonly<Record<ColourName, Rgb>> = {
  red: [232, 62, 52],
  orange: [255, 146, 66],
  yellow: [255, 214, 104],
  green: [96, 206, 132],
  teal: [72, 196, 200],
  blue: [78, 136, 226],
  purple: [138, 70, 156],
  pink: [255, 140, 176],
  white: [250, 250, 252],
  black: [24, 24, 32],
};

export function blend(from: Rgb, to: Rgb, share: number): Rgb {
  return [mix(from[0], to[0], share), mix(from[1], to[1], share), mix(from[2], to[2], share)];
}

/** A sky whose clouds, and a little of its air, take the colours a prompt names: "orange and purple clouds". */
export function tintPalette(palette: SkyPalette, colours: readonly ColourName[]): SkyPalette {
  const [first, second = first] = colours.map((name) => COLOUR_VALUES[name]);
  if (first === undefined || second === undefined) return palette;
  const { lit, shadow, rim } = palette.clouds;
  const top = palette.gradient.length - 1;
  return {
    ...palette,
    clouds: { lit: blend(lit, first, 0.6), shadow: blend(shadow, second, 0.6), rim: blend(rim, first, 0.3) },
    gradient: palette.gradient.map(([height, ...colour], index) => {
      const share = index === top ? 0.25 : 0.18 + 0.25 * height;
      return [height, ...blend(colour, height < 0.35 ? first : second, share)] as const;
    }),
  };
}
