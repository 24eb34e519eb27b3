/**
 * A city that comes into view behind a picture when the camera pulls back: rows of houses that rise from behind the picture's ground,
 * hazier the farther, and shrink less than what stands before them.
 */
import type { Size } from '../geometry.ts';
import { clamp, ease, smoothstep } from '../pixels/numbers.ts';
import type { SkyPalette } from '../pixels/palette.ts';
import { maskFactor } from '../pixels/picture.ts';
import { createSkyMask } from '../pixels/sky-mask.ts';
import { type BuildingsShape, createBuildings } from './buildings.ts';
import type { Layer, SceneOptions } from './scene.ts';

/** What is seen of the picture's plane, in half widths of the frame from its middle. */
export interface PlaneView {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly roll: number;
}

/** Paints over an RGB frame; `share` is how far the clip has come, 0 to 1. */
export type Skyline = (rgb: Uint8Array, view: PlaneView, share: number) => void;

export interface SkylineOptions {
  /** What is seen from where the camera starts. */
  readonly picture: Uint8Array;
  readonly size: Size;
  readonly palette: SkyPalette;
  readonly seed: number;
}

const LEAST_CONFIDENCE = 0.25;
/** The least height of sky, in frame heights, that houses have room before. */
const LEAST_SKY = 0.2;
/** Where the ground begins: lower than at so many of the columns, for mountains hide what is behind them. */
const GROUND_SHARE = 0.97;
/** A bird or a grain before the sky hides no house: how much more of the sky there may be from row to row. */
const SPECK = 0.04;
/** Beside the picture's own sides nothing is known of its ground: there the houses end, softly. */
const SOFT_SIDE = 0.05;
const TALLEST = 0.36;
/** How much of the view's shift and zoom a far city takes part in. */
const FARNESS = 0.45;
/** Shares of the clip over which houses rise. */
const RISE = [0.08, 0.78] as const;
const DARK = 0.85;
/** All rows move together; this gives their textures the room for it. */
const DEPTH = 0.3;

interface Backdrop {
  readonly width: number;
  readonly height: number;
  /** How much of each place is sky. */
  readonly sky: Float32Array;
}

/** Only what has sky all the way up: nothing stands behind a patch of rock that looks like it. */
function openSky(alpha: Float32Array, width: number): Float32Array {
  const open = Float32Array.from(alpha);
  for (let i = width; i < open.length; i += 1) {
    open[i] = Math.min(open[i] as number, (open[i - width] as number) + SPECK);
  }
  return open;
}

/** Undefined where no sky is found that houses could stand in. */
function backdropOf({ picture, size }: SkylineOptions): { backdrop: Backdrop; horizon: number } | undefined {
  const mask = createSkyMask(size.width, size.height, { factor: maskFactor(size) });
  mask.read(picture);
  const { width, height } = mask.features;
  const horizon = (mask.boundary.toSorted()[Math.floor(width * GROUND_SHARE)] ?? 0) / height;
  if (mask.confidence() < LEAST_CONFIDENCE || horizon < LEAST_SKY) return undefined;
  return { backdrop: { width, height, sky: openSky(mask.alpha, width) }, horizon: Math.min(horizon, 0.8) };
}

function rowsOf(horizon: number): readonly BuildingsShape[] {
  const tallest = Math.min(TALLEST, horizon * 0.8);
  const base = horizon + 0.03;
  return [
    { base, lowest: 0.12, tallest: tallest + 0.05, narrowest: 0.03, widest: 0.06, depth: DEPTH, far: 0.86 },
    { base, lowest: 0.1, tallest: tallest * 0.85 + 0.05, narrowest: 0.04, widest: 0.08, depth: DEPTH, far: 0.66 },
    { base, lowest: 0.08, tallest: tallest * 0.55 + 0.05, narrowest: 0.05, widest: 0.1, depth: DEPTH, far: 0.42 },
  ];
}

/** All rows in one, the first of them farthest. */
function flatten(layers: readonly Layer[]): Layer {
  const [first] = layers;
  if (first === undefined) throw new Error('A skyline has rows.');
  const top = Math.min(...layers.map((layer) => layer.top));
  const bottom = Math.max(...layers.map((layer) => layer.top + layer.height));
  const texels = new Uint32Array(first.width * (bottom - top));
  for (const layer of layers) {
    const from = (layer.top - top) * first.width;
    for (let i = 0; i < layer.texels.length; i += 1) {
      const texel = layer.texels[i] as number;
      // Roofs and masts are thin: what shines through them is not worth a blend.
      if (texel >>> 24 > 127) texels[from + i] = texel | 0xff000000;
    }
  }
  return { ...first, top, height: bottom - top, texels, rgba: new Uint8Array(texels.buffer) };
}

function skyAt({ width, height, sky }: Backdrop, u: number, v: number): number {
  const x = clamp(u * width - 0.5, 0, width - 1.001);
  const y = clamp(v * height - 0.5, 0, height - 1.001);
  const i = (y | 0) * width + (x | 0);
  const tx = x - (x | 0);
  const upper = (sky[i] as number) * (1 - tx) + (sky[i + 1] as number) * tx;
  const lower = (sky[i + width] as number) * (1 - tx) + (sky[i + width + 1] as number) * tx;
  return upper + (lower - upper) * (y - (y | 0));
}

function isEmpty({ width, texels }: Layer, fx: number, fy: number): boolean {
  const i = (fy | 0) * width + (fx | 0);
  const upper = (texels[i] as number) | (texels[i + 1] as number);
  return (upper | (texels[i + width] as number) | (texels[i + width + 1] as number)) === 0;
}

/** Blends the texture at a fractional place over a pixel, as much of it as `share`. */
function blendTexel(rgb: Uint8Array, o: number, { width, texels }: Layer, fx: number, fy: number, share: number): void {
  const i = (fy | 0) * width + (fx | 0);
  const tx = fx - (fx | 0);
  const ty = fy - (fy | 0);
  const a = texels[i] as number;
  const b = texels[i + 1] as number;
  const c = texels[i + width] as number;
  const d = texels[i + width + 1] as number;
  const wa = a === 0 ? 0 : (1 - tx) * (1 - ty);
  const wb = b === 0 ? 0 : tx * (1 - ty);
  const wc = c === 0 ? 0 : (1 - tx) * ty;
  const wd = d === 0 ? 0 : tx * ty;
  const keep = 1 - (wa + wb + wc + wd) * share;
  for (let channel = 0, shift = 0; channel < 3; channel += 1, shift += 8) {
    const colour =
      ((a >>> shift) & 255) * wa + ((b >>> shift) & 255) * wb + ((c >>> shift) & 255) * wc + ((d >>> shift) & 255) * wd;
    rgb[o + channel] = (rgb[o + channel] as number) * keep + colour * share + 0.5;
  }
}

export function createSkyline(options: SkylineOptions): Skyline | undefined {
  const { size, palette, seed } = options;
  const found = backdropOf(options);
  if (found === undefined) return undefined;
  const { backdrop, horizon } = found;
  const scene: SceneOptions = {
    ...{ size, palette, seed, lake: false, nouns: new Set(), props: new Set() },
    ...{ dark: palette.exposure < DARK, wet: false },
  };
  const city = flatten(
    rowsOf(horizon).map((shape, row) => createBuildings({ ...scene, seed: seed + row * 31 }, shape)),
  );
  const half = size.width / 2;
  return (rgb, view, share) => {
    const risen = ease(smoothstep(...RISE, share));
    if (risen === 0) return;
    const cos = Math.cos(view.roll) * view.scale;
    const sin = Math.sin(view.roll) * view.scale;
    const zoom = view.scale ** FARNESS;
    const hidden = (1 - risen) * (TALLEST + 0.1) * size.height;
    for (let y = 0, o = 0; y < size.height; y += 1) {
      const qy = (y + 0.5 - size.height / 2) / half;
      const fy = (qy * zoom + view.y * FARNESS) * half + size.height / 2 - city.top - hidden;
      if (fy < 0 || fy >= city.height - 1) {
        o += size.width * 3;
        continue;
      }
      for (let x = 0; x < size.width; x += 1, o += 3) {
        const qx = (x + 0.5 - half) / half;
        const fx = (qx * zoom + view.x * FARNESS) * half + half - city.left;
        // Between and above the houses there is nothing to look up.
        if (fx < 0 || fx >= city.width - 1 || isEmpty(city, fx, fy)) continue;
        const u = (qx * cos - qy * sin + view.x + 1) / 2;
        const outside = Math.max(-u, u - 1);
        if (outside >= SOFT_SIDE) continue;
        const v = ((qx * sin + qy * cos + view.y) * half) / size.height + 0.5;
        const sky = smoothstep(0.1, 0.9, skyAt(backdrop, u, v)) * smoothstep(SOFT_SIDE, 0, outside);
        if (sky > 0.02) blendTexel(rgb, o, city, fx, fy, sky);
      }
    }
  };
}
