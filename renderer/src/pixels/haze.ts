/** Air that hides what is behind it: a share per pixel from distance, clearness and drifting noise, mixed towards one colour. */
import type { Size } from '../geometry.ts';
import { changePicture, copyIn, kernels } from '../kernels.ts';
import { boxBlur } from './box-blur.ts';
import { sampleNoise, softNoise } from './noise.ts';
import { clamp, mix, smoothstep } from './numbers.ts';
import type { Rgb } from './palette.ts';
import type { SceneMap } from './scene-map.ts';

/** Haze is soft: its shares are computed on so many rows and enlarged. */
const GRID_ROWS = 80;
/** What is clear and colourful is near, whatever its row: haze of up to this share is spared it. */
const SPARED = 0.34;
/** At the horizon colours may be strong and far at once: less is spared there. */
const FAR_LESS = 0.75;
const CLEARNESS_RADIUS = 3;

export interface HazeOptions {
  readonly colour: Rgb;
  /** Shares of haze: over the sky, on what stands at the horizon, and in front of the camera. */
  readonly sky: number;
  readonly far: number;
  readonly near: number;
  /** How much the drifting noise takes away or adds. */
  readonly drift: number;
  /** Tiles of noise that pass in a second. */
  readonly wind: number;
  /** How much wider than high the drifting banks are. */
  readonly stretch: number;
  /** Keeps the haze as bright as the picture it lies in: fog at night is dark. */
  readonly followsLight: boolean;
}

export type Haze = (rgb: Uint8Array, seconds: number, scene: SceneMap) => void;

/** Haze that is measured, and laid by whoever goes through the picture anyway. */
export interface Air {
  readonly measure: (rgb: Uint8Array, seconds: number, scene: SceneMap) => void;
  /** Red, green and blue, 0 to 255. */
  readonly colour: Float32Array;
  /** Shares of haze in 256ths, on a grid over the whole picture. */
  readonly shares: Float32Array;
  readonly grid: Size;
}

/** What the kernels of weather are told of each row: where it lies in the air's grid, and three things of their own. */
export const ROW_VALUES = 4;

/** Where row `y` of a picture that is `height` high lies in a small one: a row, and how far it is to the next. */
export function rowIn(smallHeight: number, y: number, height: number): number {
  return clamp(((y + 0.5) * smallHeight) / height - 0.5, 0, smallHeight - 1.001);
}

/** Bytes for what is laid along one row of a picture before its pixels are gone through. */
export function rowRoom({ width }: Size): number {
  return (width + 64) * Float32Array.BYTES_PER_ELEMENT;
}

/** How far the ground of row `y` is: 1 at the horizon, falling towards the camera as it does on a plane. */
export function farness(y: number, horizon: number, height: number): number {
  const exact = (y - horizon) / Math.max(1, height - horizon);
  // Rounded off about the horizon, where a corner would show as a line across the picture.
  const below = exact > 0.4 ? exact : 0.07 * Math.log1p(Math.exp(exact / 0.07));
  return clamp((0.3 / (below + 0.3) - 0.23) / 0.77, 0, 1);
}

/** Mean brightness of a picture, from every 97th pixel. */
export function meanLight(rgb: Uint8Array): number {
  let sum = 0;
  let count = 0;
  for (let o = 0; o < rgb.length; o += 3 * 97, count += 1) {
    sum += 0.3 * (rgb[o] as number) + 0.59 * (rgb[o + 1] as number) + 0.11 * (rgb[o + 2] as number);
  }
  return sum / Math.max(1, count);
}

/** Air between takes depth from shadows and from colours: what has both is near. One number for each place of a grid. */
function readClearness(rgb: Uint8Array, full: Size, { width, height }: Size, clearness: Float32Array): void {
  const stepX = full.width / width;
  const stepY = full.height / height;
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      let sum = 0;
      for (let sample = 0; sample < 4; sample += 1) {
        const column = ((x + 0.25 + 0.5 * (sample & 1)) * stepX) | 0;
        const row = ((y + 0.25 + 0.5 * (sample >> 1)) * stepY) | 0;
        const o = (row * full.width + column) * 3;
        const red = rgb[o] as number;
        const green = rgb[o + 1] as number;
        const blue = rgb[o + 2] as number;
        // Blue is the air's own colour, and counts for no nearness.
        const warm = Math.max(red, green) - Math.min(red, green, blue);
        sum += Math.max(0, 70 - Math.min(red, green, blue)) * 0.3 + warm * (blue > red + 8 ? 0.2 : 0.9);
      }
      clearness[i] = sum / 4;
    }
  }
}

export function createAir(size: Size, options: HazeOptions): Air {
  const { colour, drift, wind, stretch } = options;
  const noise = softNoise();
  const factor = Math.max(2, size.height / GRID_ROWS);
  const grid = {
    width: Math.max(2, Math.ceil(size.width / factor)),
    height: Math.max(2, Math.ceil(size.height / factor)),
  };
  const shares = new Float32Array(grid.width * grid.height);
  const clearness = new Float32Array(shares.length);
  const lit = new Float32Array(3);

  function measure(rgb: Uint8Array, seconds: number, scene: SceneMap): void {
    const { width, height } = grid;
    readClearness(rgb, size, grid, clearness);
    boxBlur(clearness, clearness, { plane: grid, radius: CLEARNESS_RADIUS });
    const horizon = scene.horizon();
    for (let y = 0, i = 0; y < height; y += 1) {
      const middle = ((y + 0.5) * size.height) / height;
      const far = farness(middle, horizon, size.height);
      const ground = mix(options.near, options.far, far);
      const most = SPARED * (1 - FAR_LESS * far);
      const sky = scene.skyRow(middle | 0);
      const over = options.sky - ground;
      const v = y / (height * 1.6);
      for (let x = 0; x < width; x += 1, i += 1) {
        const u = x / (height * 2 * stretch);
        const slow = sampleNoise(noise, u + seconds * wind, v + seconds * 0.006);
        const quick = sampleNoise(noise, u * 2.3 + 0.37 + seconds * wind * 1.9, v * 2.1 - seconds * 0.01);
        const moved = (slow * 0.65 + quick * 0.35 - 0.5) * 2 * drift;
        const inSky = sky[(((x + 0.5) * size.width) / width) | 0] as number;
        const base = ground + over * inSky;
        const spared = most * smoothstep(14, 62, clearness[i] as number) * (1 - inSky);
        shares[i] = 256 * clamp((base + moved * (0.25 + base)) * (1 - spared), 0, 0.93);
      }
    }
  }

  return {
    ...{ shares, grid, colour: lit },
    measure(rgb, seconds, scene) {
      measure(rgb, seconds, scene);
      // Of this frame alone: frames are painted in several threads, and none may depend on those before it.
      const level = options.followsLight ? clamp(0.34 + meanLight(rgb) / 165, 0.3, 1) : 1;
      for (const channel of [0, 1, 2] as const) lit[channel] = colour[channel] * level;
    },
  };
}

export function createHaze(size: Size, options: HazeOptions): Haze {
  const air = createAir(size, options);
  const rows = new Float32Array(size.height * ROW_VALUES);
  for (let y = 0; y < size.height; y += 1) rows[y * ROW_VALUES] = rowIn(air.grid.height, y, size.height);
  const sizes = [rows.byteLength, air.colour.byteLength, air.shares.byteLength, rowRoom(size)];
  return (rgb, seconds, scene) => {
    air.measure(rgb, seconds, scene);
    changePicture(rgb, sizes, ([source = 0, target = 0, rowsAt = 0, colour = 0, shares = 0, room = 0]) => {
      copyIn(rows, rowsAt);
      copyIn(air.colour, colour);
      copyIn(air.shares, shares);
      const { width, height } = size;
      kernels.veilPicture(source, target, rowsAt, colour, shares, air.grid.width, room, width, height);
    });
  };
}
