/** Composes a scene's frame: sky, stars, layers from far to near, water, and a last look over the whole frame. */
import type { Size } from '../geometry.ts';
import { createEnlarger } from '../pixels/enlarge.ts';
import { createSkyBuffer, paintSky } from '../pixels/sky.ts';
import { createStars, eachStarPixel } from '../pixels/stars.ts';
import { tintPixels } from './colouring.ts';
import {
  type Cover,
  coveredFrom,
  drawLayer,
  liftOf,
  REACH,
  type SceneMoment,
  sideways,
  solidFrom,
} from './draw-layer.ts';
import { drawFlock, drawLife } from './life.ts';
import type { Layer, Scene } from './scene.ts';
import { paintWater, waterLine, waterRow } from './water.ts';

/** How much of the camera's moves the sky takes part in. */
const SKY_DEPTH = 0.06;
/** How fast stars move over a sky whose time is ahead, in widths for each second that it is. */
const STAR_SPEED = 0.0032;

export type SceneComposer = (moment: SceneMoment, out: Uint8Array) => void;

/** Fixed noise of half a level hides the steps of a dark gradient; being fixed it costs the encoder nothing. */
function createDither(size: Size): Float32Array {
  return Float32Array.from(
    { length: size.width },
    (_, x) => ((Math.imul(x + 1, 2_654_435_761) >>> 8) & 255) / 255 - 0.5,
  );
}

interface Finish {
  readonly dither: Float32Array;
  /** How far each column is from the middle, squared, in shares of the width. */
  readonly aside: Float32Array;
  /** The last frame's bytes, seen as ones that round and clamp by themselves. */
  bytes: Uint8ClampedArray;
}

function createFinish(size: Size): Finish {
  return {
    dither: createDither(size),
    aside: Float32Array.from({ length: size.width }, (_, x) => (x / size.width - 0.5) ** 2),
    bytes: new Uint8ClampedArray(),
  };
}

function finish(frame: Float32Array, { width, height }: Size, look: Finish, out: Uint8Array): void {
  if (look.bytes.buffer !== out.buffer || look.bytes.byteOffset !== out.byteOffset)
    look.bytes = new Uint8ClampedArray(out.buffer, out.byteOffset, out.length);
  const { dither, aside, bytes } = look;
  for (let y = 0, o = 0; y < height; y += 1) {
    const dy = (y / height - 0.5) ** 2 - 0.1;
    let d = Math.imul(y + 7, 40_503) % width;
    for (let x = 0; x < width; x += 1, o += 3) {
      const far = (aside[x] as number) + dy;
      const noise = dither[d] as number;
      d = d + 1 < width ? d + 1 : 0;
      const vignette = far > 0 ? 1 - 0.42 * far : 1;
      bytes[o] = (frame[o] as number) * vignette + noise;
      bytes[o + 1] = (frame[o + 1] as number) * vignette + noise;
      bytes[o + 2] = (frame[o + 2] as number) * vignette + noise;
    }
  }
}

/** How many rows of each layer are not hidden by nearer ones, from near to far; the last is how many rows of sky are seen. */
type Visible = (moment: SceneMoment, limit: number) => number;

function createCover(layers: readonly Layer[], size: Size, rows: Int32Array): Visible {
  const covers: readonly Cover[] = layers.map((layer) => ({ layer, solidFrom: solidFrom(layer) }));
  return (moment, limit) => {
    let left = limit;
    for (let index = covers.length - 1; index >= 0; index -= 1) {
      rows[index] = left;
      left = coveredFrom(covers[index] as Cover, size, moment, left);
    }
    return left;
  };
}

export function createComposer(scene: Scene, size: Size, seed: number): SceneComposer {
  const { width, height } = size;
  const frame = new Float32Array(width * height * 3);
  const sky = createSkyBuffer(width, height);
  const skyRows = createEnlarger({
    ...{ values: sky.rgb, width: sky.width, height: sky.height, channels: 3 },
    ...{ fullWidth: width, fullHeight: height },
  });
  const stars = scene.palette.stars ? createStars(seed) : [];
  const look = createFinish(size);
  const stride = width * 3;
  const layerRows = new Int32Array(scene.layers.length);
  const foregroundRows = new Int32Array(scene.foreground.length);
  const coverLayers = createCover(scene.layers, size, layerRows);
  const coverForeground = createCover(scene.foreground, size, foregroundRows);
  return (moment, out) => {
    const { pose, seconds, skySeconds = seconds } = moment;
    const lift = -liftOf(pose, 0) * height;
    const view = {
      ...{ seconds: skySeconds, horizon: scene.horizon, seed: (seed % 89) / 89 },
      ...{ offsetX: -sideways(pose, SKY_DEPTH / REACH) * width, offsetY: lift },
    };
    const beforeWater = coverForeground(moment, height);
    const waterTop = scene.water === undefined ? beforeWater : Math.min(beforeWater, waterRow(scene.water, size, lift));
    const skyEnd = coverLayers(moment, waterTop);
    paintSky(sky, scene.palette, view, skyEnd);
    for (let y = 0; y < skyEnd; y += 1) frame.set(skyRows.row(y), y * stride);
    const turned = view.offsetX + (skySeconds - seconds) * width * STAR_SPEED;
    eachStarPixel(stars, { ...size, ...view, seconds, offsetX: turned }, (x, y, light) => {
      if (y >= skyEnd) return;
      for (let o = (y * width + x) * 3, end = o + 3; o < end; o += 1) frame[o] = (frame[o] as number) + light;
    });
    for (const [index, layer] of scene.layers.entries()) drawLayer(frame, size, layer, moment, layerRows[index]);
    if (scene.life !== undefined) drawLife(frame, size, scene.life, moment);
    if (scene.water !== undefined) {
      const { tint, surface } = scene.water;
      if (surface === undefined) paintWater(frame, { size, scene, water: scene.water, moment, lift, end: beforeWater });
      else surface(frame, { water: scene.water, moment, line: waterLine(scene.water, size, lift), end: beforeWater });
      if (tint) tintPixels(frame, tint, { start: waterTop * stride, end: beforeWater * stride, step: 3 });
    }
    scene.stage?.(frame, moment);
    for (const [index, layer] of scene.foreground.entries())
      drawLayer(frame, size, layer, moment, foregroundRows[index]);
    if (scene.life?.flock !== undefined) drawFlock(frame, size, scene.life.flock, moment);
    finish(frame, size, look, out);
  };
}
