/** Rain: drops as streaks by their distance, darker and less colourful light, wet ground that mirrors, rings where drops land. */
import type { Size } from '../geometry.ts';
import { changePicture, copyIn, kernels } from '../kernels.ts';
import { type Air, createAir, farness, meanLight, ROW_VALUES, rowIn, rowRoom } from './haze.ts';
import { createRandom } from './noise.ts';
import { clamp, mix, smoothstep } from './numbers.ts';
import type { Rgb } from './palette.ts';
import { blendPixel, drawStreak, scatter } from './particles.ts';
import { plainScene, type SceneMap } from './scene-map.ts';
import type { WeatherLook } from './weather.ts';

const DROP: Rgb = [216, 225, 236];
/** Drops have the light of the air around them: by night they are no white lines. */
const DARKEST_DROP = 0.62;
const RING: Rgb = [224, 232, 240];
const RING_SECONDS = 0.5;
/** The mirrored picture is kept at one pixel in so many, each way: wet ground is no mirror of glass. */
const MIRROR_FACTOR = 8;

export interface RainOptions {
  readonly seed: number;
  readonly strength: number;
  /** Pixels to the right per pixel down. */
  readonly wind: number;
  /** How much of the light a storm takes. */
  readonly gloom?: number;
}

/** How much of its colour a thing keeps beside the camera and at the horizon. */
const NEAR_COLOUR = 1.06;
const FAR_COLOUR = 0.66;

interface Mirror {
  readonly read: (rgb: Uint8Array) => void;
  /** Packed RGB, 0 to 255. */
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

function createMirror(size: Size): Mirror {
  const width = Math.max(2, Math.ceil(size.width / MIRROR_FACTOR));
  const height = Math.max(2, Math.ceil(size.height / MIRROR_FACTOR));
  const values = new Float32Array(width * height * 3);
  return {
    ...{ values, width, height },
    read(rgb) {
      const half = MIRROR_FACTOR / 2;
      for (let y = 0, i = 0; y < height; y += 1) {
        const top = Math.min(size.height - 1, y * MIRROR_FACTOR) * size.width;
        const middle = Math.min(size.height - 1, y * MIRROR_FACTOR + half) * size.width;
        for (let x = 0; x < width; x += 1, i += 3) {
          const a = (top + Math.min(size.width - 1, x * MIRROR_FACTOR)) * 3;
          const b = (middle + Math.min(size.width - 1, x * MIRROR_FACTOR + half)) * 3;
          for (let c = 0; c < 3; c += 1) values[i + c] = ((rgb[a + c] as number) + (rgb[b + c] as number)) / 2;
        }
      }
    },
  };
}

interface Wetness {
  readonly scene: SceneMap;
  readonly mirror: Mirror;
  readonly air: Air;
  readonly strength: number;
  readonly gloom: number;
}

/**
 * What each row keeps of its colour, how much it mirrors at most, and what: wet things are deeper in colour near the camera, far ones
 * lose it to the rain between, and flat ground shows what stands above it.
 */
function fillRows(rows: Float32Array, { height }: Size, { scene, mirror, air, strength }: Wetness): void {
  const horizon = scene.horizon();
  for (let y = 0, o = 0; y < height; y += 1, o += ROW_VALUES) {
    const far = farness(y, horizon, height);
    const below = (y - horizon) / Math.max(1, height - horizon);
    const mirrored = clamp(horizon - (y - horizon) * 0.75, 0, horizon);
    rows[o] = rowIn(air.grid.height, y, height);
    rows[o + 1] = mix(1, mix(NEAR_COLOUR, FAR_COLOUR, far), Math.min(1.2, strength));
    rows[o + 2] = smoothstep(0.02, 0.2, below) * 0.4 * Math.min(1, strength);
    rows[o + 3] = rowIn(mirror.height, mirrored, height);
  }
}

/** Wets and veils the whole picture; the air must have been measured. */
function wetten(rgb: Uint8Array, size: Size, rows: Float32Array, wetness: Wetness): void {
  const { mirror, air, strength, gloom } = wetness;
  const dim = (1 - 0.13 * Math.min(1.3, strength)) * (1 - gloom);
  mirror.read(rgb);
  fillRows(rows, size, wetness);
  const planes = [rows, air.colour, air.shares, mirror.values];
  // A row's shares of haze, and four values at as many places for what it mirrors.
  const sizes = [...planes.map((plane) => plane.byteLength), 2 * rowRoom(size)];
  changePicture(rgb, sizes, ([source = 0, target = 0, ...rooms]) => {
    const [rowsAt = 0, colour = 0, shares = 0, mirrored = 0, room = 0] = rooms;
    for (const [index, plane] of planes.entries()) copyIn(plane, rooms[index] ?? 0);
    const { width, height } = size;
    const laid = [shares, air.grid.width, mirrored, mirror.width, room] as const;
    kernels.wetPicture(source, target, rowsAt, colour, ...laid, dim, width, height);
  });
}

interface Ring {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly opacity: number;
}

/** A flat ring: what a drop leaves on water and on wet ground. */
function drawRing(rgb: Uint8Array, size: Size, { x, y, radius, opacity }: Ring): void {
  const flat = 0.32;
  const steps = Math.ceil(radius * 5) + 6;
  for (let step = 0; step < steps; step += 1) {
    const angle = (step * 2 * Math.PI) / steps;
    const px = Math.round(x + Math.cos(angle) * radius);
    const py = Math.round(y + Math.sin(angle) * radius * flat);
    if (px < 0 || py < 0 || px >= size.width || py >= size.height) continue;
    const front = 0.65 + 0.35 * Math.sin(angle);
    blendPixel(rgb, (py * size.width + px) * 3, RING, opacity * front);
  }
}

function lightDrops(rgb: Uint8Array, drop: [number, number, number]): void {
  const level = clamp(DARKEST_DROP + meanLight(rgb) / 260, DARKEST_DROP, 1);
  // Whole numbers: a streak is mixed with them.
  for (const channel of [0, 1, 2] as const) drop[channel] = Math.round(DROP[channel] * level);
}

export function rain(size: Size, { seed, strength, wind, gloom = 0 }: RainOptions): WeatherLook {
  const drops = scatter(820 * strength, seed, 1.9);
  const landings = scatter(150 * Math.min(1.4, strength), seed + 17, 1);
  const scale = size.height / 480;
  const mirror = createMirror(size);
  const rows = new Float32Array(size.height * ROW_VALUES);
  const random = createRandom(seed + 3);
  const gustPhase = random() * 6;
  const air = createAir(size, {
    ...{ colour: [134, 144, 155], sky: 0.06, far: 0.25 * Math.min(1.5, strength), near: 0 },
    ...{ drift: 0.12, wind: 0.05, stretch: 1, followsLight: true },
  });
  const unknown = plainScene(size);
  const drop: [number, number, number] = [...DROP];

  function drawDrops(rgb: Uint8Array, seconds: number): void {
    lightDrops(rgb, drop);
    const gust = wind * (1 + 0.35 * Math.sin(seconds * 1.3 + gustPhase) * Math.sin(seconds * 0.47));
    for (const { x, y, near, phase } of drops) {
      const turn = seconds * (1.7 + near * 1.5) + y;
      // Each fall takes another column, so that no drop is seen to come again.
      const column = (x + Math.floor(turn) * 0.381 + phase) % 1;
      const length = (14 + near * 62) * scale;
      const top = (turn % 1) * (size.height + length * 2) - length;
      const reach = size.width + Math.abs(gust) * size.height;
      const start = column * reach - Math.max(0, gust) * size.height;
      drawStreak(
        rgb,
        size,
        {
          x: start + top * gust,
          top,
          length,
          slant: gust,
          width: (0.8 + near * 1.3) * scale,
          opacity: 0.3 + near * 0.24,
        },
        drop,
      );
    }
  }

  function drawLandings(rgb: Uint8Array, seconds: number, scene: SceneMap): void {
    const horizon = scene.horizon();
    for (const { x, y, phase } of landings) {
      const turn = seconds / RING_SECONDS + phase;
      const age = turn % 1;
      const round = Math.floor(turn);
      const below = ((y + round * 0.618) % 1) ** 0.8;
      const row = Math.floor(horizon + (size.height - horizon) * (0.06 + 0.94 * below));
      const column = ((x + round * 0.377) % 1) * size.width;
      const water = scene.waterRow(row)[column | 0] ?? 0;
      const radius = (1 + 11 * below) * scale * age * (0.6 + 0.4 * water);
      if (radius < 0.8) continue;
      drawRing(rgb, size, { x: column, y: row, radius, opacity: (0.36 + 0.3 * water) * (1 - age) });
    }
  }

  return {
    settle(rgb, seconds, scene = unknown) {
      air.measure(rgb, seconds, scene);
      wetten(rgb, size, rows, { scene, mirror, air, strength, gloom });
    },
    fall(rgb, seconds, scene = unknown) {
      drawLandings(rgb, seconds, scene);
      drawDrops(rgb, seconds);
    },
  };
}
