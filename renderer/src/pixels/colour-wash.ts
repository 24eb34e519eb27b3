/** Colours that a prompt gives to a part of the picture, or to all of it: "golden grass", "a teal and orange look". */
import type { Size } from '../geometry.ts';
import type { ColourName, Region } from '../prompt/lexicon.ts';
import { clamp, smoothstep } from './numbers.ts';
import { COLOUR_VALUES, type Rgb } from './palette.ts';
import type { SceneMap } from './scene-map.ts';

const SHARE = 0.5;
/** Of a part's own colour, green changes most: it is what grass and leaves have. */
const LEAST_GROUND_SHARE = 0.22;

export type ColourWash = (rgb: Uint8Array, scene: SceneMap) => void;

interface WashOptions {
  readonly colours: readonly ColourName[];
  readonly region: Region;
  readonly strength: number;
}

/** A colour as a gain for grey of the same brightness. */
export function gainOf([red, green, blue]: Rgb): Rgb {
  const light = 0.3 * red + 0.59 * green + 0.11 * blue;
  return [red / light, green / light, blue / light];
}

/** 1 for grass and leaves, dry ones too; 0 for stone and earth. */
export function greenness(red: number, green: number, blue: number): number {
  return smoothstep(6, 28, green - blue) * smoothstep(0.78, 0.9, green / Math.max(1, red));
}

/** Two colours share the picture by its brightness, the first in the shadows. Brightness stays. */
export function createColourWash(size: Size, { colours, region, strength }: WashOptions): ColourWash {
  const [first = 'orange', second = first] = colours;
  const dark = gainOf(COLOUR_VALUES[first]);
  const bright = gainOf(COLOUR_VALUES[second]);
  const most = clamp(SHARE * strength * (region === 'whole' ? 0.7 : 1.6), 0, 0.9);
  return (rgb, scene) => {
    const horizon = scene.horizon();
    for (let y = 0, o = 0; y < size.height; y += 1) {
      const sky = scene.skyRow(y);
      const low = region === 'water' ? smoothstep(horizon - 4, horizon + size.height * 0.08, y) : 1;
      for (let x = 0; x < size.width; x += 1, o += 3) {
        const r = rgb[o] as number;
        const g = rgb[o + 1] as number;
        const b = rgb[o + 2] as number;
        const inSky = sky[x] as number;
        const light = 0.3 * r + 0.59 * g + 0.11 * b;
        let share = most;
        if (region === 'sky') share *= inSky;
        else if (region !== 'whole') share *= (1 - inSky) * low;
        if (region === 'ground') share *= LEAST_GROUND_SHARE + (1 - LEAST_GROUND_SHARE) * greenness(r, g, b);
        const side = smoothstep(60, 190, light);
        rgb[o] = clamp(r + (light * (dark[0] + (bright[0] - dark[0]) * side) - r) * share, 0, 255);
        rgb[o + 1] = clamp(g + (light * (dark[1] + (bright[1] - dark[1]) * side) - g) * share, 0, 255);
        rgb[o + 2] = clamp(b + (light * (dark[2] + (bright[2] - dark[2]) * side) - b) * share, 0, 255);
      }
    }
  };
}
