/**
 * The sheet that a picture is painted on: paper, canvas, hatching. It keeps to the world that the camera shows: one that stayed on the
 * screen would look like a dirty window in front of a pan. Seamless, and read without interpolation: its texels are half a pixel.
 */
import type { Size } from '../geometry.ts';
import { type Anchor, UNMOVED } from '../motion/camera-anchor.ts';

/** A power of two. One texel is half a pixel at 480p. */
export const SHEET_SIZE = 1024;
const MASK = SHEET_SIZE - 1;
const TEXELS = 2;
/** Beyond this share of the way to the next doubling of a zoom, both sizes of the sheet are seen. */
const BLEND_FROM = 0.25;

/** Up to three values from 0 to 255 for a texel, as bytes from the lowest. `x` and `y` are shares of the sheet; it must be seamless. */
export type SheetValue = (x: number, y: number) => number;

export interface Sheet {
  /** Lays the sheet for the next frame. */
  readonly lay: (anchor?: Anchor) => void;
  /** The bytes of row `y`, a pixel each, valid until the next call. */
  readonly row: (y: number) => Uint32Array;
}

/** Packs three values from 0 to 1. */
export function packed(first: number, second = 0, third = 0): number {
  const byte = (value: number) => Math.max(0, Math.min(255, Math.round(value * 255)));
  return byte(first) | (byte(second) << 8) | (byte(third) << 16);
}

interface Walk {
  readonly texels: Uint32Array;
  /** The first texel and the way from one pixel to the next, in 65,536ths. */
  readonly u: number;
  readonly v: number;
  readonly stepU: number;
  readonly stepV: number;
}

function readRow({ texels, u, v, stepU, stepV }: Walk, row: Uint32Array): void {
  let nowU = u | 0;
  let nowV = v | 0;
  for (let x = 0; x < row.length; x += 1) {
    row[x] = texels[(((nowV >> 16) & MASK) << 10) | ((nowU >> 16) & MASK)] as number;
    nowU = (nowU + stepU) | 0;
    nowV = (nowV + stepV) | 0;
  }
}

/** Mixes all bytes at once: two and one of them never meet. */
function blendRows(row: Uint32Array, other: Uint32Array, share: number): void {
  const amount = Math.round(share * 256);
  const rest = 256 - amount;
  for (let x = 0; x < row.length; x += 1) {
    const a = row[x] as number;
    const b = other[x] as number;
    const outer = (((a & 0xff00ff) * rest + (b & 0xff00ff) * amount) >>> 8) & 0xff00ff;
    const middle = (((a & 0xff00) * rest + (b & 0xff00) * amount) >>> 8) & 0xff00;
    row[x] = outer | middle;
  }
}

export function createSheet({ width, height }: Size, valueAt: SheetValue): Sheet {
  const texels = Uint32Array.from({ length: SHEET_SIZE * SHEET_SIZE }, (_, i) => {
    return valueAt((i & MASK) / SHEET_SIZE, (i >> 10) / SHEET_SIZE);
  });
  const perPixel = (TEXELS * 480) / Math.min(width, height);
  const row = new Uint32Array(width);
  const other = new Uint32Array(width);
  let anchor = UNMOVED;
  let level = 1;
  let otherLevel = 1;
  let share = 0;

  function readAt(y: number, size: number, target: Uint32Array): void {
    const { a, b } = anchor;
    const scale = perPixel * size;
    const down = y - height / 2;
    const left = -width / 2;
    const wrap = (texel: number) => (((texel % SHEET_SIZE) + SHEET_SIZE) % SHEET_SIZE) * 65_536;
    readRow(
      {
        texels,
        u: wrap((a * left - b * down + anchor.x) * scale),
        v: wrap((b * left + a * down + anchor.y) * scale),
        stepU: Math.round(a * scale * 65_536),
        stepV: Math.round(b * scale * 65_536),
      },
      target,
    );
  }

  return {
    lay(next = UNMOVED) {
      anchor = next;
      // A zoom would make strokes broad or fine without end: at each doubling the next size of the sheet takes over.
      const zoom = -Math.log2(Math.hypot(next.a, next.b));
      const nearest = Math.round(zoom);
      const off = zoom - nearest;
      level = 2 ** nearest;
      otherLevel = 2 ** (nearest + Math.sign(off));
      share = Math.max(0, (Math.abs(off) - BLEND_FROM) / (0.5 - BLEND_FROM)) / 2;
    },
    row(y) {
      readAt(y, level, row);
      if (share > 0) {
        readAt(y, otherLevel, other);
        blendRows(row, other, share);
      }
      return row;
    },
  };
}
