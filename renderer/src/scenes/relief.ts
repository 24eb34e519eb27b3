/** Land seen in perspective: a terrain cut into slices by distance, each a layer of its own, so that they slide past each other. */
import { fineNoise, sampleNoise, softNoise } from '../pixels/noise.ts';
import { clamp, mix, smoothstep } from '../pixels/numbers.ts';
import { blend, type Rgb, type SkyPalette } from '../pixels/palette.ts';
import { createLayer, lit, putPixel, sideRoom } from './layer.ts';
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
  readonly x: number;
  readonly distance: number;
  readonly height: number;
  readonly light: number;
  readonly level: number;
}

type Ground = (surface: Surface, coarse: number, fine: number) => Rgb;

const SNOW: Rgb = [246, 249, 255];

const COVERS: Readonly<Record<Cover, Ground>> = {
  alpine: ({ height, level, light }, coarse, fine) => {
    const rock = blend([112, 110, 116], [150, 142, 136], fine);
    const wood = blend([40, 66, 46], [74, 104, 56], coarse);
    const green =
      smoothstep(0.75, 0.35, height + (coarse - 0.5) * 0.5 + (fine - 0.5) * 0.3) * smoothstep(0.45, 0.7, level);
    const ground = blend(rock, wood, green);
    const line = height + (coarse - 0.5) * 0.9 + (fine - 0.5) * 0.5 + (0.5 - light) * 0.25;
    return blend(ground, SNOW, smoothstep(0.75, 1.15, line) * smoothstep(0.36, 0.6, level + (fine - 0.5) * 0.2));
  },
  green: (_, coarse, fine) => {
    const meadow = blend([104, 142, 66], [146, 166, 84], fine);
    return blend(meadow, [52, 88, 50], smoothstep(0.5, 0.62, coarse + (fine - 0.5) * 0.35));
  },
  redrock: ({ height, level }, coarse, fine) => {
    const band = sampleNoise(softNoise(), 0.31, height * 0.9 + coarse * 0.05);
    const rock = blend([168, 84, 52], [222, 146, 98], smoothstep(0.3, 0.7, band));
    const sand = blend([206, 138, 92], [188, 122, 80], fine);
    const flat = smoothstep(0.72, 0.9, level);
    const shrub = smoothstep(0.6, 0.7, fine) * flat * smoothstep(0.6, 0.3, height) * 0.6;
    return blend(blend(rock, sand, flat), [104, 104, 62], shrub);
  },
  sand: (_, coarse, fine) => {
    const sand = blend([230, 184, 122], [218, 166, 104], coarse);
    return blend(sand, [206, 156, 100], (fine - 0.5) * 0.3 + 0.15);
  },
  snow: ({ height, level, light }, coarse, fine) => {
    const bare = smoothstep(0.5, 0.36, level + (fine - 0.5) * 0.25) * smoothstep(0.3, 0.8, height);
    const snow = blend(SNOW, [214, 226, 246], (1 - light) * 0.8);
    return blend(snow, blend([104, 110, 124], [132, 134, 142], coarse), bare);
  },
  tropical: ({ height, level }, coarse, fine) => {
    const wood = blend([52, 92, 48], [98, 130, 66], fine * 0.6 + coarse * 0.4);
    const rock = blend([120, 114, 106], [158, 148, 132], fine);
    const steep = smoothstep(0.62, 0.45, level);
    const shore = smoothstep(0.1, 0.03, height);
    return blend(blend(wood, rock, steep), [214, 194, 152], shore);
  },
};

/** Light from the sky fills shadows with its blue. */
function inShade(colour: Rgb, light: number): Rgb {
  const shade = (1 - light) * 0.5;
  return [colour[0] * (1 - shade * 0.28), colour[1] * (1 - shade * 0.1), colour[2] * (1 + shade * 0.1)];
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

function colourAt({ shape, terrain, palette }: Slice, x: number, distance: number, height: number): Rgb {
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
  const colour = inShade(COVERS[shape.cover]({ x, distance, height, light, level }, coarse, fine), light);
  const share = Math.max(0, distance - NEAREST) / (FARTHEST - NEAREST);
  // Air is thicker far away and low down.
  const air = shape.air * share ** 0.8 * mix(1.15, 0.75, smoothstep(0, 1.8, height));
  return lit(palette, colour, facing, clamp(air, 0, 0.96));
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
  let before = { row: Number.POSITIVE_INFINITY, distance: near, height: 0 };
  for (let distance = near; distance < far; distance += 0.008 * distance) {
    const height = sampleField(terrain.heights, across * distance, distance);
    if (inSea && height <= 0) continue;
    const exact = row(distance, height);
    const y = Math.floor(exact);
    const last = before;
    before = { row: exact, distance, height };
    if (y >= top) continue;
    const end = inSea && first ? Math.min(top, Math.ceil(row(distance, 0))) : top;
    const foot =
      first && (inSea || exact <= eyeLevel + 1) ? colourAt(slice, across * distance, distance, height) : undefined;
    for (let fill = Math.max(0, y); fill < end; fill += 1) {
      // A steep place takes many rows from one step to the next: each has its own place on the slope.
      const share = clamp((last.row - fill) / Math.max(1, last.row - exact), 0, 1);
      // Below the near edge the same slope goes on towards the viewer.
      const isNearer = first && exact > eyeLevel + 1;
      const place = isNearer
        ? (distance * (exact - eyeLevel)) / (fill - eyeLevel)
        : mix(last.distance, distance, share);
      const colour = foot ?? colourAt(slice, across * place, place, first ? height : mix(last.height, height, share));
      putPixel(layer, px, fill, colour, fill === y ? clamp(1 - (exact - y), 0, 1) : 1);
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
    const { layer, unit } = createLayer({
      ...{ frameWidth: size.width, frameHeight: size.height, depthTop: depth, depthBottom: depth },
      ...{ top: shape.horizon - highest - 0.02, bottom: Math.min(shape.foot, lowest) },
    });
    const slice: Slice = { shape, terrain, palette, near, far };
    for (let px = 0; px < layer.width; px += 1) drawColumn(layer, unit, px, slice);
    return layer;
  });
}
