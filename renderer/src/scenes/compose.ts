/** Composes a scene's frame: sky, stars, layers from far to near, water, and a last look over the whole frame. */
import type { Size } from '../geometry.ts';
import { paintSky } from '../pixels/sky.ts';
import { createStars, eachStarPixel } from '../pixels/stars.ts';
import { tintPixels } from './colouring.ts';
import { coveredFrom, drawLayer, type HungLayer, liftOf, REACH, type SceneMoment, sideways } from './draw-layer.ts';
import { createEasel } from './easel.ts';
import { drawFlock, drawLife } from './life.ts';
import type { Opening, Scene } from './scene.ts';
import { paintWater, waterLine, waterRow } from './water.ts';

/** How much of the camera's moves the sky takes part in. */
const SKY_DEPTH = 0.06;
/** How fast stars move over a sky whose time is ahead, in widths for each second that it is. */
const STAR_SPEED = 0.0032;

export type SceneComposer = (moment: SceneMoment, out: Uint8Array) => void;

/** How many rows of each layer are not hidden by nearer ones, from near to far; the last is how many rows of sky are seen. */
type Visible = (moment: SceneMoment, limit: number) => number;

function createCover(layers: readonly HungLayer[], size: Size, rows: Int32Array): Visible {
  return (moment, limit) => {
    let left = limit;
    for (let index = layers.length - 1; index >= 0; index -= 1) {
      rows[index] = left;
      left = coveredFrom(layers[index] as HungLayer, size, moment, left);
    }
    return left;
  };
}

export function createComposer(scene: Scene, size: Size, seed: number): SceneComposer {
  const { width, height } = size;
  const { palette, horizon, water, stage, life } = scene;
  const plan = { layers: [...scene.layers, ...scene.foreground], isStaged: stage !== undefined };
  const easel = createEasel(size, plan);
  const { frame, sky, hang, lay, finish } = easel;
  // The scene's own texels are let go: nothing below may hold on to `scene`.
  const layers = scene.layers.map(easel.take);
  const foreground = scene.foreground.map(easel.take);
  const whole: Opening = { from: 0, to: width, rows: height };
  const stars = palette.stars ? createStars(seed) : [];
  const stride = width * 3;
  const layerRows = new Int32Array(layers.length);
  const foregroundRows = new Int32Array(foreground.length);
  const coverLayers = createCover(layers, size, layerRows);
  const coverForeground = createCover(foreground, size, foregroundRows);
  return (moment, out) => {
    const { pose, seconds, skySeconds = seconds } = moment;
    const lift = -liftOf(pose, 0) * height;
    const view = {
      ...{ seconds: skySeconds, horizon: horizon, seed: (seed % 89) / 89 },
      ...{ offsetX: -sideways(pose, SKY_DEPTH / REACH) * width, offsetY: lift },
    };
    const beforeWater = coverForeground(moment, height);
    const waterTop = water === undefined ? beforeWater : Math.min(beforeWater, waterRow(water, size, lift));
    const opening = stage?.begin(moment) ?? whole;
    const skyEnd = Math.min(opening.rows, coverLayers(moment, waterTop));
    paintSky(sky, palette, view, skyEnd, opening);
    hang(skyEnd, opening);
    const turned = view.offsetX + (skySeconds - seconds) * width * STAR_SPEED;
    eachStarPixel(stars, { ...size, ...view, seconds, offsetX: turned }, (x, y, light) => {
      if (y >= skyEnd) return;
      for (let o = (y * width + x) * 3, end = o + 3; o < end; o += 1) frame[o] = (frame[o] as number) + light;
    });
    for (const [index, layer] of layers.entries())
      drawLayer(easel, layer, moment, Math.min(layerRows[index] as number, opening.rows), opening);
    if (life !== undefined) drawLife(frame, size, life, moment);
    if (water !== undefined) {
      const { tint, surface } = water;
      if (surface === undefined) paintWater(frame, { size, palette, water, moment, lift, end: beforeWater });
      else surface(frame, { water, moment, line: waterLine(water, size, lift), end: beforeWater });
      if (tint) tintPixels(frame, tint, { start: waterTop * stride, end: beforeWater * stride, step: 3 });
    }
    if (stage !== undefined) lay(stage.paint(frame, moment));
    for (const [index, layer] of foreground.entries()) drawLayer(easel, layer, moment, foregroundRows[index]);
    if (life?.flock !== undefined) drawFlock(frame, size, life.flock, moment);
    finish(out);
  };
}
