/**
 * What moved between two pictures beyond the camera: a smooth field of displacements, found coarse to fine. Each step moves
 * every point a little along the slope of what it differs in, then smooths the whole field (Thirion's demons, 1998), so that
 * what has no counterpart is carried along by what is around it instead of tearing.
 */
import type { Luma } from '../motion/estimate.ts';
import { boxBlur } from '../pixels/box-blur.ts';
import type { Similarity } from './similarity.ts';
import { type StructureMaps, sampleMap } from './structure.ts';

const SIDES = [24, 48, 96, 192] as const;
const STEPS = 24;
/** Smoothing of the field after each step, in pixels of the level. */
const FIELD_RADIUS = 2;
/** The neighbourhood in which the two are compared at the end, in pixels of the finest level. */
const COMPARED_RADIUS = 5;

export interface Flow {
  readonly width: number;
  readonly height: number;
  /** Displacement in half widths of the picture. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** 1 where both pictures agree after the displacement, 0 where they show different things. */
  readonly agreement: Float32Array;
}

/** The last picture seen from the first one's camera; NaN where it does not reach. */
function seenFromFirst(last: Luma, first: Luma, { mx, my, dx, dy }: Similarity): Luma {
  const { width, height } = first;
  const values = new Float32Array(width * height);
  const half = width / 2;
  const lastHalf = last.width / 2;
  for (let y = 0, i = 0; y < height; y += 1) {
    const qy = (y + 0.5 - height / 2) / half;
    for (let x = 0; x < width; x += 1, i += 1) {
      const qx = (x + 0.5 - half) / half;
      const px = (mx * qx - my * qy + dx + 1) * lastHalf - 0.5;
      const py = (mx * qy + my * qx + dy) * lastHalf + last.height / 2 - 0.5;
      values[i] = sampleMap(last, px, py);
    }
  }
  return { width, height, values };
}

interface Field {
  readonly width: number;
  readonly height: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
}

function enlarge(field: Field, { width, height }: Luma): Field {
  const scale = width / field.width;
  const channel = (values: Float32Array) => {
    const map: Luma = { width: field.width, height: field.height, values };
    const result = new Float32Array(width * height);
    for (let y = 0, i = 0; y < height; y += 1) {
      const py = Math.min(field.height - 1, Math.max(0, ((y + 0.5) * field.height) / height - 0.5));
      for (let x = 0; x < width; x += 1, i += 1) {
        const px = Math.min(field.width - 1, Math.max(0, ((x + 0.5) * field.width) / width - 0.5));
        result[i] = sampleMap(map, px, py) * scale;
      }
    }
    return result;
  };
  return { width, height, x: channel(field.x), y: channel(field.y) };
}

/** One step of the field, in pixels. */
function step(first: Luma, seen: Luma, field: Field): void {
  const { width, height, values } = first;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const i = y * width + x;
      const px = x + (field.x[i] as number);
      const py = y + (field.y[i] as number);
      const value = sampleMap(seen, px, py);
      const left = sampleMap(seen, px - 1, py);
      const right = sampleMap(seen, px + 1, py);
      const above = sampleMap(seen, px, py - 1);
      const below = sampleMap(seen, px, py + 1);
      const slopeX = ((values[i + 1] as number) - (values[i - 1] as number) + right - left) / 4;
      const slopeY = ((values[i + width] as number) - (values[i - width] as number) + below - above) / 4;
      const error = (values[i] as number) - value;
      const power = slopeX * slopeX + slopeY * slopeY + error * error;
      if (!(power > 1e-6)) continue;
      field.x[i] = (field.x[i] as number) + (error * slopeX) / power;
      field.y[i] = (field.y[i] as number) + (error * slopeY) / power;
    }
  }
}

/** Local correlation after the displacement; what is flat in both agrees, since nothing there can show double. */
function agreementOf(first: Luma, seen: Luma, field: Field): Float32Array {
  const { width, values } = first;
  const count = values.length;
  const products = { both: new Float32Array(count), first: new Float32Array(count), seen: new Float32Array(count) };
  for (let i = 0; i < count; i += 1) {
    const b = sampleMap(seen, (i % width) + (field.x[i] as number), ((i / width) | 0) + (field.y[i] as number));
    const a = values[i] as number;
    products.first[i] = a * a;
    products.both[i] = Number.isNaN(b) ? a * a : a * b;
    products.seen[i] = Number.isNaN(b) ? a * a : b * b;
  }
  const options = { plane: first, radius: COMPARED_RADIUS };
  for (const product of Object.values(products)) boxBlur(product, product, options);
  const agreement = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    const a = products.first[i] as number;
    const b = products.seen[i] as number;
    const correlation = (products.both[i] as number) / Math.sqrt(a * b + 1e-6);
    const visible = Math.min(1, Math.max(a, b));
    agreement[i] = 1 - visible * Math.min(1, Math.max(0, (0.8 - correlation) / 0.5));
  }
  boxBlur(agreement, agreement, options);
  return agreement;
}

/** `camera` sends the first picture's points to the last one's. The displacement is in the first one's coordinates. */
export function estimateFlow(first: StructureMaps, last: StructureMaps, camera: Similarity): Flow {
  let field: Field = { width: 2, height: 2, x: new Float32Array(4), y: new Float32Array(4) };
  let agreement: Float32Array = new Float32Array(4);
  for (const side of SIDES) {
    const map = first.at(side);
    const seen = seenFromFirst(last.at(side), map, camera);
    field = enlarge(field, map);
    const options = { plane: map, radius: FIELD_RADIUS };
    for (let count = 0; count < STEPS; count += 1) {
      step(map, seen, field);
      boxBlur(field.x, field.x, options);
      boxBlur(field.y, field.y, options);
    }
    if (side === SIDES[SIDES.length - 1]) agreement = agreementOf(map, seen, field);
  }
  const half = field.width / 2;
  return { ...field, x: field.x.map((value) => value / half), y: field.y.map((value) => value / half), agreement };
}
