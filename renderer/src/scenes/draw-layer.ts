/** Draws a texture where the camera sees it. */
import type { Size } from '../geometry.ts';
import type { CameraPose } from '../motion/camera.ts';
import type { Layer } from './scene.ts';

/** Nothing ends at a picture's edge here, so a camera may go farther than over a still. */
const REACH = 3;
/** Zooms turn about this share of the frame's height, near most horizons. */
const VANISHING_HEIGHT = 0.55;

export interface SceneMoment {
  readonly pose: CameraPose;
  readonly seconds: number;
}

/** Blends the texture's colour at a fractional place over a float pixel. Whole pixels are read: 4 reads instead of 16. */
function blendTexel(frame: Float32Array, o: number, layer: Layer, fx: number, fy: number): void {
  const { texels, width } = layer;
  const x0 = fx | 0;
  const y0 = fy | 0;
  const tx = fx - x0;
  const ty = fy - y0;
  const i = y0 * width + x0;
  const a = texels[i] as number;
  const b = texels[i + 1] as number;
  const c = texels[i + width] as number;
  const d = texels[i + width + 1] as number;
  const wa = (1 - tx) * (1 - ty) * (a >>> 24);
  const wb = tx * (1 - ty) * (b >>> 24);
  const wc = (1 - tx) * ty * (c >>> 24);
  const wd = tx * ty * (d >>> 24);
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

export interface RestingPlace {
  /** Frame heights from the frame's middle, and from its top, with the camera at rest. */
  readonly x: number;
  readonly y: number;
  readonly depth: number;
}

/** Where in the frame, in pixels, a thing at some depth is seen: the inverse of how `drawLayer` reads a texture. */
export function placeInFrame({ x, y, depth }: RestingPlace, { width, height }: Size, pose: CameraPose): RestingPlace {
  const scale = 1 + (pose.zoom - 1) * (0.25 + 0.75 * depth) + pose.depthZoom * depth;
  const centreY = height * VANISHING_HEIGHT;
  const liftY = pose.y * height * (0.5 + 0.5 * depth);
  return {
    x: (x * height - pose.x * width * depth * REACH) * scale + width / 2,
    y: (y * height - centreY - liftY) * scale + centreY,
    depth,
  };
}

/** Draws one layer over an RGB frame of floats. */
export function drawLayer(frame: Float32Array, size: Size, layer: Layer, { pose, seconds }: SceneMoment): void {
  const { width, height } = size;
  const { depthTop, depthBottom, sway = 0, bob = 0, drift = 0 } = layer;
  const middleDepth = (depthTop + depthBottom) / 2;
  const centreX = width / 2;
  const centreY = height * VANISHING_HEIGHT;
  const scaleY = 1 + (pose.zoom - 1) * (0.25 + 0.75 * middleDepth) + pose.depthZoom * middleDepth;
  const liftY = pose.y * height * (0.5 + 0.5 * middleDepth) + bob * Math.sin(seconds * 1.3);
  for (let y = 0; y < height; y += 1) {
    const fy = (y - centreY) / scaleY + centreY + liftY - layer.top;
    if (fy < 0 || fy >= layer.height - 1) continue;
    const share = fy / layer.height;
    const depth = depthTop + (depthBottom - depthTop) * share;
    const step = 1 / (1 + (pose.zoom - 1) * (0.25 + 0.75 * depth) + pose.depthZoom * depth);
    const swing = sway === 0 ? 0 : sway * (1 - share) ** 1.5;
    const shiftX = pose.x * width * depth * REACH - layer.left + centreX - drift * seconds;
    for (let x = 0, o = y * width * 3; x < width; x += 1, o += 3) {
      let fx = (x - centreX) * step + shiftX;
      if (swing !== 0) fx += swing * Math.sin(seconds * 1.7 + fx * 0.021 + Math.sin(fx * 0.0063) * 3);
      if (fx >= 0 && fx < layer.width - 1) blendTexel(frame, o, layer, fx, fy);
    }
  }
}
