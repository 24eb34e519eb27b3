/** Land seen in perspective: a terrain cut into slices by distance, each a layer of its own, so that they slide past each other. */
import { fineNoise, sampleNoise, softNoise } from '../pixels/noise.ts';
import { clamp, mix, smoothstep } from '../pixels/numbers.ts';
import type { Rgb, SkyPalette } from '../pixels/palette.ts';
import { drawLayerTogether, lightUp, putPixel, sideRoom } from './layer.ts';
import type { Layer, SceneOptions } from './scene.ts';
import { CELL, createTerrain, FARTHEST, NEAREST, sampleField, type Terrain, type TerrainKind } from './terrain.ts';

/** Frame heights that one unit takes at distance one. */
const FOCAL = 1.25;

export type Cover = 'alpine' | 'green' | 'redrock' | 'sand' | 'snow' | 'tropical';

export interface ReliefShape {
  readonly terrain: TerrainKind;
  readonly cover: Cover;
  /** Row of the horizon, in frame heights. */
  readonly horizon: number;
  /** Height of the eye over the ground, in units. */
  readonly eye: number;
  /** Gain of the heights. */
  readonly rise: number;
  /** Distances at which it is cut, from far to near. */
  readonly cuts: readonly number[];
  /** Depths of the slices, from far to near: one less than the cuts. */
  readonly depths: readonly number[];
  /** Where the textures end, in frame heights; land in the sea ends at its own shore. */
  readonly foot: number;
  /** How much air is before the farthest slice, 0 to 1. */
  readonly air: number;
}

interface Surface {
  height: number;
  light: number;
  level: number;
}

/** Leaves the ground's colour in `own`. */
type Ground = (surface: Surface, coarse: number, fine: number) => void;

/** The colour in the making, and what is mixed into it: arrays for each texel are most of what a scene's first frame waits for. */
const own = new Float64Array(3);
const other = new Float64Array(3);
const surface: Surface = { height: 0, light: 0, level: 0 };

type Range = readonly [Rgb, Rgb];

function blendInto(target: Float64Array, [from, to]: Range, share: number): void {
  target[0] = mix(from[0], to[0], share);
  target[1] = mix(from[1], to[1], share);
  target[2] = mix(from[2], to[2], share);
}

function addShare(colour: Rgb | Float64Array, share: number): void {
  own[0] = mix(own[0] as number, colour[0] as number, share);
  own[1] = mix(own[1] as number, colour[1] as number, share);
  own[2] = mix(own[2] as number, colour[2] as number, share);
}

const SNOW: Rgb = [246, 249, 255];
const SNOWS: Range = [SNOW, [214, 226, 246]];
const MEADOW: Range = [
  [104, 142, 66],
  [146, 166, 84],
];
const WOOD: Range = [
  [40, 66, 46],
  [74, 104, 56],
];
const FAR_WOOD: Rgb = [52, 88, 50];
const JUNGLE: Range = [
  [52, 92, 48],
  [98, 130, 66],
];
const ROCK: Range = [
  [112, 110, 116],
  [150, 142, 136],
];
const RED_ROCK: Range = [
  [168, 84, 52],
  [222, 146, 98],
];
const BARE_ROCK: Range = [
  [104, 110, 124],
  [132, 134, 142],
];
const WARM_ROCK: Range = [
  [120, 114, 106],
  [158, 148, 132],
];
const RED_SAND: Range = [
  [206, 138, 92],
  [188, 122, 80],
];
const SHRUB: Rgb = [104, 104, 62];
const SAND: Range = [
  [230, 184, 122],
  [218, 166, 104],
];
const DARK_SAND: Rgb = [206, 156, 100];
const SHORE: Rgb = [214, 194, 152];

const COVERS: Readonly<Record<Cover, Ground>> = {
  alpine({ height, level, light }, coarse, fine) {
    blendInto(own, ROCK, fine);
    blendInto(other, WOOD, coarse);
    addShare(
      other,
      smoothstep(0.75, 0.35, height + (coarse - 0.5) * 0.5 + (fine - 0.5) * 0.3) * smoothstep(0.45, 0.7, level),
    );
    const line = height + (coarse - 0.5) * 0.9 + (fine - 0.5) * 0.5 + (0.5 - light) * 0.25;
    addShare(SNOW, smoothstep(0.75, 1.15, line) * smoothstep(0.36, 0.6, level + (fine - 0.5) * 0.2));
  },
  green(_, coarse, fine) {
    blendInto(own, MEADOW, fine);
    addShare(FAR_WOOD, smoothstep(0.5, 0.62, coarse + (fine - 0.5) * 0.35));
  },
  redrock({ height, level }, coarse, fine) {
    const band = sampleNoise(softNoise(), 0.31, height * 0.9 + coarse * 0.05);
    blendInto(own, RED_ROCK, smoothstep(0.3, 0.7, band));
    blendInto(other, RED_SAND, fine);
    const flat = smoothstep(0.72, 0.9, level);
    addShare(other, flat);
    addShare(SHRUB, smoothstep(0.6, 0.7, fine) * flat * smoothstep(0.6, 0.3, height) * 0.6);
  },
  sand(_, coarse, fine) {
    blendInto(own, SAND, coarse);
    addShare(DARK_SAND, (fine - 0.5) * 0.3 + 0.15);
  },
  snow({ height, level, light }, coarse, fine) {
    const bare = smoothstep(0.5, 0.36, level + (fine - 0.5) * 0.25) * smoothstep(0.3, 0.8, height);
    blendInto(own, SNOWS, (1 - light) * 0.8);
    blendInto(other, BARE_ROCK, coarse);
    addShare(other, bare);
  },
  tropical({ height, level }, coarse, fine) {
    blendInto(own, JUNGLE, fine * 0.6 + coarse * 0.4);
    blendInto(other, WARM_ROCK, fine);
    addShare(other, smoothstep(0.62, 0.45, level));
    addShare(SHORE, smoothstep(0.1, 0.03, height));
  },
};

/** Light from the sky fills shadows with its blue. */
function shadeOwn(light: number): void {
  const shade = (1 - light) * 0.5;
  own[0] = (own[0] as number) * (1 - shade * 0.28);
  own[1] = (own[1] as number) * (1 - shade * 0.1);
  own[2] = (own[2] as number) * (1 + shade * 0.1);
}

interface Slice {
  readonly shape: ReliefShape;
  readonly terrain: Terrain;
  readonly palette: SkyPalette;
  readonly near: number;
  readonly far: number;
}

/**
 * Sand has one colour: dunes are seen by their light alone, most of all by night, and near the viewer by the ripples that
 * the wind leaves.
 */
function sandLight(light: number, x: number, distance: number): number {
  const bent = distance * 7.5 + x * 0.9 + sampleNoise(softNoise(), x * 0.1, distance * 0.14) * 9;
  const ripple = Math.sin(bent * 4.2) * smoothstep(6.5, 2.6, distance) * 0.13;
  return clamp(0.5 + (light - 0.52) * 2.1 + ripple, -0.12, 1.35);
}

/** Leaves the colour of a place in `own`. */
function readColour({ shape, terrain, palette }: Slice, x: number, distance: number, height: number): void {
  const coarse = sampleNoise(softNoise(), x * 0.13, distance * 0.13);
  const fine = sampleNoise(fineNoise(), x * 0.55, distance * 0.6 + height * 0.25);
  const grain = sampleNoise(fineNoise(), x * 1.9, distance * 2.1 + height * 0.9) - 0.5;
  const isSmooth = shape.cover === 'sand';
  // Read a little beside the place: where a sample of the field is larger than a pixel, rock shows rather than squares.
  const beside = isSmooth ? 0 : CELL * 2.6 * grain;
  // A crest takes the light of the slope before it, or the lee behind shows through as a row of dots.
  const behind = isSmooth
    ? -CELL
    : CELL * 2.6 * (sampleNoise(fineNoise(), distance * 2.3 + 0.37, x * 2.1 + height) - 0.5);
  const light = sampleField(terrain.light, x + beside, distance + behind);
  const level = sampleField(terrain.level, x + beside, distance + behind);
  const roughness = isSmooth || shape.cover === 'snow' ? 0.08 : 0.4;
  const facing = isSmooth ? sandLight(light, x, distance) : clamp(light + grain * roughness, 0, 1);
  surface.height = height;
  surface.light = light;
  surface.level = level;
  COVERS[shape.cover](surface, coarse, fine);
  shadeOwn(light);
  const share = Math.max(0, distance - NEAREST) / (FARTHEST - NEAREST);
  // Air is thicker far away and low down.
  const air = shape.air * share ** 0.8 * mix(1.15, 0.75, smoothstep(0, 1.8, height));
  lightUp(palette, own, facing, clamp(air, 0, 0.96));
}

/** From the near edge of a slice away from the viewer: what rises above all before it is seen. */
function drawColumn(layer: Layer, unit: number, px: number, slice: Slice): void {
  const { shape, terrain, near, far } = slice;
  const across = (px - layer.width / 2) / unit / FOCAL;
  const inSea = shape.terrain === 'island';
  const row = (distance: number, height: number) =>
    (shape.horizon - ((height * shape.rise - shape.eye) * FOCAL) / distance) * unit - layer.top;
  const eyeLevel = shape.horizon * unit - layer.top;
  let top = layer.height;
  let first = true;
  let lastRow = Number.POSITIVE_INFINITY;
  let lastDistance = near;
  let lastHeight = 0;
  for (let distance = near; distance < far; distance += 0.008 * distance) {
    const height = sampleField(terrain.heights, across * distance, distance);
    if (inSea && height <= 0) continue;
    const exact = row(distance, height);
    const y = Math.floor(exact);
    const rowBefore = lastRow;
    const distanceBefore = lastDistance;
    const heightBefore = lastHeight;
    lastRow = exact;
    lastDistance = distance;
    lastHeight = height;
    if (y >= top) continue;
    const end = inSea && first ? Math.min(top, Math.ceil(row(distance, 0))) : top;
    const hasOneColour = first && (inSea || exact <= eyeLevel + 1);
    if (hasOneColour) readColour(slice, across * distance, distance, height);
    // Below the near edge the same slope goes on towards the viewer.
    const isNearer = first && exact > eyeLevel + 1;
    for (let fill = Math.max(0, y); fill < end; fill += 1) {
      if (!hasOneColour) {
        // A steep place takes many rows from one step to the next: each has its own place on the slope.
        const share = clamp((rowBefore - fill) / Math.max(1, rowBefore - exact), 0, 1);
        const place = isNearer
          ? (distance * (exact - eyeLevel)) / (fill - eyeLevel)
          : mix(distanceBefore, distance, share);
        readColour(slice, across * place, place, first ? height : mix(heightBefore, height, share));
      }
      putPixel(layer, px, fill, own, fill === y ? clamp(1 - (exact - y), 0, 1) : 1);
    }
    first = false;
    top = y + 1;
  }
}

export function createRelief({ size, palette, seed }: SceneOptions, shape: ReliefShape): Layer[] {
  const reach = ((size.width / size.height) * (0.5 + sideRoom(Math.max(...shape.depths)))) / FOCAL;
  const terrain = createTerrain({ kind: shape.terrain, seed: seed % 991, sun: palette.sun, reach });
  return shape.depths.map((depth, index) => {
    const far = shape.cuts[index] ?? FARTHEST;
    const near = shape.cuts[index + 1] ?? NEAREST;
    let highest = 0;
    for (let distance = near; distance < far; distance += 0.1) {
      for (let across = -reach; across < reach; across += 0.016) {
        const height = sampleField(terrain.heights, across * distance, distance) * shape.rise - shape.eye;
        highest = Math.max(highest, (height * FOCAL) / distance);
      }
    }
    // Below its near edge a slice is hidden by the next, but for what a moving camera uncovers.
    const lowest = index === shape.depths.length - 1 ? shape.foot : shape.horizon + (shape.eye * FOCAL) / near + 0.07;
    const slice: Slice = { shape, terrain, palette, near, far };
    return drawLayerTogether(
      {
        ...{ frameWidth: size.width, frameHeight: size.height, depthTop: depth, depthBottom: depth },
        ...{ top: shape.horizon - highest - 0.02, bottom: Math.min(shape.foot, lowest) },
      },
      ({ layer, unit }) => {
        for (let px = 0; px < layer.width; px += 1) drawColumn(layer, unit, px, slice);
      },
    );
  });
}
