/** Snow, rain and fog over a frame: what falls, and what it does to the picture behind. Works in place. */
import type { Size } from '../geometry.ts';
import type { Weather } from '../prompt/lexicon.ts';
import { createRandom, fineNoise, sampleNoise, softNoise } from './noise.ts';
import { clamp, mix, smoothstep } from './numbers.ts';

export interface WeatherLook {
  /** Dims, whitens or hazes what is there: for pictures taken in other weather. */
  readonly settle: (rgb: Uint8Array, seconds: number) => void;
  /** Draws what falls or drifts. */
  readonly fall: (rgb: Uint8Array, seconds: number) => void;
}

/** What is far (high in the frame) is hidden more. `hazeRow` is the share of haze at a row. */
function addHaze(
  rgb: Uint8Array,
  { width, height }: Size,
  seconds: number,
  shareAt: (y: number, drift: number) => number,
): void {
  const noise = softNoise();
  for (let y = 0, o = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, o += 3) {
      const drift =
        sampleNoise(noise, x / (height * 2.2) + seconds * 0.012, y / (height * 1.1) - seconds * 0.002) - 0.5;
      const share = shareAt(y / height, drift);
      rgb[o] = mix(rgb[o] as number, 206, share);
      rgb[o + 1] = mix(rgb[o + 1] as number, 212, share);
      rgb[o + 2] = mix(rgb[o + 2] as number, 220, share);
    }
  }
}

function addLight(rgb: Uint8Array, o: number, red: number, green: number, blue: number, share: number): void {
  rgb[o] = mix(rgb[o] as number, red, share);
  rgb[o + 1] = mix(rgb[o + 1] as number, green, share);
  rgb[o + 2] = mix(rgb[o + 2] as number, blue, share);
}

interface Particle {
  readonly x: number;
  readonly y: number;
  /** 0 far, 1 near. */
  readonly near: number;
  readonly phase: number;
}

function scatter(count: number, seed: number, bias: number): readonly Particle[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => ({
    x: random(),
    y: random(),
    near: random() ** bias,
    phase: random() * 6.28,
  }));
}

function drawFlake(rgb: Uint8Array, size: Size, x: number, y: number, radius: number, opacity: number): void {
  const reach = Math.ceil(radius + 1);
  for (let py = Math.max(0, Math.floor(y - reach)); py <= Math.min(size.height - 1, y + reach); py += 1) {
    for (let px = Math.max(0, Math.floor(x - reach)); px <= Math.min(size.width - 1, x + reach); px += 1) {
      const share = opacity * smoothstep(radius + 0.9, radius * 0.2, Math.hypot(px - x, (py - y) * 0.85));
      if (share > 0) addLight(rgb, (py * size.width + px) * 3, 252, 253, 255, share);
    }
  }
}

function snow(size: Size, seed: number): WeatherLook {
  const flakes = scatter(1100, seed, 2.6);
  const fine = fineNoise();
  const scale = size.height / 480;
  return {
    settle(rgb, seconds) {
      for (let y = 0, o = 0; y < size.height; y += 1) {
        for (let x = 0; x < size.width; x += 1, o += 3) {
          const r = rgb[o] as number;
          const g = rgb[o + 1] as number;
          const b = rgb[o + 2] as number;
          const light = 0.3 * r + 0.59 * g + 0.11 * b;
          const patch = (sampleNoise(fine, x / (260 * scale), y / (140 * scale)) - 0.5) * 120;
          const lying = smoothstep(0.35, 0.75, y / size.height) * smoothstep(60, 150, light + patch) * 0.68;
          rgb[o] = mix(mix(light, r, 0.5) * 0.94, 238, lying);
          rgb[o + 1] = mix(mix(light, g, 0.5) * 0.97, 243, lying);
          rgb[o + 2] = clamp(mix(mix(light, b, 0.5) * 1.04, 250, lying), 0, 255);
        }
      }
      addHaze(rgb, size, seconds, (y) => 0.1 + 0.2 * smoothstep(0.95, 0.1, y));
    },
    fall(rgb, seconds) {
      const gust = 0.03 + 0.012 * Math.sin(seconds * 0.6);
      for (const { x, y, near, phase } of flakes) {
        const px =
          ((x + seconds * gust * (1 + near * 2.2) + Math.sin(seconds * 1.2 + phase) * 0.01 + 1) % 1) * size.width;
        const py = ((y + seconds * (0.07 + near * 0.3)) % 1) * (size.height + 24) - 12;
        drawFlake(rgb, size, px, py, (0.6 + near * 3.6) * scale, 0.8 - 0.45 * near);
      }
    },
  };
}

function rain(size: Size, seed: number): WeatherLook {
  const drops = scatter(760, seed, 1.6);
  const scale = size.height / 480;
  return {
    settle(rgb, seconds) {
      for (let o = 0; o < rgb.length; o += 3) {
        const r = rgb[o] as number;
        const g = rgb[o + 1] as number;
        const b = rgb[o + 2] as number;
        const light = 0.3 * r + 0.59 * g + 0.11 * b;
        rgb[o] = mix(light, r, 0.62) * 0.76;
        rgb[o + 1] = mix(light, g, 0.62) * 0.8;
        rgb[o + 2] = mix(light, b, 0.62) * 0.86;
      }
      addHaze(rgb, size, seconds, (y, drift) => 0.1 + 0.2 * smoothstep(0.9, 0.15, y) + drift * 0.12);
    },
    fall(rgb, seconds) {
      for (const { x, y, near, phase } of drops) {
        const speed = 1.5 + near * 1.4;
        const turn = seconds * speed + y;
        const column = (x + Math.floor(turn) * 0.381 + phase) % 1;
        const length = (10 + near * 26) * scale;
        const top = (turn % 1) * (size.height + length * 2) - length;
        const slant = 0.1;
        const opacity = 0.2 + near * 0.32;
        for (let step = 0; step < length; step += 1) {
          const py = Math.round(top + step);
          const px = Math.round(column * size.width * 1.1 - step * slant - top * slant);
          if (py < 0 || py >= size.height || px < 0 || px >= size.width - 1) continue;
          const share = opacity * Math.sin((Math.PI * step) / length);
          addLight(rgb, (py * size.width + px) * 3, 214, 222, 232, share);
          if (near > 0.6) addLight(rgb, (py * size.width + px + 1) * 3, 214, 222, 232, share * 0.5);
        }
      }
    },
  };
}

function fog(size: Size): WeatherLook {
  return {
    settle(rgb) {
      for (let o = 0; o < rgb.length; o += 3) {
        const light = 0.3 * (rgb[o] as number) + 0.59 * (rgb[o + 1] as number) + 0.11 * (rgb[o + 2] as number);
        for (let channel = 0; channel < 3; channel += 1)
          rgb[o + channel] = mix(light, rgb[o + channel] as number, 0.7) * 0.95;
      }
    },
    fall(rgb, seconds) {
      addHaze(rgb, size, seconds, (y, drift) => clamp(0.24 + 0.5 * smoothstep(0.95, 0.3, y) + drift * 0.55, 0, 0.88));
    },
  };
}

export function createWeather(weather: Weather, size: Size, seed: number): WeatherLook {
  switch (weather) {
    case 'snow':
      return snow(size, seed);
    case 'rain':
      return rain(size, seed);
    case 'fog':
      return fog(size);
    default:
      return weather satisfies never;
  }
}
