/** Layers that stand against the sky: stems, branches, wires, a walker, a balloon. Lengths are in frame heights. */
import type { Size } from '../../renderer/src/geometry.ts';
import { createRandom } from '../../renderer/src/pixels/noise.ts';
import type { Rgb } from '../../renderer/src/pixels/palette.ts';
import { createLayer, putPixel } from '../../renderer/src/scenes/layer.ts';
import type { Layer } from '../../renderer/src/scenes/scene.ts';

function openLayer(size: Size, depth: number): { readonly layer: Layer; readonly unit: number } {
  return createLayer({
    ...{ frameWidth: size.width, frameHeight: size.height, top: -0.2, bottom: 1.2 },
    ...{ depthTop: depth, depthBottom: depth },
  });
}

interface Stroke {
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
  /** Half widths in pixels at both ends. */
  readonly thick: readonly [number, number];
  readonly colour: Rgb;
}

/** A tapered line with soft sides, in pixels of the layer. */
function drawStroke(layer: Layer, { from, to, thick, colour }: Stroke): void {
  const dx = to[0] - from[0];
  const dy = to[1] - from[1];
  const length = Math.max(1e-3, Math.hypot(dx, dy));
  const room = Math.max(...thick) + 1.5;
  for (let y = Math.floor(Math.min(from[1], to[1]) - room); y <= Math.max(from[1], to[1]) + room; y += 1) {
    for (let x = Math.floor(Math.min(from[0], to[0]) - room); x <= Math.max(from[0], to[0]) + room; x += 1) {
      const along = Math.min(1, Math.max(0, ((x - from[0]) * dx + (y - from[1]) * dy) / (length * length)));
      const distance = Math.hypot(x - from[0] - dx * along, y - from[1] - dy * along);
      const half = thick[0] + (thick[1] - thick[0]) * along;
      putPixel(layer, x, y, colour, Math.min(1, Math.max(0, half + 0.5 - distance)) * Math.min(1, half * 2));
    }
  }
}

export function createStems(size: Size, seed: number): Layer {
  const { layer, unit } = openLayer(size, 0.5);
  const random = createRandom(seed);
  const foot = 0.75 * unit - layer.top;
  for (let blade = 0; blade < 260; blade += 1) {
    const x = random() * layer.width;
    const height = (0.12 + 0.34 * random() ** 2) * unit;
    const lean = (random() - 0.4) * height * 0.7;
    const shade = 0.6 + random() * 0.6;
    const colour: Rgb = [150 * shade, 140 * shade, 74 * shade];
    const middle = [x + lean * 0.3, foot - height * 0.55] as const;
    drawStroke(layer, { from: [x, foot + 30], to: middle, thick: [1.5, 1.1], colour });
    drawStroke(layer, { from: middle, to: [x + lean, foot - height], thick: [1.1, 0.4], colour });
  }
  return layer;
}

export function createBranches(size: Size, seed: number): Layer {
  const { layer, unit } = openLayer(size, 0.5);
  const random = createRandom(seed);
  const colour: Rgb = [52, 42, 36];
  const grow = (x: number, y: number, angle: number, length: number, thick: number): void => {
    const to = [x + Math.cos(angle) * length, y + Math.sin(angle) * length] as const;
    drawStroke(layer, { from: [x, y], to, thick: [thick, thick * 0.7], colour });
    if (thick < 0.45 || length < 4) return;
    for (let child = 0; child < 3; child += 1) {
      grow(to[0], to[1], angle + (random() - 0.5) * 1.5, length * (0.62 + random() * 0.2), thick * 0.66);
    }
  };
  const base = 0.8 * unit - layer.top;
  for (const place of [0.12, 0.5, 0.83]) {
    grow(place * size.width - layer.left, base, -Math.PI / 2 + (random() - 0.5) * 0.2, 0.24 * unit, 0.013 * unit);
  }
  return layer;
}

export function createWires(size: Size): Layer {
  const { layer, unit } = openLayer(size, 0.4);
  const colour: Rgb = [40, 42, 46];
  const place = (x: number, y: number) => [x * size.width - layer.left, y * unit - layer.top] as const;
  for (const pole of [0.1, 0.72]) {
    drawStroke(layer, { from: place(pole, 0.75), to: place(pole, 0.16), thick: [3.2, 2.4], colour });
    drawStroke(layer, { from: place(pole - 0.05, 0.2), to: place(pole + 0.05, 0.2), thick: [1.8, 1.8], colour });
  }
  for (const wire of [0.2, 0.24, 0.29]) {
    for (let step = -8; step < 40; step += 1) {
      const sag = (at: number) => wire + 0.12 * (1 - (2 * (((at / 20 + 10.18) % 1) - 0.5)) ** 2);
      drawStroke(layer, {
        from: place(step / 32, sag(step)),
        to: place((step + 1) / 32, sag(step + 1)),
        thick: [0.7, 0.7],
        colour,
      });
    }
  }
  return layer;
}

/** A person in dark clothes and a red jacket who stands well above most horizons. */
export function createWalker(size: Size): Layer {
  const { layer, unit } = openLayer(size, 0);
  const at = (x: number, y: number) => [x * unit - layer.left, y * unit - layer.top] as const;
  const jacket: Rgb = [168, 52, 46];
  const trousers: Rgb = [44, 48, 62];
  drawStroke(layer, { from: at(0.02, 0.72), to: at(0, 0.95), thick: [0.025 * unit, 0.02 * unit], colour: trousers });
  drawStroke(layer, {
    from: at(-0.02, 0.72),
    to: at(-0.04, 0.95),
    thick: [0.025 * unit, 0.02 * unit],
    colour: trousers,
  });
  drawStroke(layer, { from: at(0, 0.52), to: at(0, 0.72), thick: [0.05 * unit, 0.045 * unit], colour: jacket });
  drawStroke(layer, { from: at(0.04, 0.52), to: at(0.09, 0.68), thick: [0.018 * unit, 0.015 * unit], colour: jacket });
  drawStroke(layer, {
    from: at(0, 0.43),
    to: at(0, 0.45),
    thick: [0.035 * unit, 0.032 * unit],
    colour: [206, 160, 132],
  });
  return layer;
}

/** Fills the whole frame: a wall, a wood seen from inside, anything that is no sky. */
export function createWall(size: Size, seed: number): Layer {
  const { layer } = openLayer(size, 0.3);
  const random = createRandom(seed);
  for (let y = 0; y < layer.height; y += 1) {
    for (let x = 0; x < layer.width; x += 1) {
      const joint = y % 26 < 2 || (x + (Math.floor(y / 26) % 2) * 30) % 60 < 2;
      const shade = (joint ? 0.7 : 1) * (0.92 + random() * 0.1);
      putPixel(layer, x, y, [176 * shade, 168 * shade, 160 * shade], 1);
    }
  }
  return layer;
}

/** A hill from side to side: its crest in frame heights, an even colour and a little grain. */
export function createHill(
  size: Size,
  hill: { readonly crest: number; readonly swing: number; readonly colour: Rgb },
): Layer {
  const { layer, unit } = openLayer(size, 0.2);
  const random = createRandom(5);
  for (let x = 0; x < layer.width; x += 1) {
    const across = (x + layer.left) / unit;
    const wave = Math.sin(across * 3.1) * 0.6 + Math.sin(across * 7.7 + 1) * 0.4;
    const crest = (hill.crest - hill.swing * wave) * unit - layer.top;
    for (let y = Math.max(0, Math.floor(crest)); y < layer.height; y += 1) {
      const shade = 0.94 + random() * 0.12;
      const [red, green, blue] = hill.colour;
      putPixel(layer, x, y, [red * shade, green * shade, blue * shade], Math.min(1, y - crest + 1));
    }
  }
  return layer;
}
