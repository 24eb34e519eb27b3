/**
 * Paints the pictures between a first and a last one. The way of every point is worked out on a coarse mesh, since nothing in
 * a passage changes from pixel to pixel, and goes on in a straight line inside each of its cells. Invariants:
 * 1. At share 0 only the first picture is seen, at share 1 only the last one, each where it is by itself.
 * 2. Outside of a picture the other one is shown where it has something to show there; else the picture is mirrored.
 */
import type { Size } from '../geometry.ts';
import { mix, smoothstep } from '../pixels/numbers.ts';
import type { Picture } from '../pixels/picture.ts';
import { sampleInto } from '../pixels/warp.ts';
import type { Passage, PassageGrid } from './passage.ts';
import { invert, partOf, type Similarity } from './similarity.ts';

/** Cells of the mesh along the frame's long side. */
const MESH_CELLS = 240;
/** How long the two pictures are mixed at one place, as half a share of the clip: where they agree, and where they do not. */
const LONG_MIX = 0.5;
const SHORT_MIX = 0.09;
/** How far from the middle of the clip, as a share of it, a place may change that is not mixed for long. */
const ORDER_REACH = 0.22;
/** How far beyond its edge a picture fades out, in half widths, and what is left of it from there on. */
const SOFT_EDGE = 0.06;
const OUTSIDE = 1e-4;
/** A point's own way bends: so often it is asked where the point that is here now came from. */
const SETTLING_STEPS = 2;

export interface PassagePaint {
  readonly passage: Passage;
  readonly first: Picture;
  readonly last: Picture;
  readonly size: Size;
}

interface Mesh {
  readonly columns: number;
  readonly rows: number;
  readonly cell: number;
  /** Per node: x and y in the first picture, x and y in the last one, in their pixels, and the last one's weight from 0 to 1. */
  readonly nodes: Float32Array;
}

const NODE = 5;

function createMesh({ width, height }: Size): Mesh {
  const cell = Math.max(2, Math.ceil(Math.max(width, height) / MESH_CELLS));
  const columns = Math.ceil(width / cell) + 1;
  const rows = Math.ceil(height / cell) + 1;
  return { columns, rows, cell, nodes: new Float32Array(columns * rows * NODE) };
}

type GridReader = ReturnType<typeof createGridReader>;

/** Reads several channels of the grid at one place, its edges repeated. */
function createGridReader(grid: PassageGrid, aspect: number) {
  let index = 0;
  let tx = 0;
  let ty = 0;
  return {
    place(qx: number, qy: number): void {
      const x = Math.min(grid.width - 1.001, Math.max(0, ((qx + 1) / 2) * grid.width - 0.5));
      const y = Math.min(grid.height - 1.001, Math.max(0, ((qy * aspect + 1) / 2) * grid.height - 0.5));
      index = (y | 0) * grid.width + (x | 0);
      tx = x - (x | 0);
      ty = y - (y | 0);
    },
    read(values: Float32Array): number {
      const upper = mix(values[index] as number, values[index + 1] as number, tx);
      const below = index + grid.width;
      return mix(upper, mix(values[below] as number, values[below + 1] as number, tx), ty);
    },
  };
}

/** How much a picture has to show at a point of its own: 1 inside, beyond its edge less and less of what is mirrored there. */
function presence([qx, qy]: Point, aspect: number): number {
  const inside = Math.min(1 - Math.abs(qx), 1 / aspect - Math.abs(qy));
  return OUTSIDE + smoothstep(-SOFT_EDGE, 0, inside);
}

/** The last picture's share at a place: a change over the whole clip where both agree, else a short one in its turn. */
function weightAt(share: number, agreement: number, order: number): number {
  const reach = mix(SHORT_MIX, LONG_MIX, agreement);
  const middle = 0.5 + (order - 0.5) * 2 * ORDER_REACH * (1 - agreement);
  return smoothstep(middle - reach, middle + reach, share);
}

function mirrored(position: number, length: number): number {
  const end = length - 1;
  if (position < 0) return -position;
  return position > end ? 2 * end - position : position;
}

type Point = [x: number, y: number];

function apply({ mx, my, dx, dy }: Similarity, [x, y]: Point): Point {
  return [mx * x - my * y + dx, mx * y + my * x + dy];
}

/** Which point of a picture is seen at `at` when each of its points has gone `share` of its own way. */
function settle(reader: GridReader, at: Point, share: number, wayX: Float32Array, wayY: Float32Array): Point {
  let point = at;
  for (let step = 0; step < SETTLING_STEPS; step += 1) {
    reader.place(point[0], point[1]);
    point = [at[0] - share * reader.read(wayX), at[1] - share * reader.read(wayY)];
  }
  return point;
}

function layMesh(mesh: Mesh, { passage, first, last, size }: PassagePaint, share: number): void {
  const { grid } = passage;
  const toFirst = invert(partOf(passage.first, share));
  const toLast = invert(partOf(passage.last, 1 - share));
  const aspect = size.width / size.height;
  const half = size.width / 2;
  const reader = createGridReader(grid, aspect);
  for (let row = 0, o = 0; row < mesh.rows; row += 1) {
    for (let column = 0; column < mesh.columns; column += 1, o += NODE) {
      const place: Point = [(column * mesh.cell - half) / half, (row * mesh.cell - size.height / 2) / half];
      const now = apply(toFirst, place);
      const a = settle(reader, now, share, grid.fromX, grid.fromY);
      reader.place(a[0], a[1]);
      let weight = weightAt(share, reader.read(grid.agreement), reader.read(grid.order));
      let b: Point;
      if (passage.kind === 'aligned') {
        const rest = 1 - share;
        b = apply(passage.first, [now[0] + rest * reader.read(grid.fromX), now[1] + rest * reader.read(grid.fromY)]);
        const there = weight * presence(b, aspect);
        weight = there / (there + (1 - weight) * presence(a, aspect));
      } else {
        b = settle(reader, apply(toLast, place), 1 - share, passage.toX, passage.toY);
      }
      mesh.nodes[o] = ((a[0] + 1) / 2) * first.width - 0.5;
      mesh.nodes[o + 1] = ((a[1] * aspect + 1) / 2) * first.height - 0.5;
      mesh.nodes[o + 2] = ((b[0] + 1) / 2) * last.width - 0.5;
      mesh.nodes[o + 3] = ((b[1] * aspect + 1) / 2) * last.height - 0.5;
      mesh.nodes[o + 4] = weight;
    }
  }
}

/** The row of nodes at height `y`, between the two rows of the mesh around it. */
function readNodes({ columns, cell, nodes }: Mesh, y: number, row: Float32Array): void {
  const position = (y + 0.5) / cell;
  const above = Math.floor(position) * row.length;
  const down = position - Math.floor(position);
  for (let i = 0; i < columns * NODE; i += 1) {
    row[i] = mix(nodes[above + i] as number, nodes[above + row.length + i] as number, down);
  }
}

/** One row of a frame from its row of nodes. */
function paintRow(
  nodes: Float32Array,
  cell: number,
  { first, last, size }: PassagePaint,
  y: number,
  out: Uint8Array,
): void {
  const now = new Float32Array(NODE);
  const step = new Float32Array(NODE);
  const other = new Uint8Array(3);
  for (let x = 0, o = y * size.width * 3; x < size.width; x += 1, o += 3) {
    const column = Math.floor(x / cell);
    if (x === column * cell) {
      for (let i = 0; i < NODE; i += 1) {
        const value = nodes[column * NODE + i] as number;
        step[i] = ((nodes[column * NODE + NODE + i] as number) - value) / cell;
        now[i] = value + (step[i] as number) / 2;
      }
    }
    const t = x - column * cell;
    const ax = mirrored((now[0] as number) + (step[0] as number) * t, first.width);
    const ay = mirrored((now[1] as number) + (step[1] as number) * t, first.height);
    const bx = mirrored((now[2] as number) + (step[2] as number) * t, last.width);
    const by = mirrored((now[3] as number) + (step[3] as number) * t, last.height);
    const weight = (((now[4] as number) + (step[4] as number) * t) * 256 + 0.5) | 0;
    if (weight <= 0) sampleInto(first, ax, ay, out, o);
    else if (weight >= 256) sampleInto(last, bx, by, out, o);
    else {
      sampleInto(first, ax, ay, out, o);
      sampleInto(last, bx, by, other, 0);
      for (let c = 0; c < 3; c += 1) {
        const value = out[o + c] as number;
        out[o + c] = value + ((((other[c] as number) - value) * weight) >> 8);
      }
    }
  }
}

export type PaintPassage = (share: number, out: Uint8Array) => void;

/** `share` is how much of the way is done, 0 to 1. */
export function createPassagePainter(options: PassagePaint): PaintPassage {
  const mesh = createMesh(options.size);
  const row = new Float32Array(mesh.columns * NODE);
  return (share, out) => {
    layMesh(mesh, options, share);
    for (let y = 0; y < options.size.height; y += 1) {
      readNodes(mesh, y, row);
      paintRow(row, mesh.cell, options, y, out);
    }
  };
}
