/** Draws a texture where the camera sees it. */
import type { Size } from '../geometry.ts';
import type { CameraPose } from '../motion/camera.ts';
import type { Easel } from './easel.ts';
import type { Layer } from './scene.ts';

/** Nothing ends at a picture's edge here, so a camera may go farther than over a still. */
export const REACH = 3;
/** Zooms turn about this share of the frame's height, near most horizons. */
const VANISHING_HEIGHT = 0.55;

/** How far an orbit carries near things to one side and far ones to the other, in widths, and the depth that it goes round. */
const ORBIT = 0.5;
const PIVOT = 0.25;

export interface SceneMoment {
  /** `turn` is how far the camera has gone round its subject. */
  readonly pose: CameraPose & { readonly turn?: number };
  readonly seconds: number;
  /** The sky's own time, where it passes faster. */
  readonly skySeconds?: number;
}

/** Where each row of a texture begins and ends to be anything but empty. */
interface Spans {
  readonly first: Int32Array;
  readonly end: Int32Array;
}

function spansOf({ width, height, texels }: Layer): Spans {
  const first = new Int32Array(height).fill(width);
  const end = new Int32Array(height);
  for (let y = 0; y < height; y += 1) {
    const row = y * width;
    for (let x = 0; x < width; x += 1) {
      if ((texels[row + x] as number) >>> 24 === 0) continue;
      if (end[y] === 0) first[y] = x;
      end[y] = x + 1;
    }
  }
  return { first, end };
}

/** A layer on an easel, which keeps its texels. */
export interface HungLayer extends Omit<Layer, 'rgba' | 'texels'> {
  /** Where they begin in the kernels' memory. */
  readonly address: number;
  readonly spans: Spans;
  /** The row from which nothing shines through down to the end; its height where there is none. */
  readonly solidFrom: number;
}

export function hangLayer(layer: Layer, address: number): HungLayer {
  const { rgba: _, texels: __, ...rest } = layer;
  return { ...rest, address, spans: spansOf(layer), solidFrom: solidFrom(layer) };
}

export interface RestingPlace {
  /** Frame heights from the frame's middle, and from its top, with the camera at rest. */
  readonly x: number;
  readonly y: number;
  readonly depth: number;
}

/** How far the camera's moves carry a depth to the left, in widths. */
export function sideways({ x, turn = 0 }: SceneMoment['pose'], depth: number): number {
  return x * depth * REACH - turn * (depth - PIVOT) * ORBIT;
}

/** How far a tilt carries a depth up, in heights: nearly as far for all, or what is hidden behind an edge would come into view. */
export function liftOf({ y }: CameraPose, depth: number): number {
  return y * (0.7 + 0.15 * depth);
}

/** Where in the frame, in pixels, a thing at some depth is seen: the inverse of how `drawLayer` reads a texture. */
export function placeInFrame(
  { x, y, depth }: RestingPlace,
  { width, height }: Size,
  pose: SceneMoment['pose'],
): RestingPlace {
  const scale = 1 + (pose.zoom - 1) * (0.25 + 0.75 * depth) + pose.depthZoom * depth;
  const centreY = height * VANISHING_HEIGHT;
  const liftY = liftOf(pose, depth) * height;
  return {
    x: (x * height - sideways(pose, depth) * width) * scale + width / 2,
    y: (y * height - centreY - liftY) * scale + centreY,
    depth,
  };
}

/** Where a texture's row `fy` is in the frame: `(fy - offset) * scale + centre`. */
interface RowView {
  readonly scale: number;
  readonly offset: number;
  readonly centre: number;
}

function rowView({ height }: Size, layer: HungLayer, { pose, seconds }: SceneMoment): RowView {
  const depth = (layer.depthTop + layer.depthBottom) / 2;
  const centre = height * VANISHING_HEIGHT;
  const lift = liftOf(pose, depth) * height + (layer.bob ?? 0) * Math.sin(seconds * 1.3);
  return {
    scale: 1 + (pose.zoom - 1) * (0.25 + 0.75 * depth) + pose.depthZoom * depth,
    offset: centre + lift - layer.top,
    centre,
  };
}

function solidFrom({ width, height, texels }: Layer): number {
  for (let y = height - 1; y >= 0; y -= 1) {
    for (let i = y * width, end = i + width; i < end; i += 1) {
      if ((texels[i] as number) >>> 24 < 255) return y + 1;
    }
  }
  return 0;
}

/** First row of the frame that the layer hides wholly, with all rows from there to `limit`; `limit` where it hides none. */
export function coveredFrom(layer: HungLayer, size: Size, moment: SceneMoment, limit: number): number {
  const first = layer.solidFrom;
  const { scale, offset, centre } = rowView(size, layer, moment);
  const lowest = (layer.height - 2 - offset) * scale + centre;
  if (first >= layer.height - 2 || lowest < limit) return limit;
  return Math.max(0, Math.min(limit, Math.ceil((first - offset) * scale + centre) + 1));
}

/** Draws one layer over the first `rows` rows of an easel's frame, and between two columns where they are given. */
export function drawLayer(
  { size, rowAt, kernels, wave }: Easel,
  layer: HungLayer,
  moment: SceneMoment,
  rows = size.height,
  columns: { readonly from: number; readonly to: number } = { from: 0, to: size.width },
): void {
  const { pose, seconds } = moment;
  const { width } = size;
  const { depthTop, depthBottom, sway = 0, drift = 0, address } = layer;
  const { first, end } = layer.spans;
  const centreX = width / 2;
  const { scale, offset, centre } = rowView(size, layer, moment);
  for (let y = 0; y < rows; y += 1) {
    const fy = (y - centre) / scale + offset;
    if (fy < 0 || fy >= layer.height - 1) continue;
    const y0 = fy | 0;
    const share = fy / layer.height;
    const depth = depthTop + (depthBottom - depthTop) * share;
    const step = 1 / (1 + (pose.zoom - 1) * (0.25 + 0.75 * depth) + pose.depthZoom * depth);
    const swing = sway === 0 ? 0 : sway * (1 - share) ** 1.5;
    const shiftX = sideways(pose, depth) * width - layer.left + centreX - drift * seconds;
    const least = Math.max(0, Math.min(first[y0] as number, first[y0 + 1] as number) - 1);
    const most = Math.min(layer.width - 1, Math.max(end[y0] as number, end[y0 + 1] as number));
    const reach = Math.abs(swing);
    const from = Math.max(columns.from, Math.floor((least - reach - shiftX) / step + centreX));
    const to = Math.min(columns.to, Math.ceil((most + reach - shiftX) / step + centreX));
    if (to <= from) continue;
    const out = rowAt(y) + from * 12;
    const texels = address + y0 * layer.width * 4;
    const place = (from - centreX) * step + shiftX;
    const down = ((fy - y0) * 256) | 0;
    if (swing === 0) kernels.layerRow(out, to - from, texels, layer.width, place, step, down);
    else kernels.swayingRow(out, to - from, texels, layer.width, place, step, down, swing, seconds, wave);
  }
}
