/** What shines at night: lamps and bright windows that were seen by day, windows that are lit now, and the light around them. */
import type { Size } from '../geometry.ts';
import type { Anchor } from '../motion/camera-anchor.ts';
import { boxBlur } from './box-blur.ts';
import { createEnlarger } from './enlarge.ts';
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

export function createLamps(size: Size, seed: number, amount: number): Lamps {
  const scale = Math.min(size.width, size.height) / 480;
  const light = new Uint8Array(size.width * size.height);
  const surroundings = createSurroundings(size, Math.max(4, Math.round(6 * scale)));
  const wide = createSurroundings(size, Math.round(WIDE_RADIUS * scale));
  const windows = createLitWindows(size, seed, amount);
  const plane = halfOf(size);
  const glow = new Float32Array(plane.width * plane.height);
  const rows = createEnlarger({
    ...{ values: glow, ...plane, channels: 1 },
    ...{ fullWidth: size.width, fullHeight: size.height },
  });
  const blur = { plane, radius: Math.max(1, Math.round(3 * scale)) };

  /** Glow is soft: it is spread at half size. */
  function shine(x: number, y: number, share: number): void {
    const i = (y >> 1) * plane.width + (x >> 1);
    glow[i] = (glow[i] as number) + share / 4;
  }

  function lightRow(rgb: Uint8Array, source: Uint8Array, y: number, sky: Float32Array): void {
    const wall = surroundings.row(y);
    for (let x = 0, i = y * size.width; x < size.width; x += 1, i += 1) {
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

  function spread(rgb: Uint8Array): void {
    boxBlur(glow, glow, blur);
    boxBlur(glow, glow, blur);
    for (let y = 0, o = 0; y < size.height; y += 1) {
      const soft = rows.row(y);
      for (let x = 0; x < size.width; x += 1, o += 3) {
        const added = (soft[x] as number) * 1.6 * amount;
        if (added < 0.004) continue;
        rgb[o] = Math.min(255, (rgb[o] as number) + LAMP[0] * added);
        rgb[o + 1] = Math.min(255, (rgb[o + 1] as number) + LAMP[1] * added);
        rgb[o + 2] = Math.min(255, (rgb[o + 2] as number) + LAMP[2] * added);
      }
    }
  }

  return (rgb, { source, scene, anchor }) => {
    for (let i = 0, o = 0; i < light.length; i += 1, o += 3) {
      light[i] = (77 * (source[o] as number) + 151 * (source[o + 1] as number) + 28 * (source[o + 2] as number)) >> 8;
    }
    surroundings.read(light);
    glow.fill(0);
    const sources = () => {
      wide.read(light);
      return [surroundings.row, wide.row].map((around) => ({ light, around, sky: scene.skyRow }));
    };
    windows.read(sources, anchor);
    windows.draw(rgb, light, shine);
    for (let y = 0; y < size.height; y += 1) lightRow(rgb, source, y, scene.skyRow(y));
    spread(rgb);
  };
}
