/**
 * Finds water by what it mirrors: under a shore the picture repeats itself upside down, whatever its colours. For weather that
 * lies on the ground but not on a lake.
 */
import type { Size } from '../geometry.ts';
import { boxBlur } from './box-blur.ts';
import { createEnlarger, type Enlarger } from './enlarge.ts';
import { mix, smoothstep } from './numbers.ts';

const GRID_ROWS = 80;
/** How far above and below a shore rows are compared, in rows of the grid. */
const REACH = 18;
const LEAST_REACH = 7;
/** Likeness of both sides of a shore, from -1 to 1, at which it is no water, and at which it is. */
const LIKENESS = [0.3, 0.52] as const;
/** Of a frame's shares this much is kept from the frame before. */
const MEMORY = 0.8;

export interface StillWater {
  /** Each pixel's share of water, row by row. */
  readonly rows: Enlarger;
  /** Reads the next frame; frames come in order. */
  readonly read: (rgb: Uint8Array) => void;
}

interface Planes {
  readonly detail: Float32Array;
  readonly around: Float32Array;
}

/** Brightness less that of its surroundings, so that a sky above dark ground is like nothing. */
function readDetail(rgb: Uint8Array, full: Size, grid: Size, { detail, around }: Planes): void {
  for (let y = 0, i = 0; y < grid.height; y += 1) {
    const top = Math.floor((y * full.height) / grid.height);
    const rows = Math.floor(((y + 1) * full.height) / grid.height) - top;
    for (let x = 0; x < grid.width; x += 1, i += 1) {
      const left = Math.floor((x * full.width) / grid.width);
      const columns = Math.floor(((x + 1) * full.width) / grid.width) - left;
      let sum = 0;
      for (let row = 0; row < rows; row += 1) {
        const start = ((top + row) * full.width + left) * 3 + 1;
        for (let o = start; o < start + columns * 3; o += 3) sum += rgb[o] as number;
      }
      detail[i] = sum / (rows * columns);
    }
  }
  boxBlur(detail, around, { plane: grid, radius: 5 });
  for (let i = 0; i < detail.length; i += 1) detail[i] = (detail[i] as number) - (around[i] as number);
}

export function createStillWater(size: Size): StillWater {
  const factor = Math.max(1, size.height / GRID_ROWS);
  const width = Math.max(2, Math.floor(size.width / factor));
  const height = Math.max(2, Math.floor(size.height / factor));
  const plane = () => new Float32Array(width * height);
  const [detail, shares] = [plane(), plane()] as const;
  const planes: Planes = { detail, around: plane() };
  const columns = new Float32Array(width);
  const products = new Float32Array(width);
  const energies = new Float32Array(width);

  /** Likeness of what is above and below row `shore`, and of each column's part in it. */
  function compare(shore: number): number {
    const reach = Math.min(REACH, shore, height - shore);
    products.fill(0);
    energies.fill(0);
    for (let step = 0; step < reach; step += 1) {
      const above = (shore - 1 - step) * width;
      const below = (shore + step) * width;
      for (let x = 0; x < width; x += 1) {
        const a = detail[above + x] as number;
        const b = detail[below + x] as number;
        products[x] = (products[x] as number) + a * b;
        energies[x] = (energies[x] as number) + (a * a + b * b) / 2;
      }
    }
    let product = 0;
    let energy = reach * width * 3;
    for (let x = 0; x < width; x += 1) {
      product += products[x] as number;
      energy += energies[x] as number;
    }
    return product / energy;
  }

  /** A lake's shore need not go through the whole picture. */
  function spreadOverColumns(): void {
    const radius = Math.round(width / 12);
    for (let x = 0; x < width; x += 1) {
      let product = 0;
      let energy = 1;
      for (let near = Math.max(0, x - radius); near <= Math.min(width - 1, x + radius); near += 1) {
        product += products[near] as number;
        energy += energies[near] as number;
      }
      columns[x] = smoothstep(LIKENESS[0] * 0.4, LIKENESS[1] * 0.7, product / energy);
    }
  }

  function read(rgb: Uint8Array): void {
    readDetail(rgb, size, { width, height }, planes);
    let best = 0;
    let shore = 0;
    for (let row = Math.round(height * 0.25); row <= height - LEAST_REACH; row += 1) {
      const likeness = compare(row);
      if (likeness <= best) continue;
      best = likeness;
      shore = row;
    }
    const found = smoothstep(LIKENESS[0], LIKENESS[1], best);
    if (found > 0) {
      compare(shore);
      spreadOverColumns();
    }
    for (let y = 0, i = 0; y < height; y += 1) {
      const below = y >= shore ? found : 0;
      for (let x = 0; x < width; x += 1, i += 1) {
        shares[i] = mix(below * (columns[x] as number), shares[i] as number, MEMORY);
      }
    }
  }

  let isFirst = true;
  const full = { fullWidth: size.width, fullHeight: size.height };
  return {
    rows: createEnlarger({ values: shares, width, height, channels: 1, ...full }),
    read(rgb) {
      read(rgb);
      // Nothing was kept before the first frame.
      if (isFirst) for (let i = 0; i < shares.length; i += 1) shares[i] = (shares[i] as number) / (1 - MEMORY);
      isFirst = false;
    },
  };
}
