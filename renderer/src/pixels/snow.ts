/** Snow: flakes by their distance, cool even light, and white that settles on what the light finds, never as a sheet. */
import type { Size } from '../geometry.ts';
import { changePicture, copyIn, kernels } from '../kernels.ts';
import { boxBlur } from './box-blur.ts';
import { createAir, meanLight, ROW_VALUES, rowIn, rowRoom } from './haze.ts';
import { clamp, mix, smoothstep } from './numbers.ts';
import type { Rgb } from './palette.ts';
import { drawDot, scatter } from './particles.ts';
import { plainScene, type SceneMap } from './scene-map.ts';
import { createStillWater } from './still-water.ts';
import type { WeatherLook } from './weather.ts';

const FLAKE: Rgb = [250, 252, 255];
/** Most of a pixel's own light that the settled snow may hide. */
const MOST_LYING = 0.8;
const SETTLE_SECONDS = 5;
/** Where snow lies is soft: it is found at half size. */
const GROUND_FACTOR = 2;

export interface SnowOptions {
  readonly seed: number;
  readonly strength: number;
}

/** How open a place is to the sky, for each brightness of its surroundings: hollows and the insides of trees stay bare. */
const OPEN = Float32Array.from({ length: 256 }, (_, light) => 0.2 + 0.42 * smoothstep(14, 84, light));
/** For each difference of red and green from -255 on: coats and flowers are no ground, and nothing lies on them. */
const NOT_RED = Float32Array.from({ length: 511 }, (_, i) => 1 - 0.85 * smoothstep(58, 96, i - 255));
/** For each difference of blue and red from -255 on: how much it tells of water, where the picture is smooth. */
const BLUE = Float32Array.from({ length: 511 }, (_, i) => smoothstep(2, 22, i - 255));

interface Ground {
  readonly plane: Size;
  /** Brightness of each place, of its surroundings, and how smooth it is there (0 to 1). */
  readonly light: Float32Array;
  readonly around: Float32Array;
  readonly smooth: Float32Array;
  readonly read: (rgb: Uint8Array) => void;
}

function createGround(size: Size): Ground {
  const plane = { width: Math.ceil(size.width / GROUND_FACTOR), height: Math.ceil(size.height / GROUND_FACTOR) };
  const count = plane.width * plane.height;
  const make = () => new Float32Array(count);
  const [light, around, smooth] = [make(), make(), make()] as const;
  const radius = Math.max(2, Math.round((3 * size.height) / 480));
  return {
    ...{ plane, light, around, smooth },
    read(rgb) {
      for (let y = 0, i = 0; y < plane.height; y += 1) {
        const row = Math.min(size.height - 1, y * GROUND_FACTOR) * size.width * 3;
        const next = Math.min(size.height - 1, y * GROUND_FACTOR + 1) * size.width * 3;
        for (let x = 0; x < plane.width; x += 1, i += 1) {
          const o = Math.min(size.width - 2, x * GROUND_FACTOR) * 3;
          const red = (rgb[row + o] as number) + (rgb[next + o + 3] as number);
          const green = (rgb[row + o + 1] as number) + (rgb[next + o + 4] as number);
          const blue = (rgb[row + o + 2] as number) + (rgb[next + o + 5] as number);
          light[i] = (77 * red + 151 * green + 28 * blue) / 512;
        }
      }
      boxBlur(light, light, { plane, radius: 1 });
      boxBlur(light, around, { plane, radius });
      boxBlur(around, around, { plane, radius });
      for (let i = 0; i < count; i += 1) smooth[i] = Math.abs((light[i] as number) - (around[i] as number));
      boxBlur(smooth, smooth, { plane, radius: radius * 3 });
    },
  };
}

/** How smooth a place is by its mean difference from its surroundings, in tenths of a brightness. */
const SMOOTH = Float32Array.from({ length: 101 }, (_, tenths) => smoothstep(38, 14, tenths));
const LYING_STEPS = 200;
/** What lies, for each hundredth of what may: in patches, since snow is there or is not. */
const LYING = Float32Array.from({ length: LYING_STEPS + 1 }, (_, step) => MOST_LYING * smoothstep(12, 78, step));

/** The share of a row that is smooth and blue, from which on it is taken for the sea; a far hill is not so wide. */
const OPEN_WATER = [0.6, 0.9] as const;

interface LaidRow {
  readonly flat: number;
  readonly open: number;
  readonly rgb: Uint8Array;
  readonly scene: SceneMap;
}

interface Cover {
  readonly find: (rgb: Uint8Array, seconds: number, scene: SceneMap) => void;
  /** How much of each place is hidden, at half of the picture's size. */
  readonly lying: Float32Array;
  readonly plane: Size;
}

/** Snow lies where light falls from above: on the lit side of every stone and blade, more on flat ground than on walls. */
function createCover(size: Size, strength: number): Cover {
  const ground = createGround(size);
  const water = createStillWater(size);
  const { width, height } = ground.plane;
  const lying = new Float32Array(width * height);

  /** `open` says how far the row above was open water; returns the same for this row. */
  function layRow(y: number, { flat, open, rgb, scene }: LaidRow): number {
    let smoothest = 0;
    const row = Math.min(size.height - 1, y * GROUND_FACTOR);
    const sky = scene.skyRow(row);
    const mirror = scene.waterRow(row);
    const still = water.rows.row(row);
    for (let x = 0, i = y * width; x < width; x += 1, i += 1) {
      const column = Math.min(size.width - 1, x * GROUND_FACTOR);
      const o = (row * size.width + column) * 3;
      const near = ground.around[i] as number;
      const red = rgb[o] as number;
      const blue = BLUE[(rgb[o + 2] as number) - red + 255] as number;
      const smooth = blue * (SMOOTH[Math.min(100, (ground.smooth[i] as number) * 10) | 0] as number);
      smoothest += smooth;
      const wet = Math.max(mirror[column] as number, still[column] as number, smooth * open);
      const bare = (1 - (sky[column] as number)) * (1 - wet) * (NOT_RED[red - (rgb[o + 1] as number) + 255] as number);
      const raised = ((ground.light[i] as number) - near) * 0.012;
      const wanted = ((OPEN[near | 0] as number) + raised) * flat * 100;
      lying[i] = wanted > 0 ? bare * (LYING[wanted > LYING_STEPS ? LYING_STEPS : wanted | 0] as number) : 0;
    }
    return smoothstep(OPEN_WATER[0], OPEN_WATER[1], smoothest / width);
  }

  return {
    ...{ lying, plane: ground.plane },
    find(rgb, seconds, scene) {
      ground.read(rgb);
      water.read(rgb);
      const horizon = scene.horizon();
      const amount = Math.min(1.3, strength) * (0.72 + 0.28 * smoothstep(0, SETTLE_SECONDS, seconds));
      let open = 0;
      for (let y = 0; y < height; y += 1) {
        const low = smoothstep(horizon - size.height * 0.05, horizon + size.height * 0.2, y * GROUND_FACTOR);
        open = layRow(y, { flat: amount * mix(0.7, 1.3, low), open, rgb, scene });
      }
    },
  };
}

export function snow(size: Size, { seed, strength }: SnowOptions): WeatherLook {
  const flakes = scatter(1000 * strength, seed, 2.6);
  const scale = size.height / 480;
  const cover = createCover(size, strength);
  const blizzard = smoothstep(1, 1.6, strength);
  const air = createAir(size, {
    ...{
      colour: [214, 221, 230],
      sky: 0.12 + 0.2 * blizzard,
      far: 0.24 + 0.3 * blizzard,
      near: 0.02 + 0.06 * blizzard,
    },
    ...{ drift: 0.14 + 0.2 * blizzard, wind: 0.03 + 0.12 * blizzard, stretch: 1.4, followsLight: true },
  });
  const unknown = plainScene(size);
  const rows = new Float32Array(size.height * ROW_VALUES);
  for (let y = 0, o = 0; y < size.height; y += 1, o += ROW_VALUES) {
    rows[o] = rowIn(air.grid.height, y, size.height);
    rows[o + 1] = rowIn(cover.plane.height, y, size.height);
  }
  const planes = [rows, air.colour, air.shares, cover.lying];
  const sizes = [...planes.map((plane) => plane.byteLength), 2 * rowRoom(size)];

  return {
    settle(rgb, seconds, scene = unknown) {
      air.measure(rgb, seconds, scene);
      cover.find(rgb, seconds, scene);
      // At night snow is no brighter than the night lets it be.
      const level = clamp(0.4 + meanLight(rgb) / 130, 0.4, 1);
      changePicture(rgb, sizes, ([source = 0, target = 0, ...rooms]) => {
        const [rowsAt = 0, colour = 0, shares = 0, lying = 0, room = 0] = rooms;
        for (const [index, plane] of planes.entries()) copyIn(plane, rooms[index] ?? 0);
        const laid = [shares, air.grid.width, lying, cover.plane.width, room] as const;
        kernels.whitenPicture(source, target, rowsAt, colour, ...laid, level, size.width, size.height);
      });
    },
    fall(rgb, seconds) {
      const wind = 0.03 + 0.16 * blizzard + (0.012 + 0.05 * blizzard) * Math.sin(seconds * 0.9);
      const speed = 1 + 0.9 * blizzard;
      for (const { x, y, near, phase } of flakes) {
        const sway = Math.sin(seconds * 1.2 + phase) * 0.01;
        const across = (((x + seconds * wind * (1 + near * 2.2) + sway) % 1) + 1) % 1;
        const down = (y + seconds * (0.07 + near * 0.3) * speed) % 1;
        const opacity = 0.85 - 0.42 * near;
        drawDot(
          rgb,
          size,
          {
            x: across * (size.width + 24) - 12,
            y: down * (size.height + 24) - 12,
            radius: (0.6 + near * 4.2) * scale,
            opacity,
          },
          FLAKE,
        );
      }
    },
  };
}
