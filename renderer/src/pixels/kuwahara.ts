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
  const reach = Math.max(...ring.map(({ x }) => x));
  const sums = new Float32Array(4);

  /** Near the frame's sides areas beyond them stand for those at them. */
  function gatherAtEdge(x: number, y: number): void {
    sums.fill(0);
    for (const offset of ring) {
      const row = Math.min(height - 1, Math.max(0, y + offset.y)) * width;
      const i = (row + Math.min(width - 1, Math.max(0, x + offset.x))) * 4;
      for (let c = 0; c < 4; c += 1) sums[c] = (sums[c] as number) + (areas[i + c] as number);
    }
  }

  function paintEdge(target: Uint8Array, y: number, from: number, to: number): void {
    for (let x = from, o = (y * width + from) * 3; x < to; x += 1, o += 3) {
      gatherAtEdge(x, y);
      for (let c = 0; c < 3; c += 1) target[o + c] = (sums[c] as number) / (sums[3] as number) + 0.5;
    }
  }

  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = ring.map(({ x, y }) => (y * width + x) * 4);

  /** Written out: a loop over the ring for each pixel takes twice as long. */
  function paintMiddle(target: Uint8Array, y: number): void {
    const sum = (i: number): number =>
      (areas[i + a] as number) +
      (areas[i + b] as number) +
      (areas[i + c] as number) +
      (areas[i + d] as number) +
      (areas[i + e] as number) +
      (areas[i + f] as number) +
      (areas[i + g] as number) +
      (areas[i + h] as number);
    const end = (y * width + width - reach) * 4;
    for (let i = (y * width + reach) * 4, o = (y * width + reach) * 3; i < end; i += 4, o += 3) {
      const inverse = 1 / sum(i + 3);
      target[o] = sum(i) * inverse + 0.5;
      target[o + 1] = sum(i + 1) * inverse + 0.5;
      target[o + 2] = sum(i + 2) * inverse + 0.5;
    }
  }

  return (source, target) => {
    readPlanes(source, planes);
    for (const values of [planes.red, planes.green, planes.blue, planes.squares]) {
      boxBlur(values, values, blur);
      boxBlur(values, values, blur);
    }
    weighAreas(planes, areas);
    for (let y = 0; y < height; y += 1) {
      const isMiddle = y >= reach && y < height - reach && width > 2 * reach;
      paintEdge(target, y, 0, isMiddle ? reach : width);
      if (!isMiddle) continue;
      paintMiddle(target, y);
      paintEdge(target, y, width - reach, width);
    }
  };
}
