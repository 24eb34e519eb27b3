/** The small things that move by themselves: lamps that blink, cars that pass, a lighthouse's beam, birds. Drawn anew in every frame. */
import type { Size } from '../geometry.ts';
import { createRandom } from '../pixels/noise.ts';
import { clamp, smoothstep } from '../pixels/numbers.ts';
import type { Rgb } from '../pixels/palette.ts';
import { placeInFrame, type SceneMoment } from './draw-layer.ts';

/** A point of light. Places are in frame heights: `x` from the frame's middle, `y` from its top, with the camera at rest. */
export interface Lamp {
  readonly x: number;
  readonly y: number;
  readonly depth: number;
  readonly radius: number;
  readonly colour: Rgb;
  /** Seconds from one flash to the next; absent for a lamp that burns steadily. */
  readonly blink?: number;
  /** Frame heights a second sideways, between `-span` and `span`. */
  readonly speed?: number;
  readonly span?: number;
  readonly phase: number;
}

export interface Beam {
  readonly x: number;
  readonly y: number;
  readonly depth: number;
  readonly colour: Rgb;
}

export interface Flock {
  readonly count: number;
  readonly y: number;
  readonly colour: Rgb;
  readonly seed: number;
}

export interface Life {
  readonly lamps: readonly Lamp[];
  readonly beam?: Beam;
  readonly flock?: Flock;
}

export function addGlow(
  frame: Float32Array,
  size: Size,
  x: number,
  y: number,
  radius: number,
  colour: Rgb,
  light: number,
): void {
  const reach = Math.ceil(radius * 3.2);
  const core = 1 / (radius * radius);
  for (let py = Math.max(0, Math.floor(y - reach)); py <= Math.min(size.height - 1, y + reach); py += 1) {
    for (let px = Math.max(0, Math.floor(x - reach)); px <= Math.min(size.width - 1, x + reach); px += 1) {
      const distance = ((px + 0.5 - x) ** 2 + (py + 0.5 - y) ** 2) * core;
      const share = light * Math.max(0, 1.1 / (1 + distance * 1.6) - 0.06);
      const o = (py * size.width + px) * 3;
      frame[o] = (frame[o] as number) + share * colour[0];
      frame[o + 1] = (frame[o + 1] as number) + share * colour[1];
      frame[o + 2] = (frame[o + 2] as number) + share * colour[2];
    }
  }
}

function lampX(lamp: Lamp, seconds: number): number {
  const { speed = 0, span = 1 } = lamp;
  if (speed === 0) return lamp.x;
  const length = span * 2;
  const gone = lamp.x + span + seconds * speed;
  return (((gone % length) + length) % length) - span;
}

function lampLight({ blink, phase }: Lamp, seconds: number): number {
  if (blink === undefined) return 0.9 + 0.1 * Math.sin(seconds * 3 + phase * 7);
  const share = (seconds / blink + phase) % 1;
  return smoothstep(0, 0.08, share) * smoothstep(0.45, 0.25, share);
}

/** Two wings of light that turn: seen from the side they grow long, and short as they point at the viewer. */
function addBeam(frame: Float32Array, size: Size, beam: Beam, moment: SceneMoment): void {
  const place = placeInFrame(beam, size, moment.pose);
  const angle = moment.seconds * 1.3;
  for (const turn of [angle, angle + Math.PI]) {
    const across = Math.cos(turn);
    const towards = Math.max(0, Math.sin(turn));
    const length = across * size.width * 0.75;
    const steps = Math.abs(Math.round(length));
    for (let step = 0; step < steps; step += 1) {
      const share = step / Math.max(1, steps);
      const px = Math.round(place.x + Math.sign(length) * step);
      if (px < 0 || px >= size.width) continue;
      const half = 1 + share * size.height * 0.06;
      const light = 0.34 * (1 - share) ** 1.5 * (0.4 + 0.6 * Math.abs(across));
      for (let py = Math.floor(place.y - half); py <= place.y + half; py += 1) {
        if (py < 0 || py >= size.height) continue;
        const edge = light * (1 - ((py - place.y) / half) ** 2);
        const o = (py * size.width + px) * 3;
        for (let c = 0; c < 3; c += 1) frame[o + c] = (frame[o + c] as number) + edge * (beam.colour[c] as number);
      }
    }
    addGlow(
      frame,
      size,
      place.x,
      place.y,
      size.height * (0.006 + 0.03 * towards ** 6),
      beam.colour,
      0.5 + towards ** 6,
    );
  }
}

function darken(frame: Float32Array, size: Size, x: number, y: number, colour: Rgb, opacity: number): void {
  const px = Math.round(x);
  const py = Math.round(y);
  if (px < 0 || py < 0 || px >= size.width || py >= size.height) return;
  const o = (py * size.width + px) * 3;
  for (let c = 0; c < 3; c += 1)
    frame[o + c] = (frame[o + c] as number) * (1 - opacity) + (colour[c] as number) * opacity;
}

/** Each bird is two bent strokes whose tips beat. Drawn last: on ripples, a bird's image is only a blot. */
export function drawFlock(frame: Float32Array, size: Size, flock: Flock, { pose, seconds }: SceneMoment): void {
  const random = createRandom(flock.seed);
  for (let index = 0; index < flock.count; index += 1) {
    const startX = (random() - 0.75) * 1.1 + random() * 0.12;
    const startY = flock.y + (random() - 0.5) * 0.12;
    const pace = 0.045 + random() * 0.012;
    const beat = 5 + random() * 3;
    const phase = random() * 6.28;
    const span = (0.011 + random() * 0.006) * size.height;
    const x = startX + seconds * pace;
    const y = startY - seconds * 0.006 + 0.008 * Math.sin(seconds * 0.9 + phase);
    const place = placeInFrame({ x, y, depth: 0.15 }, size, pose);
    const glide = clamp(Math.sin(seconds * 0.7 + phase) + 0.6, 0, 1);
    const lift = Math.sin(seconds * beat + phase) * glide * 0.6 + 0.25;
    for (let step = -span; step <= span; step += 0.5) {
      const out = Math.abs(step) / span;
      const rise = span * lift * (out - out * out * 0.45) * 1.3;
      darken(frame, size, place.x + step, place.y - rise, flock.colour, 0.8 * (1 - out * 0.45));
      if (out < 0.45) darken(frame, size, place.x + step, place.y - rise + 1, flock.colour, 0.6);
    }
  }
}

/** All that shines, which water mirrors. */
export function drawLife(frame: Float32Array, size: Size, life: Life, moment: SceneMoment): void {
  if (life.beam !== undefined) addBeam(frame, size, life.beam, moment);
  for (const lamp of life.lamps) {
    const x = lampX(lamp, moment.seconds);
    const place = placeInFrame({ x, y: lamp.y, depth: lamp.depth }, size, moment.pose);
    const light = lampLight(lamp, moment.seconds);
    if (light > 0.02) addGlow(frame, size, place.x, place.y, lamp.radius * size.height, lamp.colour, light);
  }
}
