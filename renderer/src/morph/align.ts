/**
 * Finds whether two pictures show the same thing, and by which shift, zoom and turn one becomes the other. Frames of a video
 * are close to each other; the first and the last picture of a clip may be a pan or a zoom apart, so every place and zoom is
 * tried on a small map before the best ones are refined.
 */
import { type Luma, type Motion, NO_MOTION, refineMotion } from '../motion/estimate.ts';
import { type StructureMaps, sampleMap } from './structure.ts';

const SEARCH_SIDE = 48;
const REFINE_SIDES = [48, 96, 192] as const;
const REFINE_STEPS = 12;
const FINAL_SIDE = 192;
const REFINED_CANDIDATES = 4;
/** Zooms that are tried, from 2.5 times out to 2.5 times in. */
const ZOOM_STEP = 2.5 ** (1 / 8);
const ZOOM_STEPS = 8;
/** Pictures that have less than this in common, as a share of the smaller one's view, are not a move of one camera. */
const MIN_OVERLAP = 0.4;
/** Structure maps reach about 2; brightness, for which the refinement's tolerance was set, differs by about a tenth of that. */
const MAP_TO_BRIGHTNESS = 0.1;
/** From this correlation on two pictures count as the same place. Measured: unrelated photographs reach 0.4, related ones 0.55 and more. */
const SAME_STRUCTURE = 0.5;
/** The same for the share of the view with the same tones, in standard deviations of brightness, and its weight beside the correlation. */
const SAME_VIEW = 0.55;
/** In brightness, 0 to 1. */
const LEAST_CONTRAST = 0.02;
const SAME_TONE = 0.2;
const TONES_WEIGHT = 1.5;

interface Likeness {
  /** Correlation of the structure that both show, -1 to 1. */
  readonly structure: number;
  /** Share of the view, of the smaller one where one is a detail of the other, in which the tones agree. */
  readonly sameTones: number;
}

/** The pictures' maps at each place that both show, and how many places were asked for. */
function forEachPair(
  { first, last, step }: { readonly first: Luma; readonly last: Luma; readonly step: number },
  { x, y, zoom, roll }: Motion,
  pair: (first: number, last: number) => void,
): number {
  const { width, height } = first;
  const half = width / 2;
  const lastHalf = last.width / 2;
  let asked = 0;
  for (let row = 0; row < height; row += step) {
    const qy = (row + 0.5 - height / 2) / half;
    for (let column = 0; column < width; column += step) {
      const qx = (column + 0.5 - half) / half;
      asked += 1;
      const px = (qx + x + zoom * qx - roll * qy) * lastHalf + lastHalf - 0.5;
      const py = (qy + y + zoom * qy + roll * qx) * lastHalf + last.height / 2 - 0.5;
      const value = sampleMap(last, px, py);
      if (!Number.isNaN(value)) pair(first.values[row * width + column] as number, value);
    }
  }
  return asked;
}

function structureLikeness(first: Luma, last: Luma, motion: Motion, step: number): number {
  let sum = 0;
  let firstPower = 1e-6;
  let lastPower = 1e-6;
  let seen = 0;
  const asked = forEachPair({ first, last, step }, motion, (a, b) => {
    seen += 1;
    sum += a * b;
    firstPower += a * a;
    lastPower += b * b;
  });
  // A picture that is a detail of the other one is seen whole, however small it is there.
  const overlap = (seen / asked) * Math.max(1, (1 + motion.zoom) ** 2);
  return overlap < MIN_OVERLAP ? -1 : sum / Math.sqrt(firstPower * lastPower);
}

/** Mean and contrast taken out, since the light may have changed. */
function standardise(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const contrast = Math.sqrt(variance) + LEAST_CONTRAST;
  return values.map((value) => (value - mean) / contrast);
}

function likenessOf(first: StructureMaps, last: StructureMaps, motion: Motion): Likeness {
  const seen = { first: [] as number[], last: [] as number[] };
  const asked = forEachPair({ first: first.brightness, last: last.brightness, step: 1 }, motion, (a, b) => {
    seen.first.push(a);
    seen.last.push(b);
  });
  const tones = { first: standardise(seen.first), last: standardise(seen.last) };
  const same = tones.first.filter((tone, i) => Math.abs(tone - (tones.last[i] as number)) < SAME_TONE).length;
  return {
    structure: structureLikeness(first.at(FINAL_SIDE), last.at(FINAL_SIDE), motion, 1),
    sameTones: (same / asked) * Math.max(1, (1 + motion.zoom) ** 2),
  };
}

interface Candidate {
  readonly motion: Motion;
  readonly score: number;
}

function better(best: Candidate, motion: Motion, score: number): Candidate {
  return score > best.score ? { motion, score } : best;
}

/** The best place for each zoom, and of these the best ones. */
function candidates(first: Luma, last: Luma): readonly Motion[] {
  const found: Candidate[] = [];
  const shape = first.height / first.width;
  for (let step = -ZOOM_STEPS; step <= ZOOM_STEPS; step += 1) {
    const scale = ZOOM_STEP ** step;
    const reach = Math.abs(scale - 1) + 1.1;
    const pitch = 0.1 * Math.max(1, scale);
    let best: Candidate = { motion: NO_MOTION, score: -1 };
    for (let y = -Math.floor((reach * shape) / pitch); y * pitch <= reach * shape; y += 1) {
      for (let x = -Math.floor(reach / pitch); x * pitch <= reach; x += 1) {
        const motion: Motion = { x: x * pitch, y: y * pitch, zoom: scale - 1, roll: 0 };
        best = better(best, motion, structureLikeness(first, last, motion, 2));
      }
    }
    found.push(best);
  }
  found.sort((a, b) => b.score - a.score);
  return found.slice(0, REFINED_CANDIDATES).map(({ motion }) => motion);
}

function dimmed(map: Luma): Luma {
  return { ...map, values: map.values.map((value) => value * MAP_TO_BRIGHTNESS) };
}

function refined(first: StructureMaps, last: StructureMaps, start: Motion): Motion {
  let motion = start;
  for (const side of REFINE_SIDES) {
    const before = dimmed(first.at(side));
    const after = dimmed(last.at(side));
    motion = refineMotion({ before, after }, motion, REFINE_STEPS);
  }
  return motion;
}

/**
 * The move that sends the first picture's points to the last one's; undefined where they show different things. Structure
 * alone would follow a sharp subject before a soft background; tones alone would not see a change of light.
 */
export function alignPictures(first: StructureMaps, last: StructureMaps): Motion | undefined {
  const starts = [NO_MOTION, ...candidates(first.at(SEARCH_SIDE), last.at(SEARCH_SIDE))];
  let best: Candidate = { motion: NO_MOTION, score: Number.NEGATIVE_INFINITY };
  for (const motion of starts.flatMap((start) => [start, refined(first, last, start)])) {
    const { structure, sameTones } = likenessOf(first, last, motion);
    best = better(best, motion, structure + TONES_WEIGHT * sameTones);
  }
  const { structure, sameTones } = likenessOf(first, last, best.motion);
  return structure >= SAME_STRUCTURE || (structure > -1 && sameTones >= SAME_VIEW) ? best.motion : undefined;
}
