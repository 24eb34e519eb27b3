/** Conifers and broad-leaved trees, drawn one by one from far to near. */

import { createRandom, fineNoise, type Random, sampleNoise, softNoise } from '../pixels/noise.ts';
import { mix, smoothstep } from '../pixels/numbers.ts';
import type { Rgb, SkyPalette } from '../pixels/palette.ts';
import { drawLayerTogether, lit, putPixel } from './layer.ts';
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
  /** Where the texture ends, in frame heights; the ground between is dark undergrowth, but for trees that stand apart. */
  readonly foot: number;
  readonly apart?: boolean;
}

interface Tree {
  readonly x: number;
  readonly base: number;
  readonly height: number;
  readonly shade: number;
  readonly seed: number;
}

/** Side of the trees that the light comes from: 1 right, -1 left. */
function lightSide({ sun }: SkyPalette): number {
  return (sun?.x ?? 0.7) > 0.5 ? 1 : -1;
}

interface Branch {
  readonly x: number;
  readonly y: number;
  /** Length to the side, negative to the left. */
  readonly reach: number;
  readonly thickness: number;
  readonly tone: number;
}

/** One drooping bough: darker below and near the trunk, its needles ragged. */
function drawBranch(layer: Layer, branch: Branch, shape: WoodShape, palette: SkyPalette): void {
  const fine = fineNoise();
  const length = Math.abs(branch.reach);
  const side = Math.sign(branch.reach) * lightSide(palette);
  for (let step = 0; step <= length; step += 0.8) {
    const out = step / Math.max(1, length);
    const x = branch.x + Math.sign(branch.reach) * step;
    const ragged = sampleNoise(fine, x / 47 + branch.tone, branch.y / 31);
    const middle = branch.y + length * 0.3 * out ** 1.4 + (ragged - 0.5) * branch.thickness;
    const half = Math.max(0.6, branch.thickness * (1 - out * 0.7) * (0.5 + ragged));
    for (let y = Math.floor(middle - half); y <= middle + half; y += 1) {
      const below = (y - middle) / half;
      const facing = 0.2 + out * 0.28 + side * (0.1 + out * 0.08) - below * 0.17 + (ragged - 0.5) * 0.2;
      const white = shape.snow * smoothstep(0.1, -0.35, below + (ragged - 0.5) * 1.5);
      const colour: Rgb = [
        mix(36 + branch.tone * 14, 240, white),
        mix(66 + branch.tone * 18, 245, white),
        mix(40 + branch.tone * 4, 252, white),
      ];
      putPixel(layer, Math.round(x), y, lit(palette, colour, facing + white * 0.2, shape.far), 0.92);
    }
  }
}

function drawConifer(layer: Layer, tree: Tree, shape: WoodShape, palette: SkyPalette): void {
  const random = createRandom(tree.seed + 1);
  const half = tree.height * (0.17 + 0.04 * (tree.seed % 3));
  const top = tree.base - tree.height;
  const trunk = Math.max(0.5, tree.height * 0.012);
  for (let y = Math.floor(top); y <= tree.base; y += 1) {
    const width = trunk * mix(0.3, 1, (y - top) / tree.height);
    for (let x = Math.floor(tree.x - width); x <= tree.x + width; x += 1)
      putPixel(layer, x, y, lit(palette, [58, 44, 36], 0.3, shape.far), 1);
  }
  const inner: Rgb = [mix(30, 90, shape.snow), mix(54, 112, shape.snow), mix(36, 108, shape.snow)];
  // What is seen between the boughs is the dark of the tree itself.
  for (let y = Math.floor(top + tree.height * 0.06); y <= top + tree.height * 0.94; y += 1) {
    const width = half * 0.5 * ((y - top) / tree.height) * (0.8 + 0.4 * random());
    for (let x = Math.floor(tree.x - width); x <= tree.x + width; x += 1)
      putPixel(layer, x, y, lit(palette, inner, 0.2, shape.far), 0.95);
  }
  const levels = Math.round(Math.min(64, Math.max(7, tree.height / (shape.snow > 0 ? 6 : 2.4))));
  const isSnowy = shape.snow > 0;
  const thickness = Math.max(0.7, (tree.height / levels) * (isSnowy ? 0.9 : 0.62));
  for (let index = 0; index < levels; index += 1) {
    // Under snow each bough hangs over the white of the one below it.
    const level = isSnowy ? levels - 1 - index : index;
    const down = (level + random() * 0.7) / levels;
    for (const side of [-1, 1]) {
      const reach = half * (0.05 + down ** 0.92) * (0.68 + random() * 0.42);
      const y = top + down * tree.height * 0.93;
      drawBranch(
        layer,
        { x: tree.x, y, reach: side * reach, thickness, tone: tree.shade * 0.6 + random() * 0.4 },
        shape,
        palette,
      );
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
      const fade = shape.clearing === 0 ? 1 : smoothstep(layer.height, start + (layer.height - start) * 0.3, y);
      const opacity = Math.min(1, (y - start + 1) * 0.5) * share * fade;
      putPixel(layer, x, y, lit(palette, colour, 0.2 + grain * 0.4, shape.far), opacity);
    }
  }
}

export function createWood({ size, palette, seed }: SceneOptions, shape: WoodShape): Layer {
  const place = {
    ...{ frameWidth: size.width, frameHeight: size.height, depthTop: shape.depth, depthBottom: shape.depth },
    ...{ top: shape.base - shape.tallest - shape.unevenness, bottom: shape.foot },
  };
  return drawLayerTogether(place, ({ layer, unit }) => {
    if (shape.apart !== true) fillUndergrowth(layer, unit, shape, palette);
    const draw = shape.kind === 'conifer' ? drawConifer : drawBroadTree;
    for (const tree of plant(layer, unit, shape, createRandom(seed + Math.round(shape.depth * 1000)))) {
      draw(layer, tree, shape, palette);
    }
  });
}
