/**
 * Land as a height field: ridges worn by water, mesas, dunes, hills, islands. Its light and shadow are worked out once for the
 * whole field; `relief.ts` looks at it in perspective. Lengths are in field units, `CELL` of them per sample.
 */
import { clamp, mix, smoothstep } from '../pixels/numbers.ts';
import type { Sun } from '../pixels/palette.ts';

export type TerrainKind = 'alps' | 'hills' | 'mesas' | 'dunes' | 'island';

export const CELL = 0.07;
/** Samples across and away from the viewer. */
const ACROSS = 720;
const AWAY = 190;
/** Distance of the field's nearest row from the eye. */
export const NEAREST = 3;
export const FARTHEST = NEAREST + (AWAY - 2) * CELL;

export interface Terrain {
  readonly heights: Float32Array;
  /** How much light falls on each sample, 0 to 1, shadows included. */
  readonly light: Float32Array;
  /** 1 on level ground, near 0 on a wall. */
  readonly level: Float32Array;
}

/** A value from 0 to 1 for a lattice point. */
function lattice(x: number, y: number, seed: number): number {
  let mixed = Math.imul(x, 374_761_393) ^ Math.imul(y, 668_265_263) ^ Math.imul(seed + 1, 1_274_126_177);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 1_103_515_245);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 4_294_967_296;
}

/** Value noise and its slopes, from -1 to 1: `into` gets value, slope along x, slope along y. */
function noiseWithSlopes(x: number, y: number, seed: number, into: Float64Array): void {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const fx = x - x0;
  const fy = y - y0;
  const ux = fx * fx * fx * (fx * (fx * 6 - 15) + 10);
  const uy = fy * fy * fy * (fy * (fy * 6 - 15) + 10);
  const a = lattice(x0, y0, seed);
  const b = lattice(x0 + 1, y0, seed);
  const c = lattice(x0, y0 + 1, seed);
  const d = lattice(x0 + 1, y0 + 1, seed);
  const twist = a - b - c + d;
  into[0] = (a + (b - a) * ux + (c - a) * uy + twist * ux * uy) * 2 - 1;
  into[1] = 60 * fx * fx * (fx * (fx - 2) + 1) * (b - a + twist * uy);
  into[2] = 60 * fy * fy * (fy * (fy - 2) + 1) * (c - a + twist * ux);
}

const sample = new Float64Array(3);

/**
 * Octaves that fade where the land is steep already, as running water leaves sharp crests and smooth valley floors. About
 * -1 to 1.
 */
function worn(x: number, y: number, seed: number, octaves: number, wear: number): number {
  let sum = 0;
  let amplitude = 1;
  let slopeX = 0;
  let slopeY = 0;
  let px = x;
  let py = y;
  for (let octave = 0; octave < octaves; octave += 1) {
    noiseWithSlopes(px, py, seed + octave * 7, sample);
    slopeX += (sample[1] as number) * 0.5;
    slopeY += (sample[2] as number) * 0.5;
    sum += (amplitude * (sample[0] as number)) / (1 + wear * (slopeX * slopeX + slopeY * slopeY));
    amplitude *= 0.5;
    // Turned by an angle whose sine and cosine are 0.6 and 0.8, so that the octaves' lattices do not line up.
    const turned = 1.98 * (0.8 * px - 0.6 * py);
    py = 1.98 * (0.6 * px + 0.8 * py);
    px = turned;
  }
  return sum;
}

/** Crests where the noise passes through its middle. */
function ridged(x: number, y: number, seed: number): number {
  noiseWithSlopes(x, y, seed, sample);
  const fold = 1 - Math.abs(sample[0] as number) * 1.35;
  return Math.max(0, fold);
}

type HeightAt = (x: number, distance: number, seed: number) => number;

const alps: HeightAt = (x, distance, seed) => {
  const bend = worn(x * 0.22, distance * 0.22, seed + 31, 3, 0) * 0.7;
  const crest = ridged(x * 0.2 + bend * 0.5, distance * 0.24 + bend * 0.3, seed + 50) ** 1.3;
  const detail = worn(x * 0.5, distance * 0.55, seed, 9, 0.55);
  const massif = 0.55 + 0.45 * worn(x * 0.11, 3.5, seed + 77, 2, 0);
  const rise = smoothstep(3, 10, distance);
  return rise * (0.35 + massif * (0.7 + crest * 1.75)) * (0.78 + detail * 0.42) + detail * 0.12;
};

const hills: HeightAt = (x, distance, seed) => {
  const broad = worn(x * 0.24, distance * 0.3, seed, 2, 0);
  const small = worn(x * 0.8, distance * 0.9, seed + 9, 4, 0.3);
  const rise = smoothstep(3, 12, distance);
  return 0.12 + rise * (0.75 + broad * 0.55 + small * 0.07) + small * 0.04;
};

/** Flat-topped rocks with ledges above a plain. */
const mesas: HeightAt = (x, distance, seed) => {
  const rough = worn(x * 0.9, distance * 0.9, seed + 5, 6, 0.3);
  const body = worn(x * 0.27, distance * 0.3, seed, 3, 0.1) + rough * 0.13;
  const wall = smoothstep(0.08, 0.26, body);
  const tower = smoothstep(0.42, 0.52, body + rough * 0.05);
  const scree = smoothstep(-0.25, 0.1, body) * 0.28;
  const rise = smoothstep(4, 7, distance);
  return 0.05 + rough * 0.03 + rise * (scree + wall * 0.8 + tower * 0.75);
};

/** Long crests, gentle to windward and steep to lee. */
const dunes: HeightAt = (x, distance, seed) => {
  const bend = worn(x * 0.16, distance * 0.16, seed + 3, 3, 0);
  const phase = (distance * 0.36 + x * 0.12 + bend * 1.15) % 1;
  const along = phase < 0 ? phase + 1 : phase;
  const profile = along < 0.72 ? smoothstep(0, 0.78, along) : 1 - ((along - 0.72) / 0.28) ** 0.85;
  const size = 0.6 + 0.4 * worn(x * 0.2, distance * 0.12, seed + 11, 2, 0);
  const rise = mix(0.35, 1, smoothstep(3, 12, distance));
  return 0.04 + profile * size * 0.85 * rise + 0.5 * smoothstep(8, 16, distance);
};

/** Humps that stand in the sea; what is below 0 is under water. */
const island: HeightAt = (x, distance, seed) => {
  const rough = worn(x * 0.7, distance * 0.8, seed, 7, 0.5);
  const side = lattice(1, 1, seed) < 0.5 ? -1 : 1;
  const main = 1 - Math.hypot((x - side * 3.2) / 2.9, (distance - 10) / 2.2);
  const second = 1 - Math.hypot((x + side * 7.5) / 3.4, (distance - 13) / 2);
  const hump = Math.max(main * 1.35, second * 1.1);
  return hump + rough * 0.3 * smoothstep(-0.4, 0.5, hump) - 0.12;
};

const KINDS: Readonly<Record<TerrainKind, HeightAt>> = { alps, hills, mesas, dunes, island };

export function sampleField(field: Float32Array, x: number, distance: number): number {
  const column = clamp(x / CELL + ACROSS / 2, 0, ACROSS - 1.001);
  const row = clamp((distance - NEAREST) / CELL, 0, AWAY - 1.001);
  const x0 = column | 0;
  const y0 = row | 0;
  const fx = column - x0;
  const i = y0 * ACROSS + x0;
  const near = (field[i] as number) + ((field[i + 1] as number) - (field[i] as number)) * fx;
  const j = i + ACROSS;
  const far = (field[j] as number) + ((field[j + 1] as number) - (field[j] as number)) * fx;
  return near + (far - near) * (row - y0);
}

/** The highest line of shade that reaches each sample from the side of the sun. */
function castShadows(heights: Float32Array, light: Float32Array, fromRight: boolean, fall: number): void {
  const step = fall * CELL;
  for (let row = 0; row < AWAY; row += 1) {
    let shade = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < ACROSS; index += 1) {
      const i = row * ACROSS + (fromRight ? ACROSS - 1 - index : index);
      const height = heights[i] as number;
      shade = Math.max(shade - step, height);
      light[i] = (light[i] as number) * (1 - 0.75 * smoothstep(0.015, 0.1, shade - height));
    }
  }
}

function lightField(heights: Float32Array, sun: Sun | undefined): Pick<Terrain, 'light' | 'level'> {
  const light = new Float32Array(heights.length);
  const level = new Float32Array(heights.length);
  const fromRight = (sun?.x ?? 0.7) > 0.5;
  // The sun of these pictures stands to the side and a little behind the viewer, even where the sky shows it ahead: land
  // that is only seen against the light is a black shape.
  const side = fromRight ? 0.72 : -0.72;
  const up = 0.42 + 0.22 * Math.min(1, sun?.height ?? 1);
  const towards = 0.36;
  const length = Math.hypot(side, up, towards);
  for (let row = 0; row < AWAY; row += 1) {
    for (let column = 0; column < ACROSS; column += 1) {
      const i = row * ACROSS + column;
      const right = heights[column < ACROSS - 1 ? i + 1 : i] as number;
      const behind = heights[row < AWAY - 1 ? i + ACROSS : i] as number;
      const slopeX = (right - (heights[i] as number)) / CELL;
      const slopeY = (behind - (heights[i] as number)) / CELL;
      const normal = 1 / Math.hypot(1, slopeX, slopeY);
      level[i] = normal;
      const direct = ((-slopeX * side + slopeY * towards + up) * normal) / length;
      // Without a sun one side of the sky is still a little brighter than the other.
      light[i] = sun === undefined ? clamp(0.46 + (direct - 0.6) * 1.5, 0, 1) : Math.max(0, direct) ** 0.85;
    }
  }
  if (sun !== undefined) castShadows(heights, light, fromRight, up / Math.abs(side));
  return { light, level };
}

export interface TerrainView {
  readonly kind: TerrainKind;
  readonly seed: number;
  readonly sun: Sun | undefined;
  /** How far to the side is seen, at distance one: nothing beyond is worked out. */
  readonly reach: number;
}

export function createTerrain({ kind, seed, sun, reach }: TerrainView): Terrain {
  const heights = new Float32Array(ACROSS * AWAY);
  const heightAt = KINDS[kind];
  for (let row = 0; row < AWAY; row += 1) {
    const distance = NEAREST + row * CELL;
    const side = Math.min(ACROSS / 2, Math.ceil((distance * reach) / CELL) + 4);
    for (let column = ACROSS / 2 - side; column < ACROSS / 2 + side; column += 1) {
      heights[row * ACROSS + column] = heightAt((column - ACROSS / 2) * CELL, distance, seed);
    }
  }
  return { heights, ...lightField(heights, sun) };
}
