/** Conifers and broad-leaved trees, drawn one by one from far to near. */

import { createRandom, fineNoise, type Random, sampleNoise, softNoise } from '../pixels/noise.ts';
import { mix, smoothstep } from '../pixels/numbers.ts';
import type { Rgb, SkyPalette } from '../pixels/palette.ts';
import { createLayer, lit, putPixel } from './layer.ts';
import type { Layer, SceneOptions } from './scene.ts';

export interface WoodShape {
  /** Row the trees stand on, in frame heights, and how uneven that ground is. */
  readonly base: number;
  readonly unevenness: number;
  /** Heights of the trees, in frame heights. */
  readonly smallest: number;
  readonly tallest: number;
  /** Trees per frame height of ground. */
  readonly density: number;
  readonly depth: number;
  readonly far: number;
  readonly kind: 'conifer' | 'broad';
  /** Share of the tree's upper sides that is white. */
  readonly snow: number;
  /** Share of the frame's middle that is left open. */
  readonly clearing: number;
  /** Where the texture ends, in frame heights; the ground between is dark undergrowth. */
  readonly foot: number;
}

interface Tree {
  readonly x: number;
  readonly base: number;
  readonly height: number;
  readonly shade: number;
  readonly seed: number;
}

function drawConifer(layer: Layer, tree: Tree, shape: WoodShape, palette: SkyPalette): void {
  const fine = fineNoise();
  const half = tree.height * (0.17 + 0.05 * (tree.seed % 3));
  const top = tree.base - tree.height;
  for (let y = Math.max(0, Math.floor(top)); y <= Math.min(layer.height - 1, tree.base); y += 1) {
    const down = (y - top) / tree.height;
    const branch = (down * (7 + (tree.seed % 4))) % 1;
    const reach = half * (down ** 0.85 * (0.5 + 0.5 * branch) + 0.02);
    for (let x = Math.floor(tree.x - reach - 1); x <= tree.x + reach + 1; x += 1) {
      const aside = (x + 0.5 - tree.x) / Math.max(0.6, half);
      const ragged = 0.72 + 0.5 * sampleNoise(fine, (x + tree.seed * 37) / 43, y / 37);
      const opacity = smoothstep(reach * ragged + 0.9, reach * ragged - 0.4, Math.abs(x + 0.5 - tree.x));
      if (opacity <= 0.01) continue;
      const facing = 0.32 + aside * 0.3 + (0.5 - branch) * 0.22 + tree.shade * 0.2;
      const white = shape.snow * smoothstep(0.75, 0.2, branch) * smoothstep(0.25, 0.7, ragged + aside * 0.2);
      const colour: Rgb = [mix(30, 236, white), mix(58 + tree.shade * 16, 241, white), mix(38, 250, white)];
      putPixel(layer, x, y, lit(palette, colour, facing, shape.far), opacity);
    }
  }
}

function drawBroadTree(layer: Layer, tree: Tree, shape: WoodShape, palette: SkyPalette): void {
  const fine = fineNoise();
  const soft = softNoise();
  const crown = tree.height * 0.42;
  const middle = tree.base - tree.height + crown;
  const trunk = Math.max(0.8, tree.height * 0.03);
  for (let y = Math.floor(middle); y <= tree.base; y += 1) {
    for (let x = Math.floor(tree.x - trunk); x <= tree.x + trunk; x += 1) {
      putPixel(layer, x, y, lit(palette, [66, 52, 42], 0.35, shape.far), 1);
    }
  }
  for (let y = Math.floor(middle - crown * 1.2); y <= middle + crown * 1.1; y += 1) {
    for (let x = Math.floor(tree.x - crown * 1.25); x <= tree.x + crown * 1.25; x += 1) {
      const dx = (x - tree.x) / crown;
      const dy = (y - middle) / (crown * 0.95);
      const lumps = sampleNoise(soft, x / (tree.height * 2.2) + tree.seed * 0.13, y / (tree.height * 2.2)) * 0.85;
      const leaves = sampleNoise(fine, (x + tree.seed * 11) / 60, y / 60) * 0.34;
      const opacity = smoothstep(1.32, 1.2, Math.hypot(dx, dy) + lumps + leaves * 0.6);
      if (opacity <= 0.01) continue;
      const facing = 0.42 + dx * 0.24 - dy * 0.3 + (leaves - 0.17) * 1.2 + (lumps - 0.42) * 0.5;
      const green: Rgb = [58 + tree.shade * 26, 96 + tree.shade * 18, 44];
      putPixel(layer, x, y, lit(palette, green, facing, shape.far), opacity);
    }
  }
}

function isOpen({ left, width }: Layer, { clearing }: WoodShape, x: number): boolean {
  return Math.abs((x + left) / (width + left * 2) - 0.5) < clearing / 2;
}

function plant(layer: Layer, unit: number, shape: WoodShape, random: Random): Tree[] {
  const soft = softNoise();
  const count = Math.round((layer.width / unit) * shape.density);
  const trees = Array.from({ length: count }, (_, index) => {
    const x = ((index + random()) / count) * layer.width;
    const clump = sampleNoise(soft, x / unit / 1.7 + shape.depth, shape.depth * 3);
    const ground = shape.base + (sampleNoise(soft, x / unit / 2.3, shape.depth * 5) - 0.5) * shape.unevenness;
    const height = mix(shape.smallest, shape.tallest, random() ** 1.4 * 0.7 + clump * 0.3);
    return {
      x,
      clump,
      base: ground * unit - layer.top,
      height: height * unit,
      shade: random(),
      seed: Math.floor(random() * 997),
    };
  });
  return trees.filter((tree) => tree.clump > 0.3 && !isOpen(layer, shape, tree.x)).toSorted((a, b) => a.base - b.base);
}

/** The floor under the trees, so that nothing shows between a wood and the ground before it. */
function fillUndergrowth(layer: Layer, unit: number, shape: WoodShape, palette: SkyPalette): void {
  const soft = softNoise();
  const fine = fineNoise();
  const colour: Rgb = shape.snow > 0 ? [216, 226, 240] : [52, 76, 42];
  const middle = layer.width / 2;
  const frameWidth = layer.width + layer.left * 2;
  for (let x = 0; x < layer.width; x += 1) {
    // A clearing shows the ground itself.
    const aside = Math.abs(x - middle) / frameWidth;
    const share = shape.clearing === 0 ? 1 : smoothstep(shape.clearing / 2, shape.clearing / 2 + 0.12, aside);
    if (share === 0) continue;
    const ground =
      (shape.base + (sampleNoise(soft, x / unit / 2.3, shape.depth * 5) - 0.5) * shape.unevenness) * unit - layer.top;
    const start = Math.floor(ground - shape.smallest * unit * 0.12);
    for (let y = Math.max(0, start); y < layer.height; y += 1) {
      const grain = sampleNoise(fine, x / unit / 0.9, y / unit / 0.35);
      const opacity = Math.min(1, (y - start + 1) * 0.5) * share;
      putPixel(layer, x, y, lit(palette, colour, 0.2 + grain * 0.4, shape.far), opacity);
    }
  }
}

export function createWood({ size, palette, seed }: SceneOptions, shape: WoodShape): Layer {
  const { layer, unit } = createLayer({
    ...{ frameWidth: size.width, frameHeight: size.height, depthTop: shape.depth, depthBottom: shape.depth },
    ...{ top: shape.base - shape.tallest - shape.unevenness, bottom: shape.foot },
  });
  fillUndergrowth(layer, unit, shape, palette);
  const draw = shape.kind === 'conifer' ? drawConifer : drawBroadTree;
  for (const tree of plant(layer, unit, shape, createRandom(seed + Math.round(shape.depth * 1000)))) {
    draw(layer, tree, shape, palette);
  }
  return layer;
}
