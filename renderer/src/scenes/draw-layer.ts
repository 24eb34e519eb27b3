/** Draws a texture where the camera sees it. */
import type { Size } from '../geometry.ts';
import type { CameraPose } from '../motion/camera.ts';
import type { Layer } from './scene.ts';
import { greenOf, redBlueOf } from './texels.ts';

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

/** Blends the texture's colour at a fractional place over a float pixel. Whole pixels are read: 4 reads instead of 16. */
function blendTexel(
  frame: Float32Array,
  o: number,
  texels: Uint32Array,
  i: number,
  width: number,
  tx: number,
  ty: number,
): void {
  const a = texels[i] as number;
  const b = texels[i + 1] as number;
  const c = texels[i + width] as number;
  const d = texels[i + width + 1] as number;
  // Most texels are quite empty or quite full.
  if ((a | b | c | d) >>> 24 === 0) return;
  if ((a & b & c & d) >>> 24 === 255) {
    const redBlue = redBlueOf(a, b, c, d, tx, ty);
    frame[o] = redBlue & 255;
    frame[o + 1] = greenOf(a, b, c, d, tx, ty);
    frame[o + 2] = redBlue >>> 16;
    return;
  }
  const right = tx / 256;
  const below = ty / 256;
  const wa = (1 - right) * (1 - below) * (a >>> 24);
  const wb = right * (1 - below) * (b >>> 24);
  const wc = (1 - right) * below * (c >>> 24);
  const wd = right * below * (d >>> 24);
  const opacity = wa + wb + wc + wd;
  if (opacity < 1) return;
  const keep = 1 - opacity / 255;
  const red = (a & 255) * wa + (b & 255) * wb + (c & 255) * wc + (d & 255) * wd;
  const green = ((a >> 8) & 255) * wa + ((b >> 8) & 255) * wb + ((c >> 8) & 255) * wc + ((d >> 8) & 255) * wd;
  const blue = ((a >> 16) & 255) * wa + ((b >> 16) & 255) * wb + ((c >> 16) & 255) * wc + ((d >> 16) & 255) * wd;
  frame[o] = (frame[o] as number) * keep + red / 255;
  frame[o + 1] = (frame[o + 1] as number) * keep + green / 255;
  frame[o + 2] = (frame[o + 2] as number) * keep + blue / 255;
}

/** Where each row of a texture begins and ends to be anything but empty. */
interface Spans {
  readonly first: Int32Array;
  readonly end: Int32Array;
}

const spans = new WeakMap<Layer, Spans>();

function spansOf(layer: Layer): Spans {
  const known = spans.get(layer);
  if (known !== undefined) return known;
  const { width, height, texels } = layer;
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
  const found: Spans = { first, end };
  spans.set(layer, found);
  return found;
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

function rowView({ height }: Size, layer: Layer, { pose, seconds }: SceneMoment): RowView {
  const depth = (layer.depthTop + layer.depthBottom) / 2;
  const centre = height * VANISHING_HEIGHT;
  const lift = liftOf(pose, depth) * height + (layer.bob ?? 0) * Math.sin(seconds * 1.3);
  return {
    scale: 1 + (pose.zoom - 1) * (0.25 + 0.75 * depth) + pose.depthZoom * depth,
    offset: centre + lift - layer.top,
    centre,
  };
}

/** The texture's row from which nothing shines through down to its end; its height where there is none. */
export function solidFrom({ width, height, texels }: Layer): number {
  for (let y = height - 1; y >= 0; y -= 1) {
    for (let i = y * width, end = i + width; i < end; i += 1) {
      if ((texels[i] as number) >>> 24 < 255) return y + 1;
    }
  }
  return 0;
}

export interface Cover {
  readonly layer: Layer;
  readonly solidFrom: number;
}

/** First row of the frame that the layer hides wholly, with all rows from there to `limit`; `limit` where it hides none. */
export function coveredFrom(
  { layer, solidFrom: first }: Cover,
  size: Size,
  moment: SceneMoment,
  limit: number,
): number {
  const { scale, offset, centre } = rowView(size, layer, moment);
  const lowest = (layer.height - 2 - offset) * scale + centre;
  if (first >= layer.height - 2 || lowest < limit) return limit;
  return Math.max(0, Math.min(limit, Math.ceil((first - offset) * scale + centre) + 1));
}

/** How far wind bends what stands at a column, -1 to 1; looked up, as two sines for every texel cost more than all the rest. */
const WAVE_STEPS = 1024;
const WAVE = Float32Array.from({ length: WAVE_STEPS + 1 }, (_, step) => Math.sin((step / WAVE_STEPS) * Math.PI * 2));
const WAVE_SCALE = WAVE_STEPS / (Math.PI * 2);

function swayAt(column: number, seconds: number): number {
  const gust = WAVE[(column * 0.0063 * WAVE_SCALE) & (WAVE_STEPS - 1)] as number;
  const place = (seconds * 1.7 + column * 0.021 + gust * 3) * WAVE_SCALE;
  const step = Math.floor(place);
  const low = WAVE[step & (WAVE_STEPS - 1)] as number;
  return low + ((WAVE[(step & (WAVE_STEPS - 1)) + 1] as number) - low) * (place - step);
}

/** Draws one layer over the first `rows` rows of an RGB frame of floats, and between two columns where they are given. */
export function drawLayer(
  frame: Float32Array,
  size: Size,
  layer: Layer,
  moment: SceneMoment,
  rows = size.height,
  columns: { readonly from: number; readonly to: number } = { from: 0, to: size.width },
): void {
  const { pose, seconds } = moment;
  const { width } = size;
  const { depthTop, depthBottom, sway = 0, drift = 0 } = layer;
  const centreX = width / 2;
  const { scale, offset, centre } = rowView(size, layer, moment);
  const { first, end } = spansOf(layer);
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
    const ty = ((fy - y0) * 256) | 0;
    const row = y0 * layer.width;
    for (let x = from, o = (y * width + from) * 3; x < to; x += 1, o += 3) {
      let fx = (x - centreX) * step + shiftX;
      if (swing !== 0) fx += swing * swayAt(fx, seconds);
      if (fx < 0 || fx >= layer.width - 1) continue;
      const x0 = fx | 0;
      blendTexel(frame, o, layer.texels, row + x0, layer.width, ((fx - x0) * 256) | 0, ty);
    }
  }
}
