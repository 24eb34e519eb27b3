/** What people have built: houses with pitched roofs, a lighthouse, a boat under sail. Lengths are in frame heights. */
import { createRandom, fineNoise, sampleNoise } from '../pixels/noise.ts';
import { mix, smoothstep } from '../pixels/numbers.ts';
import type { Rgb } from '../pixels/palette.ts';
import { createLayer, lit, putPixel } from './layer.ts';
import type { Lamp } from './life.ts';
import type { Layer, SceneOptions } from './scene.ts';

const WALLS: readonly Rgb[] = [
  [232, 222, 204],
  [214, 196, 168],
  [196, 120, 92],
  [226, 228, 226],
  [188, 166, 138],
];
const ROOFS: readonly Rgb[] = [
  [150, 74, 56],
  [112, 66, 54],
  [92, 86, 92],
];
const WINDOW_LIGHT: Rgb = [255, 206, 128];
const SNOWY: Rgb = [240, 245, 252];

interface House {
  readonly x: number;
  readonly base: number;
  readonly width: number;
  readonly height: number;
  readonly roof: number;
  readonly wall: Rgb;
  readonly tiles: Rgb;
  readonly steeple: boolean;
}

function drawHouse(layer: Layer, house: House, { palette, dark, nouns }: SceneOptions, far: number): void {
  const { x, base, width, height, roof } = house;
  const tiles = nouns.has('snowfield') ? SNOWY : house.tiles;
  const top = base - height;
  const corner = x + width * 0.36;
  for (let py = Math.floor(top - roof); py < base; py += 1) {
    const up = (top - py) / roof;
    for (let px = Math.floor(x - 2); px <= x + width + 2; px += 1) {
      const isFront = px < corner;
      if (py < top) {
        // The gable faces left; the roof's long side runs back from its crest.
        const slope = (corner - x) * 0.5;
        const left = x + slope * up;
        const right = x + width + 1.5 - slope * 0.25 * up;
        if (px < left || px > right) continue;
        const inGable = px < corner - slope * up;
        const grain = sampleNoise(fineNoise(), px / 60, py / 24) - 0.5;
        putPixel(
          layer,
          px,
          py,
          lit(palette, inGable ? house.wall : tiles, inGable ? 0.35 : 0.68 + grain * 0.3, far),
          1,
        );
        continue;
      }
      if (px < x || px > x + width) continue;
      putPixel(layer, px, py, lit(palette, house.wall, isFront ? 0.32 : 0.74, far), 1);
    }
  }
  const pane = Math.max(1.4, height * 0.2);
  for (const [share, lamp] of [
    [0.17, true],
    [0.5, true],
    [0.68, false],
    [0.86, true],
  ] as const) {
    const middle = x + width * share;
    for (let py = Math.floor(base - height * 0.68); py < base - height * 0.68 + pane * 1.3; py += 1) {
      for (let px = Math.floor(middle - pane / 2); px < middle + pane / 2; px += 1) {
        const isLit = dark && lamp;
        putPixel(layer, px, py, isLit ? WINDOW_LIGHT : lit(palette, [58, 66, 80], 0.3, far), 0.95);
      }
    }
  }
}

function drawSteeple(layer: Layer, house: House, { palette }: SceneOptions, far: number): void {
  const width = house.width * 0.3;
  const tower = house.height * 2.6;
  const spire = house.height * 2.2;
  for (let py = Math.floor(house.base - tower - spire); py < house.base; py += 1) {
    const down = py - (house.base - tower - spire);
    const half = (down < spire ? down / spire : 1) * width * 0.5;
    for (let px = Math.floor(house.x - half); px <= house.x + half; px += 1) {
      const colour = down < spire ? house.tiles : house.wall;
      putPixel(layer, px, py, lit(palette, colour, px < house.x ? 0.35 : 0.7, far), 1);
    }
  }
}

export interface VillageShape {
  readonly base: number;
  readonly depth: number;
  readonly far: number;
  readonly count: number;
  /** Height of a wall. */
  readonly size: number;
}

export interface Village {
  readonly layer: Layer;
  readonly lamps: readonly Lamp[];
}

/** Houses in a loose row, from the farther to the nearer, with a church among them. */
export function createVillage(options: SceneOptions, shape: VillageShape): Village {
  const { size, seed, dark } = options;
  const { layer, unit } = createLayer({
    ...{ frameWidth: size.width, frameHeight: size.height, depthTop: shape.depth, depthBottom: shape.depth },
    ...{ top: shape.base - shape.size * 6, bottom: shape.base + shape.size * 1.4 },
  });
  const random = createRandom(seed + 211);
  const middle = size.width / unit / 2;
  const houses = Array.from({ length: shape.count }, (_, index): House => {
    const near = random() ** 1.5;
    const scale = mix(0.75, 1.35, near);
    const height = shape.size * scale;
    const across = ((index + 0.2 + random() * 0.6) / shape.count - 0.5) * 1.35;
    return {
      ...{ x: (across + middle) * unit - layer.left, base: (shape.base + near * shape.size * 1.1) * unit - layer.top },
      ...{
        width: height * unit * (1.7 + random() * 0.8),
        height: height * unit,
        roof: height * unit * (0.7 + random() * 0.2),
      },
      ...{ wall: WALLS[Math.floor(random() * WALLS.length)] ?? [232, 222, 204] },
      ...{ tiles: ROOFS[Math.floor(random() * ROOFS.length)] ?? [150, 74, 56] },
      steeple: index === Math.floor(shape.count * 0.4),
    };
  }).toSorted((a, b) => a.base - b.base);
  for (const house of houses) {
    if (house.steeple) drawSteeple(layer, house, options, shape.far);
    drawHouse(layer, house, options, shape.far);
  }
  const lamps = houses.map((house, index): Lamp => {
    return {
      ...{
        x: (house.x + house.width * 0.5 + layer.left) / unit - middle,
        y: (house.base - house.height * 0.55 + layer.top) / unit,
      },
      ...{ depth: shape.depth, radius: 0.016, colour: [66, 42, 16], phase: index * 0.37 },
    };
  });
  return { layer, lamps: dark ? lamps : [] };
}

export interface TowerPlace {
  /** From the frame's middle. */
  readonly x: number;
  readonly base: number;
  readonly height: number;
  readonly depth: number;
}

/** A white tower with red bands on a rock. */
export function createLighthouse({ size, palette }: SceneOptions, place: TowerPlace): Layer {
  const { layer, unit } = createLayer({
    ...{ frameWidth: size.width, frameHeight: size.height, depthTop: place.depth, depthBottom: place.depth },
    ...{ top: place.base - place.height * 1.7, bottom: place.base + 0.004 },
  });
  const middle = (place.x + size.width / unit / 2) * unit - layer.left;
  const rock = place.height * 0.3 * unit;
  const foot = layer.height - rock * 0.8;
  for (let px = 0; px < layer.width; px += 1) {
    const aside = Math.abs(px - middle) / (place.height * unit * 1.25);
    const rough = sampleNoise(fineNoise(), px / unit / 0.9, 0.3) - 0.5;
    const crest = layer.height - rock * (smoothstep(1, 0.1, aside) * 1.05 + rough * 0.55 * smoothstep(1.1, 0.7, aside));
    for (let py = Math.max(0, Math.floor(crest)); py < layer.height && aside < 1; py += 1) {
      const grain = sampleNoise(fineNoise(), px / unit / 0.5, py / unit / 0.35);
      putPixel(
        layer,
        px,
        py,
        lit(palette, [mix(84, 128, grain), mix(80, 118, grain), mix(78, 110, grain)], grain, 0.06),
        1,
      );
    }
  }
  const tall = place.height * unit;
  for (let py = Math.floor(foot - tall * 1.22); py < foot + rock * 0.2; py += 1) {
    const up = (foot - py) / tall;
    const isLamp = up > 1 && up < 1.1;
    const half =
      tall * (up > 1.1 ? 0.075 * (1 - (up - 1.1) / 0.12) : up > 0.97 ? (isLamp ? 0.05 : 0.1) : mix(0.1, 0.07, up));
    const band = Math.floor(up * 5) % 2 === 1;
    const paint: Rgb = up > 0.97 ? [70, 56, 56] : band ? [196, 54, 46] : [238, 236, 228];
    for (let px = Math.floor(middle - half); px <= middle + half; px += 1) {
      const round = (px - middle) / Math.max(1, half);
      const colour = isLamp ? WINDOW_LIGHT : lit(palette, paint, 0.5 + round * 0.34, 0.04);
      putPixel(layer, px, py, colour, 1);
    }
  }
  return layer;
}

/** A boat under sail with its own broken reflection; `x` and `base` as for a tower. */
export function createBoat({ size, palette }: SceneOptions, place: TowerPlace): Layer {
  const { layer, unit } = createLayer({
    ...{ frameWidth: size.width, frameHeight: size.height, depthTop: place.depth, depthBottom: place.depth },
    ...{
      top: place.base - place.height * 1.1,
      bottom: place.base + place.height * 0.75,
      bob: size.height * (palette.cloudThreshold < 0.32 ? 0.012 : 0.004),
    },
  });
  const middle = (place.x + size.width / unit / 2) * unit - layer.left;
  const tall = place.height * unit;
  const line = place.base * unit - layer.top;
  const part = (up: number, aside: number): { colour: Rgb; facing: number } | undefined => {
    if (up < 0.13) {
      const half = mix(0.24, 0.34, up / 0.13);
      return Math.abs(aside) < half ? { colour: up > 0.1 ? [236, 232, 222] : [98, 52, 40], facing: 0.4 } : undefined;
    }
    if (Math.abs(aside) < 0.009) return { colour: [84, 66, 52], facing: 0.3 };
    const sail = (up - 0.17) / 0.8;
    if (sail < 0 || sail > 1) return undefined;
    const belly = 0.32 * (1 - sail) * (1 + 0.25 * Math.sin(sail * 3.1));
    if (aside > 0.012 && aside < belly) return { colour: [250, 246, 236], facing: 0.55 + aside };
    if (aside < -0.012 && aside > -belly * 0.62 && sail < 0.86) return { colour: [240, 234, 222], facing: 0.35 };
    return undefined;
  };
  for (let py = 0; py < layer.height; py += 1) {
    const isMirror = py > line;
    const wobble = isMirror ? (sampleNoise(fineNoise(), 0.2, py / unit / 0.12) - 0.5) * 0.16 : 0;
    const up = (isMirror ? (py - line) * 1.4 : line - py) / tall;
    const fade = isMirror ? 0.42 * smoothstep(0.95, 0, up) : 1;
    for (let px = Math.floor(middle - tall * 0.5); px < middle + tall * 0.5; px += 1) {
      const found = part(up, (px - middle) / tall + wobble);
      if (found !== undefined) putPixel(layer, px, py, lit(palette, found.colour, found.facing, 0.05), fade);
    }
  }
  return layer;
}
