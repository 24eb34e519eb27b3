/**
 * A picture that goes on beyond its edges, a little softer the farther out, so that a camera which pulls back or moves on never shows
 * a border: aside and below with shifted copies of its inside, above with the colours of its upper edge.
 */
import type { Size } from '../geometry.ts';
import type { Similarity } from '../morph/similarity.ts';
import { boxBlur } from './box-blur.ts';
import { type EdgeMatch, lowerReader, matchEdge, sideReader } from './edge-match.ts';
import { fineNoise, sampleNoise } from './noise.ts';
import { clamp, mix, smoothstep } from './numbers.ts';
import { type Picture, packPicture } from './picture.ts';
import { sampleInto } from './warp.ts';

/** Detail is lost over this share of the short side, and how much of it. */
const REACH_OF_DETAIL = 0.5;
const SOFTENED = 0.45;
/** A copy has the colours of the edge it meets, and its own from this share of the short side on. */
const REACH_OF_COLOUR = 0.14;
/** Levels: from here on a copy differs from the edge because it shows something else. */
const MOST_STEP = 26;
/** Over this share of it, a copy's rows lose the bends that join them to the edge. */
const REACH_OF_BENDS = 0.4;
/** A copy begins no nearer than this share of the width, or of the height below, and is repeated where it ends too early. */
const NEAREST_COPY = 0.25;
const NEAREST_BELOW = 0.12;
/** The ground goes on below, not what stands on it. */
const FARTHEST_BELOW = 0.3;
/** Colours are compared along so many pixels of an edge, as a share of its length. */
const COLOUR_RADIUS = 0.012;
/** The softness, in widths, of what was seen before towards what is invented. */
const SEEN_EDGE = 0.04;

function blurred(rgb: Uint8Array, size: Size, radius: number): Uint8Array {
  const count = size.width * size.height;
  const channel = new Float32Array(count);
  const result = new Uint8Array(rgb.length);
  for (let offset = 0; offset < 3; offset += 1) {
    for (let i = 0; i < count; i += 1) channel[i] = rgb[i * 3 + offset] as number;
    boxBlur(channel, channel, { plane: size, radius });
    boxBlur(channel, channel, { plane: size, radius });
    for (let i = 0; i < count; i += 1) result[i * 3 + offset] = channel[i] as number;
  }
  return result;
}

/** A place within `0 .. length - 1`; those a little beyond an end are mirrored, which shows less there than a stretched row. */
function folded(place: number, length: number): number {
  const inside = place < 0 ? -place : place;
  return clamp(inside < length ? inside : 2 * (length - 1) - inside, 0, length - 1);
}

interface Side {
  /** Pixels of the side, and how many are added beyond it. */
  readonly length: number;
  readonly margin: number;
  /** What the reaches below are shares of. */
  readonly short: number;
  /** Where the pixel is in `extended` that lies so far outwards, or inwards where that is below 0, at a place along the side. */
  readonly at: (outwards: number, place: number) => number;
}

/** What an edge and its copy have to do with each other, along the side. */
interface Joint {
  /** How much brighter the edge is than the copy that meets it, in each channel. */
  readonly steps: readonly Float32Array[];
  /** The edge's own colours. */
  readonly colours: readonly Float32Array[];
  /** 1 where the two show different things. */
  readonly strange: Float32Array;
}

function jointOf(extended: Uint8Array, { length, at }: Side, { distance, along }: EdgeMatch): Joint {
  const plane = { width: length, height: 1 };
  const soften = (values: Float32Array, share: number) => {
    const radius = Math.max(2, Math.round(length * share));
    for (let pass = 0; pass < 2; pass += 1) boxBlur(values, values, { plane, radius });
    return values;
  };
  const colours = [0, 1, 2].map((channel) =>
    soften(
      along.map((_, place) => extended[at(0, place) + channel] as number),
      COLOUR_RADIUS / 3,
    ),
  );
  const steps = colours.map((edge, channel) => {
    const copied = along.map((bend, place) => {
      return extended[at(-distance, folded(Math.round(place + bend), length)) + channel] as number;
    });
    soften(copied, COLOUR_RADIUS / 3);
    return soften(
      copied.map((value, place) => (edge[place] as number) - value),
      COLOUR_RADIUS,
    );
  });
  const strange = along.map((_, place) => {
    const most = Math.max(...steps.map((step) => Math.abs(step[place] as number)));
    return smoothstep(MOST_STEP * 0.7, MOST_STEP * 1.6, most);
  });
  return { steps, colours, strange: soften(strange, COLOUR_RADIUS) };
}

/** How far the edge's colours run out at a place, against how far they do at most: no two neighbours end in one line. */
function raggedness(place: number, length: number): number {
  return 0.3 + 0.9 * sampleNoise(fineNoise(), (place / length) * 0.9, 0.37);
}

function addCopy(extended: Uint8Array, side: Side, match: EdgeMatch): void {
  const { length, margin, short, at } = side;
  const { distance, along } = match;
  const { steps, colours, strange } = jointOf(extended, side, match);
  const middle = along.reduce((sum, value) => sum + value, 0) / length;
  const runOut = along.map((_, place) => short * REACH_OF_COLOUR * raggedness(place, length));
  for (let outwards = 1; outwards <= margin; outwards += 1) {
    const bent = smoothstep(short * REACH_OF_BENDS, 0, outwards);
    for (let place = 0; place < length; place += 1) {
      const shifted = place + mix(middle, along[place] as number, bent);
      const first = Math.floor(shifted);
      const share = shifted - first;
      const from = at(outwards - distance, folded(first, length));
      const next = at(outwards - distance, folded(first + 1, length));
      const near = smoothstep(runOut[place] as number, 0, outwards);
      const smeared = near * (strange[place] as number);
      const o = at(outwards, place);
      for (let c = 0; c < 3; c += 1) {
        const step = clamp((steps[c] as Float32Array)[place] as number, -MOST_STEP, MOST_STEP) * near;
        const copied = mix(extended[from + c] as number, extended[next + c] as number, share) + step;
        extended[o + c] = clamp(mix(copied, (colours[c] as Float32Array)[place] as number, smeared) + 0.5, 0, 255);
      }
    }
  }
}

/** Beside the picture first, then below all of its width; above it is mirrored, to be replaced. */
function extendPicture(rgb: Uint8Array, size: Size, margin: Size): Uint8Array {
  const width = size.width + margin.width * 2;
  const height = size.height + margin.height * 2;
  const extended = new Uint8Array(width * height * 3);
  for (let y = 0; y < size.height; y += 1) {
    const row = rgb.subarray(y * size.width * 3, (y + 1) * size.width * 3);
    extended.set(row, ((y + margin.height) * width + margin.width) * 3);
  }
  const short = Math.min(size.width, size.height);
  for (const right of [false, true]) {
    const edge = right ? margin.width + size.width - 1 : margin.width;
    const side: Side = {
      ...{ length: size.height, margin: margin.width, short },
      at: (outwards, y) => ((y + margin.height) * width + edge + (right ? outwards : -outwards)) * 3,
    };
    const options = {
      length: size.height,
      depth: size.width,
      margin: Math.min(margin.width, size.width * NEAREST_COPY),
    };
    addCopy(extended, side, matchEdge(sideReader(rgb, size, right), options));
  }
  const bottom = margin.height + size.height - 1;
  const band: Size = { width, height: size.height };
  const middle = extended.subarray(margin.height * width * 3, (bottom + 1) * width * 3);
  const nearest = Math.min(margin.height, size.height * NEAREST_BELOW);
  const options = { length: width, depth: size.height * FARTHEST_BELOW, margin: nearest };
  addCopy(
    extended,
    {
      length: width,
      margin: margin.height,
      short: short * 0.5,
      at: (outwards, x) => ((bottom + outwards) * width + x) * 3,
    },
    matchEdge(lowerReader(middle, band), options),
  );
  for (let y = 0; y < margin.height; y += 1) {
    const from = (2 * margin.height - y) * width * 3;
    extended.copyWithin(y * width * 3, from, from + width * 3);
  }
  return extended;
}

/** Outside the picture's own area: the blurred copy, the farther out the more. */
function soften(extended: Uint8Array, soft: Uint8Array, outer: Size, margin: Size): void {
  const reach = Math.min(outer.width, outer.height) * REACH_OF_DETAIL;
  for (let y = 0, o = 0; y < outer.height; y += 1) {
    const dy = Math.max(0, margin.height - y, y - (outer.height - 1 - margin.height));
    for (let x = 0; x < outer.width; x += 1, o += 3) {
      const dx = Math.max(0, margin.width - x, x - (outer.width - 1 - margin.width));
      if (dx === 0 && dy === 0) continue;
      const share = smoothstep(0, reach, Math.hypot(dx, dy)) * SOFTENED;
      for (let c = o; c < o + 3; c += 1) extended[c] = mix(extended[c] as number, soft[c] as number, share);
    }
  }
}

/**
 * Above the picture most often is sky, and a mirrored sky shows clouds and suns twice: there the upper edge's own colours go
 * on, blurred.
 */
function continueUpwards(extended: Uint8Array, outer: Size, margin: Size): void {
  const rows = 12;
  const strip: Size = { width: outer.width, height: rows };
  const start = margin.height * outer.width * 3;
  const edge = blurred(extended.slice(start, start + outer.width * rows * 3), strip, Math.round(outer.width / 40));
  for (let y = 0, o = 0; y < margin.height; y += 1) {
    const share = smoothstep(0, margin.height * 0.2, margin.height - y);
    for (let i = 0; i < outer.width * 3; i += 1, o += 1)
      extended[o] = mix(extended[o] as number, edge[i] as number, share);
  }
}

/** A frame from before, and where the picture's points were in it as far as the camera goes; in half widths. */
export interface SeenBefore {
  readonly rgb: Uint8Array;
  readonly camera: Similarity;
}

/** Where a camera comes from there is no need to invent: what it showed there goes on into what is invented, softly. */
function addSeen(extended: Uint8Array, size: Size, margin: Size, { rgb, camera }: SeenBefore): void {
  const before = packPicture(rgb, size);
  const half = size.width / 2;
  const soft = size.width * SEEN_EDGE;
  const width = size.width + margin.width * 2;
  const colour = new Uint8Array(3);
  for (let o = 0, i = 0; o < extended.length; o += 3, i += 1) {
    const x = (i % width) - margin.width;
    const y = ((i / width) | 0) - margin.height;
    const outside = Math.max(-x, x - size.width + 1, -y, y - size.height + 1);
    if (outside <= 0) continue;
    const qx = (x + 0.5 - half) / half;
    const qy = (y + 0.5 - size.height / 2) / half;
    const px = (camera.mx * qx - camera.my * qy + camera.dx) * half + half - 0.5;
    const py = (camera.mx * qy + camera.my * qx + camera.dy) * half + size.height / 2 - 0.5;
    const inside = Math.min(px, size.width - 1 - px, py, size.height - 1 - py);
    if (inside <= 0) continue;
    sampleInto(before, px, py, colour, 0);
    const share = smoothstep(0, soft, inside);
    for (let c = 0; c < 3; c += 1) extended[o + c] = mix(extended[o + c] as number, colour[c] as number, share) + 0.5;
  }
}

/** The picture stays in the middle. `reach` is how far views reach from the middle, in halves of the picture's width (and in proportion upwards). */
export function createCanvas(rgb: Uint8Array, size: Size, reach: number, seen?: SeenBefore): Picture {
  const margin: Size = {
    width: Math.ceil((size.width / 2) * (reach - 1)) + 4,
    height: Math.ceil((size.height / 2) * (reach - 1)) + 4,
  };
  const outer: Size = { width: size.width + margin.width * 2, height: size.height + margin.height * 2 };
  const extended = extendPicture(rgb, size, margin);
  soften(extended, blurred(extended, outer, Math.round(size.height / 34)), outer, margin);
  continueUpwards(extended, outer, margin);
  if (seen !== undefined) addSeen(extended, size, margin, seen);
  return packPicture(extended, outer);
}
