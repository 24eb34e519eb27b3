/** Composes a scene's frame: sky, stars, layers from far to near, water, and a last look over the whole frame. */
import type { Size } from '../geometry.ts';
import type { CameraPose } from '../motion/camera.ts';
import { createEnlarger } from '../pixels/enlarge.ts';
import { createSkyBuffer, paintSky } from '../pixels/sky.ts';
import { createStars, eachStarPixel } from '../pixels/stars.ts';
import type { Layer, Scene } from './scene.ts';
import { paintWater } from './water.ts';

/** How much of the camera's moves the sky takes part in. */
const SKY_DEPTH = 0.06;
/** Nothing ends at a picture's edge here, so a camera may go farther than over a still. */
const REACH = 3;
/** Zooms turn about this share of the frame's height, near most horizons. */
const VANISHING_HEIGHT = 0.55;

export interface SceneMoment {
  readonly pose: CameraPose;
  readonly seconds: number;
}

export type SceneComposer = (moment: SceneMoment, out: Uint8Array) => void;

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

/** Draws one layer over an RGB frame of floats. */
export function drawLayer(frame: Float32Array, size: Size, layer: Layer, { pose, seconds }: SceneMoment): void {
  const { width, height } = size;
  const { depthTop, depthBottom, sway = 0 } = layer;
  const middleDepth = (depthTop + depthBottom) / 2;
  const centreX = width / 2;
  const centreY = height * VANISHING_HEIGHT;
  const scaleY = 1 + (pose.zoom - 1) * (0.25 + 0.75 * middleDepth) + pose.depthZoom * middleDepth;
  const liftY = pose.y * height * (0.5 + 0.5 * middleDepth);
  for (let y = 0; y < height; y += 1) {
    const fy = (y - centreY) / scaleY + centreY + liftY - layer.top;
    if (fy < 0 || fy >= layer.height - 1) continue;
    const share = fy / layer.height;
    const depth = depthTop + (depthBottom - depthTop) * share;
    const step = 1 / (1 + (pose.zoom - 1) * (0.25 + 0.75 * depth) + pose.depthZoom * depth);
    const swing = sway === 0 ? 0 : sway * (1 - share) ** 1.5;
    const shiftX = pose.x * width * depth * REACH - layer.left + centreX;
    for (let x = 0, o = y * width * 3; x < width; x += 1, o += 3) {
      let fx = (x - centreX) * step + shiftX;
      if (swing !== 0) fx += swing * Math.sin(seconds * 1.7 + fx * 0.021 + Math.sin(fx * 0.0063) * 3);
      if (fx >= 0 && fx < layer.width - 1) blendTexel(frame, o, layer, fx, fy);
    }
  }
}

/** Fixed noise of half a level hides the steps of a dark gradient; being fixed it costs the encoder nothing. */
function createDither(size: Size): Float32Array {
  return Float32Array.from({ length: size.width }, (_, x) => ((Math.imul(x + 1, 2_654_435_761) >>> 8) & 255) / 255);
}

function finish(frame: Float32Array, { width, height }: Size, dither: Float32Array, out: Uint8Array): void {
  for (let y = 0, o = 0; y < height; y += 1) {
    const dy = (y / height - 0.5) ** 2;
    const row = Math.imul(y + 7, 40_503) % width;
    for (let x = 0; x < width; x += 1, o += 3) {
      const vignette = 1 - 0.42 * Math.max(0, (x / width - 0.5) ** 2 + dy - 0.1);
      const noise = dither[(x + row) % width] as number;
      for (let c = o; c < o + 3; c += 1) {
        const value = (frame[c] as number) * vignette + noise;
        out[c] = value < 0 ? 0 : Math.min(value, 255);
      }
    }
  }
}

export function createComposer(scene: Scene, size: Size, seed: number): SceneComposer {
  const frame = new Float32Array(size.width * size.height * 3);
  const sky = createSkyBuffer(size.width, size.height);
  const rows = createEnlarger({
    ...{ values: sky.rgb, width: sky.width, height: sky.height, channels: 3 },
    ...{ fullWidth: size.width, fullHeight: size.height },
  });
  const stars = scene.palette.stars ? createStars(seed) : [];
  const dither = createDither(size);
  const stride = size.width * 3;
  return (moment, out) => {
    const { pose, seconds } = moment;
    const lift = -pose.y * size.height * 0.5;
    const view = {
      ...{ seconds, horizon: scene.horizon, seed: (seed % 89) / 89 },
      ...{ offsetX: -pose.x * size.width * SKY_DEPTH, offsetY: lift },
    };
    const skyEnd = Math.min(size.height, Math.ceil(scene.horizon + Math.max(0, lift) + size.height * 0.06));
    paintSky(sky, scene.palette, view, skyEnd);
    for (let y = 0; y < size.height; y += 1) frame.set(rows.row(Math.min(y, skyEnd)), y * stride);
    eachStarPixel(stars, { ...size, ...view }, (x, y, light) => {
      for (let o = (y * size.width + x) * 3, end = o + 3; o < end; o += 1) frame[o] = (frame[o] as number) + light;
    });
    for (const layer of scene.layers) drawLayer(frame, size, layer, moment);
    if (scene.water !== undefined) paintWater(frame, { size, scene, water: scene.water, moment, lift });
    for (const layer of scene.foreground) drawLayer(frame, size, layer, moment);
    finish(frame, size, dither, out);
  };
}
