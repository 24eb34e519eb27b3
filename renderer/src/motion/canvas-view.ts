/** Paints a canvas as a camera sees it, with what moves by itself on it. */
import type { Size } from '../geometry.ts';
import { sampleNoise, softNoise } from '../pixels/noise.ts';
import { clamp, smoothstep } from '../pixels/numbers.ts';
import type { Picture } from '../pixels/picture.ts';
import { createMeshPainter, createWarpMesh, NODE, type WarpMesh } from '../pixels/warp.ts';
import type { CanvasView } from './continuation.ts';
import { type Drift, SWAY_SPEED } from './drift.ts';

export interface Moment {
  readonly view: CanvasView;
  /** Frames since the source's last one. */
  readonly frame: number;
}

export type PaintView = (moment: Moment, out: Uint8Array) => void;

/** A phase of the drift: how many frames' worth of its speed it is away from the last frame. */
interface Phase {
  readonly frames: number;
  readonly sway: number;
}

/** The share of its way, from the middle, that a phase is seen alone: a mix of two shifts of a broad cloud looks as if it stood. */
const ALONE = 0.1;
const AT_REST: Phase = { frames: 0, sway: 0 };

interface Canvas {
  readonly picture: Picture;
  readonly size: Size;
  readonly drift: Drift;
}

/** Where on the last frame's plane what is seen at `x`, `y` was, before it moved; in half widths. */
function createUndrift({ drift, size }: Canvas) {
  const { width, height } = drift;
  const aspect = size.width / size.height;
  const noise = softNoise();
  const place = { x: 0, y: 0 };
  const indexAt = (x: number, y: number) => {
    const column = clamp(((x + 1) / 2) * width - 0.5, 0, width - 1.001);
    const row = clamp(((y * aspect + 1) / 2) * height - 0.5, 0, height - 1.001);
    return { column, row, i: (row | 0) * width + (column | 0), tx: column % 1, ty: row % 1 };
  };
  const read = (values: Float32Array, { i, tx, ty }: ReturnType<typeof indexAt>) => {
    const upper = (values[i] as number) * (1 - tx) + (values[i + 1] as number) * tx;
    const lower = (values[i + width] as number) * (1 - tx) + (values[i + width + 1] as number) * tx;
    return upper + (lower - upper) * ty;
  };
  return (x: number, y: number, { frames, sway }: Phase) => {
    const here = indexAt(x, y);
    const guess = indexAt(x - read(drift.x, here) * frames, y - read(drift.y, here) * frames);
    place.x = x - read(drift.x, guess) * frames;
    place.y = y - read(drift.y, guess) * frames;
    const reach = sway === 0 ? 0 : read(drift.sway, here);
    if (reach > 0) {
      const phase = sampleNoise(noise, x * 0.5, y * 0.9) * 22;
      // Both waves begin where they are: at the seam nothing has moved yet.
      place.x += reach * 0.7 * (Math.sin(sway * SWAY_SPEED * 0.8 + phase * 1.7) - Math.sin(phase * 1.7));
      place.y += reach * (Math.sin(sway * SWAY_SPEED + phase) - Math.sin(phase));
    }
    return place;
  };
}

function layMesh(
  mesh: WarpMesh,
  canvas: Canvas,
  undrift: ReturnType<typeof createUndrift>,
  view: CanvasView,
  phase: Phase,
) {
  const { size, picture, drift } = canvas;
  const half = size.width / 2;
  const cos = Math.cos(view.roll) * view.scale;
  const sin = Math.sin(view.roll) * view.scale;
  for (let row = 0, o = 0; row < mesh.rows; row += 1) {
    const qy = (row * mesh.cell - size.height / 2) / half;
    for (let column = 0; column < mesh.columns; column += 1, o += NODE) {
      const qx = (column * mesh.cell - half) / half;
      const x = qx * cos - qy * sin + view.x;
      const y = qx * sin + qy * cos + view.y;
      const place = drift.moves ? undrift(x, y, phase) : { x, y };
      mesh.nodes[o] = place.x * half + picture.width / 2 - 0.5;
      mesh.nodes[o + 1] = place.y * half + picture.height / 2 - 0.5;
      mesh.nodes[o + 2] = 1;
    }
  }
}

function blend(out: Uint8Array, other: Uint8Array, share: number): void {
  const weight = Math.round(share * 256);
  for (let i = 0; i < out.length; i += 1) {
    const value = out[i] as number;
    out[i] = value + ((((other[i] as number) - value) * weight + 128) >> 8);
  }
}

/** `picture` has the last frame in its middle. */
export function createViewPainter(picture: Picture, size: Size, drift: Drift): PaintView {
  const canvas: Canvas = { picture, size, drift };
  const mesh = createWarpMesh(size);
  const paint = createMeshPainter(mesh, picture, size);
  const undrift = createUndrift(canvas);
  const other = new Uint8Array(drift.moves ? size.width * size.height * 3 : 0);
  return ({ view, frame }, out) => {
    if (!drift.moves) {
      layMesh(mesh, canvas, undrift, view, AT_REST);
      paint(out);
      return;
    }
    const period = drift.frames;
    const turn = frame / period;
    const first = turn + 0.5 - Math.floor(turn + 0.5) - 0.5;
    const second = turn - Math.floor(turn) - 0.5;
    const secondShare = smoothstep(ALONE, 0.5 - ALONE, Math.abs(first));
    layMesh(mesh, canvas, undrift, view, { frames: first * period, sway: frame });
    paint(out);
    if (secondShare < 0.004) return;
    layMesh(mesh, canvas, undrift, view, { frames: second * period, sway: frame });
    paint(other);
    blend(out, other, secondShare);
  };
}
