/** Follows the camera by what is far away, so that a new sky moves as the old one did: it pans, tilts and grows with a zoom. */
import type { Size } from '../geometry.ts';
import { clamp, mix } from '../pixels/numbers.ts';
import type { SkyMask } from '../pixels/sky-mask.ts';

/** The horizon is a place in the world: it moves with the camera, and is drawn slowly to where the boundary is seen. */
const HORIZON_MEMORY = 0.97;
/** How far a sky is enlarged or made smaller at most: beyond, its clouds are blots or repeat. */
const ZOOMS = [0.4, 4] as const;

/** Where the first frame's sky is now, as `SkyView` has it: the horizon is at row `horizon + offsetY`. */
export interface SkyPlace {
  readonly offsetX: number;
  readonly offsetY: number;
  readonly zoom: number;
  readonly horizon: number;
}

export type SkyTrack = () => SkyPlace;

/** Each call tells the place after the frame that `mask` read last. */
export function createSkyTrack(mask: SkyMask, size: Size): SkyTrack {
  const { features, boundary } = mask;
  const rows = new Int16Array(boundary.length);
  let place: SkyPlace | undefined;

  function seenHorizon(): number {
    rows.set(boundary);
    rows.sort();
    const low = rows[Math.floor(rows.length * 0.97)] ?? features.height / 2;
    return clamp(low * features.factor + size.height * 0.06, size.height * 0.3, size.height);
  }

  return () => {
    const seen = seenHorizon();
    if (place === undefined) {
      place = { offsetX: 0, offsetY: 0, zoom: 1, horizon: seen };
      return place;
    }
    const { x, y, zoom } = mask.motion();
    const half = size.width / 2;
    const { horizon } = place;
    const middle = size.height / 2;
    const before = horizon + place.offsetY;
    const moved = before + (before - middle) * zoom + y * half;
    place = {
      ...{ horizon, zoom: clamp(place.zoom * (1 + zoom), ZOOMS[0], ZOOMS[1]) },
      offsetX: place.offsetX * (1 + zoom) + x * half,
      offsetY: mix(seen, moved, HORIZON_MEMORY) - horizon,
    };
    return place;
  };
}
