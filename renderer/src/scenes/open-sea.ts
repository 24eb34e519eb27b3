/**
 * The open sea as waves that stand up: a height field seen in perspective, from the nearest crest to the horizon, each hiding
 * what lies behind it. Painted at every second column. Lengths are in metres.
 */
import type { Size } from '../geometry.ts';
import { fineNoise, sampleNoise } from '../pixels/noise.ts';
import { clamp, mix, smoothstep } from '../pixels/numbers.ts';
import type { SkyPalette } from '../pixels/palette.ts';
import { type SceneMoment, sideways } from './draw-layer.ts';
import type { Water } from './scene.ts';

const EYE = 4.6;
/** A step away takes this share of the rows that are left to the horizon, and between so many rows and so many at 480p. */
const STEP_SHARE = 0.036;
const LEAST_ROWS = 0.9;
const MOST_ROWS = 4.5;
const FARTHEST = 620;
/** How far sideways moves of the camera carry the sea, in metres for a width. */
const ASIDE = 26;
/** Every so many columns are worked out; widths are even. */
const COLUMN = 2;

interface Wave {
  /** Metres from crest to crest, and from trough to crest in a sea of strength 1. */
  readonly length: number;
  readonly height: number;
  /** Where it goes: sideways for one towards the viewer. */
  readonly across: number;
}

const WAVES: readonly Wave[] = [
  { length: 34, height: 0.62, across: 0.32 },
  { length: 21, height: 0.46, across: -0.46 },
  { length: 12.5, height: 0.3, across: 0.9 },
  { length: 7.3, height: 0.2, across: -0.2 },
  { length: 4.1, height: 0.1, across: 0.7 },
];

interface Component {
  readonly acrossRate: number;
  readonly awayRate: number;
  readonly speed: number;
  readonly height: number;
  readonly length: number;
}

const GRAVITY = 9.81;

const COMPONENTS: readonly Component[] = WAVES.map(({ length, height, across }) => {
  const rate = (Math.PI * 2) / length;
  const norm = Math.hypot(1, across);
  return {
    ...{ acrossRate: (rate * across) / norm, awayRate: rate / norm, height, length },
    // Waves in deep water: the longer, the faster.
    speed: Math.sqrt(GRAVITY * rate),
  };
});

/** What a column has found at one distance. */
interface Sea {
  readonly distances: Float32Array;
  /** From the step before. */
  readonly lengths: Float32Array;
  /** Heights of the column before, by distance, for the slope across. */
  readonly before: Float32Array;
  /** How much of each wave is seen at each distance: short ones are lost far away. */
  readonly shares: Float32Array;
}

function createSea(nearest: number, focal: number, rowScale: number): Sea {
  const distances: number[] = [];
  for (let row = (EYE * focal) / nearest; row > (EYE * focal) / FARTHEST; ) {
    distances.push((EYE * focal) / row);
    row -= clamp(row * STEP_SHARE, LEAST_ROWS * rowScale, MOST_ROWS * rowScale);
  }
  const lengths = distances.map((z, step) => z - (distances[step - 1] ?? z * (1 - STEP_SHARE)));
  const shares = lengths.flatMap((step) =>
    COMPONENTS.map(({ length, height }) => height * smoothstep(1.6, 5, length / step)),
  );
  return {
    distances: Float32Array.from(distances),
    lengths: Float32Array.from(lengths),
    before: new Float32Array(distances.length),
    shares: Float32Array.from(shares),
  };
}

/** The steeper the sea, the sharper its crests and the flatter its troughs. */
function heightAt(sea: Sea, step: number, x: number, z: number, seconds: number, sharp: number, bend: number): number {
  let height = 0;
  for (let index = 0; index < COMPONENTS.length; index += 1) {
    const { acrossRate, awayRate, speed } = COMPONENTS[index] as Component;
    const share = sea.shares[step * COMPONENTS.length + index] as number;
    if (share === 0) continue;
    const wave = Math.sin(acrossRate * x + awayRate * z + speed * seconds + bend * (1 + index * 0.4));
    const crest = (wave + 1) * 0.5;
    height += share * (wave + (crest * crest * 2 - 1 - wave) * sharp);
  }
  return height;
}

interface Light {
  readonly deep: readonly [number, number, number];
  readonly crest: readonly [number, number, number];
  readonly foam: readonly [number, number, number];
  readonly sun: readonly [number, number, number];
  readonly glow: number;
}

function lightOf({ exposure, haze, sun, tint }: SkyPalette, { colour, waves }: Water): Light {
  const rough = clamp(waves - 1, 0, 1);
  const of = (value: number, index: 0 | 1 | 2, share: number) => value * exposure + haze[index] * share;
  const white = (index: 0 | 1 | 2) => (222 - rough * 10) * exposure * mix(1, tint[index], 0.7);
  const [r, g, b] = sun?.colour ?? [0, 0, 0];
  return {
    deep: [of(colour[0], 0, 0.05), of(colour[1], 1, 0.05), of(colour[2], 2, 0.05)],
    crest: [of(colour[0] + 20, 0, 0.08), of(colour[1] + 74, 1, 0.08), of(colour[2] + 62, 2, 0.08)],
    foam: [white(0), white(1), white(2)],
    sun: [r, g * 0.9, b * 0.74],
    glow: sun === undefined ? 0 : sun.strength * (sun.height < 0.3 ? 1.5 : 0.5),
  };
}

export interface SeaMoment {
  readonly water: Water;
  readonly moment: SceneMoment;
  /** Where the water begins, between two rows, and the row from which all is hidden. */
  readonly line: number;
  readonly end: number;
}

export type OpenSea = (frame: Float32Array, moment: SeaMoment) => void;

interface Stretch {
  readonly size: Size;
  readonly x: number;
  /** The rows from `first` to `free`, painted from below. */
  readonly first: number;
  readonly free: number;
  /** How far one row is on the way from one colour to the next. */
  readonly share: number;
}

function fillRows(
  frame: Float32Array,
  { size, x, first, free, share }: Stretch,
  from: Float32Array,
  to: Float32Array,
): void {
  let done = share;
  for (let y = free - 1, o = (y * size.width + x) * 3; y >= first; y -= 1, o -= size.width * 3) {
    const red = (from[0] as number) + ((to[0] as number) - (from[0] as number)) * done;
    const green = (from[1] as number) + ((to[1] as number) - (from[1] as number)) * done;
    const blue = (from[2] as number) + ((to[2] as number) - (from[2] as number)) * done;
    frame[o] = red;
    frame[o + 1] = green;
    frame[o + 2] = blue;
    frame[o + 3] = red;
    frame[o + 4] = green;
    frame[o + 5] = blue;
    done = Math.min(1, done + share);
  }
}

export function createOpenSea(size: Size, palette: SkyPalette, offset: number): OpenSea {
  const { width, height } = size;
  const focal = Math.max(width, height) * 0.62;
  const sea = createSea(((EYE + 1.2) * focal) / (height * 0.66), focal, height / 480);
  const colour = new Float32Array(3);
  const last = new Float32Array(3);
  return (frame, { water, moment, line, end }) => {
    const { pose, seconds } = moment;
    const top = Math.round(line);
    const light = lightOf(palette, water);
    const rough = clamp((water.waves - 1) * 2, 0, 1);
    const swell = water.waves * mix(0.5, 1.15, rough);
    const aside = sideways(pose, 1) * ASIDE + offset * 400;
    const zoomed = focal * (1 + (pose.zoom - 1) * 0.4);
    const look = { light, rough, swell, zoomed, sunX: 0, sunUp: 0 };
    const spot: Spot = {
      size,
      top,
      seconds,
      look,
      x: 0,
      distance: 1,
      across: 0,
      lifted: 0,
      rise: 0,
      tilt: 0,
      slope: 0,
    };
    if (palette.sun !== undefined) {
      look.sunX = (palette.sun.x * width - sideways(pose, 0.02) * width - width / 2) / zoomed;
      look.sunUp = (palette.sun.height * top) / zoomed;
    }
    for (let x = 0; x < width; x += COLUMN) {
      const slope = (x + 1 - width / 2) / zoomed;
      let free = end;
      let heightBefore = 0;
      for (let step = 0; step < sea.distances.length && free > top; step += 1) {
        const distance = sea.distances[step] as number;
        const across = slope * distance + aside;
        const bend = sampleNoise(fineNoise(), across * 0.0021 + 0.3, distance * 0.0021) * 5;
        const lifted = heightAt(sea, step, across, distance, seconds, rough * 0.5 + 0.4, bend) * swell;
        const row = line + ((EYE - lifted) * zoomed) / distance;
        const rise = step === 0 ? 0 : (lifted - heightBefore) / (sea.lengths[step] as number);
        heightBefore = lifted;
        const beside = sea.before[step] as number;
        const tilt = x === 0 ? 0 : (lifted - beside) / ((distance * COLUMN) / zoomed);
        sea.before[step] = lifted;
        if (row >= free) continue;
        spot.x = x;
        spot.distance = distance;
        spot.across = across;
        spot.lifted = lifted;
        spot.rise = rise;
        spot.tilt = tilt;
        spot.slope = slope;
        shade(colour, frame, spot);
        const first = Math.max(top, Math.ceil(row));
        fillRows(frame, { size, x, first, free, share: free === end ? 1 : 1 / Math.max(1, free - row) }, last, colour);
        last.set(colour);
        free = Math.min(free, first);
      }
      // Beyond the farthest wave.
      fillRows(frame, { size, x, first: top, free, share: 1 }, last, last);
    }
  };
}

interface Spot {
  readonly size: Size;
  readonly top: number;
  readonly seconds: number;
  x: number;
  distance: number;
  across: number;
  lifted: number;
  /** Slopes away from the viewer and to the right. */
  rise: number;
  tilt: number;
  slope: number;
  readonly look: {
    readonly light: Light;
    readonly rough: number;
    readonly swell: number;
    readonly zoomed: number;
    readonly sunX: number;
    readonly sunUp: number;
  };
}

/** Light where a wave mirrors the sun towards the viewer. */
function glitterAt({ look, slope }: Spot, tilt: number, upwards: number, rough: number): number {
  const aside = (tilt * 1.6 + slope - look.sunX) / 0.16;
  const above = (upwards - look.sunUp) / (0.12 + look.sunUp * 0.5);
  return look.light.glow * Math.exp(-aside * aside - above * above) * smoothstep(-0.05, 0.25, rough);
}

/** White where crests break, and in streaks over the back of a rough sea. */
function foamAt({ look, across, distance, seconds, lifted }: Spot, spark: number, near: number): number {
  const { rough, swell } = look;
  const broad = sampleNoise(fineNoise(), across * 0.018 + seconds * 0.004, distance * 0.03);
  const lace = broad * 0.6 + (spark + 0.5) * 0.4;
  const high = lifted / (swell + 0.1) + (lace - 0.5) * 1.1;
  const breaking = smoothstep(mix(0.95, 0.42, rough), mix(1.3, 0.95, rough), high);
  const streaks = rough * 0.34 * smoothstep(0.56, 0.72, lace);
  return clamp(Math.max(breaking, streaks) * mix(0.55, 0.92, rough), 0, 1) * mix(0.35, 1, near);
}

/** Flat water far away mirrors the low sky; a face that is turned to the viewer shows the deep, and a thin crest lets light through. */
function shade(colour: Float32Array, frame: Float32Array, spot: Spot): void {
  const { size, x, top, distance, across, seconds, lifted, look } = spot;
  const { light, rough, swell, zoomed } = look;
  const fine = fineNoise();
  const near = clamp(28 / distance, 0, 1);
  // Far away one ripple is less than a pixel.
  const seen = clamp(80 / distance, 0.1, 1);
  const ripple = seen * (sampleNoise(fine, across * 0.033 + seconds * 0.021, distance * 0.02 + seconds * 0.035) - 0.5);
  const spark = seen * (sampleNoise(fine, across * 0.11 - seconds * 0.05, distance * 0.062 + seconds * 0.07) - 0.5);
  const rise = spot.rise + (ripple * 0.42 + spark * 0.3) * mix(0.4, 1, near);
  const tilt = spot.tilt + (spark - ripple) * 0.3;
  const low = EYE / distance;
  // Waves too small to be seen turn the sea towards the viewer all the same.
  const facing = clamp(low + rise + (1 - seen) * mix(0.03, 0.2, rough), 0.015, 1);
  const fresnel = (1 - facing) ** 4;
  const upwards = Math.max(0.01, low + rise * 1.7);
  const sourceY = clamp(top - 2 - upwards * zoomed * 0.62, 0, top - 1) | 0;
  const sourceX = clamp(x + tilt * 70, 0, size.width - 1) | 0;
  const s = (sourceY * size.width + sourceX) * 3;
  const mirrored = 0.05 + 0.86 * fresnel;
  const thin = smoothstep(0.1, 1, lifted / (swell + 0.2)) * smoothstep(-0.05, 0.3, rise) * (1 - mirrored);
  const glitter = light.glow === 0 ? 0 : glitterAt(spot, tilt, upwards, spark + ripple);
  const foam = foamAt(spot, spark, near);
  const air = 1 - Math.exp(-distance / 420);
  const a = ((top - 2) * size.width + x) * 3;
  for (let c = 0; c < 3; c += 1) {
    let value = mix(light.deep[c] as number, light.crest[c] as number, thin * 0.9);
    value += ((frame[s + c] as number) * 0.94 - value) * mirrored;
    value += glitter * ((light.sun[c] as number) - value * 0.25);
    value += ((light.foam[c] as number) * (0.86 + spark * 0.5) - value) * foam;
    colour[c] = value + ((frame[a + c] as number) * 0.9 - value) * air * 0.6;
  }
}
