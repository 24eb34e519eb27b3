/** Lightning: a flash over everything now and then, and the bolt that gives it, in the sky. */
import type { Size } from '../geometry.ts';
import { createRandom } from './noise.ts';
import { clamp, smoothstep } from './numbers.ts';
import type { Rgb } from './palette.ts';
import { blendPixel } from './particles.ts';
import type { SceneMap } from './scene-map.ts';

const BOLT: Rgb = [236, 238, 255];
/** Seconds between strikes; never so short that the picture flickers. */
const SHORTEST_PAUSE = 2.2;
const LONGEST_PAUSE = 4.4;
const STRIKES = 16;
const STRIKE_SECONDS = 0.55;

interface Strike {
  readonly start: number;
  /** Share of the width where it begins. */
  readonly x: number;
  readonly seed: number;
}

export interface Lightning {
  readonly light: (rgb: Uint8Array, seconds: number, scene: SceneMap) => void;
}

function planStrikes(seed: number): Strike[] {
  const random = createRandom(seed + 71);
  let start = 0.35 + random() * 0.5;
  return Array.from({ length: STRIKES }, (_, index) => {
    const strike = { start, x: 0.15 + 0.7 * random(), seed: seed + index * 13 };
    start += SHORTEST_PAUSE + random() * (LONGEST_PAUSE - SHORTEST_PAUSE);
    return strike;
  });
}

/** 0 to 1: a bright stroke, a weaker one after it, then a glow that fades. */
function brightness(age: number): number {
  if (age < 0 || age > STRIKE_SECONDS) return 0;
  const first = age < 0.09 ? 1 : 0;
  const second = age > 0.16 && age < 0.25 ? 0.75 : 0;
  return Math.max(first, second, 0.5 * (1 - age / STRIKE_SECONDS) ** 2);
}

/** Draws one jagged line downwards; branches leave it and end early. */
function drawBolt(rgb: Uint8Array, size: Size, strike: Strike, scene: SceneMap, light: number): void {
  const random = createRandom(strike.seed);
  const scale = size.height / 480;
  const ground = scene.horizon();
  const trace = (startX: number, startY: number, endY: number, width: number): void => {
    let x = startX;
    let lean = (random() - 0.5) * 1.2;
    for (let y = startY; y < endY; y += 1) {
      if (random() < 0.16 / scale) lean = (random() - 0.5) * 3.4;
      x += lean;
      const sky = scene.skyRow(Math.round(y));
      const reach = Math.ceil(width * 5);
      for (let dx = -reach; dx <= reach; dx += 1) {
        const px = Math.round(x) + dx;
        if (px < 0 || px >= size.width) continue;
        const core = smoothstep(width, 0, Math.abs(dx));
        const glow = 0.3 * (1 - Math.abs(dx) / (reach + 1)) ** 2;
        blendPixel(
          rgb,
          (Math.round(y) * size.width + px) * 3,
          BOLT,
          clamp(core + glow, 0, 1) * light * (sky[px] as number),
        );
      }
      if (width > 1.2 * scale && random() < 0.014)
        trace(x, y + 1, Math.min(endY, y + (30 + random() * 70) * scale), width * 0.5);
    }
  };
  trace(strike.x * size.width, 0, Math.min(size.height - 1, ground), 1.8 * scale);
}

export function createLightning(size: Size, seed: number): Lightning {
  const strikes = planStrikes(seed);
  return {
    light(rgb, seconds, scene) {
      const cycle = strikes.at(-1)?.start ?? 1;
      const now = seconds % cycle;
      const strike = strikes.find(({ start }) => now >= start && now <= start + STRIKE_SECONDS);
      if (strike === undefined) return;
      const light = brightness(now - strike.start);
      if (light <= 0) return;
      for (let y = 0, o = 0; y < size.height; y += 1) {
        const sky = scene.skyRow(y);
        for (let x = 0; x < size.width; x += 1, o += 3) {
          const near = 1 - 0.6 * Math.min(1, Math.abs(x / size.width - strike.x));
          const gain = 1 + light * (0.55 + 0.35 * (sky[x] as number)) * near;
          rgb[o] = Math.min(255, (rgb[o] as number) * gain + light * 10);
          rgb[o + 1] = Math.min(255, (rgb[o + 1] as number) * gain + light * 12);
          rgb[o + 2] = Math.min(255, (rgb[o + 2] as number) * gain + light * 20);
        }
      }
      drawBolt(rgb, size, strike, scene, light);
    },
  };
}
