/** Air that hides what is behind it: a share per pixel from distance and drifting noise, mixed towards one colour. */
import type { Size } from '../geometry.ts';
import { createEnlarger } from './enlarge.ts';
import { sampleNoise, softNoise } from './noise.ts';
import { clamp, mix } from './numbers.ts';
import type { Rgb } from './palette.ts';
import type { SceneMap } from './scene-map.ts';

/** Haze is soft: its noise is computed for one pixel in so many, each way. */
const NOISE_FACTOR = 8;

export interface HazeOptions {
  readonly colour: Rgb;
  /** Shares of haze: over the sky, on what stands at the horizon, and in front of the camera. */
  readonly sky: number;
  readonly far: number;
  readonly near: number;
  /** How much the drifting noise takes away or adds. */
  readonly drift: number;
  /** Tiles of noise that pass in a second. */
  readonly wind: number;
  /** How much wider than high the drifting banks are. */
  readonly stretch: number;
  /** Keeps the haze as bright as the picture it lies in: fog at night is dark. */
  readonly followsLight: boolean;
}

export type Haze = (rgb: Uint8Array, seconds: number, scene: SceneMap) => void;

/** How far the ground of row `y` is: 1 at the horizon, falling towards the camera as it does on a plane. */
function farness(y: number, horizon: number, height: number): number {
  const exact = (y - horizon) / Math.max(1, height - horizon);
  // Rounded off about the horizon, where a corner would show as a line across the picture.
  const below = exact > 0.4 ? exact : 0.07 * Math.log1p(Math.exp(exact / 0.07));
  return clamp((0.3 / (below + 0.3) - 0.23) / 0.77, 0, 1);
}

/** Mean brightness of a picture, from every 97th pixel. */
export function meanLight(rgb: Uint8Array): number {
  let sum = 0;
  let count = 0;
  for (let o = 0; o < rgb.length; o += 3 * 97, count += 1) {
    sum += 0.3 * (rgb[o] as number) + 0.59 * (rgb[o + 1] as number) + 0.11 * (rgb[o + 2] as number);
  }
  return sum / Math.max(1, count);
}

export function createHaze(size: Size, options: HazeOptions): Haze {
  const { colour, drift, wind, stretch } = options;
  const noise = softNoise();
  const width = Math.max(2, Math.ceil(size.width / NOISE_FACTOR));
  const height = Math.max(2, Math.ceil(size.height / NOISE_FACTOR));
  const values = new Float32Array(width * height);
  const full = { fullWidth: size.width, fullHeight: size.height };
  const rows = createEnlarger({ values, width, height, channels: 1, ...full });

  function blow(seconds: number): void {
    for (let y = 0, i = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1, i += 1) {
        const u = x / (height * 2 * stretch);
        const v = y / (height * 1.6);
        const slow = sampleNoise(noise, u + seconds * wind, v + seconds * 0.006);
        const quick = sampleNoise(noise, u * 2.3 + 0.37 + seconds * wind * 1.9, v * 2.1 - seconds * 0.01);
        values[i] = (slow * 0.65 + quick * 0.35 - 0.5) * 2 * drift;
      }
    }
  }

  return (rgb, seconds, scene) => {
    blow(seconds);
    // Of this frame alone: frames are painted in several threads, and none may depend on those before it.
    const level = options.followsLight ? clamp(0.34 + meanLight(rgb) / 165, 0.3, 1) : 1;
    const red = colour[0] * level;
    const green = colour[1] * level;
    const blue = colour[2] * level;
    const horizon = scene.horizon();
    for (let y = 0, o = 0; y < size.height; y += 1) {
      const ground = mix(options.near, options.far, farness(y, horizon, size.height));
      const sky = scene.skyRow(y);
      const moved = rows.row(y);
      const over = options.sky - ground;
      for (let x = 0; x < size.width; x += 1, o += 3) {
        const base = ground + over * (sky[x] as number);
        const wanted = base + (moved[x] as number) * (0.25 + base);
        const share = wanted < 0 ? 0 : wanted > 0.93 ? 0.93 : wanted;
        const left = 1 - share;
        rgb[o] = (rgb[o] as number) * left + red * share + 0.5;
        rgb[o + 1] = (rgb[o + 1] as number) * left + green * share + 0.5;
        rgb[o + 2] = (rgb[o + 2] as number) * left + blue * share + 0.5;
      }
    }
  };
}
