/** What shines at night: lamps and bright windows that were seen by day, windows that are lit now, and the light around them. */
import type { Size } from '../geometry.ts';
import { changePicture, copyIn, copyOut, kernels, roomsOf } from '../kernels.ts';
import type { Anchor } from '../motion/camera-anchor.ts';
import { boxBlur } from './box-blur.ts';
import { rowRoom } from './haze.ts';
import { createLitWindows } from './lit-windows.ts';
import { clamp, smoothstep } from './numbers.ts';
import { createSurroundings, halfOf } from './outlines.ts';
import type { Rgb } from './palette.ts';
import type { SceneMap } from './scene-map.ts';

export interface LampMoment {
  /** The frame as it was taken. */
  readonly source: Uint8Array;
  readonly scene: SceneMap;
  readonly anchor?: Anchor;
}

/** Frames come in order. */
export type Lamps = (rgb: Uint8Array, moment: LampMoment) => void;

const LAMP: Rgb = [255, 196, 112];
/** What is darker is no lamp, however warm. */
const DIMMEST_LAMP = 140;
/** How bright what stands around a lamp may be: more is a wall in the sun, or water that glitters. */
const BRIGHTEST_AROUND = 150;
const LEAST_CONTRAST = 24;
const WHITE_CONTRAST = 84;
/** Around windows of near houses, in pixels at 480p. */
const WIDE_RADIUS = 18;

/** Pixels that a kernel looks at together, and room for so many beyond a picture's end. */
const BLOCK = 8;
const SPARE = 32;

interface Block {
  readonly y: number;
  readonly left: number;
  /** Rows of what surrounds each pixel, and of its share of sky. */
  readonly wall: Float32Array;
  readonly sky: Float32Array;
}

interface LampFinder {
  /** Fills `light` with the brightness of each pixel. */
  readonly readLight: (source: Uint8Array, light: Uint8Array) => void;
  /** Fills `places` with where eight pixels begin among which there may be lamps, and tells how many. */
  readonly find: (light: Uint8Array, around: Float32Array) => number;
  readonly places: Int32Array;
}

function createLampFinder(size: Size): LampFinder {
  const pixels = size.width * size.height;
  const places = new Int32Array(size.height * Math.ceil(size.width / BLOCK));
  const lightSizes = [pixels * 3 + SPARE, pixels + SPARE];
  return {
    places,
    readLight(source, light) {
      const [sourceAt = 0, lightAt = 0] = roomsOf(lightSizes);
      copyIn(source, sourceAt);
      kernels.lightPicture(sourceAt, lightAt, pixels);
      copyOut(lightAt, light);
    },
    find(light, around) {
      const sizes = [pixels + SPARE, around.byteLength, rowRoom(size), places.byteLength];
      const [lightAt = 0, aroundAt = 0, room = 0, placesAt = 0] = roomsOf(sizes);
      copyIn(light, lightAt);
      copyIn(around, aroundAt);
      const bounds = [DIMMEST_LAMP, LEAST_CONTRAST, BRIGHTEST_AROUND] as const;
      const count = kernels.findLamps(lightAt, aroundAt, room, placesAt, ...bounds, size.width, size.height);
      copyOut(placesAt, places.subarray(0, count));
      return count;
    },
  };
}

export function createLamps(size: Size, seed: number, amount: number): Lamps {
  const scale = Math.min(size.width, size.height) / 480;
  const light = new Uint8Array(size.width * size.height);
  const surroundings = createSurroundings(size, Math.max(4, Math.round(6 * scale)));
  const wide = createSurroundings(size, Math.round(WIDE_RADIUS * scale));
  const windows = createLitWindows(size, seed, amount);
  const plane = halfOf(size);
  const glow = new Float32Array(plane.width * plane.height);
  const finder = createLampFinder(size);
  const glowSizes = [glow.byteLength, rowRoom(size)];
  let isGlowing = false;
  const blur = { plane, radius: Math.max(1, Math.round(3 * scale)) };

  /** Glow is soft: it is spread at half size. */
  function shine(x: number, y: number, share: number): void {
    const i = (y >> 1) * plane.width + (x >> 1);
    glow[i] = (glow[i] as number) + share / 4;
    isGlowing = true;
  }

  function lightBlock(rgb: Uint8Array, source: Uint8Array, { y, left, wall, sky }: Block): void {
    const right = Math.min(size.width, left + BLOCK);
    for (let x = left, i = y * size.width + left; x < right; x += 1, i += 1) {
      const own = light[i] as number;
      if (own < DIMMEST_LAMP) continue;
      const around = wall[x] as number;
      if (own - around < LEAST_CONTRAST || around > BRIGHTEST_AROUND) continue;
      const red = source[i * 3] as number;
      const green = source[i * 3 + 1] as number;
      // Leaves in the sun are as yellow, but greener.
      const colour = clamp(Math.min(red - (source[i * 3 + 2] as number) - 12, (red - green + 4) * 5), 0, 60);
      const bright = smoothstep(206 - colour, 252 - colour, own);
      // White that is not far brighter than its place is a stone, or snow.
      const least = colour > 0 ? LEAST_CONTRAST : WHITE_CONTRAST;
      const point = smoothstep(least, least + 40, own - around) * smoothstep(BRIGHTEST_AROUND, 90, around);
      const core = bright * point * smoothstep(0.3, 0, sky[x] as number);
      if (core === 0) continue;
      shine(x, y, core);
      const added = core * 1.2 * amount;
      for (let c = 0, o = i * 3; c < 3; c += 1, o += 1) {
        rgb[o] = Math.min(255, (rgb[o] as number) + (LAMP[c] as number) * added);
      }
    }
  }

  function lightLamps(rgb: Uint8Array, source: Uint8Array, scene: SceneMap): void {
    const count = finder.find(light, surroundings.values);
    let block: Block | undefined;
    for (let index = 0; index < count; index += 1) {
      const first = finder.places[index] as number;
      const y = Math.floor(first / size.width);
      const left = first - y * size.width;
      block = block?.y === y ? { ...block, left } : { y, left, wall: surroundings.row(y), sky: scene.skyRow(y) };
      lightBlock(rgb, source, block);
    }
  }

  function spread(rgb: Uint8Array): void {
    if (!isGlowing) return;
    boxBlur(glow, glow, blur);
    boxBlur(glow, glow, blur);
    changePicture(rgb, glowSizes, ([from = 0, target = 0, glowAt = 0, room = 0]) => {
      copyIn(glow, glowAt);
      kernels.glowPicture(from, target, glowAt, room, 1.6 * amount, ...LAMP, size.width, size.height);
    });
    glow.fill(0);
    isGlowing = false;
  }

  return (rgb, { source, scene, anchor }) => {
    finder.readLight(source, light);
    surroundings.read(light);
    const sources = () => {
      wide.read(light);
      return [surroundings.row, wide.row].map((around) => ({ light, around, sky: scene.skyRow }));
    };
    windows.read(sources, anchor);
    windows.draw(rgb, light, shine);
    lightLamps(rgb, source, scene);
    spread(rgb);
  };
}
