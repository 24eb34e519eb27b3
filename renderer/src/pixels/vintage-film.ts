/** Old film: brown tones, dark corners, grain, scratches, dust, and a picture that is never quite still in its gate. */
import type { Size } from '../geometry.ts';
import { createGrain, type FrameStyle } from './grade.ts';
import { mix, smoothstep } from './numbers.ts';

/** Frames for which a scratch stays. */
const SCRATCH_FRAMES = 9;
const SCRATCHES = 3;
const SPECKS = 4;

/** 0 to 1 from two numbers. */
function chance(frame: number, index: number): number {
  let mixed = Math.imul(frame + 11, 0x9e3779b1) ^ Math.imul(index + 7, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 4_294_967_296;
}

function scratch(rgb: Uint8Array, { width, height }: Size, frame: number, index: number): void {
  const era = Math.floor(frame / SCRATCH_FRAMES) * SCRATCHES + index;
  if (chance(era, 1) > 0.55) return;
  const middle = chance(era, 2) * width;
  const strength = 0.2 + 0.35 * chance(frame, index + 20);
  const tone = chance(era, 4) > 0.3 ? 235 : 24;
  for (let y = 0; y < height; y += 1) {
    const x = Math.round(middle + 1.5 * Math.sin(y * 0.013 + era) + 2 * (chance(frame, index) - 0.5));
    if (x < 0 || x >= width) continue;
    const share = strength * (0.5 + 0.5 * Math.sin(y * 0.021 + era * 3));
    for (let o = (y * width + x) * 3, end = o + 3; o < end; o += 1) rgb[o] = mix(rgb[o] as number, tone, share);
  }
}

function speck(rgb: Uint8Array, { width, height }: Size, frame: number, index: number): void {
  if (chance(frame, index + 40) > 0.4) return;
  const middleX = chance(frame, index + 50) * width;
  const middleY = chance(frame, index + 60) * height;
  const radius = (1 + 2.4 * chance(frame, index + 70)) * (height / 480);
  for (let y = Math.max(0, Math.ceil(middleY - radius)); y <= Math.min(height - 1, middleY + radius); y += 1) {
    for (let x = Math.max(0, Math.ceil(middleX - radius)); x <= Math.min(width - 1, middleX + radius); x += 1) {
      const share = 0.75 * smoothstep(radius, radius * 0.4, Math.hypot(x - middleX, (y - middleY) * 0.7));
      for (let o = (y * width + x) * 3, end = o + 3; o < end; o += 1) rgb[o] = mix(rgb[o] as number, 30, share);
    }
  }
}

/** Moves the picture up or down by a row or two; the rows that come free repeat their neighbour. */
function weave(rgb: Uint8Array, { width, height }: Size, rows: number): void {
  const row = width * 3;
  if (rows > 0) {
    rgb.copyWithin(rows * row, 0, (height - rows) * row);
    for (let y = rows - 1; y >= 0; y -= 1) rgb.copyWithin(y * row, (y + 1) * row, (y + 2) * row);
  } else if (rows < 0) {
    rgb.copyWithin(0, -rows * row);
    for (let y = height + rows; y < height; y += 1) rgb.copyWithin(y * row, (y - 1) * row, y * row);
  }
}

/** How much of its own colour a pixel keeps; the rest is the film's brown. */
const OWN_COLOUR = 0.06;
/** Shares of the film's brightness in 65,536ths. */
const ONE = 1 << 16;

/** What the film adds to each channel for each of the 256 brightnesses. */
function browns(gain: number, base: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, light) => {
    const tone = 22 + 0.86 * (0.5 * light + 127 * smoothstep(0, 255, light));
    return 0.8 * (tone * gain + base) + 0.14 * light;
  });
}

const REDS = browns(1.12, 10);
const GREENS = browns(0.96, 4);
const BLUES = browns(0.72, 0);

/** Dark corners, as shares in 65,536ths. */
function createVignette({ width, height }: Size): Int32Array {
  return Int32Array.from({ length: width * height }, (_, i) => {
    const dx = (i % width) / width - 0.5;
    const dy = ((i / width) | 0) / height - 0.5;
    return Math.round(ONE * (1 - 0.82 * smoothstep(0.12, 0.62, dx * dx + dy * dy)));
  });
}

function develop(rgb: Uint8Array, vignette: Int32Array, brightness: number): void {
  const scale = brightness / ONE;
  for (let i = 0, o = 0; i < vignette.length; i += 1, o += 3) {
    const r = rgb[o] as number;
    const g = rgb[o + 1] as number;
    const b = rgb[o + 2] as number;
    const light = (77 * r + 151 * g + 28 * b) >> 8;
    const shade = (vignette[i] as number) * scale;
    const red = ((REDS[light] as number) + r * OWN_COLOUR) * shade;
    const green = ((GREENS[light] as number) + g * OWN_COLOUR) * shade;
    rgb[o] = red > 255 ? 255 : red;
    rgb[o + 1] = green > 255 ? 255 : green;
    rgb[o + 2] = ((BLUES[light] as number) + b * OWN_COLOUR) * shade;
  }
}

export function vintageFilm(size: Size): FrameStyle {
  const vignette = createVignette(size);
  const grain = createGrain(0.7);
  return (rgb, frame) => {
    const sway = Math.sin(frame * 0.9) * Math.sin(frame * 0.37) * (size.height / 480) * 1.6;
    weave(rgb, size, Math.round(sway));
    const flicker = 0.965 + 0.025 * Math.sin(frame * 1.7) * Math.sin(frame * 0.61) + 0.02 * chance(frame, 3);
    develop(rgb, vignette, flicker);
    grain(rgb, frame);
    for (let index = 0; index < SCRATCHES; index += 1) scratch(rgb, size, frame, index);
    for (let index = 0; index < SPECKS; index += 1) speck(rgb, size, frame, index);
  };
}
