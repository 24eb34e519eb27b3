/** Weather over a frame: what it does to the picture behind, and what falls or drifts. Works in place. */
import type { Size } from '../geometry.ts';
import type { WeatherKind } from '../prompt/lexicon.ts';
import { createHaze } from './haze.ts';
import { createLightning } from './lightning.ts';
import { clamp } from './numbers.ts';
import type { Rgb } from './palette.ts';
import { drawStreak, scatter } from './particles.ts';
import { rain } from './rain.ts';
import { plainScene, type SceneMap } from './scene-map.ts';
import { snow } from './snow.ts';

export interface WeatherLook {
  /** Dims, whitens or hazes what is there: for pictures taken in other weather. */
  readonly settle: (rgb: Uint8Array, seconds: number, scene?: SceneMap) => void;
  /** Draws what falls or drifts. */
  readonly fall: (rgb: Uint8Array, seconds: number, scene?: SceneMap) => void;
}

const RAIN_WIND = 0.1;
const STORM_WIND = 0.34;
const STORM_GLOOM = 0.07;
const SAND: Rgb = [214, 176, 124];
const GRAIN: Rgb = [236, 208, 164];

/** Towards grey and another brightness, per channel. */
function dull(rgb: Uint8Array, colour: number, [red, green, blue]: Rgb): void {
  for (let o = 0; o < rgb.length; o += 3) {
    const r = rgb[o] as number;
    const g = rgb[o + 1] as number;
    const b = rgb[o + 2] as number;
    const grey = ((77 * r + 151 * g + 28 * b) >> 8) * (1 - colour);
    const duller = (grey + r * colour) * red;
    rgb[o] = duller > 255 ? 255 : duller;
    rgb[o + 1] = Math.min(255, (grey + g * colour) * green);
    rgb[o + 2] = Math.min(255, (grey + b * colour) * blue);
  }
}

function fog(size: Size, strength: number): WeatherLook {
  const haze = createHaze(size, {
    ...{ colour: [224, 229, 233], sky: clamp(0.74 * strength, 0, 0.92), far: clamp(0.88 * strength, 0, 0.93) },
    ...{ near: 0.06 * strength ** 2, drift: 0.34, wind: 0.022, stretch: 1.7, followsLight: true },
  });
  const unknown = plainScene(size);
  return {
    // What fog does to the picture it does by drifting before it.
    settle: () => {},
    fall: (rgb, seconds, scene = unknown) => haze(rgb, seconds, scene),
  };
}

function storm(size: Size, seed: number, strength: number): WeatherLook {
  const driven = rain(size, { seed, strength: 0.95 * strength, wind: STORM_WIND, gloom: STORM_GLOOM });
  const lightning = createLightning(size, seed);
  const unknown = plainScene(size);
  return {
    settle: driven.settle,
    fall(rgb, seconds, scene = unknown) {
      lightning.light(rgb, seconds, scene);
      driven.fall(rgb, seconds, scene);
    },
  };
}

function dust(size: Size, seed: number, strength: number): WeatherLook {
  const grains = scatter(420 * strength, seed, 2);
  const scale = size.height / 480;
  const haze = createHaze(size, {
    ...{ colour: SAND, sky: clamp(0.6 * strength, 0, 0.88), far: clamp(0.64 * strength, 0, 0.9), near: 0.2 * strength },
    ...{ drift: 0.42, wind: 0.16, stretch: 2.6, followsLight: true },
  });
  const unknown = plainScene(size);
  return {
    settle: (rgb) => dull(rgb, 0.7, [1.06, 0.95, 0.8]),
    fall(rgb, seconds, scene = unknown) {
      haze(rgb, seconds, scene);
      for (const { x, y, near, phase } of grains) {
        const across = (x + seconds * (0.5 + near * 1.2)) % 1;
        const down =
          (y + Math.floor(seconds * (0.5 + near * 1.2) + x) * 0.37 + Math.sin(seconds * 2 + phase) * 0.01) % 1;
        const slant = 6 + near * 8;
        drawStreak(
          rgb,
          size,
          {
            ...{
              x: across * (size.width + 60) - 30,
              top: down * size.height,
              length: (1.4 + near * 1.6) * scale,
              slant,
            },
            ...{ width: (6 + near * 10) * scale, opacity: 0.3 + 0.2 * near },
          },
          GRAIN,
        );
      }
    },
  };
}

/** `strength` 1 is the weather as it is, 0.5 a light one, 1.6 a heavy one. */
export function createWeather(weather: WeatherKind, size: Size, seed: number, strength = 1): WeatherLook {
  switch (weather) {
    case 'snow':
      return snow(size, { seed, strength });
    case 'rain':
      return rain(size, { seed, strength, wind: RAIN_WIND });
    case 'fog':
      return fog(size, strength);
    case 'storm':
      return storm(size, seed, strength);
    case 'dust':
      return dust(size, seed, strength);
    default:
      return weather satisfies never;
  }
}
