/**
 * Upright pictures in a perspective world: fronts of houses, cars, people. A panel's texels stand column by column, because the
 * frame is painted so; beside the picture itself there are narrower ones for panels that are seen aslant or from afar.
 */
import type { Size } from '../geometry.ts';
import { clamp } from '../pixels/numbers.ts';
import type { Rgb } from '../pixels/palette.ts';
import { greenOf, redBlueOf } from './texels.ts';

/** One resolution of a panel: `texels[column * rows + row]`, red in the lowest byte, opacity in the highest. */
interface PanelLevel {
  readonly columns: number;
  readonly rows: number;
  readonly texels: Uint32Array;
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

function levelOf(columns: number, rows: number, texels: Uint32Array): PanelLevel {
  const first = new Int32Array(columns).fill(rows);
  const end = new Int32Array(columns);
  for (let column = 0; column < columns; column += 1) {
    for (let row = 0; row < rows; row += 1) {
      if ((texels[column * rows + row] as number) >>> 24 === 0) continue;
      if (end[column] === 0) first[column] = row;
      end[column] = row + 1;
    }
  }
  return { columns, rows, texels, first, end };
}

function halve(level: PanelLevel, isWall: boolean): PanelLevel {
  const columns = Math.max(2, level.columns >> 1);
  const rows = isWall ? level.rows : Math.max(2, level.rows >> 1);
  const texels = new Uint32Array(columns * rows);
  for (let column = 0; column < columns; column += 1) {
    const left = Math.min(level.columns - 1, column * 2) * level.rows;
    const right = Math.min(level.columns - 1, column * 2 + 1) * level.rows;
    for (let row = 0; row < rows; row += 1) {
      const up = isWall ? row : row * 2;
      const down = isWall ? row : Math.min(level.rows - 1, up + 1);
      const upper = meanOf(level.texels[left + up] as number, level.texels[right + up] as number);
      const lower = isWall ? upper : meanOf(level.texels[left + down] as number, level.texels[right + down] as number);
      texels[column * rows + row] = meanOf(upper, lower);
    }
  }
  return levelOf(columns, rows, texels);
}

export function createPanel({ width, height, density, isWall }: PanelShape, paint: PanelPaint): Panel {
  const columns = Math.max(2, Math.ceil(width * density));
  const rows = Math.max(2, Math.ceil(height * density));
  const texels = new Uint32Array(columns * rows);
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
  const levels: PanelLevel[] = [levelOf(columns, rows, texels)];
  for (let level = 0; level < 5; level += 1) {
    const last = levels[level];
    if (last === undefined || last.columns < 4) break;
    levels.push(halve(last, isWall));
  }
  return { width, height, levels };
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

/** Blends one column into a frame of floats; a foot above the head stands it on its head, as a mirror does. */
export function drawPanelColumn(frame: Float32Array, size: Size, panel: Panel, column: PanelColumn, air: Rgb): void {
  const { x, head, foot, limit, far, opacity } = column;
  const { levels } = panel;
  const first = levels[0] as PanelLevel;
  let level = 0;
  for (let texels = column.step * first.columns; texels > 1.4 && level < levels.length - 1; texels /= 2) level += 1;
  const { columns, rows, texels, first: firsts, end: ends } = levels[level] as PanelLevel;
  const u = clamp(column.share * columns - 0.5, 0, columns - 1.001);
  const left = (u | 0) * rows;
  const right = left + rows;
  const across = u - (u | 0);
  const tx = (across * 256) | 0;
  const rate = rows / (foot - head);
  const leftColumn = u | 0;
  // A row beside the picture, as its edge is blended into it.
  const begin = head + (Math.min(firsts[leftColumn] as number, firsts[leftColumn + 1] as number) - 1) / rate;
  const finish = head + (Math.max(ends[leftColumn] as number, ends[leftColumn + 1] as number) + 1) / rate;
  const from = Math.max(0, Math.ceil(Math.max(Math.min(head, foot), Math.min(begin, finish))));
  const to = Math.min(limit, size.height, Math.max(head, foot), Math.max(begin, finish));
  const keepAir = 1 - far;
  const [airRed, airGreen, airBlue] = [air[0] * far, air[1] * far, air[2] * far];
  const stride = size.width * 3;
  const lastRow = rows - 1.001;
  for (let y = from, o = from * stride + x * 3; y < to; y += 1, o += stride) {
    let v = (y + 0.5 - head) * rate - 0.5;
    v = v < 0 ? 0 : v > lastRow ? lastRow : v;
    const v0 = v | 0;
    const down = v - v0;
    const a = texels[left + v0] as number;
    const b = texels[right + v0] as number;
    const c = texels[left + v0 + 1] as number;
    const d = texels[right + v0 + 1] as number;
    if ((a | b | c | d) >>> 24 === 0) continue;
    if (opacity === 1 && (a & b & c & d) >>> 24 === 255) {
      const ty = (down * 256) | 0;
      const redBlue = redBlueOf(a, b, c, d, tx, ty);
      frame[o] = (redBlue & 255) * keepAir + airRed;
      frame[o + 1] = greenOf(a, b, c, d, tx, ty) * keepAir + airGreen;
      frame[o + 2] = (redBlue >>> 16) * keepAir + airBlue;
      continue;
    }
    const wa = (1 - across) * (1 - down) * (a >>> 24);
    const wb = across * (1 - down) * (b >>> 24);
    const wc = (1 - across) * down * (c >>> 24);
    const wd = across * down * (d >>> 24);
    const sum = wa + wb + wc + wd;
    const gain = (opacity / 255) * keepAir;
    const cover = (sum / 255) * opacity;
    const keep = 1 - cover;
    const red = (a & 255) * wa + (b & 255) * wb + (c & 255) * wc + (d & 255) * wd;
    const green = ((a >> 8) & 255) * wa + ((b >> 8) & 255) * wb + ((c >> 8) & 255) * wc + ((d >> 8) & 255) * wd;
    const blue = ((a >> 16) & 255) * wa + ((b >> 16) & 255) * wb + ((c >> 16) & 255) * wc + ((d >> 16) & 255) * wd;
    frame[o] = (frame[o] as number) * keep + red * gain + airRed * cover;
    frame[o + 1] = (frame[o + 1] as number) * keep + green * gain + airGreen * cover;
    frame[o + 2] = (frame[o + 2] as number) * keep + blue * gain + airBlue * cover;
  }
}
