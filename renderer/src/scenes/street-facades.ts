/** Houses along a street: what stands where on both sides, and their fronts. Lengths are in metres. */
import { createRandom, fineNoise, type Random, sampleNoise, softNoise } from '../pixels/noise.ts';
import { mix, smoothstep } from '../pixels/numbers.ts';
import { blend, type Rgb } from '../pixels/palette.ts';
import { lit } from './layer.ts';
import { createPanel, type Panel } from './panel.ts';
import type { SceneOptions } from './scene.ts';

/** Half the street from front to front, and of its road. */
export const HALF_STREET = 9;
export const HALF_ROAD = 5.6;
/** How far away the last houses are. */
export const STREET_END = 210;

export interface House {
  readonly side: -1 | 1;
  /** Where it begins and ends along the street, and how far its front is from the street's middle. */
  readonly near: number;
  readonly far: number;
  readonly front: number;
  readonly height: number;
  readonly panel: Panel;
}

interface Front {
  readonly length: number;
  readonly height: number;
  readonly tone: Rgb;
  readonly trim: Rgb;
  readonly kind: 'brick' | 'plaster' | 'glass';
  readonly sign: Rgb;
  readonly bay: number;
  readonly awning: boolean;
  /** How much light falls on this side of the street. */
  readonly facing: number;
  readonly seed: number;
}

const GROUND_FLOOR = 4.1;
const FLOOR = 3.3;
const TONES: Readonly<Record<Front['kind'], readonly Rgb[]>> = {
  brick: [
    [158, 92, 70],
    [134, 84, 70],
    [176, 118, 88],
  ],
  plaster: [
    [222, 206, 178],
    [196, 186, 172],
    [226, 196, 152],
    [178, 190, 190],
    [214, 176, 160],
  ],
  glass: [
    [104, 120, 138],
    [92, 100, 112],
  ],
};
const SIGNS: readonly Rgb[] = [
  [255, 64, 92],
  [60, 200, 255],
  [255, 186, 60],
  [120, 255, 160],
  [236, 92, 255],
  [255, 240, 214],
];
const WARM: Rgb = [255, 204, 128];
const COOL: Rgb = [206, 224, 255];

function hash(column: number, row: number, seed: number): number {
  const mixed = Math.imul(Math.imul(column + 3, 374_761_393) ^ Math.imul(row + 7, 668_265_263) ^ seed, 1_274_126_177);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296;
}

/** Light of lamps and shops on the walls above them. */
function inLampLight(colour: Rgb, up: number): Rgb {
  const light = smoothstep(11, 0, up);
  return [colour[0] + light * 58, colour[1] + light * 40, colour[2] + light * 20];
}

/** A pane from within: by night a room with a lamp, by day the sky that it mirrors. */
function pane(
  options: SceneOptions,
  front: Front,
  place: { chance: number; x: number; y: number },
  share: number,
): Rgb {
  const { palette, dark } = options;
  if (dark && place.chance < share) {
    const colour = place.chance < share * 0.78 ? WARM : COOL;
    const gain = 0.62 + 0.38 * ((place.chance * 97) % 1);
    const room = 1 - 0.45 * place.y - 0.2 * Math.abs(place.x - 0.5);
    const curtain = place.x < 0.16 || place.x > 0.84 ? 0.7 : 1;
    return [colour[0] * gain * room * curtain, colour[1] * gain * room * curtain, colour[2] * gain * room * curtain];
  }
  const sky = palette.gradient[1] ?? [0, 180, 200, 220];
  const mirrored = (dark ? 0.24 : 0.3) + 0.4 * place.y * (front.facing > 0.45 ? 1 : 0.6);
  const glass = lit(palette, [44, 54, 66], 0.3, 0);
  return blend(glass, [sky[1] ?? 0, sky[2] ?? 0, sky[3] ?? 0], mirrored * (0.75 + 0.5 * place.chance) * 0.8);
}

function wall(options: SceneOptions, front: Front, across: number, up: number): Rgb {
  const stain = sampleNoise(softNoise(), across / 30 + front.seed * 0.013, up / 26) - 0.5;
  const grain = sampleNoise(fineNoise(), across / 5, up / 5 + front.seed * 0.01) - 0.5;
  const course = front.kind === 'brick' && (up * 4) % 1 < 0.16 ? 0.93 : 1;
  const gain = course * (1 + stain * 0.24 + grain * 0.14) * mix(0.82, 1, smoothstep(0, 5, up));
  const tone: Rgb = [front.tone[0] * gain, front.tone[1] * gain, front.tone[2] * gain];
  return lit(options.palette, tone, front.facing + grain * 0.1, 0);
}

/** Shop windows, a sign over them, and an awning on some. */
function groundFloor(options: SceneOptions, front: Front, across: number, up: number): Rgb {
  const { palette, dark } = options;
  const shop = Math.floor(across / 5.2);
  const inShop = across / 5.2 - shop;
  const own = hash(shop, 1, front.seed);
  const sign = SIGNS[Math.floor(own * SIGNS.length)] ?? front.sign;
  if (up > 3.1 && up < 3.75 && inShop > 0.06 && inShop < 0.94) {
    const letters =
      inShop > 0.2 && inShop < 0.8 && up > 3.25 && up < 3.6 && hash(Math.floor(across * 5), shop, front.seed) > 0.3;
    if (dark) return letters ? blend(sign, [255, 255, 255], 0.35) : [sign[0] * 0.3, sign[1] * 0.3, sign[2] * 0.3];
    const board = lit(palette, blend(sign, [70, 62, 58], 0.55), front.facing, 0);
    return letters ? lit(palette, [240, 236, 226], front.facing, 0) : board;
  }
  if (front.awning && up > 2.35 && up <= 3.1 && inShop > 0.04 && inShop < 0.96) {
    const stripe = Math.floor(across * 2.6) % 2 === 0;
    const cloth = stripe ? blend(sign, [180, 60, 52], 0.5) : ([238, 232, 222] as const);
    return lit(palette, cloth, front.facing + (up - 2.7) * 0.5, 0);
  }
  const isGlass = up > 0.55 && up < 2.95 && inShop > 0.07 && inShop < 0.93 && Math.abs((inShop * 3) % 1) > 0.04;
  if (!isGlass) return wall(options, { ...front, tone: blend(front.tone, [70, 66, 64], 0.45) }, across, up);
  if (!dark) return blend(pane(options, front, { chance: own, x: inShop, y: up / 3 }, 0), [214, 186, 140], 0.16);
  const goods = sampleNoise(fineNoise(), across / 7 + own, up / 6) - 0.3;
  const glow = (0.66 + 0.5 * goods * smoothstep(2, 0.6, up)) * mix(0.7, 1, own);
  const light = blend(own < 0.7 ? WARM : COOL, sign, 0.18);
  return [light[0] * glow, light[1] * glow, light[2] * glow];
}

function upperFloor(options: SceneOptions, front: Front, across: number, up: number): Rgb {
  const { palette, dark } = options;
  const above = up - GROUND_FLOOR;
  const floor = Math.floor(above / FLOOR);
  const y = above / FLOOR - floor;
  const column = Math.floor(across / front.bay);
  const x = across / front.bay - column;
  const chance = hash(column, floor, front.seed);
  const plain = () => (dark ? inLampLight(wall(options, front, across, up), up) : wall(options, front, across, up));
  const trim = () => {
    const colour = lit(palette, front.trim, front.facing + 0.1, 0);
    return dark ? inLampLight(colour, up) : colour;
  };
  if (front.height - up < 0.7) return front.height - up < 0.16 ? plain() : trim();
  if (front.kind === 'glass') {
    if (y < 0.14 || x < 0.05) return plain();
    return pane(options, front, { chance: hash(column >> 1, floor, front.seed), x, y }, 0.42);
  }
  if (y < 0.05) return front.kind === 'plaster' ? trim() : plain();
  const inWindow = x > 0.26 && x < 0.74 && y > 0.24 && y < 0.82;
  if (!inWindow) {
    const isTrim = x > 0.2 && x < 0.8 && ((y > 0.18 && y <= 0.24) || (y >= 0.82 && y < 0.88));
    return isTrim ? trim() : plain();
  }
  const px = (x - 0.26) / 0.48;
  const py = (y - 0.24) / 0.58;
  if (px < 0.06 || px > 0.94 || Math.abs(px - 0.5) < 0.035 || Math.abs(py - 0.62) < 0.02) return trim();
  const colour = pane(options, front, { chance, x: px, y: py }, 0.44);
  // The lintel's shadow.
  return py > 0.9 && !dark ? [colour[0] * 0.6, colour[1] * 0.6, colour[2] * 0.6] : colour;
}

function pickFront(random: Random, facing: number, height: number): Omit<Front, 'length'> {
  const kind = height > 21 ? 'glass' : random() < 0.45 ? 'brick' : random() < 0.75 ? 'plaster' : 'glass';
  const tones = TONES[kind];
  const tone = tones[Math.floor(random() * tones.length)] ?? [190, 180, 170];
  return {
    ...{ kind, tone, facing, height, trim: blend(tone, [242, 236, 226], 0.62), bay: 2.3 + random() * 0.8 },
    ...{ sign: SIGNS[Math.floor(random() * SIGNS.length)] ?? WARM, awning: random() < 0.4 },
    seed: Math.floor(random() * 1e6),
  };
}

/** `focal` is how many pixels a metre takes at a distance of one. */
export function createHouses(options: SceneOptions, focal: number): House[] {
  const houses: House[] = [];
  const lightFrom = (options.palette.sun?.x ?? 0.7) > 0.5 ? 1 : -1;
  for (const side of [-1, 1] as const) {
    const random = createRandom(options.seed * 2 + side + 601);
    // The side across from the sun is in its light.
    const facing = side === lightFrom ? 0.3 : 0.74;
    let along = -3 - random() * 4;
    for (let index = 0; along < STREET_END; index += 1) {
      const length = 9 + random() * 9;
      const isTall = along > 60 && random() < 0.4;
      const floors = isTall ? 6 + Math.floor(random() * 6) : 2 + Math.floor(random() * 3.4);
      const height = GROUND_FLOOR + floors * FLOOR + 0.9;
      const front: Front = { ...pickFront(random, facing, height), length };
      // As fine as it is ever seen: the camera goes some way along the street.
      const density = Math.min(40, Math.max(3, (focal / Math.max(13, along - 12)) * 0.6));
      const panel = createPanel({ width: length, height, density, isWall: true }, (across, up) =>
        up < GROUND_FLOOR ? groundFloor(options, front, across, up) : upperFloor(options, front, across, up),
      );
      houses.push({
        side,
        near: along,
        far: along + length,
        front: HALF_STREET + (random() < 0.35 ? 0.7 : 0),
        height,
        panel,
      });
      along += length + (index % 3 === 2 ? 7 : 0);
    }
  }
  return houses;
}
