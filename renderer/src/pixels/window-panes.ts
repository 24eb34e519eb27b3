/**
 * Finds windows in a picture taken by day: small rectangles, darker or brighter than the wall around them, that stand beside and above
 * others of their size. Rocks and leaves have rectangles too, but not in rows and columns.
 */
import type { Size } from '../geometry.ts';

export interface Panes {
  /** How many there are. The arrays have each one's middle and size in pixels of the full picture, and its brightness. */
  readonly count: () => number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly width: Float32Array;
  readonly height: Float32Array;
  readonly light: Float32Array;
}

export interface PaneSource {
  /** Brightness of each pixel, 0 to 255. */
  readonly light: Uint8Array;
  /** What surrounds each pixel of a row; valid until the next call. */
  readonly around: (y: number) => Float32Array;
  readonly sky: (y: number) => Float32Array;
}

export interface PaneFinder extends Panes {
  readonly find: (source: PaneSource) => void;
}

const MOST_PANES = 3000;
/** Fewer are no building. */
const LEAST_PANES = 12;
/** How much darker or brighter than its wall a window is. */
const LEAST_CONTRAST = 7;
const MOST_SKY = 0.3;
/** Lengths in pixels at 480p. */
const LEAST_SIDE = 3;
const LARGEST_WIDTH = 24;
const LARGEST_HEIGHT = 32;
/** How much of its box a window fills, and how many times longer one side is than the other. */
const LEAST_FILL = 0.72;
const MOST_ASPECT = 3.2;

const DARKER = 1;
const BRIGHTER = 2;

const BESIDE = 1;
const ABOVE = 2;

function markRow(marks: Uint8Array, y: number, width: number, { light, around, sky }: PaneSource): void {
  const wall = around(y);
  const open = sky(y);
  for (let x = 0, i = y * width; x < width; x += 1, i += 1) {
    const difference = (light[i] as number) - (wall[x] as number);
    const isWall = (open[x] as number) > MOST_SKY || (difference < LEAST_CONTRAST && difference > -LEAST_CONTRAST);
    marks[i] = isWall ? 0 : difference < 0 ? DARKER : BRIGHTER;
  }
}

function isAlike(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(1.5, 0.35 * Math.max(a, b));
}

interface Found {
  readonly panes: Omit<Panes, 'count'>;
  readonly kinds: Uint8Array;
  readonly company: Uint8Array;
}

/** Finds out which have others of their kind beside and above them. Patches come from top to bottom, as they were found. */
function findCompany({ panes, kinds, company }: Found, count: number, reach: number): void {
  company.fill(0, 0, count);
  for (let i = 0; i < count; i += 1) {
    const across = panes.width[i] as number;
    const down = panes.height[i] as number;
    for (let j = i + 1; j < count && (panes.y[j] as number) - (panes.y[i] as number) < reach; j += 1) {
      const dx = Math.abs((panes.x[j] as number) - (panes.x[i] as number));
      if (dx > across * 4 + 3 || kinds[i] !== kinds[j]) continue;
      const dy = Math.abs((panes.y[j] as number) - (panes.y[i] as number));
      if (!isAlike(across, panes.width[j] as number) || !isAlike(down, panes.height[j] as number)) continue;
      const isBeside = dy <= Math.max(1.5, 0.3 * down) && dx > across * 1.05 && dx < across * 3.5 + 3;
      const isAbove = dx <= Math.max(1.5, 0.3 * across) && dy > down * 1.05 && dy < down * 3.5 + 3;
      const seen = (isBeside ? BESIDE : 0) | (isAbove ? ABOVE : 0);
      company[i] = (company[i] as number) | seen;
      company[j] = (company[j] as number) | seen;
    }
  }
}

/** Moves those that stand in rows and columns to the front, and tells how many they are. */
function keepThoseInRows({ panes, company }: Found, count: number): number {
  let kept = 0;
  for (let i = 0; i < count; i += 1) {
    if (company[i] !== (BESIDE | ABOVE)) continue;
    for (const values of [panes.x, panes.y, panes.width, panes.height, panes.light]) values[kept] = values[i] as number;
    kept += 1;
  }
  return kept < LEAST_PANES ? 0 : kept;
}

export function createPaneFinder(size: Size): PaneFinder {
  const { width, height } = size;
  const scale = Math.min(width, height) / 480;
  const marks = new Uint8Array(width * height);
  const waiting = new Int32Array(width * height);
  const create = () => new Float32Array(MOST_PANES);
  const panes = { x: create(), y: create(), width: create(), height: create(), light: create() };
  const found: Found = { panes, kinds: new Uint8Array(MOST_PANES), company: new Uint8Array(MOST_PANES) };
  let count = 0;

  /** Takes the patch of equal marks that `first` belongs to, and keeps it if it may be a window. */
  function takePatch(first: number, light: Uint8Array): void {
    const kind = marks[first] as number;
    let [left, right, top, bottom] = [width, 0, height, 0];
    let area = 0;
    let sum = 0;
    let open = 1;
    waiting[0] = first;
    marks[first] = 0;
    const visit = (i: number): void => {
      if (marks[i] !== kind) return;
      marks[i] = 0;
      waiting[open] = i;
      open += 1;
    };
    while (open > 0) {
      open -= 1;
      const i = waiting[open] as number;
      const y = (i / width) | 0;
      const x = i - y * width;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
      area += 1;
      sum += light[i] as number;
      if (x > 0) visit(i - 1);
      if (x < width - 1) visit(i + 1);
      if (y > 0) visit(i - width);
      if (y < height - 1) visit(i + width);
    }
    const across = right - left + 1;
    const down = bottom - top + 1;
    const isSmall = across <= LARGEST_WIDTH * scale && down <= LARGEST_HEIGHT * scale;
    const isRectangle = area >= LEAST_FILL * across * down && Math.max(across / down, down / across) <= MOST_ASPECT;
    if (count >= MOST_PANES || !isSmall || !isRectangle || Math.min(across, down) < LEAST_SIDE * scale) return;
    panes.x[count] = (left + right) / 2;
    panes.y[count] = (top + bottom) / 2;
    panes.width[count] = across;
    panes.height[count] = down;
    panes.light[count] = sum / area;
    found.kinds[count] = kind;
    count += 1;
  }

  return {
    ...panes,
    count: () => count,
    find(source) {
      count = 0;
      for (let y = 0; y < height; y += 1) markRow(marks, y, width, source);
      for (let i = 0; i < marks.length; i += 1) if (marks[i] !== 0) takePatch(i, source.light);
      findCompany(found, count, LARGEST_HEIGHT * scale * 2);
      count = keepThoseInRows(found, count);
    },
  };
}
