/**
 * Finds the few things that moved by themselves at the end of a source, and the speed of each: patches that changed are compared
 * with where they may have come from, each as a whole, so that a thing keeps its shape when it goes on.
 */
import type { Size } from '../geometry.ts';
import type { Luma } from './estimate.ts';

export interface Subject {
  /** Its pixels in the small picture. */
  readonly pixels: readonly number[];
  /** How far it came between the two pictures, in their pixels. */
  readonly dx: number;
  readonly dy: number;
}

/** How many frames before the last one a place is looked at to see whether it has just changed. */
export const JUST_BEFORE = 2;
const MOST_SUBJECTS = 8;
const FEWEST_PIXELS = 5;
/** How far a thing may have come between the two frames, in pixels of the small pictures. */
const SEARCH_REACH = 14;
/** A place explains a patch where it leaves this share of the difference that standing still leaves. */
const EXPLAINED = 0.6;
/** More counts as no more: legs that swing are elsewhere than the body's way tells, and would drown it. */
const MOST_DIFFERENT = 0.25;
/** What walks changes its shape on its way: less is enough where it came the same way for twice as long. */
const HALF_EXPLAINED = 0.88;
const STILL_EXPLAINED = 0.94;
const SAME_WAY = 2;
/** A difference of brightness from which on a place has just changed. */
const CHANGED = 0.03;

/** Groups of neighbouring active pixels, the largest first. */
export function patchesOf(active: Uint8Array, { width }: Size): number[][] {
  const seen = Uint8Array.from(active, (value) => (value === 0 ? 1 : 0));
  const patches: number[][] = [];
  for (let start = 0; start < seen.length; start += 1) {
    if (seen[start] === 1) continue;
    const patch = [start];
    seen[start] = 1;
    for (let next = 0; next < patch.length; next += 1) {
      const i = patch[next] as number;
      const column = i % width;
      for (const [step, isInside] of [
        [-1, column > 0],
        [1, column < width - 1],
        [-width, true],
        [width, true],
      ] as const) {
        if (!isInside || seen[i + step] !== 0) continue;
        seen[i + step] = 1;
        patch.push(i + step);
      }
    }
    if (patch.length >= FEWEST_PIXELS) patches.push(patch);
  }
  return patches.sort((a, b) => b.length - a.length).slice(0, MOST_SUBJECTS);
}

/** Mean difference of a patch to what was `dx`, `dy` before it. */
function differenceAt(patch: readonly number[], last: Luma, earlier: Luma, dx: number, dy: number): number {
  const { width, height } = last;
  let sum = 0;
  let count = 0;
  for (const i of patch) {
    const x = (i % width) - dx;
    const y = ((i / width) | 0) - dy;
    if (x < 0 || y < 0 || x >= width || y >= height) continue;
    sum += Math.min(MOST_DIFFERENT, Math.abs((last.values[i] as number) - (earlier.values[y * width + x] as number)));
    count += 1;
  }
  return count < patch.length * 0.5 ? 1 : sum / count;
}

/** Where between whole pixels three differences are least. */
function between(before: number, here: number, after: number): number {
  const bend = before - 2 * here + after;
  return bend < 1e-6 ? 0 : Math.max(-0.5, Math.min(0.5, (before - after) / (2 * bend)));
}

interface Way {
  readonly dx: number;
  readonly dy: number;
}

interface Match extends Way {
  /** The difference that is left, as a share of what standing still leaves. */
  readonly left: number;
}

interface Search extends Way {
  /** How far around `dx` and `dy`, in pixels. */
  readonly reach: number;
}

function bestMatch(patch: readonly number[], last: Luma, earlier: Luma, around: Search): Match {
  const still = differenceAt(patch, last, earlier, 0, 0);
  let best = { dx: 0, dy: 0, difference: still };
  for (let dy = around.dy - around.reach; dy <= around.dy + around.reach; dy += 1) {
    for (let dx = around.dx - around.reach; dx <= around.dx + around.reach; dx += 1) {
      // Of two places that explain a pattern as well the nearer one is likelier.
      const found = differenceAt(patch, last, earlier, dx, dy) * (1 + 0.012 * Math.hypot(dx, dy));
      if (found < best.difference) best = { dx, dy, difference: found };
    }
  }
  return { dx: best.dx, dy: best.dy, left: best.difference / (still + 1e-6) };
}

/** The way between whole pixels. */
function exactWay(patch: readonly number[], last: Luma, earlier: Luma, { dx, dy }: Way): Way {
  const difference = (x: number, y: number) => differenceAt(patch, last, earlier, x, y);
  return {
    dx: dx + between(difference(dx - 1, dy), difference(dx, dy), difference(dx + 1, dy)),
    dy: dy + between(difference(dx, dy - 1), difference(dx, dy), difference(dx, dy + 1)),
  };
}

function wayOf(patch: readonly number[], { last, earlier, muchEarlier }: SubjectSource): Way | undefined {
  const { dx, dy, left } = bestMatch(patch, last, earlier, { dx: 0, dy: 0, reach: SEARCH_REACH });
  if (muchEarlier === undefined && left > EXPLAINED) return undefined;
  if (muchEarlier !== undefined) {
    const twice = bestMatch(patch, last, muchEarlier, { dx: 2 * dx, dy: 2 * dy, reach: SAME_WAY });
    if (left > HALF_EXPLAINED || twice.left > STILL_EXPLAINED) return undefined;
    // Over the longer way the speed is told more exactly, over the shorter one it is that of the end.
    const [near, far] = [exactWay(patch, last, earlier, { dx, dy }), exactWay(patch, last, muchEarlier, twice)];
    return { dx: near.dx / 2 + far.dx / 4, dy: near.dy / 2 + far.dy / 4 };
  }
  return exactWay(patch, last, earlier, { dx, dy });
}

/** Pixels that stand with others: a patch's outliers would widen it. */
function joined(pixels: readonly number[], { width }: Size): number[] {
  const known = new Set(pixels);
  const around = [-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1];
  return pixels.filter((i) => around.filter((step) => known.has(i + step)).length >= 3);
}

export interface SubjectSource {
  readonly last: Luma;
  /** A frame from shortly before, and the one from just before; both seen from the last frame's camera. */
  readonly earlier: Luma;
  readonly before: Luma;
  /** One from twice as long before as `earlier`, where the source has it. */
  readonly muchEarlier?: Luma | undefined;
  /** 1 where the picture changed. */
  readonly active: Uint8Array;
}

export function findSubjects(source: SubjectSource): Subject[] {
  const { last, before, active } = source;
  return patchesOf(active, last).flatMap((patch) => {
    // The ground that a thing has left is part of the patch but not of the thing, and has not changed since.
    const pixels = joined(
      patch.filter((i) => differenceAt([i], last, before, 0, 0) > CHANGED),
      last,
    );
    const way = pixels.length < FEWEST_PIXELS ? undefined : wayOf(pixels, source);
    return way === undefined ? [] : [{ pixels, ...way }];
  });
}
