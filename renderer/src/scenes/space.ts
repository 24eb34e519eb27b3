/** A planet before stars and glowing gas. */

import { createRandom, fineNoise, sampleNoise, softNoise } from '../pixels/noise.ts';
import { clamp, mix, smoothstep } from '../pixels/numbers.ts';
import type { Rgb, SkyPalette } from '../pixels/palette.ts';
import { createLayer, putPixel } from './layer.ts';
import type { Layer, SceneBuilder, SceneOptions } from './scene.ts';
import { createStarDust } from './starfield.ts';

const DARKNESS: SkyPalette = {
  gradient: [
    [0, 12, 10, 30],
    [0.5, 8, 10, 28],
    [1, 3, 4, 14],
  ],
  clouds: { lit: [0, 0, 0], shadow: [0, 0, 0], rim: [0, 0, 0] },
  cloudThreshold: 2,
  stars: true,
  aurora: false,
  tint: [1, 1, 1],
  exposure: 1,
  haze: [10, 12, 30],
};

const GASES: readonly Rgb[] = [
  [150, 70, 190],
  [60, 110, 220],
  [220, 110, 130],
  [50, 170, 180],
];

function createGas({ size, seed }: SceneOptions, index: number): Layer {
  const { layer, unit } = createLayer({
    ...{ frameWidth: size.width, frameHeight: size.height, depthTop: 0.06, depthBottom: 0.06 + index * 0.04 },
    ...{ top: -0.15, bottom: 1.15 },
  });
  const soft = softNoise();
  const fine = fineNoise();
  const offset = ((seed % 71) / 71) * 3 + index * 0.61;
  const colour = GASES[(seed + index) % GASES.length] ?? [150, 70, 190];
  for (let y = 0; y < layer.height; y += 1) {
    for (let x = 0; x < layer.width; x += 1) {
      const bend = sampleNoise(soft, x / unit / 3 + offset, y / unit / 3) * 0.5;
      const broad = sampleNoise(soft, x / unit / 2.6 + bend + offset, y / unit / 2.1 - bend);
      const wisps = sampleNoise(fine, x / unit / 1.3 + bend, y / unit / 1.2 + offset);
      const light = smoothstep(0.45, 0.95, broad * 0.75 + wisps * 0.25);
      const hot = smoothstep(0.5, 1, light) * 0.6;
      const tone: Rgb = [mix(colour[0], 255, hot), mix(colour[1], 240, hot), mix(colour[2], 245, hot)];
      putPixel(layer, x, y, tone, light * 0.62);
    }
  }
  return layer;
}

/** A lit ball: `x` and `y` from -1 to 1 over its disc. */
function planetColour(x: number, y: number, seed: number): Rgb {
  const soft = softNoise();
  const fine = fineNoise();
  const z = Math.sqrt(Math.max(0, 1 - x * x - y * y));
  const longitude = Math.atan2(x, z) / 6.28 + seed * 0.013;
  const latitude = Math.asin(clamp(y, -1, 1)) / 3.14;
  const land =
    sampleNoise(soft, longitude * 1.6, latitude * 1.3) * 0.7 + sampleNoise(fine, longitude * 2.2, latitude * 2) * 0.3;
  const isLand = smoothstep(0.5, 0.54, land);
  const cloud = smoothstep(
    0.52,
    0.78,
    sampleNoise(soft, longitude * 2.1 + 0.4, latitude * 2.7 + 0.2) * 0.65 +
      sampleNoise(fine, longitude * 3, latitude * 4) * 0.35,
  );
  const ice = smoothstep(0.34, 0.42, Math.abs(latitude));
  const sun = clamp(x * -0.62 + y * -0.38 + z * 0.68, 0, 1);
  const light = 0.03 + 1.05 * sun ** 0.8;
  const channel = (water: number, ground: number, air: number): number => {
    const surface = mix(mix(water, ground, isLand), 235, Math.max(ice, cloud * 0.85));
    return clamp(surface * light + air * smoothstep(0.5, 0, z) * sun, 0, 255);
  };
  return [channel(24, 132, 70), channel(70, 124, 120), channel(138, 78, 190)];
}

function createPlanet({ size, seed }: SceneOptions): Layer {
  const { layer, unit } = createLayer({
    ...{ frameWidth: size.width, frameHeight: size.height, depthTop: 0.5, depthBottom: 0.5, top: -0.05, bottom: 1.25 },
  });
  const random = createRandom(seed + 17);
  const radius = unit * (0.3 + random() * 0.08);
  const centreX = layer.width / 2 + size.width * (0.12 + random() * 0.06);
  const centreY = unit * 0.6 - layer.top;
  for (let y = 0; y < layer.height; y += 1) {
    for (let x = 0; x < layer.width; x += 1) {
      const dx = (x - centreX) / radius;
      const dy = (y - centreY) / radius;
      const distance = Math.hypot(dx, dy);
      if (distance > 1.25) continue;
      const day = clamp(0.5 - (dx * 0.62 + dy * 0.38) / Math.max(0.2, distance), 0, 1);
      if (distance > 1) putPixel(layer, x, y, [96, 160, 255], Math.exp(-(distance - 1) * 18) * 0.6 * day);
      const opacity = clamp((1 - distance) * radius + 0.5, 0, 1);
      if (opacity > 0) putPixel(layer, x, y, planetColour(dx, dy, seed % 53), opacity);
    }
  }
  return layer;
}

export const buildSpace: SceneBuilder = (options) => ({
  palette: DARKNESS,
  horizon: options.size.height * 1.6,
  layers: [createGas(options, 0), createGas(options, 1), createStarDust(options), createPlanet(options)],
  water: undefined,
  foreground: [],
});
