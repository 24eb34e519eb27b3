/**
 * Paints a frame from a picture by a mesh: for each of its nodes it is known which place of the picture is seen there and how
 * much brighter it is; between nodes both go on in straight lines. Each pixel of the frame asks where it comes from, so no
 * frame has holes, and where places are pushed apart what lies between them stretches.
 */
import type { Size } from '../geometry.ts';
import { mix } from './numbers.ts';
import type { Picture } from './picture.ts';

/** Half of a level in the 16-bit fractions below: without it a picture that is merely shown again gets darker. */
const HALF = 1 << 15;

/** Writes the colour at a fractional position, bilinear, edges repeated. */
export function sampleInto(picture: Picture, fx: number, fy: number, out: Uint8Array, o: number): void {
  const { width, height, packed } = picture;
  const maxX = width - 1.001;
  const maxY = height - 1.001;
  const x = fx < 0 ? 0 : Math.min(fx, maxX);
  const y = fy < 0 ? 0 : Math.min(fy, maxY);
  const x0 = x | 0;
  const y0 = y | 0;
  const wx = ((x - x0) * 256) | 0;
  const wy = ((y - y0) * 256) | 0;
  const i = y0 * width + x0;
  const p = packed[i] as number;
  const q = packed[i + 1] as number;
  const r = packed[i + width] as number;
  const s = packed[i + width + 1] as number;
  const a = (256 - wx) * (256 - wy);
  const b = wx * (256 - wy);
  const c = (256 - wx) * wy;
  const d = wx * wy;
  out[o] = ((p & 255) * a + (q & 255) * b + (r & 255) * c + (s & 255) * d + HALF) >> 16;
  out[o + 1] = (((p >> 8) & 255) * a + ((q >> 8) & 255) * b + ((r >> 8) & 255) * c + ((s >> 8) & 255) * d + HALF) >> 16;
  out[o + 2] = ((p >> 16) * a + (q >> 16) * b + (r >> 16) * c + (s >> 16) * d + HALF) >> 16;
}

/** Cells along the frame's long side: fine enough for the edges of a soft depth and for ripples. */
const MESH_CELLS = 170;
/** Values of a node: x and y in the picture's pixels, and a gain. */
export const NODE = 3;
const UNCHANGED_GAIN = 256;

export interface WarpMesh {
  readonly columns: number;
  readonly rows: number;
  /** Pixels between nodes. */
  readonly cell: number;
  readonly nodes: Float32Array;
}

export function createWarpMesh({ width, height }: Size): WarpMesh {
  const cell = Math.max(2, Math.round(Math.max(width, height) / MESH_CELLS));
  const columns = Math.ceil(width / cell) + 1;
  const rows = Math.ceil(height / cell) + 1;
  return { columns, rows, cell, nodes: new Float32Array(columns * rows * NODE) };
}

/** Red and blue of a packed pixel, and what rounds both when eight bits are cut off. */
const RED_BLUE = 0xff00ff;
const HALVES = 0x800080;
/** Coordinates as whole numbers: shares of a pixel in 16 bits. A side of 32767 pixels is the longest that fits. */
const WHOLE = 65_536;

interface Cells {
  /** The nodes above a row of the frame, already moved down to it. */
  readonly row: Float32Array;
  readonly cell: number;
  readonly line: Uint8ClampedArray;
}

/** One cell whose places all lie inside the picture, in whole numbers: a third of the time that `sampleInto` takes. */
function paintInside({ row, cell, line }: Cells, { width, packed }: Picture, column: number): void {
  const i = column * NODE;
  const stepX = ((row[i + NODE] as number) - (row[i] as number)) / cell;
  const stepY = ((row[i + NODE + 1] as number) - (row[i + 1] as number)) / cell;
  const stepGain = ((row[i + NODE + 2] as number) - (row[i + 2] as number)) / cell;
  let x = (((row[i] as number) + stepX / 2) * WHOLE) | 0;
  let y = (((row[i + 1] as number) + stepY / 2) * WHOLE) | 0;
  let gain = (((row[i + 2] as number) * UNCHANGED_GAIN + 0.5) * WHOLE) | 0;
  const nextX = (stepX * WHOLE) | 0;
  const nextY = (stepY * WHOLE) | 0;
  const nextGain = (stepGain * UNCHANGED_GAIN * WHOLE) | 0;
  const end = Math.min(line.length, (column + 1) * cell * 3);
  for (let o = column * cell * 3; o < end; o += 3) {
    const at = Math.imul(y >> 16, width) + (x >> 16);
    const p = packed[at] as number;
    const q = packed[at + 1] as number;
    const r = packed[at + width] as number;
    const s = packed[at + width + 1] as number;
    const right = (x >> 8) & 255;
    const left = 256 - right;
    const below = (y >> 8) & 255;
    const above = 256 - below;
    const upper = ((Math.imul(p & RED_BLUE, left) + Math.imul(q & RED_BLUE, right) + HALVES) >>> 8) & RED_BLUE;
    const lower = ((Math.imul(r & RED_BLUE, left) + Math.imul(s & RED_BLUE, right) + HALVES) >>> 8) & RED_BLUE;
    const redBlue = (Math.imul(upper, above) + Math.imul(lower, below) + HALVES) >>> 8;
    const upperGreen = Math.imul((p >> 8) & 255, left) + Math.imul((q >> 8) & 255, right);
    const lowerGreen = Math.imul((r >> 8) & 255, left) + Math.imul((s >> 8) & 255, right);
    const green = (Math.imul(upperGreen, above) + Math.imul(lowerGreen, below) + HALF) >> 16;
    const light = gain >> 16;
    line[o] = Math.imul(redBlue & 255, light) >> 8;
    line[o + 1] = Math.imul(green, light) >> 8;
    line[o + 2] = Math.imul((redBlue >> 16) & 255, light) >> 8;
    x = (x + nextX) | 0;
    y = (y + nextY) | 0;
    gain = (gain + nextGain) | 0;
  }
}

/** One cell that reaches beyond the picture's edges, which are repeated there. */
function paintAtEdge({ row, cell, line }: Cells, picture: Picture, column: number, pixel: Uint8Array): void {
  const i = column * NODE;
  const end = Math.min(line.length, (column + 1) * cell * 3);
  for (let o = column * cell * 3, t = 0.5 / cell; o < end; o += 3, t += 1 / cell) {
    const x = mix(row[i] as number, row[i + NODE] as number, t);
    const y = mix(row[i + 1] as number, row[i + NODE + 1] as number, t);
    const gain = mix(row[i + 2] as number, row[i + NODE + 2] as number, t);
    sampleInto(picture, x, y, pixel, 0);
    for (let c = 0; c < 3; c += 1) line[o + c] = (pixel[c] as number) * gain;
  }
}

function isInside(row: Float32Array, i: number, lastX: number, lastY: number): boolean {
  const x = row[i] as number;
  const y = row[i + 1] as number;
  return x >= 0 && y >= 0 && x < lastX && y < lastY;
}

/** Returns a painter of frames of `size`; `mesh` is read anew for each. */
export function createMeshPainter(mesh: WarpMesh, picture: Picture, size: Size): (out: Uint8Array) => void {
  const { columns, cell, nodes } = mesh;
  const row = new Float32Array(columns * NODE);
  const line = new Uint8ClampedArray(size.width * 3);
  const cells: Cells = { row, cell, line };
  const pixel = new Uint8Array(3);
  const lastX = picture.width - 1.001;
  const lastY = picture.height - 1.001;
  return (out) => {
    for (let y = 0; y < size.height; y += 1) {
      const position = (y + 0.5) / cell;
      const above = (position | 0) * row.length;
      const down = position - (position | 0);
      for (let i = 0; i < row.length; i += 1) {
        const node = nodes[above + i] as number;
        row[i] = node + ((nodes[above + row.length + i] as number) - node) * down;
      }
      let startsInside = isInside(row, 0, lastX, lastY);
      for (let column = 0; column < columns - 1; column += 1) {
        const endsInside = isInside(row, (column + 1) * NODE, lastX, lastY);
        if (startsInside && endsInside) paintInside(cells, picture, column);
        else paintAtEdge(cells, picture, column, pixel);
        startsInside = endsInside;
      }
      out.set(line, y * size.width * 3);
    }
  };
}
