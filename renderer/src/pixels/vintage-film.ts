/** Old film: brown tones, dark corners, grain, scratches, dust, and a picture that is never quite still in its gate. */
import type { Size } from '../geometry.ts';
import { createGrain, type FrameStyle, graded, saturate, setPixel } from './grade.ts';
import { clamp, mix, smoothstep } from './numbers.ts';

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

export function vintageFilm(size: Size): FrameStyle {
  const vignette = Float32Array.from({ length: size.width * size.height }, (_, i) => {
    const dx = (i % size.width) / size.width - 0.5;
    const dy = ((i / size.width) | 0) / size.height - 0.5;
    return 1 - 0.82 * smoothstep(0.12, 0.62, dx * dx + dy * dy);
  });
  const grade = graded(size, (pixel, light, x, y) => {
    const tone = 22 + 0.86 * (0.5 * light + 127 * smoothstep(0, 255, light));
    const shade = vignette[y * size.width + x] as number;
    saturate(pixel, light, 0.3);
    setPixel(
      pixel,
      mix(pixel[0] as number, tone * 1.12 + 10, 0.8) * shade,
      mix(pixel[1] as number, tone * 0.96 + 4, 0.8) * shade,
      mix(pixel[2] as number, tone * 0.72, 0.8) * shade,
    );
  });
  const grain = createGrain(0.7);
  return (rgb, frame) => {
    const sway = Math.sin(frame * 0.9) * Math.sin(frame * 0.37) * (size.height / 480) * 1.6;
    weave(rgb, size, Math.round(sway));
    grade(rgb, frame);
    grain(rgb, frame);
    for (let index = 0; index < SCRATCHES; index += 1) scratch(rgb, size, frame, index);
    for (let index = 0; index < SPECKS; index += 1) speck(rgb, size, frame, index);
    const flicker = 0.965 + 0.025 * Math.sin(frame * 1.7) * Math.sin(frame * 0.61) + 0.02 * chance(frame, 3);
    for (let i = 0; i < rgb.length; i += 1) rgb[i] = clamp((rgb[i] as number) * flicker, 0, 255);
  };
}
