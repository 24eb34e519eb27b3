/** Where a picture's sky, horizon and water are, roughly and cheaply: for weather, which is denser the farther away things are. */
import type { Size } from '../geometry.ts';
import type { Motion } from '../motion/estimate.ts';
import { createEnlarger } from './enlarge.ts';
import { createMirrorWater } from './mirror-water.ts';
import { clamp, mix, smoothstep } from './numbers.ts';
import { maskFactor } from './picture.ts';
import { createSkyMask, type SkyMask } from './sky-mask.ts';

/** Below this the mask is not believed, and the picture counts as ground with its horizon at the usual height. */
const LEAST_CONFIDENCE = 0.2;
const USUAL_HORIZON = 0.42;
const HORIZON_MEMORY = 0.92;

export interface SceneMap {
  /** The row of the full picture where the ground begins. */
  readonly horizon: () => number;
  /** Each pixel's share of sky in row `y`, valid until the next call. */
  readonly skyRow: (y: number) => Float32Array;
  /** The same for water that mirrors the sky. */
  readonly waterRow: (y: number) => Float32Array;
}

export interface SceneReader extends SceneMap {
  /** Reads the next frame, as it was before anything was done to it. */
  readonly read: (rgb: Uint8Array) => void;
  /** How the camera moved before the frame that was read last. */
  readonly motion: () => Motion;
}

/** A picture of which nothing is known but where its ground begins. */
export function plainScene(size: Size, horizon = size.height * USUAL_HORIZON): SceneMap {
  const none = new Float32Array(size.width);
  return { horizon: () => horizon, skyRow: () => none, waterRow: () => none };
}

/** A drawn scene: what stands in it is not known, but high above its horizon nothing does. */
export function openScene(size: Size, horizon: number): SceneMap {
  const rows = Array.from({ length: size.height }, (_, y) => {
    return new Float32Array(size.width).fill(smoothstep(horizon * 0.8, horizon * 0.35, y));
  });
  const plain = plainScene(size, horizon);
  const last = size.height - 1;
  return { ...plain, skyRow: (y) => rows[Math.min(last, y)] ?? plain.skyRow(y) };
}

/** `known` is a mask that reads the frames for somebody else, before they are read here. */
export function createSceneReader(size: Size, known?: SkyMask): SceneReader {
  const mask = known ?? createSkyMask(size.width, size.height, { factor: maskFactor(size) * 2 });
  const { width, height } = mask.soft;
  // Soft pixels stand over the frame's borders, or end a little before them.
  const covered = {
    fullWidth: Math.max(size.width, width * mask.soft.factor),
    fullHeight: Math.max(size.height, height * mask.soft.factor),
  };
  const full = known === undefined ? { fullWidth: size.width, fullHeight: size.height } : covered;
  const sky = createEnlarger({ values: mask.alpha, width, height, channels: 1, ...full });
  const mirror = createMirrorWater(mask);
  const water = createEnlarger({ values: mirror.share, width, height, channels: 1, ...full });
  const plain = plainScene(size);
  const sorted = new Int16Array(mask.boundary.length);
  let trusted: boolean | undefined;
  let horizon = plain.horizon();
  return {
    read(rgb) {
      if (known === undefined) mask.read(rgb);
      const isFirst = trusted === undefined;
      trusted ??= mask.confidence() >= LEAST_CONFIDENCE;
      if (!trusted) return;
      mirror.read();
      sorted.set(mask.boundary);
      sorted.sort();
      const low = (sorted[Math.floor(sorted.length * 0.9)] as number) * mask.features.factor;
      const seen = clamp(low, size.height * 0.12, size.height * 0.85);
      horizon = isFirst ? seen : mix(seen, horizon, HORIZON_MEMORY);
    },
    motion: mask.motion,
    horizon: () => horizon,
    skyRow: (y) => (trusted ? sky.row(y) : plain.skyRow(y)),
    waterRow: (y) => (trusted ? water.row(y) : plain.waterRow(y)),
  };
}
