/** Shift, zoom and turn of the picture plane as one map, and the camera's way from nothing to all of it. */
import type { Motion } from '../motion/estimate.ts';

/** Sends `q` to `m * q + d`, both complex: a point is x + iy, measured from the middle in half widths. */
export interface Similarity {
  readonly mx: number;
  readonly my: number;
  readonly dx: number;
  readonly dy: number;
}

/** Where zoom and turn are this close to none, the way is a straight line. */
const STRAIGHT = 1e-4;

export function toSimilarity({ x, y, zoom, roll }: Motion): Similarity {
  return { mx: 1 + zoom, my: roll, dx: x, dy: y };
}

export function invert({ mx, my, dx, dy }: Similarity): Similarity {
  const size = mx * mx + my * my;
  const ix = mx / size;
  const iy = -my / size;
  return { mx: ix, my: iy, dx: -(dx * ix - dy * iy), dy: -(dx * iy + dy * ix) };
}

/** First `first`, then `second`. */
export function compose(first: Similarity, second: Similarity): Similarity {
  const { mx, my, dx, dy } = second;
  return {
    mx: mx * first.mx - my * first.my,
    my: mx * first.my + my * first.mx,
    dx: mx * first.dx - my * first.dy + dx,
    dy: mx * first.dy + my * first.dx + dy,
  };
}

/**
 * The part of the way that is done at `share`: zoom and turn at a steady rate about the one point that stays where it is, so
 * that a zoom looks like one movement from its beginning to its end.
 */
export function partOf({ mx, my, dx, dy }: Similarity, share: number): Similarity {
  const length = Math.hypot(mx, my) ** share;
  const angle = Math.atan2(my, mx) * share;
  const px = length * Math.cos(angle);
  const py = length * Math.sin(angle);
  const away = (mx - 1) * (mx - 1) + my * my;
  if (away < STRAIGHT * STRAIGHT) return { mx: px, my: py, dx: dx * share, dy: dy * share };
  // (m^share - 1) / (m - 1), the share of the shift that keeps the still point still.
  const gx = ((px - 1) * (mx - 1) + py * my) / away;
  const gy = (py * (mx - 1) - (px - 1) * my) / away;
  return { mx: px, my: py, dx: dx * gx - dy * gy, dy: dx * gy + dy * gx };
}
