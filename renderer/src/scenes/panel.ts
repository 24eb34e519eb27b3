/**
 * Upright pictures in a perspective world: fronts of houses, cars, people. A panel's texels stand column by column, because the
 * frame is painted so; beside the picture itself there are narrower ones for panels that are seen aslant or from afar.
 */
import { clamp } from '../pixels/numbers.ts';
import type { Rgb } from '../pixels/palette.ts';
import { drawPiece } from './drawn-together.ts';
import type { StreetCanvas } from './street-canvas.ts';

/** Of a texel and of a row's number. */
const BYTES = 4;

interface LevelSize {
  readonly columns: number;
  readonly rows: number;
}

/** One resolution of a panel: `texels[column * rows + row]`, red in the lowest byte, opacity in the highest. */
interface PanelLevel extends LevelSize {
  readonly texels: Uint32Array;
  /** Where the canvas keeps them, once they were drawn on it. */
  address?: number;
  /** Where each column begins and ends to be anything but empty. */
  readonly first: Int32Array;
  readonly end: Int32Array;
}

export interface Panel {
  /** Metres. */
  readonly width: number;
  readonly height: number;
  /** Each half as wide as the one before, and half as high where it is seen from afar as a whole. */
  readonly levels: readonly PanelLevel[];
}

/** Colour and opacity (0 to 1) of a place, in metres from the left and from the foot; undefined where there is nothing. */
export type PanelPaint = (across: number, up: number) => readonly [...Rgb, opacity?: number] | undefined;

export interface PanelShape {
  readonly width: number;
  readonly height: number;
  /** Texels per metre. */
  readonly density: number;
  /** A wall is seen aslant: only its width shrinks with distance as its texels do not foresee. */
  readonly isWall: boolean;
}

/** Mean of two texels by their opacity. Written out: it runs for every texel of a street. */
function meanOf(a: number, b: number): number {
  const wa = a >>> 24;
  const wb = b >>> 24;
  if (wa === wb) return ((((a ^ b) & 0xfefefefe) >>> 1) + (a & b)) >>> 0;
  const sum = wa + wb;
  const red = ((a & 255) * wa + (b & 255) * wb) / sum;
  const green = (((a >> 8) & 255) * wa + ((b >> 8) & 255) * wb) / sum;
  const blue = (((a >> 16) & 255) * wa + ((b >> 16) & 255) * wb) / sum;
  return (red | (green << 8) | (blue << 16) | ((sum >> 1) << 24)) >>> 0;
}

/** Each level after the one before it, its texels first. */
function layOut({ buffer, byteOffset }: Uint8Array, sizes: readonly LevelSize[]): readonly PanelLevel[] {
  let at = byteOffset;
  const take = (values: number): number => {
    const address = at;
    at += values * BYTES;
    return address;
  };
  return sizes.map(({ columns, rows }) => ({
    ...{ columns, rows, texels: new Uint32Array(buffer, take(columns * rows), columns * rows) },
    first: new Int32Array(buffer, take(columns), columns),
    end: new Int32Array(buffer, take(columns), columns),
  }));
}

function findEnds({ columns, rows, texels, first, end }: PanelLevel): void {
  first.fill(rows);
  for (let column = 0; column < columns; column += 1) {
    for (let row = 0; row < rows; row += 1) {
      if ((texels[column * rows + row] as number) >>> 24 === 0) continue;
      if (end[column] === 0) first[column] = row;
      end[column] = row + 1;
    }
  }
}

function halve({ texels: from, ...level }: PanelLevel, { columns, rows, texels }: PanelLevel): void {
  const isAsHigh = rows === level.rows;
  for (let column = 0; column < columns; column += 1) {
    const left = Math.min(level.columns - 1, column * 2) * level.rows;
    const right = Math.min(level.columns - 1, column * 2 + 1) * level.rows;
    for (let row = 0; row < rows; row += 1) {
      const up = isAsHigh ? row : row * 2;
      const down = isAsHigh ? row : Math.min(level.rows - 1, up + 1);
      const upper = meanOf(from[left + up] as number, from[right + up] as number);
      const lower = isAsHigh ? upper : meanOf(from[left + down] as number, from[right + down] as number);
      texels[column * rows + row] = meanOf(upper, lower);
    }
  }
}

/** Levels are halved until they are narrow, and so often at most. */
const LEVELS = 6;
const NARROW = 4;

function levelSizes({ width, height, density, isWall }: PanelShape): readonly LevelSize[] {
  let columns = Math.max(2, Math.ceil(width * density));
  let rows = Math.max(2, Math.ceil(height * density));
  const sizes: LevelSize[] = [{ columns, rows }];
  while (sizes.length < LEVELS && columns >= NARROW) {
    columns >>= 1;
    rows = isWall ? rows : Math.max(2, rows >> 1);
    sizes.push({ columns, rows });
  }
  return sizes;
}

function paintLevel({ columns, rows, texels }: PanelLevel, { width, height }: PanelShape, paint: PanelPaint): void {
  for (let column = 0; column < columns; column += 1) {
    const across = ((column + 0.5) / columns) * width;
    for (let row = 0; row < rows; row += 1) {
      const found = paint(across, (1 - (row + 0.5) / rows) * height);
      if (found === undefined) continue;
      const [red, green, blue, opacity = 1] = found;
      const low = clamp(red, 0, 255) | (clamp(green, 0, 255) << 8) | (clamp(blue, 0, 255) << 16);
      texels[column * rows + row] = (low | (Math.round(clamp(opacity, 0, 1) * 255) << 24)) >>> 0;
    }
  }
}

/** One of the painting threads draws it for all: see `drawn-together.ts`. */
export function createPanel(shape: PanelShape, paint: PanelPaint): Panel {
  const sizes = levelSizes(shape);
  const values = sizes.reduce((sum, { columns, rows }) => sum + columns * (rows + 2), 0);
  const bytes = drawPiece(values * BYTES, (piece) => {
    let before: PanelLevel | undefined;
    for (const level of layOut(piece, sizes)) {
      if (before === undefined) paintLevel(level, shape, paint);
      else halve(before, level);
      findEnds(level);
      before = level;
    }
  });
  return { width: shape.width, height: shape.height, levels: layOut(bytes, sizes) };
}

/** What a column of the frame shows of a panel. */
export interface PanelColumn {
  /** The frame's column and rows: those of the panel's head and foot, which may lie outside, and the last that is free. */
  readonly x: number;
  readonly head: number;
  readonly foot: number;
  readonly limit: number;
  /** Place on the panel, 0 to 1, and how much of it one column of the frame takes. */
  readonly share: number;
  readonly step: number;
  /** Share of the air's colour, and how much of the panel is seen at all. */
  readonly far: number;
  readonly opacity: number;
}

/** The kernel's steps to a texel. */
const PLACES = 65_536;

/** One column of a street's canvas, from the panel's head to its foot; a foot above the head stands it on its head, as a mirror does. */
export function drawPanelColumn(canvas: StreetCanvas, panel: Panel, column: PanelColumn, air: Rgb): void {
  const { x, head, foot, limit, far, opacity } = column;
  const { height } = canvas;
  const { levels } = panel;
  const first = levels[0] as PanelLevel;
  let level = 0;
  for (let texels = column.step * first.columns; texels > 1.4 && level < levels.length - 1; texels /= 2) level += 1;
  const seen = levels[level] as PanelLevel;
  const { columns, rows, first: firsts, end: ends } = seen;
  const u = clamp(column.share * columns - 0.5, 0, columns - 1.001);
  const leftColumn = u | 0;
  const rate = rows / (foot - head);
  // A row beside the picture, as its edge is blended into it.
  const begin = head + (Math.min(firsts[leftColumn] as number, firsts[leftColumn + 1] as number) - 1) / rate;
  const finish = head + (Math.max(ends[leftColumn] as number, ends[leftColumn + 1] as number) + 1) / rate;
  const from = Math.max(0, Math.ceil(Math.max(Math.min(head, foot), Math.min(begin, finish))));
  const to = Math.ceil(Math.min(limit, height, Math.max(head, foot), Math.max(begin, finish)));
  if (to <= from) return;
  seen.address ??= canvas.keep(seen.texels);
  // What is left of the panel's light, in 256ths, and the air's own before it.
  const keep = Math.round((1 - far) * 256);
  const { light } = canvas;
  for (let c = 0; c < 3; c += 1) light[c] = (air[c] as number) * (1 - keep / 256);
  const place = Math.round(((from + 0.5 - head) * rate - 0.5) * PLACES);
  const target = canvas.start + (x * height + from) * 4;
  const texels = seen.address + leftColumn * rows * BYTES;
  const step = Math.round(rate * PLACES);
  const across = ((u - leftColumn) * 256) | 0;
  const share = Math.round(opacity * 256);
  canvas.kernels.panelColumn(texels, rows, across, place, step, target, to - from, canvas.address, keep, share);
}
