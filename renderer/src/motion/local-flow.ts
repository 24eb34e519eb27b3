/**
 * Where each part of a picture goes in the next one: Lucas and Kanade's method from coarse to fine, on small brightness maps.
 * Made for neighbouring frames, with no memory asked for per frame.
 */
import type { Size } from '../geometry.ts';
import { boxBlur, type Plane } from '../pixels/box-blur.ts';
import { clamp } from '../pixels/numbers.ts';

/** Small pixels are so many pixels of the frame wide and high, from coarse to fine. */
const FACTORS = [16, 8, 4] as const;
const STEPS = 4;
const WINDOW = 3;
/** Slopes weaker than this, in levels squared, say nothing of motion. */
const DAMPING = 12;
const LARGEST_STEP = 1.5;

/** Displacements in pixels of the full frame, on a map of small pixels. */
export interface LocalFlow extends Plane {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

interface Level extends Plane {
  readonly factor: number;
  readonly before: Float32Array;
  readonly after: Float32Array;
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/** Means of `factor` squared pixels, from four samples in each. */
function shrink(rgb: Uint8Array, { width }: Size, level: Level, target: Float32Array): void {
  const { factor } = level;
  const near = factor >> 2;
  const far = factor - 1 - near;
  const lightAt = (x: number, y: number): number => {
    const o = (y * width + x) * 3;
    return 0.3 * (rgb[o] as number) + 0.59 * (rgb[o + 1] as number) + 0.11 * (rgb[o + 2] as number);
  };
  for (let y = 0, i = 0; y < level.height; y += 1) {
    for (let x = 0; x < level.width; x += 1, i += 1) {
      const left = x * factor;
      const top = y * factor;
      const upper = lightAt(left + near, top + near) + lightAt(left + far, top + near);
      target[i] = (upper + lightAt(left + near, top + far) + lightAt(left + far, top + far)) / 4;
    }
  }
}

/** Bilinear, edges repeated. */
function sample(values: Float32Array, { width, height }: Plane, x: number, y: number): number {
  const fx = clamp(x, 0, width - 1.001);
  const fy = clamp(y, 0, height - 1.001);
  const x0 = fx | 0;
  const y0 = fy | 0;
  const i = y0 * width + x0;
  const a = values[i] as number;
  const b = values[i + 1] as number;
  const c = values[i + width] as number;
  const d = values[i + width + 1] as number;
  const upper = a + (b - a) * (fx - x0);
  return upper + (c + (d - c) * (fx - x0) - upper) * (fy - y0);
}

function enlarge(from: Level, to: Level): void {
  const scaleX = from.width / to.width;
  const scaleY = from.height / to.height;
  const gain = from.factor / to.factor;
  for (let y = 0, i = 0; y < to.height; y += 1) {
    for (let x = 0; x < to.width; x += 1, i += 1) {
      const fx = (x + 0.5) * scaleX - 0.5;
      const fy = (y + 0.5) * scaleY - 0.5;
      to.x[i] = sample(from.x, from, fx, fy) * gain;
      to.y[i] = sample(from.y, from, fx, fy) * gain;
    }
  }
}

interface Products {
  readonly warped: Float32Array;
  readonly xx: Float32Array;
  readonly xy: Float32Array;
  readonly yy: Float32Array;
  readonly xt: Float32Array;
  readonly yt: Float32Array;
}

/** Slopes times slopes and slopes times what still differs, at each small pixel. */
function multiply(level: Level, { warped, xx, xy, yy, xt, yt }: Products): void {
  const { width, height, before } = level;
  for (let y = 0, i = 0; y < height; y += 1) {
    const up = y > 0 ? -width : 0;
    const down = y < height - 1 ? width : 0;
    for (let x = 0; x < width; x += 1, i += 1) {
      const left = x > 0 ? -1 : 0;
      const right = x < width - 1 ? 1 : 0;
      const a = (before[i + right] as number) - (before[i + left] as number);
      const b = (warped[i + right] as number) - (warped[i + left] as number);
      const c = (before[i + down] as number) - (before[i + up] as number);
      const d = (warped[i + down] as number) - (warped[i + up] as number);
      const slopeX = (a + b) / 4;
      const slopeY = (c + d) / 4;
      const error = (before[i] as number) - (warped[i] as number);
      xx[i] = slopeX * slopeX;
      xy[i] = slopeX * slopeY;
      yy[i] = slopeY * slopeY;
      xt[i] = slopeX * error;
      yt[i] = slopeY * error;
    }
  }
}

function improve(level: Level, products: Products): void {
  const { width, height, after, x: flowX, y: flowY } = level;
  const { warped, xx, xy, yy, xt, yt } = products;
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      warped[i] = sample(after, level, x + (flowX[i] as number), y + (flowY[i] as number));
    }
  }
  multiply(level, products);
  const blur = { plane: level, radius: WINDOW };
  for (const values of [xx, xy, yy, xt, yt]) boxBlur(values, values, blur);
  for (let i = 0; i < flowX.length; i += 1) {
    const a = (xx[i] as number) + DAMPING;
    const b = xy[i] as number;
    const c = (yy[i] as number) + DAMPING;
    const inverse = 1 / (a * c - b * b);
    const stepX = (c * (xt[i] as number) - b * (yt[i] as number)) * inverse;
    const stepY = (a * (yt[i] as number) - b * (xt[i] as number)) * inverse;
    flowX[i] = (flowX[i] as number) + clamp(stepX, -LARGEST_STEP, LARGEST_STEP);
    flowY[i] = (flowY[i] as number) + clamp(stepY, -LARGEST_STEP, LARGEST_STEP);
  }
  const soft = { plane: level, radius: 1 };
  boxBlur(flowX, flowX, soft);
  boxBlur(flowY, flowY, soft);
}

export interface FlowFinder {
  /** Reads the next frame; from the second on `flow` tells the way from the frame before to this one. */
  readonly read: (rgb: Uint8Array) => void;
  readonly flow: LocalFlow;
}

function createLevel(size: Size, factor: number): Level {
  const width = Math.floor(size.width / factor);
  const height = Math.floor(size.height / factor);
  const plane = () => new Float32Array(width * height);
  return { width, height, factor, before: plane(), after: plane(), x: plane(), y: plane() };
}

export function createFlowFinder(size: Size): FlowFinder {
  // The smallest videos have no room for the coarse maps.
  const factors = FACTORS.filter((factor) => Math.min(size.width, size.height) >= factor * 4);
  const levels = (factors.length > 0 ? factors : [1]).map((factor) => createLevel(size, factor));
  const finest = levels.at(-1) as Level;
  const work = levels.map(({ x }): Products => {
    const plane = () => new Float32Array(x.length);
    return {
      ...{ warped: plane(), xx: plane(), xy: plane(), yy: plane(), xt: plane(), yt: plane() },
    };
  });
  const flow = {
    width: finest.width,
    height: finest.height,
    x: new Float32Array(finest.x.length),
    y: new Float32Array(finest.x.length),
  };
  return {
    flow,
    read(rgb) {
      for (const [index, level] of levels.entries()) {
        level.before.set(level.after);
        shrink(rgb, size, level, level.after);
        const coarser = levels[index - 1];
        if (coarser === undefined) {
          level.x.fill(0);
          level.y.fill(0);
        } else {
          enlarge(coarser, level);
        }
        for (let step = 0; step < STEPS; step += 1) improve(level, work[index] as Products);
      }
      for (let i = 0; i < flow.x.length; i += 1) {
        flow.x[i] = (finest.x[i] as number) * finest.factor;
        flow.y[i] = (finest.y[i] as number) * finest.factor;
      }
    },
  };
}
