/** Snow: flakes by their distance, cool even light, and white that settles on what the light finds, never as a sheet. */
import type { Size } from '../geometry.ts';
import { changePicture, copyIn, copyOut, kernels, roomsOf, SPARE_BYTES } from '../kernels.ts';
import { boxBlur } from './box-blur.ts';
import { createAir, meanLight, ROW_VALUES, rowIn, rowRoom } from './haze.ts';
import { clamp, mix, smoothstep } from './numbers.ts';
import type { Rgb } from './palette.ts';
import { drawDot, scatter } from './particles.ts';
import { plainScene, type SceneMap } from './scene-map.ts';
import { createStillWater } from './still-water.ts';
import type { WeatherLook } from './weather.ts';

const FLAKE: Rgb = [250, 252, 255];
const SETTLE_SECONDS = 5;
/** Where snow lies is soft: it is found at half size. */
const GROUND_FACTOR = 2;

export interface SnowOptions {
  readonly seed: number;
  readonly strength: number;
}

interface Ground {
  readonly plane: Size;
  /** Brightness of each place and of its surroundings, how rough it is there, how much redder than green and bluer than red. */
  readonly planes: readonly [light: Float32Array, around: Float32Array, rough: Float32Array, ...hues: Float32Array[]];
  readonly read: (rgb: Uint8Array) => void;
}

function createGround(size: Size): Ground {
  const plane = { width: Math.ceil(size.width / GROUND_FACTOR), height: Math.ceil(size.height / GROUND_FACTOR) };
  const count = plane.width * plane.height;
  const make = () => new Float32Array(count);
  const [light, around, rough, redder, bluer] = [make(), make(), make(), make(), make()];
  const radius = Math.max(2, Math.round((3 * size.height) / 480));
  const bytes = light.byteLength + SPARE_BYTES;
  const sizes = [size.width * size.height * 3 + SPARE_BYTES, bytes, bytes, bytes];
  return {
    ...{ plane, planes: [light, around, rough, redder, bluer] },
    read(rgb) {
      const [picture = 0, lightAt = 0, redderAt = 0, bluerAt = 0] = roomsOf(sizes);
      copyIn(rgb, picture);
      kernels.readGround(picture, lightAt, redderAt, bluerAt, size.width, size.height);
      copyOut(lightAt, light);
      copyOut(redderAt, redder);
      copyOut(bluerAt, bluer);
      boxBlur(light, light, { plane, radius: 1 });
      boxBlur(light, around, { plane, radius });
      boxBlur(around, around, { plane, radius });
      for (let i = 0; i < count; i += 1) rough[i] = Math.abs((light[i] as number) - (around[i] as number));
      boxBlur(rough, rough, { plane, radius: radius * 3 });
    },
  };
}

/** The share of a row that is smooth and blue, from which on it is taken for the sea; a far hill is not so wide. */
const OPEN_WATER = [0.6, 0.9] as const;

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
  const planeBytes = lying.byteLength + SPARE_BYTES;
  const rowBytes = (size.width + SPARE_BYTES) * Float32Array.BYTES_PER_ELEMENT;
  const sizes = [...ground.planes.map(() => planeBytes), planeBytes, rowBytes, rowBytes, rowBytes];

  return {
    ...{ lying, plane: ground.plane },
    find(rgb, seconds, scene) {
      ground.read(rgb);
      water.read(rgb);
      const horizon = scene.horizon();
      const amount = Math.min(1.3, strength) * (0.72 + 0.28 * smoothstep(0, SETTLE_SECONDS, seconds));
      const [light = 0, around = 0, rough = 0, redder = 0, bluer = 0, lyingAt = 0, ...rows] = roomsOf(sizes);
      const [sky = 0, mirror = 0, still = 0] = rows;
      for (const [index, address] of [light, around, rough, redder, bluer].entries()) {
        copyIn(ground.planes[index] as Float32Array, address);
      }
      let open = 0;
      for (let y = 0; y < height; y += 1) {
        const row = Math.min(size.height - 1, y * GROUND_FACTOR);
        const low = smoothstep(horizon - size.height * 0.05, horizon + size.height * 0.2, y * GROUND_FACTOR);
        const flat = amount * mix(0.7, 1.3, low);
        copyIn(scene.skyRow(row).subarray(0, size.width), sky);
        copyIn(scene.waterRow(row).subarray(0, size.width), mirror);
        copyIn(water.rows.row(row), still);
        const at = y * width * Float32Array.BYTES_PER_ELEMENT;
        const known = [light + at, around + at, rough + at, redder + at, bluer + at, sky, mirror, still] as const;
        const smoothest = kernels.layGround(...known, lyingAt + at, flat, open, width);
        open = smoothstep(OPEN_WATER[0], OPEN_WATER[1], smoothest);
      }
      copyOut(lyingAt, lying);
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
