/** A row of buildings with windows. */

import { createRandom, fineNoise, type Random, sampleNoise, softNoise } from '../pixels/noise.ts';
import { mix, smoothstep } from '../pixels/numbers.ts';
import type { Rgb } from '../pixels/palette.ts';
import { drawLayerTogether, lit, putPixel } from './layer.ts';
import type { Layer, SceneOptions } from './scene.ts';

export interface BuildingsShape {
  /** Row they stand on, in frame heights. */
  readonly base: number;
  readonly lowest: number;
  readonly tallest: number;
  readonly narrowest: number;
  readonly widest: number;
  readonly depth: number;
  readonly far: number;
}

interface Building {
  readonly x0: number;
  readonly x1: number;
  readonly top: number;
  readonly tone: Rgb;
  /** Share of windows with light. */
  readonly lights: number;
  readonly window: { readonly width: number; readonly height: number };
  readonly glass: boolean;
  /** The top is narrower by this on each side, down to this height. */
  readonly setback: { readonly inset: number; readonly height: number };
  readonly seed: number;
}

const TONES: readonly Rgb[] = [
  [128, 136, 148],
  [188, 172, 152],
  [92, 108, 130],
  [206, 196, 180],
  [74, 88, 108],
  [162, 112, 90],
];
const WARM: Rgb = [255, 206, 128];
const COOL: Rgb = [196, 218, 255];

/** A well-mixed whole number from a window's place. */
function windowHash(column: number, row: number, seed: number): number {
  const mixed = Math.imul(Math.imul(column, 374_761_393) ^ Math.imul(row, 668_265_263) ^ seed, 1_274_126_177);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/** In the dark a house is seen against the light: its own front is in blue shadow. `side` is how far round its corner. */
function wallColour(tone: Rgb, side: number, far: number, { palette, dark }: SceneOptions): Rgb {
  if (!dark) return lit(palette, tone, 0.52 - side * 0.38, far);
  const [red, green, blue] = lit(palette, tone, 0.16 - side * 0.2, far * 0.7);
  const shadow = 0.72 * (1 - far);
  return [mix(red, 34, shadow), mix(green, 32, shadow), mix(blue, 58, shadow)];
}

/** Glass shows the sky above it: brighter upwards, with the soft shapes of clouds. */
function paneColour(building: Building, x: number, y: number, wall: Rgb, { palette, dark }: SceneOptions): Rgb {
  const low = palette.gradient[0] ?? [0, 200, 210, 220];
  const high = palette.gradient[2] ?? low;
  const up = smoothstep(260, 0, y - building.top) * 0.7;
  const cloud = sampleNoise(softNoise(), x / 420 + building.seed * 0.01, y / 300) - 0.5;
  const share = (building.glass ? 0.72 : 0.34) * (dark ? 0.3 : 1);
  const channel = (index: 0 | 1 | 2): number => {
    const sky = mix(high[index + 1] as number, low[index + 1] as number, up + cloud * 0.9) * 0.9;
    return mix(wall[index] * 0.62, sky, share);
  };
  return [channel(0), channel(1), channel(2)];
}

/** Undefined beside the narrower top. */
function facade(building: Building, x: number, y: number, options: SceneOptions, far: number): Rgb | undefined {
  const { dark } = options;
  const { window, setback } = building;
  const width = building.x1 - building.x0;
  const ix = x - building.x0;
  const iy = y - building.top;
  const inset = iy < setback.height ? setback.inset : 0;
  if (ix < inset || ix >= width - inset) return undefined;
  const side = smoothstep(0.32, 0.28, (ix - inset) / (width - inset * 2));
  const wall = wallColour(building.tone, side, far, options);
  const column = Math.floor(ix / window.width);
  const row = Math.floor(iy / window.height);
  const frame = building.glass ? 0.5 : 1;
  const inside =
    ix % window.width >= frame &&
    ix % window.width < window.width - frame &&
    iy % window.height >= frame * 1.5 &&
    iy % window.height < window.height - frame;
  if (!inside || ix < inset + 2 || ix > width - inset - 2 || iy < 3) return wall;
  const hash = windowHash(column, row, building.seed);
  const floor = sampleNoise(fineNoise(), column * 0.03 + building.seed * 0.01, row * 0.09);
  const isLit = (hash & 1023) / 1023 < building.lights * (0.5 + floor);
  if (dark && isLit) {
    const colour = (hash >>> 12) & 3 ? WARM : COOL;
    const strength = (0.55 + 0.4 * (((hash >>> 16) & 255) / 255)) * (1 - far * 0.75);
    return [mix(wall[0], colour[0], strength), mix(wall[1], colour[1], strength), mix(wall[2], colour[2], strength)];
  }
  const pane = paneColour(building, x, y, wall, options);
  const own = 0.75 + 0.25 * (((hash >>> 8) & 15) / 15);
  const shade = own * (1 - side * 0.35);
  const { haze } = options.palette;
  const air = far * 0.8;
  return [mix(pane[0] * shade, haze[0], air), mix(pane[1] * shade, haze[1], air), mix(pane[2] * shade, haze[2], air)];
}

function planRow(layer: Layer, unit: number, shape: BuildingsShape, random: Random): Building[] {
  const buildings: Building[] = [];
  let x = 0;
  while (x < layer.width) {
    const width = Math.round(mix(shape.narrowest, shape.widest, random()) * unit);
    const centre = 1 - Math.abs(((x + layer.left) / (layer.width + layer.left * 2)) * 2 - 1) * 0.35;
    const height = mix(shape.lowest, shape.tallest, random() ** 1.7) * centre;
    const size = Math.max(4, Math.round((0.011 + random() * 0.005) * unit * (0.7 + shape.depth)));
    buildings.push({
      ...{ x0: x, x1: x + width, top: Math.round((shape.base - height) * unit) - layer.top },
      ...{ tone: TONES[Math.floor(random() * TONES.length)] ?? [128, 136, 148], lights: 0.3 + random() * 0.45 },
      ...{ window: { width: size, height: Math.round(size * 1.35) }, seed: Math.floor(random() * 1e6) },
      glass: random() < 0.4,
      setback:
        random() < 0.45 ? { inset: Math.round(width * 0.16), height: height * unit * 0.3 } : { inset: 0, height: 0 },
    });
    x += width + (random() < 0.3 ? Math.round(random() * 0.03 * unit) : 0);
  }
  return buildings;
}

function drawRoof(layer: Layer, building: Building, unit: number, colour: Rgb, random: Random): void {
  const width = building.x1 - building.x0;
  const kind = random();
  const middle = Math.round((building.x0 + building.x1) / 2);
  if (kind < 0.3) {
    const rise = Math.round((0.03 + random() * 0.04) * unit);
    for (let y = 1; y < rise; y += 1) putPixel(layer, middle, building.top - y, colour, 0.9);
  } else if (kind < 0.65) {
    const rise = Math.round(0.018 * unit);
    for (let y = 1; y <= rise; y += 1) {
      for (let x = building.x0 + Math.round(width * 0.22); x < building.x1 - width * 0.3; x += 1)
        putPixel(layer, x, building.top - y, colour, 1);
    }
  }
}

export function createBuildings(options: SceneOptions, shape: BuildingsShape): Layer {
  const { size, seed } = options;
  const place = {
    ...{ frameWidth: size.width, frameHeight: size.height, depthTop: shape.depth, depthBottom: shape.depth },
    ...{ top: shape.base - shape.tallest - 0.08, bottom: shape.base + 0.01 },
  };
  return drawLayerTogether(place, ({ layer, unit }) => {
    const random = createRandom(seed + Math.round(shape.depth * 1000));
    for (const building of planRow(layer, unit, shape, random)) {
      drawRoof(layer, building, unit, wallColour(building.tone, 0, shape.far, options), random);
      for (let y = Math.max(0, building.top); y < layer.height; y += 1) {
        // Street haze: the feet of the houses stand in brighter air.
        const foot = shape.base - (y + layer.top) / unit;
        const haze = shape.far + smoothstep(0.14, 0, foot) * 0.16;
        for (let x = building.x0; x < Math.min(layer.width, building.x1); x += 1) {
          const colour = facade(building, x, y, options, haze);
          if (colour === undefined) continue;
          // Street lamps light the feet of the houses.
          const lamps = options.dark ? smoothstep(0.07, 0, foot) * 46 : 0;
          putPixel(layer, x, y, [colour[0] + lamps, colour[1] + lamps * 0.66, colour[2] + lamps * 0.3], 1);
        }
      }
    }
  });
}
