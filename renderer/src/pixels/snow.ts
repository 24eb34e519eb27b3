/** Snow: flakes by their distance, cool even light, and white that settles on what the light finds, never as a sheet. */
import type { Size } from '../geometry.ts';
import { createHaze, meanLight } from './haze.ts';
import { clamp, mix, smoothstep } from './numbers.ts';
import { createOutlines } from './outlines.ts';
import type { Rgb } from './palette.ts';
import { drawDot, scatter } from './particles.ts';
import { plainScene, type SceneMap } from './scene-map.ts';
import type { WeatherLook } from './weather.ts';

const FLAKE: Rgb = [250, 252, 255];
/** Most of a pixel's own light that the settled snow may hide. */
const MOST_LYING = 0.78;
const SETTLE_SECONDS = 5;

export interface SnowOptions {
  readonly seed: number;
  readonly strength: number;
}

/** Snow lies where light falls from above: on the lit side of every stone and blade, more on flat ground than on walls. */
function createCover(size: Size, strength: number): (rgb: Uint8Array, seconds: number, scene: SceneMap) => void {
  const details = createOutlines(size, 1, Math.max(1, Math.round((3 * size.height) / 480)));
  return (rgb, seconds, scene) => {
    details.read(rgb);
    const { fine, broad } = details;
    const horizon = scene.horizon();
    // At night snow is no brighter than the night lets it be.
    const level = clamp(0.4 + meanLight(rgb) / 130, 0.4, 1);
    const amount = Math.min(1.25, strength) * (0.72 + 0.28 * smoothstep(0, SETTLE_SECONDS, seconds));
    for (let y = 0, o = 0, i = 0; y < size.height; y += 1) {
      const flat = mix(0.5, 1, smoothstep(horizon - size.height * 0.05, horizon + size.height * 0.2, y));
      const sky = scene.skyRow(y);
      const water = scene.waterRow(y);
      for (let x = 0; x < size.width; x += 1, o += 3, i += 1) {
        const r = rgb[o] as number;
        const g = rgb[o + 1] as number;
        const b = rgb[o + 2] as number;
        const light = 0.3 * r + 0.59 * g + 0.11 * b;
        const around = broad[i] as number;
        const raised = ((fine[i] as number) - around) * 0.03;
        const open = 0.22 + 0.36 * smoothstep(20, 90, around);
        const ground = (1 - (sky[x] as number)) * (1 - (water[x] as number));
        const lying = clamp((open + raised) * flat * amount, 0, MOST_LYING) * ground;
        // What lies keeps a part of the ground's own shading, or hills would turn to paper.
        const white = level * clamp(188 + (light - around) * 0.9 + around * 0.28, 0, 250);
        rgb[o] = mix(mix(light, r, 0.55) * 0.95, white * 0.975, lying);
        rgb[o + 1] = mix(mix(light, g, 0.55) * 0.98, white * 0.99, lying);
        rgb[o + 2] = Math.min(255, mix(mix(light, b, 0.55) * 1.04, white * 1.02, lying));
      }
    }
  };
}

export function snow(size: Size, { seed, strength }: SnowOptions): WeatherLook {
  const flakes = scatter(1000 * strength, seed, 2.6);
  const scale = size.height / 480;
  const cover = createCover(size, strength);
  const blizzard = smoothstep(1, 1.6, strength);
  const haze = createHaze(size, {
    ...{
      colour: [222, 228, 236],
      sky: 0.12 + 0.2 * blizzard,
      far: 0.24 + 0.3 * blizzard,
      near: 0.02 + 0.06 * blizzard,
    },
    ...{ drift: 0.14 + 0.2 * blizzard, wind: 0.03 + 0.12 * blizzard, stretch: 1.4, followsLight: true },
  });
  const unknown = plainScene(size);

  return {
    settle(rgb, seconds, scene = unknown) {
      cover(rgb, seconds, scene);
      haze(rgb, seconds, scene);
    },
    fall(rgb, seconds) {
      const wind = 0.03 + 0.16 * blizzard + (0.012 + 0.05 * blizzard) * Math.sin(seconds * 0.9);
      const speed = 1 + 0.9 * blizzard;
      for (const { x, y, near, phase } of flakes) {
        const sway = Math.sin(seconds * 1.2 + phase) * 0.01;
        const across = (((x + seconds * wind * (1 + near * 2.2) + sway) % 1) + 1) % 1;
        const down = (y + seconds * (0.07 + near * 0.3) * speed) % 1;
        const opacity = 0.85 - 0.42 * near;
        drawDot(
          rgb,
          size,
          {
            x: across * (size.width + 24) - 12,
            y: down * (size.height + 24) - 12,
            radius: (0.6 + near * 4.2) * scale,
            opacity,
          },
          FLAKE,
        );
      }
    },
  };
}
