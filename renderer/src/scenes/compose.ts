/** Composes a scene's frame: sky, stars, layers from far to near, water, and a last look over the whole frame. */
import type { Size } from '../geometry.ts';
import { createEnlarger } from '../pixels/enlarge.ts';
import { createSkyBuffer, paintSky } from '../pixels/sky.ts';
import { createStars, eachStarPixel } from '../pixels/stars.ts';
import { drawLayer, type SceneMoment } from './draw-layer.ts';
import { drawFlock, drawLife } from './life.ts';
import type { Scene } from './scene.ts';
import { paintWater } from './water.ts';

/** How much of the camera's moves the sky takes part in. */
const SKY_DEPTH = 0.06;

export type SceneComposer = (moment: SceneMoment, out: Uint8Array) => void;

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
    if (scene.life !== undefined) drawLife(frame, size, scene.life, moment);
    if (scene.water !== undefined) paintWater(frame, { size, scene, water: scene.water, moment, lift });
    for (const layer of scene.foreground) drawLayer(frame, size, layer, moment);
    if (scene.life?.flock !== undefined) drawFlock(frame, size, scene.life.flock, moment);
    finish(frame, size, dither, out);
  };
}
