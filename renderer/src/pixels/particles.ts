/** What falls or flies: many small things, each with a place of its own and a distance. */
import type { Size } from '../geometry.ts';
import { createRandom } from './noise.ts';
import { mix, smoothstep } from './numbers.ts';
import type { Rgb } from './palette.ts';

export interface Particle {
  readonly x: number;
  readonly y: number;
  /** 0 far, 1 near. */
  readonly near: number;
  readonly phase: number;
}

/** A higher `bias` puts more of them far away. */
export function scatter(count: number, seed: number, bias: number): readonly Particle[] {
  const random = createRandom(seed);
  return Array.from({ length: Math.round(count) }, () => ({
    x: random(),
    y: random(),
    near: random() ** bias,
    phase: random() * 6.28,
  }));
}

export function blendPixel(rgb: Uint8Array, o: number, colour: Rgb, share: number): void {
  rgb[o] = mix(rgb[o] as number, colour[0], share);
  rgb[o + 1] = mix(rgb[o + 1] as number, colour[1], share);
  rgb[o + 2] = mix(rgb[o + 2] as number, colour[2], share);
}

export interface Dot {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly opacity: number;
}

export function drawDot(rgb: Uint8Array, size: Size, { x, y, radius, opacity }: Dot, colour: Rgb): void {
  const reach = Math.ceil(radius + 1);
  for (let py = Math.max(0, Math.floor(y - reach)); py <= Math.min(size.height - 1, y + reach); py += 1) {
    for (let px = Math.max(0, Math.floor(x - reach)); px <= Math.min(size.width - 1, x + reach); px += 1) {
      const share = opacity * smoothstep(radius + 0.9, radius * 0.2, Math.hypot(px - x, (py - y) * 0.85));
      if (share > 0) blendPixel(rgb, (py * size.width + px) * 3, colour, share);
    }
  }
}

export interface Streak {
  readonly x: number;
  readonly top: number;
  readonly length: number;
  /** Pixels to the right per pixel down. */
  readonly slant: number;
  /** In pixels; below 1 it is only fainter. */
  readonly width: number;
  readonly opacity: number;
}

/** A steep line that is brightest in its middle, with soft sides. */
export function drawStreak(rgb: Uint8Array, size: Size, streak: Streak, colour: Rgb): void {
  const { x, top, length, slant, width, opacity } = streak;
  const last = Math.min(size.height - 1, Math.floor(top + length));
  for (let y = Math.max(0, Math.ceil(top)); y <= last; y += 1) {
    const step = y - top;
    const centre = x + step * slant;
    const share = opacity * Math.sin((Math.PI * step) / length);
    for (let px = Math.floor(centre - width / 2); px <= centre + width / 2 + 1; px += 1) {
      if (px < 0 || px >= size.width) continue;
      const cover = Math.min(1, Math.max(0, width / 2 + 0.5 - Math.abs(px - centre))) * Math.min(1, width);
      if (cover > 0) blendPixel(rgb, (y * size.width + px) * 3, colour, share * cover);
    }
  }
}
