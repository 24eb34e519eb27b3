/**
 * Where a picture goes on beyond one of its sides: a copy of its own inside, shifted and not mirrored, since symmetry is what an eye
 * finds first. The copy is the one whose outlines meet the side's best; each of its rows moves along the side a little, so that what
 * runs into the side runs on behind it.
 */
import type { Size } from '../geometry.ts';
import { clamp } from './numbers.ts';

/** Sides are compared on a grid of so many places along them, and on so many lines across, each so many pixels wide. */
const PLACES = 160;
const LINES = 5;
/** How far a copy as a whole, and then each of its rows, may move along the side, in places. */
const SHIFTS = 14;
const BENDS = 6;
/** What a bend from one place to the next costs, in levels of brightness. */
const STIFFNESS = 14;
const CANDIDATES = 28;
/** Near copies show the same thing twice side by side. */
const NEARNESS = 0.25;

export interface EdgeMatch {
  /** How far inside the copy begins, in pixels. */
  readonly distance: number;
  /** For each pixel along the side: how far along it the copy is read. */
  readonly along: Float32Array;
}

/** Brightness at `inwards` pixels from the side, at `place` pixels along it. */
type Reader = (inwards: number, place: number) => number;

interface Grid {
  readonly at: (inwards: number, line: number, place: number) => number;
  readonly places: number;
}

function gridOf(read: Reader, length: number, depth: number): Grid {
  const pitch = length / PLACES;
  const lines = Math.floor(depth / pitch);
  const values = new Float32Array(lines * PLACES);
  for (let line = 0; line < lines; line += 1) {
    for (let place = 0; place < PLACES; place += 1) {
      let sum = 0;
      for (let tap = 0; tap < 4; tap += 1) {
        sum += read(((line + (tap >> 1) / 2 + 0.25) * pitch) | 0, ((place + (tap & 1) / 2 + 0.25) * pitch) | 0);
      }
      values[line * PLACES + place] = sum / 4;
    }
  }
  const last = lines - 1;
  return {
    places: lines,
    at: (inwards, line, place) =>
      values[clamp(inwards + line, 0, last) * PLACES + clamp(place, 0, PLACES - 1)] as number,
  };
}

function differenceAt(grid: Grid, inwards: number, place: number, shift: number): number {
  let sum = 0;
  for (let line = 0; line < LINES; line += 1) {
    sum += Math.abs(grid.at(0, line, place) - grid.at(inwards, line, place + shift));
  }
  return sum / LINES;
}

/** The shift and the distance whose rows agree best as they are. */
function bestCopy(grid: Grid, nearest: number): { readonly inwards: number; readonly shift: number } {
  const farthest = Math.max(nearest, grid.places - LINES - 1);
  let best = { inwards: nearest, shift: 0, difference: Number.POSITIVE_INFINITY };
  for (let candidate = 0; candidate <= CANDIDATES; candidate += 1) {
    const inwards = Math.round(nearest + ((farthest - nearest) * candidate) / CANDIDATES);
    for (let shift = -SHIFTS; shift <= SHIFTS; shift += 1) {
      let difference = 0;
      for (let place = 0; place < PLACES; place += 2) difference += differenceAt(grid, inwards, place, shift);
      difference = (difference / PLACES) * 2 + Math.abs(shift) * NEARNESS;
      if (difference < best.difference) best = { inwards, shift, difference };
    }
  }
  return best;
}

/** The cheapest bending of the copy's rows, from one end of the side to the other. */
function bend(grid: Grid, inwards: number, shift: number): Float32Array {
  const ways = 2 * BENDS + 1;
  const costs = new Float32Array(PLACES * ways);
  const from = new Int8Array(PLACES * ways);
  for (let place = 0; place < PLACES; place += 1) {
    for (let way = 0; way < ways; way += 1) {
      const own = differenceAt(grid, inwards, place, shift + way - BENDS);
      let least = place === 0 ? 0 : Number.POSITIVE_INFINITY;
      for (let step = -1; place > 0 && step <= 1; step += 1) {
        const before = way + step;
        if (before < 0 || before >= ways) continue;
        const cost = (costs[(place - 1) * ways + before] as number) + Math.abs(step) * STIFFNESS;
        if (cost >= least) continue;
        least = cost;
        from[place * ways + way] = step;
      }
      costs[place * ways + way] = least + own;
    }
  }
  const bends = new Float32Array(PLACES);
  let way = 0;
  const end = (PLACES - 1) * ways;
  for (let other = 1; other < ways; other += 1) {
    if ((costs[end + other] as number) < (costs[end + way] as number)) way = other;
  }
  for (let place = PLACES - 1; place >= 0; place -= 1) {
    bends[place] = shift + way - BENDS;
    way += from[place * ways + way] as number;
  }
  return bends;
}

/** `depth` is how far the picture reaches inwards, `margin` how far the copy must reach outwards. */
export function matchEdge(
  read: Reader,
  { length, depth, margin }: { readonly length: number; readonly depth: number; readonly margin: number },
): EdgeMatch {
  const pitch = length / PLACES;
  const grid = gridOf(read, length, depth);
  const nearest = Math.min(grid.places - LINES - 1, Math.ceil(margin / pitch));
  const { inwards, shift } = bestCopy(grid, Math.max(1, nearest));
  const bends = bend(grid, inwards, shift);
  const along = Float32Array.from({ length }, (_, i) => {
    const place = clamp((i + 0.5) / pitch - 0.5, 0, PLACES - 1.001);
    const first = bends[place | 0] as number;
    return (first + ((bends[(place | 0) + 1] as number) - first) * (place % 1)) * pitch;
  });
  return { distance: Math.round(inwards * pitch), along };
}

/** Brightness of an RGB picture, read from its left side inwards; `right` reads from the right one. */
export function sideReader(rgb: Uint8Array, { width, height }: Size, right: boolean): Reader {
  return (inwards, place) => {
    const x = right ? width - 1 - inwards : inwards;
    const o = (Math.min(height - 1, place) * width + clamp(x, 0, width - 1)) * 3;
    return 0.3 * (rgb[o] as number) + 0.59 * (rgb[o + 1] as number) + 0.11 * (rgb[o + 2] as number);
  };
}

/** The same from the lower side upwards. */
export function lowerReader(rgb: Uint8Array, { width, height }: Size): Reader {
  return (inwards, place) => {
    const o = (clamp(height - 1 - inwards, 0, height - 1) * width + Math.min(width - 1, place)) * 3;
    return 0.3 * (rgb[o] as number) + 0.59 * (rgb[o + 1] as number) + 0.11 * (rgb[o + 2] as number);
  };
}
