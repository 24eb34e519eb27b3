/** Follows the camera by what is far away, so that a new sky moves as the old one did. */
import type { Size } from '../geometry.ts';
import { clamp, mix, smoothstep } from '../pixels/numbers.ts';
import type { SkyMask } from '../pixels/sky-mask.ts';
import { estimateMotion, type Luma, shrinkLuma } from './estimate.ts';

/** The width motion is measured at. */
const MOTION_WIDTH = 160;
/** The horizon is a place in the world: it follows the boundary slowly. */
const HORIZON_MEMORY = 0.95;
const MAX_STEP_Y = 6;

export interface SkyPlace {
  readonly offsetX: number;
  readonly offsetY: number;
  readonly horizon: number;
}

export type SkyTrack = () => SkyPlace;

/** Near things move faster than the sky does: what is well below the boundary hardly counts. */
function farWeights({ features, boundary }: SkyMask): Luma {
  const { width, height } = features;
  const values = new Float32Array(width * height);
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      values[i] = 0.04 + smoothstep(0.3, 0.02, (y - (boundary[x] as number)) / height);
    }
  }
  return { width, height, values };
}

function seenHorizon({ features, boundary }: SkyMask, size: Size): number {
  const low = boundary.toSorted()[Math.floor(boundary.length * 0.97)] ?? features.height / 2;
  return clamp(low * features.factor + size.height * 0.06, size.height * 0.3, size.height);
}

/** Each call tells the place after the frame that `mask` read last. */
export function createSkyTrack(mask: SkyMask, size: Size): SkyTrack {
  const { width, height, luma } = mask.features;
  let before: Luma | undefined;
  let place: SkyPlace = { offsetX: 0, offsetY: 0, horizon: 0 };
  return () => {
    const now = shrinkLuma({ width, height, values: luma }, Math.min(MOTION_WIDTH, width));
    const horizon = seenHorizon(mask, size);
    if (before === undefined) {
      place = { ...place, horizon };
    } else {
      const motion = estimateMotion(before, now, farWeights(mask));
      place = {
        offsetX: place.offsetX + (motion.x * size.width) / 2,
        offsetY: place.offsetY + clamp((motion.y * size.width) / 2, -MAX_STEP_Y, MAX_STEP_Y),
        horizon: mix(horizon, place.horizon, HORIZON_MEMORY),
      };
    }
    before = now;
    return place;
  };
}
