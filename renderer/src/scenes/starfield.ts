/** Stars that are painted once: the dust of deep space, and the Milky Way over a land by night. */
import { createRandom, fineNoise, sampleNoise, softNoise } from '../pixels/noise.ts';
import { clamp, mix, smoothstep } from '../pixels/numbers.ts';
import type { Rgb } from '../pixels/palette.ts';
import { createLayer, putPixel } from './layer.ts';
import type { Layer, SceneOptions } from './scene.ts';

const STAR_COLOURS: readonly Rgb[] = [
  [255, 255, 255],
  [190, 212, 255],
  [255, 226, 190],
  [255, 202, 170],
];

/** A point over two by two pixels, and a soft glow round the brightest. */
function drawStar(layer: Layer, x: number, y: number, light: number, colour: Rgb, unit: number): void {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  for (let dy = 0; dy < 2; dy += 1) {
    for (let dx = 0; dx < 2; dx += 1) {
      const share = (dx === 0 ? 1 - (x - x0) : x - x0) * (dy === 0 ? 1 - (y - y0) : y - y0);
      putPixel(layer, x0 + dx, y0 + dy, colour, clamp(light * share * 1.6, 0, 1));
    }
  }
  if (light < 0.92) return;
  const radius = unit * 0.008;
  for (let dy = -Math.ceil(radius); dy <= radius; dy += 1) {
    for (let dx = -Math.ceil(radius); dx <= radius; dx += 1) {
      const near = Math.max(0, 1 - Math.hypot(dx, dy) / radius);
      putPixel(layer, x0 + dx, y0 + dy, colour, near ** 2.5 * 0.75);
    }
  }
}

export function createStarDust({ size, seed }: SceneOptions): Layer {
  const { layer, unit } = createLayer({
    ...{ frameWidth: size.width, frameHeight: size.height, depthTop: 0.05, depthBottom: 0.05, top: -0.1, bottom: 1.1 },
  });
  const random = createRandom(seed + 907);
  for (let index = 0; index < 2200; index += 1) {
    const colour = STAR_COLOURS[Math.floor(random() * STAR_COLOURS.length)] ?? [255, 255, 255];
    const light = 0.1 + 0.9 * random() ** 5;
    drawStar(layer, random() * layer.width, random() * layer.height, light, colour, unit);
  }
  return layer;
}

/** A slanting band of light, parted by dark clouds of dust and thick with stars. */
export function createMilkyWay({ size, seed }: SceneOptions): Layer {
  const { layer, unit } = createLayer({
    ...{ frameWidth: size.width, frameHeight: size.height, depthTop: 0.05, depthBottom: 0.05, top: -0.1, bottom: 0.75 },
  });
  const soft = softNoise();
  const fine = fineNoise();
  const offset = (seed % 59) / 59;
  const middle = layer.width / 2;
  /** How far a place is from the band's middle line, in its half widths. */
  const asideOf = (x: number, y: number): number => {
    const u = (x - middle) / unit;
    const v = (y + layer.top) / unit - 0.3;
    const bend = (sampleNoise(soft, u * 0.3 + offset, v * 0.3) - 0.5) * 0.16;
    return (u * 0.82 + v * 0.95 + 0.06 + bend) / 0.2;
  };
  for (let y = 0; y < layer.height; y += 1) {
    const low = smoothstep(0.72, 0.4, (y + layer.top) / unit);
    for (let x = 0; x < layer.width; x += 1) {
      const aside = asideOf(x, y);
      if (Math.abs(aside) > 3) continue;
      const cloud =
        sampleNoise(soft, x / unit / 1.6 + offset, y / unit / 1.6) * 0.6 +
        sampleNoise(fine, x / unit / 1.1, y / unit / 1.1) * 0.4;
      const lane = smoothstep(0.62, 0.4, Math.abs(aside + 0.1 + (cloud - 0.5) * 1.8)) * smoothstep(0.42, 0.6, cloud);
      const glow = Math.exp(-aside * aside * 0.75) * (0.35 + cloud * 0.8) * (1 - lane * 0.8);
      const warm = Math.exp(-aside * aside * 2.4);
      putPixel(
        layer,
        x,
        y,
        [mix(126, 226, warm), mix(140, 204, warm), mix(198, 196, warm)],
        clamp(glow * 0.58 * low, 0, 0.85),
      );
    }
  }
  const random = createRandom(seed + 911);
  for (let index = 0; index < 5200; index += 1) {
    const x = random() * layer.width;
    const y = random() * layer.height;
    const dense = Math.exp(-(asideOf(x, y) ** 2) * 0.4);
    const low = smoothstep(0.72, 0.5, (y + layer.top) / unit);
    if (random() > 0.2 + dense * 0.8) continue;
    const colour = STAR_COLOURS[Math.floor(random() * STAR_COLOURS.length)] ?? [255, 255, 255];
    drawStar(layer, x, y, (0.08 + 0.85 * random() ** 6) * low, colour, unit);
  }
  return layer;
}
