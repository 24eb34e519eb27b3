/**
 * The Kuwahara filter with round areas: each pixel takes the mean of those among eight neighbouring areas that vary least,
 * which flattens areas and keeps outlines, as a brush does. Square areas would leave square patches on rock and leaves. Each
 * area is one blurred sample, weighted once for all pixels that use it, so the cost does not depend on the radius.
 */
import type { Size } from '../geometry.ts';
import { boxBlur } from './box-blur.ts';

export type Kuwahara = (source: Uint8Array, target: Uint8Array) => void;

const DIRECTIONS = 8;
/** Variance is judged by brightness: shadows vary little in all and would spread over everything beside them. */
const VARIANCE_SHARE = 0.15;
const DARKEST = 24;
/** How far out the areas' middles lie, in blur radii: near enough that each area contains the pixel itself. */
const REACH = 1.5;

interface Planes {
  readonly red: Float32Array;
  readonly green: Float32Array;
  readonly blue: Float32Array;
  readonly squares: Float32Array;
}

/** Splits the picture into the four planes whose local means are needed. */
function readPlanes(source: Uint8Array, { red, green, blue, squares }: Planes): void {
  for (let i = 0, o = 0; i < red.length; i += 1, o += 3) {
    const r = source[o] as number;
    const g = source[o + 1] as number;
    const b = source[o + 2] as number;
    const light = 0.3 * r + 0.59 * g + 0.11 * b;
    red[i] = r;
    green[i] = g;
    blue[i] = b;
    squares[i] = light * light;
  }
}

/** Turns means into weighted means; `areas` gets red, green, blue and the weight of each area in turn. */
function weighAreas({ red, green, blue, squares }: Planes, areas: Float32Array): void {
  for (let i = 0, o = 0; i < red.length; i += 1, o += 4) {
    const r = red[i] as number;
    const g = green[i] as number;
    const b = blue[i] as number;
    const light = 0.3 * r + 0.59 * g + 0.11 * b;
    const spread = Math.max(0, (squares[i] as number) - light * light) / (VARIANCE_SHARE * (light + DARKEST));
    const soft = 1 / (1 + spread);
    const weight = soft * soft * soft;
    areas[o] = r * weight;
    areas[o + 1] = g * weight;
    areas[o + 2] = b * weight;
    areas[o + 3] = weight;
  }
}

interface Offset {
  readonly x: number;
  readonly y: number;
}

function ringOffsets(radius: number): Offset[] {
  return Array.from({ length: DIRECTIONS }, (_, index) => {
    const angle = (index * 2 * Math.PI) / DIRECTIONS;
    return { x: Math.round(Math.cos(angle) * radius * REACH), y: Math.round(Math.sin(angle) * radius * REACH) };
  });
}

export function createKuwahara(size: Size, radius: number): Kuwahara {
  const { width, height } = size;
  const plane = () => new Float32Array(width * height);
  const planes: Planes = { red: plane(), green: plane(), blue: plane(), squares: plane() };
  const areas = new Float32Array(width * height * 4);
  const blur = { plane: size, radius, scratch: plane() };
  const ring = ringOffsets(radius);
  const columns = ring.map(({ x }) => {
    return Int32Array.from({ length: width }, (_, at) => Math.min(width - 1, Math.max(0, at + x)) * 4);
  });
  const sums = new Float32Array(width * 4);

  function addArea(column: Int32Array, row: number): void {
    for (let x = 0, s = 0; x < width; x += 1, s += 4) {
      const i = row + (column[x] as number);
      sums[s] = (sums[s] as number) + (areas[i] as number);
      sums[s + 1] = (sums[s + 1] as number) + (areas[i + 1] as number);
      sums[s + 2] = (sums[s + 2] as number) + (areas[i + 2] as number);
      sums[s + 3] = (sums[s + 3] as number) + (areas[i + 3] as number);
    }
  }

  return (source, target) => {
    readPlanes(source, planes);
    for (const values of [planes.red, planes.green, planes.blue, planes.squares]) {
      boxBlur(values, values, blur);
      boxBlur(values, values, blur);
    }
    weighAreas(planes, areas);
    for (let y = 0, o = 0; y < height; y += 1) {
      sums.fill(0);
      for (const [index, { y: down }] of ring.entries()) {
        addArea(columns[index] as Int32Array, Math.min(height - 1, Math.max(0, y + down)) * width * 4);
      }
      for (let s = 0; s < sums.length; s += 4, o += 3) {
        const inverse = 1 / (sums[s + 3] as number);
        target[o] = (sums[s] as number) * inverse + 0.5;
        target[o + 1] = (sums[s + 1] as number) * inverse + 0.5;
        target[o + 2] = (sums[s + 2] as number) * inverse + 0.5;
      }
    }
  };
}
