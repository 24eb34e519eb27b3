/**
 * What moved by itself at the end of a source. Water, clouds and leaves fill a part of the picture: they drift on for good, shown
 * at two phases of their way that are mixed in turn, so that nothing piles up and nothing plays backwards. A person or a car is
 * small against the picture: it is a subject, which is cut out and goes on by itself.
 */
import type { Size } from '../geometry.ts';
import { estimateFlow } from '../morph/flow.ts';
import type { Similarity } from '../morph/similarity.ts';
import { createStructureMaps, sampleMap } from '../morph/structure.ts';
import { boxBlur } from '../pixels/box-blur.ts';
import { clamp, smoothstep } from '../pixels/numbers.ts';
import type { Luma } from './estimate.ts';
import { findSubjects, type Subject } from './subjects.ts';

export interface Drift extends Size {
  readonly moves: boolean;
  /** Speed of each place, in half widths per frame. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** How far what has no direction of its own sways, in half widths. */
  readonly sway: Float32Array;
  /** Frames after which a phase begins anew. */
  readonly frames: number;
}

/** From this share of the picture on, with something moving near, it is a texture; only a camera that stands tells such from parallax. */
const TEXTURE_SHARE = 0.3;
/** How near, in pixels of the small picture, and how much of what is near must move. */
const NEAR = 8;
const LEAST_NEAR = 0.06;
/** In half widths per frame: less is the estimate's own noise. */
const LEAST_SPEED = 2.5e-4;
/** How far a phase carries in all, in half widths: farther than most features are large, or the two phases would cancel out. */
const TEXTURE_REACH = 0.3;
const FEWEST_FRAMES = 24;
const MOST_FRAMES = 240;
const SWAY_REACH = 0.008;
/** What a drift explains of the changes, against what its speed alone would. */
const EXPLAINED_SPEED = 1.5;
/** Radians per frame: a little more than one wave in a second. */
export const SWAY_SPEED = 0.3;
/** Changes of brightness per frame beyond the film's noise that count as movement, from none to all. */
const MOVING = 0.003;
/** The same for a subject, which changes what is behind it more than ripples do. */
const SUBJECT_CHANGE = 0.005;

export interface Moved {
  readonly drift: Drift;
  readonly subjects: readonly Subject[];
}

export interface DriftSource {
  readonly size: Size;
  readonly last: Uint8Array;
  readonly earlier: Uint8Array;
  /** Frames between the two, and where the last one's points were in the earlier one as far as the camera goes. */
  readonly gap: number;
  readonly camera: Similarity;
  readonly cameraStands: boolean;
  /** Mean change of brightness from frame to frame at each place, with the camera's own motion taken out. */
  readonly activity: Luma;
}

type Blur = (values: Float32Array, radius: number) => void;

function quantile(values: Float32Array, share: number): number {
  return Float32Array.from(values).sort()[Math.floor((values.length - 1) * share)] ?? 0;
}

function resample({ width, height, values }: Luma, size: Size): Float32Array {
  return Float32Array.from({ length: size.width * size.height }, (_, i) => {
    const x = Math.floor((((i % size.width) + 0.5) * width) / size.width);
    const y = Math.floor((((i / size.width) | 0) + 0.5) * (height / size.height));
    return values[clamp(y, 0, height - 1) * width + clamp(x, 0, width - 1)] as number;
  });
}

interface Spread {
  readonly weight: Float32Array;
  readonly shape: Float32Array;
  readonly blur: Blur;
  readonly radius: number;
}

/** The speed of what moves, spread over a soft surrounding that it takes along: without it the picture would tear there. */
function spread(speed: Float32Array, { weight, shape, blur, radius }: Spread): Float32Array {
  const sum = speed.map((value, i) => value * (weight[i] as number));
  const total = Float32Array.from(weight);
  for (let pass = 0; pass < 2; pass += 1) {
    blur(sum, radius * 2);
    blur(total, radius * 2);
  }
  return sum.map((value, i) => (value * (shape[i] as number)) / ((total[i] as number) + 1e-9));
}

function softShape(moving: Float32Array, blur: Blur, radius: number): Float32Array {
  const shape = moving.map((value) => (value > 0.5 ? 1 : 0));
  blur(shape, radius);
  const wide = shape.map((value) => (value > 0.06 ? 1 : 0));
  for (let pass = 0; pass < 2; pass += 1) blur(wide, radius);
  return wide;
}

/**
 * How far each place must sway so that its brightness changes as much as it did beyond what its own speed explains: little where
 * outlines are strong.
 */
function swayOf(luma: Luma, activity: Float32Array, speed: (i: number) => number): Float32Array {
  const { width, height, values } = luma;
  const half = width / 2;
  const sway = new Float32Array(values.length);
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const i = y * width + x;
      const across = Math.abs((values[i + 1] as number) - (values[i - 1] as number)) / 2;
      const down = Math.abs((values[i + width] as number) - (values[i - width] as number)) / 2;
      const needed = (activity[i] as number) / ((across + down + 0.01) * half);
      sway[i] = clamp((needed - EXPLAINED_SPEED * speed(i)) / (0.6 * SWAY_SPEED), 0, SWAY_REACH);
    }
  }
  return sway;
}

export const NO_DRIFT: Drift = {
  ...{ moves: false, width: 2, height: 2, frames: 1 },
  ...{ x: new Float32Array(4), y: new Float32Array(4), sway: new Float32Array(4) },
};

interface Working {
  readonly size: Size;
  readonly blur: Blur;
}

function workingAt({ width, height }: Size): Working {
  const size = { width, height };
  return { size, blur: (values, radius) => boxBlur(values, values, { plane: size, radius }) };
}

interface Activity {
  /** Change beyond the film's noise. */
  readonly excess: Float32Array;
  /** The same from 0, none, to 1. */
  readonly active: Float32Array;
}

function activityAt(activity: Luma, { size, blur }: Working): Activity {
  const values = resample(activity, size);
  blur(values, 1);
  const floor = quantile(values, 0.2) * 1.35 + 0.0008;
  const excess = values.map((value) => Math.max(0, value - floor));
  return { excess, active: excess.map((value) => smoothstep(0, MOVING, value)) };
}

/** Frames of their own speed until the fastest have come as far as they may. */
function framesWithin(reach: number, x: Float32Array, y: Float32Array): number {
  const speeds = x.map((value, i) => Math.hypot(value, y[i] as number)).filter((value) => value > LEAST_SPEED);
  return clamp(reach / (quantile(speeds, 0.95) + 1e-6), FEWEST_FRAMES, MOST_FRAMES);
}

function textureDrift(source: DriftSource, lastLuma: Luma): Drift {
  const maps = {
    last: createStructureMaps(source.last, source.size),
    earlier: createStructureMaps(source.earlier, source.size),
  };
  const flow = estimateFlow(maps.last, maps.earlier, source.camera);
  const working = workingAt(flow);
  const { blur } = working;
  const { excess, active } = activityAt(source.activity, working);
  // What is seen at a place now was at the flow's other end before.
  const x = flow.x.map((value) => -value / source.gap);
  const y = flow.y.map((value) => -value / source.gap);
  const moving = active.map((value, i) => {
    return value * smoothstep(0.5, 1.5, Math.hypot(x[i] as number, y[i] as number) / LEAST_SPEED);
  });
  const radius = Math.max(2, Math.round(flow.width * 0.025));
  const shape = softShape(active, blur, radius);
  const carried = {
    x: spread(x, { weight: moving, shape, blur, radius }),
    y: spread(y, { weight: moving, shape, blur, radius }),
  };
  const small: Luma = { ...working.size, values: resample(lastLuma, flow) };
  const sway = swayOf(small, excess, (i) => Math.hypot(carried.x[i] as number, carried.y[i] as number));
  for (let pass = 0; pass < 2; pass += 1) blur(sway, 3);
  const frames = framesWithin(TEXTURE_REACH, carried.x, carried.y);
  return { moves: true, ...working.size, ...carried, sway, frames };
}

/** What was at each place before, seen from the last frame's camera. */
export function seenFrom(camera: Similarity, earlier: Luma): Luma {
  const { width, height } = earlier;
  const half = width / 2;
  const values = Float32Array.from(earlier.values, (_, i) => {
    const qx = ((i % width) + 0.5 - half) / half;
    const qy = (((i / width) | 0) + 0.5 - height / 2) / half;
    const x = (camera.mx * qx - camera.my * qy + camera.dx) * half + half - 0.5;
    const y = (camera.mx * qy + camera.my * qx + camera.dy) * half + height / 2 - 0.5;
    return sampleMap(earlier, clamp(x, 0, width - 1), clamp(y, 0, height - 1));
  });
  return { width, height, values };
}

interface SmallFrames {
  readonly last: Luma;
  readonly earlier: Luma;
  /** A frame from just before, seen from the last one's camera. */
  readonly before: Luma;
  /** The same from twice as long before as `earlier`, where the source has it. */
  readonly muchEarlier?: Luma | undefined;
}

/** A subject is in one place, waves and clouds are in many. */
function isWidespread(active: Float32Array, { blur }: Working): boolean {
  const near = Float32Array.from(active);
  blur(near, NEAR);
  return near.filter((value) => value > LEAST_NEAR).length > active.length * TEXTURE_SHARE;
}

/** Subjects are looked for only where no texture moves. */
export function measureDrift(source: DriftSource, { last, earlier, before, muchEarlier }: SmallFrames): Moved {
  const working = workingAt(last);
  const { excess, active } = activityAt(source.activity, working);
  if (source.cameraStands && isWidespread(active, working)) {
    return { drift: textureDrift(source, last), subjects: [] };
  }
  const subjects = findSubjects({
    ...{ last, before, muchEarlier, earlier: seenFrom(source.camera, earlier) },
    active: Uint8Array.from(excess, (value) => (value > SUBJECT_CHANGE ? 1 : 0)),
  });
  return { drift: NO_DRIFT, subjects };
}
