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
const MESH_CELLS = 220;
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

function lighten(out: Uint8Array, o: number, gain: number): void {
  for (let c = o; c < o + 3; c += 1) out[c] = Math.min(255, ((out[c] as number) * gain) >> 8);
}

function paintRow(row: Float32Array, { columns, cell }: WarpMesh, picture: Picture, o: number, out: Uint8Array): void {
  const width = (out.length / 3) | 0;
  let place = o;
  for (let column = 0, i = 0; column < columns - 1; column += 1, i += NODE) {
    const stepX = ((row[i + NODE] as number) - (row[i] as number)) / cell;
    const stepY = ((row[i + NODE + 1] as number) - (row[i + 1] as number)) / cell;
    const stepGain = ((row[i + NODE + 2] as number) - (row[i + 2] as number)) / cell;
    let x = (row[i] as number) + stepX / 2;
    let y = (row[i + 1] as number) + stepY / 2;
    let gain = (row[i + 2] as number) * UNCHANGED_GAIN + 0.5;
    const end = Math.min(width * 3, o + (column + 1) * cell * 3);
    for (; place < end; place += 3) {
      sampleInto(picture, x, y, out, place);
      if ((gain | 0) !== UNCHANGED_GAIN) lighten(out, place, gain | 0);
      x += stepX;
      y += stepY;
      gain += stepGain * UNCHANGED_GAIN;
    }
  }
}

/** Returns a painter of frames of `size`; `mesh` is read anew for each. */
export function createMeshPainter(mesh: WarpMesh, picture: Picture, size: Size): (out: Uint8Array) => void {
  const { columns, cell, nodes } = mesh;
  const row = new Float32Array(columns * NODE);
  const line = new Uint8Array(size.width * 3);
  return (out) => {
    for (let y = 0; y < size.height; y += 1) {
      const position = (y + 0.5) / cell;
      const above = (position | 0) * row.length;
      const down = position - (position | 0);
      for (let i = 0; i < row.length; i += 1) {
        row[i] = mix(nodes[above + i] as number, nodes[above + row.length + i] as number, down);
      }
      paintRow(row, mesh, picture, 0, line);
      out.set(line, y * size.width * 3);
    }
  };
}
