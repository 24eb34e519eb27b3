/**
 * Chooses the first frame's boundary among many. A guess by colours alone stops in the middle of a pale sky, takes a hazy
 * hill for sky or a wire for the horizon, and what is learned from it afterwards confirms it. So long edges are tried as
 * boundaries too, each with the colours it would teach, and all are held to the same marks.
 */
import type { Features } from './features.ts';
import { clamp, smoothstep } from './numbers.ts';
import { type BoundaryFinder, measureEdges } from './sky-boundary.ts';
import { guessSky, type SkyColours, skyColourOf } from './sky-colours.ts';

/** Edges tried: those under which it gets darker, as under most skies, and any. */
const DARKER_PATHS = 5;
const ANY_PATHS = 3;
/** Rows around an edge that was tried in which no other is looked for. */
const TRIED_ROWS = 7;
const LEARNING_PASSES = 2;
/** How far above and below the boundary is compared, in frame heights. */
const BAND = 0.046;
const GAP_ROWS = 3;
const COLOUR_SCALE = 1 / 128;
const MARGIN_ROWS = 5;
/** Walls are grey too: a grey sky that is seen in fewer columns than the first share is not believed. */
const GREY_COVERAGE = [0.5, 0.85] as const;
/** Of candidates nearly as good as the best, the highest in the frame is taken: what is under it is ground twice over. */
const NEARLY_AS_GOOD = 0.91;
/** A higher one has to be as even, too: along a wire the sky goes on below. */
const NEARLY_AS_EVEN = 0.82;
/** A higher one may not leap more than that between columns, in frame heights: edges of clouds are joined by leaps. */
const MORE_LEAPS = 0.25;
const LEAP_ROWS = 10;

/** Leaps that are cuts if no edge of at least this strength goes along them. */
const LEAST_CUT_ROWS = 4;
const LEAST_CUT_EDGE = 0.04;
/** Cuts in frame heights: stems of grass have 0.16, walls, lamps and paintings 0.28 to 1.4. */
const CUTS = [0.12, 0.35] as const;
const CUT_DOUBT = 0.8;
const SHARED_COLOURS = [0.1, 0.5] as const;
const MOST_DOUBT = 0.9;

/** Under an outline high in the frame that is at least so even and falls off by so much stands a hill: skies get lighter downwards. */
const SKYLINE_EVEN = 0.75;
const SKYLINE_FALL = 0.06;
const SKYLINE_MARK = 0.5;
const SKYLINE_ROWS = 8;
const SKYLINE_COLUMNS = 0.6;

/** Parts of the width that a chosen boundary is even in, each for itself: along a glowing horizon what it parts changes slowly. */
const EVEN_PARTS = 4;

/** At sunset the sky glows above the horizon, and the upper edge of that is the clearest: lighter and smooth below, by so much. */
const GLOW_FALL = -0.05;
const GLOW_TEXTURE = 0.06;
/** How far down a glow may reach, in frame heights, and how much darker the ground is where it ends. */
const GLOW_REACH = 0.25;
const GLOW_END = 0.06;
const GLOW_ROWS = 3;
/** The share of the columns that a glow is seen in, at least. */
const GLOW_COLUMNS = 0.15;

interface Contrast {
  /** How strong and how even the difference between above and below is along the boundary. */
  readonly strength: number;
  readonly coherence: number;
  /** Share of columns whose boundary is inside the frame. */
  readonly coverage: number;
  /** Mean edge along it. */
  readonly sharpness: number;
  /** How much darker it is below than above. */
  readonly fall: number;
}

/** The median of rows `from` to `to`: a wire or a twig in them says nothing about what is behind it. */
function bandMedian(values: Float32Array, { width }: Features, x: number, from: number, to: number): number {
  const band = new Float32Array(to - from);
  for (let y = from; y < to; y += 1) band[y - from] = values[y * width + x] as number;
  return band.sort()[band.length >> 1] as number;
}

function boundaryContrast(features: Features, edges: Float32Array, boundary: Int16Array, parts: number): Contrast {
  const { width, height, luma, blue, red } = features;
  const totals = Array.from({ length: parts }, () => [0, 0, 0]);
  let light = 0;
  let absolute = 1e-6;
  let sharp = 0;
  let columns = 0;
  let weak = 0;
  const band = Math.round(height * BAND);
  for (let x = 0; x < width; x += 1) {
    const row = boundary[x] as number;
    if (row < MARGIN_ROWS || row > height - MARGIN_ROWS) continue;
    columns += 1;
    const top = Math.max(0, row - GAP_ROWS - band);
    const bottom = Math.min(height, row + GAP_ROWS + band);
    const change = (values: Float32Array) =>
      bandMedian(values, features, x, Math.min(row + GAP_ROWS, bottom - 1), bottom) -
      bandMedian(values, features, x, top, Math.max(row - GAP_ROWS, top + 1));
    const brighter = change(luma);
    const u = change(blue) * COLOUR_SCALE;
    const v = change(red) * COLOUR_SCALE;
    const total = totals[Math.floor((x * parts) / width)] as number[];
    [brighter, u, v].forEach((value, axis) => {
      total[axis] = (total[axis] as number) + value;
    });
    light += brighter;
    const size = Math.hypot(brighter, u, v);
    absolute += size;
    weak += smoothstep(0.06, 0.015, size);
    const at = row * width + x;
    sharp += Math.max(edges[at - width] as number, edges[at] as number, edges[at + width] as number);
  }
  const count = Math.max(1, columns);
  const mean = totals.reduce((sum, total) => sum + Math.hypot(...total), 0);
  return {
    strength: 1 - weak / count,
    coherence: mean / absolute,
    coverage: columns / width,
    sharpness: sharp / count,
    fall: -light / count,
  };
}

/** How far the boundary leaps between columns where no edge is seen, in frame heights: it cuts through what is one thing. */
function cutsOf({ width, height, luma, blue, red }: Features, boundary: Int16Array): number {
  let sum = 0;
  for (let x = 1; x < width - 2; x += 1) {
    const before = boundary[x - 1] as number;
    const row = boundary[x] as number;
    if (Math.abs(row - before) < LEAST_CUT_ROWS) continue;
    for (let y = Math.min(before, row), end = Math.max(before, row); y < end; y += 1) {
      let edge = 0;
      for (let near = Math.max(1, x - 2); near <= x + 1; near += 1) {
        const i = Math.min(height - 1, y) * width + near;
        const light = Math.abs((luma[i + 1] as number) - (luma[i - 1] as number));
        const u = Math.abs((blue[i + 1] as number) - (blue[i - 1] as number));
        edge = Math.max(edge, light + (u + Math.abs((red[i + 1] as number) - (red[i - 1] as number))) / 200);
      }
      if (edge < LEAST_CUT_EDGE) sum += 1;
    }
  }
  return sum / height;
}

/** 0 to 1: how much a boundary looks like one between sky and ground. */
export function rateBoundary(
  features: Features,
  edges: Float32Array,
  boundary: Int16Array,
  contrast = boundaryContrast(features, edges, boundary, EVEN_PARTS),
): number {
  const { width, height, texture } = features;
  const { strength, coherence, coverage, sharpness } = contrast;
  if (coverage < 0.2) return 0;
  const share = new Float32Array(width * height);
  let rough = 0;
  let count = 1;
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      if (y >= (boundary[x] as number) - GAP_ROWS) continue;
      share[i] = 1;
      count += 1;
      rough += smoothstep(0.02, 0.06, texture[i] as number);
    }
  }
  const area = count / share.length;
  if (area < 0.03 || area > 0.95) return 0;
  const colour = skyColourOf(features, share);
  if (colour === undefined) return 0;
  const even = colour === 'grey' ? smoothstep(GREY_COVERAGE[0], GREY_COVERAGE[1], coverage) : 1;
  const smooth = 1 - 0.65 * clamp(rough / count, 0, 1);
  const whole = 1 - CUT_DOUBT * smoothstep(CUTS[0], CUTS[1], cutsOf(features, boundary));
  const low = 1 - 0.4 * smoothstep(0.65, 0.9, area);
  return (
    even *
    whole *
    low *
    (strength * sharpness) ** 2 *
    smoothstep(0.3, 0.95, coherence) *
    smooth *
    smoothstep(0.2, 0.5, coverage)
  );
}

/**
 * What is left of a mark where sky and ground have colours in common. An edge in the clouds leaves sky on both sides; of 17 drawn
 * clips, right boundaries share up to 0.15, wrong ones 0.17 to 0.5, a wall 0.9.
 */
export function separationOf(colours: SkyColours): number {
  return 1 - MOST_DOUBT * smoothstep(SHARED_COLOURS[0], SHARED_COLOURS[1], colours.overlap());
}

/** The longest edges from side to side, strongest first. */
function edgePaths(features: Features, edges: Float32Array, find: BoundaryFinder): Int16Array[] {
  const { width, height, luma } = features;
  const paths: Int16Array[] = [];
  for (const [darker, count] of [
    [true, DARKER_PATHS],
    [false, ANY_PATHS],
  ] as const) {
    // A faint outline from side to side is worth more than a cloud's clear one that ends.
    const left = edges.map(Math.sqrt);
    left.fill(0, 0, MARGIN_ROWS * width);
    left.fill(0, (height - MARGIN_ROWS) * width);
    for (let i = 2 * width; darker && i < left.length - 2 * width; i += 1) {
      if ((luma[i + 2 * width] as number) > (luma[i - 2 * width] as number)) left[i] = (left[i] as number) * 0.2;
    }
    for (let path = 0; path < count; path += 1) {
      const boundary = new Int16Array(width);
      find({ edges: left }, boundary);
      paths.push(boundary);
      for (let x = 0; x < width; x += 1) {
        const row = boundary[x] as number;
        for (let y = Math.max(0, row - TRIED_ROWS); y <= Math.min(height - 1, row + TRIED_ROWS); y += 1)
          left[y * width + x] = 0;
      }
    }
  }
  return paths;
}

/** How far the boundary leaps up and down in all, in frame heights. */
function leapsOf(rows: Int16Array, height: number): number {
  let sum = 0;
  for (let x = 1; x < rows.length; x += 1)
    sum += Math.max(0, Math.abs((rows[x] as number) - (rows[x - 1] as number)) - LEAP_ROWS);
  return sum / height;
}

interface Candidate {
  readonly rows: Int16Array;
  readonly mark: number;
  readonly even: number;
  readonly fall: number;
  readonly leaps: number;
  readonly height: number;
}

/** Whether what lies between two candidates is a hill before the sky, of which the lower one made sky. */
function isSkylineOver(upper: Candidate, lower: Candidate): boolean {
  if (upper.even < SKYLINE_EVEN || upper.fall < SKYLINE_FALL || upper.mark < lower.mark * SKYLINE_MARK) return false;
  let columns = 0;
  for (let x = 0; x < upper.rows.length; x += 1) {
    if ((upper.rows[x] as number) + SKYLINE_ROWS <= (lower.rows[x] as number)) columns += 1;
  }
  return columns >= upper.rows.length * SKYLINE_COLUMNS && upper.leaps <= lower.leaps + MORE_LEAPS;
}

function choose(candidates: readonly Candidate[]): Candidate {
  const best = candidates.reduce((one, other) => (other.mark > one.mark ? other : one));
  const chosen = candidates
    .filter(({ mark }) => mark >= best.mark * NEARLY_AS_GOOD)
    .filter(({ even, leaps }) => even >= best.even * NEARLY_AS_EVEN && leaps <= best.leaps + MORE_LEAPS)
    .toSorted((one, other) => one.height - other.height)[0];
  if (chosen === undefined) return best;
  const skylines = candidates.filter((candidate) => isSkylineOver(candidate, chosen));
  return skylines.toSorted((one, other) => other.mark - one.mark)[0] ?? chosen;
}

/**
 * The boundary without the glow under it that it took for ground: in each column where it gets lighter and stays smooth, the row
 * where the glow ends. Undefined where there is no such glow.
 */
function underGlow({ width, height, luma, texture }: Features, rows: Int16Array): Int16Array | undefined {
  const lowered = Int16Array.from(rows);
  let columns = 0;
  for (let x = 0; x < width; x += 1) {
    const row = rows[x] as number;
    const at = (y: number) => luma[Math.min(height - 1, Math.max(0, y)) * width + x] as number;
    const below = row + GAP_ROWS + GLOW_ROWS;
    if (at(row - GAP_ROWS - GLOW_ROWS) - at(below) > GLOW_FALL) continue;
    const end = Math.min(height - GLOW_ROWS, below + Math.round(height * GLOW_REACH));
    for (let y = below; y < end && (texture[y * width + x] as number) < GLOW_TEXTURE; y += 1) {
      if (at(y - GLOW_ROWS) - at(y + GLOW_ROWS) < GLOW_END) continue;
      lowered[x] = y;
      columns += 1;
      break;
    }
  }
  return columns >= width * GLOW_COLUMNS ? lowered : undefined;
}

export interface FirstBoundary {
  readonly features: Features;
  readonly colours: SkyColours;
  readonly find: BoundaryFinder;
}

/** Fills `boundary` and teaches `colours`; only for the first frame, for it allocates. */
export function chooseBoundary({ features, colours, find }: FirstBoundary, boundary: Int16Array): void {
  const { width, height } = features;
  const edges = new Float32Array(width * height);
  measureEdges(features, edges);
  const sky = new Float32Array(width * height);
  const guessed = new Int16Array(width);
  guessSky(features, sky);
  find({ edges, sky }, guessed);
  const judge = (rows: Int16Array): Candidate => {
    for (let pass = 0; pass < LEARNING_PASSES; pass += 1) {
      colours.learn(rows, 1);
      colours.judge({ plane: features, boundary: rows }, sky);
      find({ edges, sky }, rows);
    }
    colours.learn(rows, 1);
    const contrast = boundaryContrast(features, edges, rows, 1);
    const { strength, coherence, fall } = contrast;
    const mark = rateBoundary(features, edges, rows, contrast) * separationOf(colours);
    return {
      ...{ rows, mark, fall, even: strength * coherence, leaps: leapsOf(rows, height) },
      height: rows.reduce((sum, row) => sum + row, 0),
    };
  };
  const candidates = [guessed, ...edgePaths(features, edges, find)].map(judge);
  const chosen = choose(candidates);
  const lowered = underGlow(features, chosen.rows);
  boundary.set((lowered === undefined ? chosen : judge(lowered)).rows);
  colours.learn(boundary, 1);
}
