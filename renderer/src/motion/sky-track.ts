/** Follows the camera by what is far away, so that a new sky moves as the old one did. */
import type { Size } from '../geometry.ts';
import { clamp, mix } from '../pixels/numbers.ts';
import type { SkyMask } from '../pixels/sky-mask.ts';

/** The horizon is a place in the world: it follows the boundary slowly. */
const HORIZON_MEMORY = 0.95;
const MAX_STEP_Y = 6;

export interface SkyPlace {
  readonly offsetX: number;
  readonly offsetY: number;
  readonly horizon: number;
}

export type SkyTrack = () => SkyPlace;

function seenHorizon({ features, boundary }: SkyMask, size: Size): number {
  const low = boundary.toSorted()[Math.floor(boundary.length * 0.97)] ?? features.height / 2;
  return clamp(low * features.factor + size.height * 0.06, size.height * 0.3, size.height);
}

/** Each call tells the place after the frame that `mask` read last. */
export function createSkyTrack(mask: SkyMask, size: Size): SkyTrack {
  let isFirst = true;
  let place: SkyPlace = { offsetX: 0, offsetY: 0, horizon: 0 };
  return () => {
    const horizon = seenHorizon(mask, size);
    if (isFirst) {
      place = { ...place, horizon };
    } else {
      const motion = mask.motion();
      place = {
        offsetX: place.offsetX + (motion.x * size.width) / 2,
        offsetY: place.offsetY + clamp((motion.y * size.width) / 2, -MAX_STEP_Y, MAX_STEP_Y),
        horizon: mix(horizon, place.horizon, HORIZON_MEMORY),
      };
    }
    isFirst = false;
    return place;
  };
}
