/** What falls or flies: many small things, each with a place of its own and a distance. */
import type { Size } from '../geometry.ts';
import { createRandom } from './noise.ts';
import { mix } from './numbers.ts';
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
  const [red, green, blue] = colour;
  const right = Math.min(size.width - 1, x + reach);
  // Soft sides: nothing at `radius + 0.9`, all within a fifth of the radius.
  const edge = radius + 0.9;
  const inverse = 1 / (edge - radius * 0.2);
  for (let py = Math.max(0, Math.floor(y - reach)); py <= Math.min(size.height - 1, y + reach); py += 1) {
    const dy = (py - y) * 0.85;
    for (let px = Math.max(0, Math.floor(x - reach)); px <= right; px += 1) {
      const dx = px - x;
      const inside = (edge - Math.sqrt(dx * dx + dy * dy)) * inverse;
      if (inside <= 0) continue;
      const soft = inside >= 1 ? 1 : inside * inside * (3 - 2 * inside);
      const share = (256 * opacity * soft) | 0;
      const o = (py * size.width + px) * 3;
      const r = rgb[o] as number;
      const g = rgb[o + 1] as number;
      const b = rgb[o + 2] as number;
      rgb[o] = r + (((red - r) * share) >> 8);
      rgb[o + 1] = g + (((green - g) * share) >> 8);
      rgb[o + 2] = b + (((blue - b) * share) >> 8);
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

const ARCH_STEPS = 64;
/** How bright a streak is along its length: most in its middle. */
const ARCH = Float32Array.from({ length: ARCH_STEPS + 1 }, (_, step) => Math.sin((Math.PI * step) / ARCH_STEPS));

/** A steep line that is brightest in its middle, with soft sides. */
export function drawStreak(rgb: Uint8Array, size: Size, streak: Streak, colour: Rgb): void {
  const { x, top, length, slant, width, opacity } = streak;
  const [red, green, blue] = colour;
  const last = Math.min(size.height - 1, Math.floor(top + length));
  const half = width / 2;
  const most = 256 * opacity * Math.min(1, width);
  for (let y = Math.max(0, Math.ceil(top)); y <= last; y += 1) {
    const step = y - top;
    const centre = x + step * slant;
    const bright = most * (ARCH[((step / length) * ARCH_STEPS) | 0] as number);
    const right = Math.min(size.width - 1, Math.floor(centre + half + 0.5));
    for (let px = Math.max(0, Math.ceil(centre - half - 0.5)); px <= right; px += 1) {
      const cover = half + 0.5 - Math.abs(px - centre);
      const share = (cover < 1 ? bright * cover : bright) | 0;
      const o = (y * size.width + px) * 3;
      const r = rgb[o] as number;
      const g = rgb[o + 1] as number;
      const b = rgb[o + 2] as number;
      rgb[o] = r + (((red - r) * share) >> 8);
      rgb[o + 1] = g + (((green - g) * share) >> 8);
      rgb[o + 2] = b + (((blue - b) * share) >> 8);
    }
  }
}
