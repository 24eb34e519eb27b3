/** What colours a video's sky and ground have. Both are learned near the boundary, where they have to be told apart. */
import { COLOUR_BINS, classifyColours, type Features } from './features.ts';
import { clamp, mix, smoothstep } from './numbers.ts';

export const LEAST_PROBABILITY = 0.03;
/** Rows next to the boundary that are not learned from: they are of both sides. */
const GAP_ROWS = 2;
/** How far from the boundary, in frame heights, a pixel counts half: a hill may be as blue as the sky high above it. */
const HALF_DISTANCE = 0.16;

export interface Judged {
  readonly plane: Features;
  /** The boundary's row in each of the plane's columns. */
  readonly boundary: Int16Array;
  /** Only these of the plane's rows are judged. */
  readonly from?: number;
  readonly to?: number;
  /** Only every so many columns are judged. */
  readonly step?: 1 | 2;
}

export interface SkyColours {
  /** For each colour class how surely it is the sky's and not the ground's; half where neither is known to have it. */
  readonly shares: Float32Array;
  /** `rate` is how much of what was known is replaced: 1 forgets all. */
  readonly learn: (boundary: Int16Array, rate: number) => void;
  /** Fills `sky` with each pixel's probability, given that the boundary is about where `boundary` says. */
  readonly judge: (judged: Judged, sky: Float32Array) => void;
  /** How much of what was learned of the sky is also the ground's: 0 nothing, 1 all. */
  readonly overlap: () => number;
}

/** The odds that position alone gives a pixel which is this share of the frame's height above the boundary, or more. */
const POSITION_SPAN = 0.2;
const POSITION_ODDS = 5;
/** How far that is, against a sky that is light enough for things to stand out before it. */
const ROUGH_DOUBT = 0.7;
const ROUGH = [0.03, 0.08] as const;

/** What a colour's neighbours get of its count, by the steps between them. */
const STEP_SHARES = [1, 0.4, 0.16, 0.064] as const;

/** Spreads each colour's count to its neighbours, so that a shade not seen before still has a likeness. */
function spread(counts: Float32Array, result: Float32Array): void {
  result.fill(0);
  for (let bin = 0; bin < COLOUR_BINS; bin += 1) {
    const count = counts[bin] as number;
    if (count === 0) continue;
    const a = bin >> 8;
    const b = (bin >> 4) & 15;
    const c = bin & 15;
    for (let i = Math.max(0, a - 1); i <= Math.min(15, a + 1); i += 1) {
      for (let j = Math.max(0, b - 1); j <= Math.min(15, b + 1); j += 1) {
        for (let k = Math.max(0, c - 1); k <= Math.min(15, c + 1); k += 1) {
          const steps = Math.abs(i - a) + Math.abs(j - b) + Math.abs(k - c);
          const neighbour = (i << 8) | (j << 4) | k;
          result[neighbour] = (result[neighbour] as number) + count * (STEP_SHARES[steps] as number);
        }
      }
    }
  }
}

export function createSkyColours(features: Features): SkyColours {
  const { width, height, bins, luma, texture } = features;
  const channel = () => new Float32Array(COLOUR_BINS);
  const [above, below, spreadAbove, spreadBelow] = [channel(), channel(), channel(), channel()];
  const [sky, ground, shares] = [channel(), channel(), channel()];
  const near = Float32Array.from({ length: height + 1 }, (_, rows) => 1 / (1 + (rows / (height * HALF_DISTANCE)) ** 2));

  let doubt = 0;
  const odds = Float32Array.from({ length: height * 2 + 1 }, (_, index) => {
    return POSITION_ODDS ** clamp((height - index) / (height * POSITION_SPAN), -1, 1);
  });

  function count(boundary: Int16Array): readonly [sky: number, ground: number] {
    above.fill(0);
    below.fill(0);
    let skyTotal = 50;
    let groundTotal = 50;
    let light = 0;
    let pixels = 1;
    for (let y = 0, i = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1, i += 1) {
        const rows = y - (boundary[x] as number);
        const bin = bins[i] as number;
        if (rows < -GAP_ROWS) {
          // What is rough above the boundary stands before the sky.
          const weight = (near[-rows] as number) * smoothstep(0.05, 0.015, texture[i] as number);
          above[bin] = (above[bin] as number) + weight;
          skyTotal += weight;
          light += luma[i] as number;
          pixels += 1;
        } else if (rows > GAP_ROWS) {
          const weight = near[rows] as number;
          below[bin] = (below[bin] as number) + weight;
          groundTotal += weight;
        }
      }
    }
    doubt = ROUGH_DOUBT * smoothstep(0.2, 0.35, light / pixels);
    return [skyTotal, groundTotal];
  }

  return {
    shares,
    learn(boundary, rate) {
      classifyColours(features, 0, height);
      const [skyTotal, groundTotal] = count(boundary);
      spread(above, spreadAbove);
      spread(below, spreadBelow);
      for (let bin = 0; bin < COLOUR_BINS; bin += 1) {
        const s = sky[bin] as number;
        const g = ground[bin] as number;
        const newSky = s + ((spreadAbove[bin] as number) / skyTotal - s) * rate;
        const newGround = g + ((spreadBelow[bin] as number) / groundTotal - g) * rate;
        sky[bin] = newSky;
        ground[bin] = newGround;
        shares[bin] = (newSky + 1e-5) / (newSky + newGround + 2e-5);
      }
    },
    overlap() {
      let shared = 0;
      let total = 1e-9;
      for (let bin = 0; bin < COLOUR_BINS; bin += 1) {
        shared += Math.min(sky[bin] as number, ground[bin] as number);
        total += sky[bin] as number;
      }
      return shared / total;
    },
    judge({ plane, boundary, from = 0, to = plane.height, step = 1 }, target) {
      const scale = Math.round(height / plane.height);
      classifyColours(plane, from, to);
      for (let y = from; y < to; y += 1) {
        for (let x = 0, i = y * plane.width; x < plane.width; x += step, i += step) {
          const below = (y - (boundary[x] as number)) * scale;
          let share = shares[plane.bins[i] as number] as number;
          const rough = plane.texture[i] as number;
          // A crown of leaves or branches has sky behind it: its colours say little about where the ground begins.
          if (below < -GAP_ROWS && rough > ROUGH[0]) {
            share = mix(share, 0.5, doubt * smoothstep(ROUGH[0], ROUGH[1], rough));
          }
          const favoured = share * (odds[Math.max(0, Math.min(2 * height, below + height))] as number);
          const probability = favoured / (favoured + 1 - share);
          target[i] =
            probability < LEAST_PROBABILITY
              ? LEAST_PROBABILITY
              : probability > 1 - LEAST_PROBABILITY
                ? 1 - LEAST_PROBABILITY
                : probability;
        }
      }
    },
  };
}

/** A warm sky is blue or purple somewhere, or blinding; a room in lamplight is neither. */
const LEAST_COOL_SHARE = 0.08;

export type SkyColour = 'blue' | 'grey' | 'warm' | 'dark';

/** Skies are blue, grey or white, warm and bright, or dark; grass, bricks and a red bowl are none of these. */
export function skyColourOf({ luma, blue, red }: Features, share: Float32Array): SkyColour | undefined {
  let total = 1e-6;
  let light = 0;
  let u = 0;
  let v = 0;
  let cool = 0;
  for (let i = 0; i < share.length; i += 1) {
    const weight = share[i] as number;
    total += weight;
    light += weight * (luma[i] as number);
    u += weight * (blue[i] as number);
    v += weight * (red[i] as number);
    if ((blue[i] as number) > -2) cool += weight;
  }
  light /= total;
  u /= total;
  v /= total;
  const colourful = Math.abs(u) + Math.abs(v);
  if (light < 0.25 && colourful < 30 && u > -6) return 'dark';
  if (light > 0.25 && colourful < 14) return 'grey';
  if (u > 3 && v < 8) return 'blue';
  const isWarm = light > 0.35 && v > 0 && v < 50 && u > -50;
  if (isWarm && (cool / total > LEAST_COOL_SHARE || light > 0.7)) return 'warm';
  return undefined;
}

/** Before anything is learned: blue or bright and smooth, high in the frame. */
export function guessSky(features: Features, sky: Float32Array): void {
  const { width, height, luma, blue, red, texture } = features;
  for (let i = 0; i < sky.length; i += 1) {
    const y = ((i / width) | 0) / height;
    const u = blue[i] as number;
    const v = red[i] as number;
    const light = luma[i] as number;
    const bluish = smoothstep(3, 22, u) * smoothstep(0.22, 0.45, light) * smoothstep(6, -4, v);
    const whitish = smoothstep(0.5, 0.8, light) * smoothstep(26, 10, Math.abs(u) + Math.abs(v)) * 0.9;
    const rough = smoothstep(0.012, 0.05, texture[i] as number);
    const colour = Math.max(bluish, whitish) * (1 - 0.75 * rough) * smoothstep(0.95, 0.45, y);
    const high = 0.3 * smoothstep(0.35, 0, y) * (1 - rough);
    sky[i] = clamp(colour * 0.85 + high, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY);
  }
}
