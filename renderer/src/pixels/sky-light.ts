/** Where a picture's light comes from, as far as its sky tells: a new sun that stands elsewhere contradicts every shadow. */
import { smoothstep } from './numbers.ts';
import type { SkyMask } from './sky-mask.ts';

/** Brighter than the first, the sun's disc or what it outshines; many or scattered pixels like that are white clouds. */
const DISC_LUMA = 0.965;
const LEAST_DISC = 5;
const MOST_DISC = 0.05;
const DISC_SPREAD = 0.07;
/** A glow is believed if one side of the sky is brighter than the other by this share, and its middle lies between both. */
const CLEAR_SIDE = 0.1;
const BETWEEN = 0.02;
/** Where a sun stands that is only known by its side: farther out the clearer the side is. */
const SIDES = [0.16, 0.34] as const;

interface Sums {
  readonly light: Float64Array;
  readonly count: Float64Array;
}

/** Sums of brightness over the sky's left, middle and right third. */
function sumThirds({ soft, alpha }: SkyMask): Sums {
  const light = new Float64Array(3);
  const count = new Float64Array(3);
  for (let i = 0; i < alpha.length; i += 1) {
    if ((alpha[i] as number) < 0.9) continue;
    const third = (((i % soft.width) * 3) / soft.width) | 0;
    light[third] = (light[third] as number) + (soft.luma[i] as number);
    count[third] = (count[third] as number) + 1;
  }
  return { light, count };
}

/** The column of the sun's disc, if one is seen clear of the ground, where snow may be as bright, as a share of the width. */
function discAt({ soft, features, boundary }: SkyMask): number | undefined {
  const { width, height, luma } = soft;
  const scale = soft.factor / features.factor;
  let count = 0;
  let sum = 0;
  let squares = 0;
  let sky = 1;
  for (let x = 0; x < width; x += 1) {
    const end = Math.min(height, (boundary[Math.min(boundary.length - 1, x * scale)] as number) / scale - 2);
    for (let y = 0; y < end; y += 1) {
      sky += 1;
      if ((luma[y * width + x] as number) < DISC_LUMA) continue;
      count += 1;
      sum += x;
      squares += x * x;
    }
  }
  if (count < LEAST_DISC || count > sky * MOST_DISC) return undefined;
  const mean = sum / count;
  const spread = Math.sqrt(Math.max(0, squares / count - mean * mean));
  return spread < width * DISC_SPREAD ? (mean + 0.5) / width : undefined;
}

/** The column that the light comes from, as a share of the width; nothing where the sky does not tell. */
export function lightFrom(mask: SkyMask): number | undefined {
  const disc = discAt(mask);
  if (disc !== undefined) return disc;
  const { light, count } = sumThirds(mask);
  const least = mask.alpha.length * 0.01;
  if (count.some((pixels) => pixels < least)) return undefined;
  const [left = 0, middle = 0, right = 0] = light.map((sum, third) => sum / (count[third] as number));
  const difference = (right - left) / Math.max(0.1, (left + middle + right) / 3);
  const isBetween = middle > Math.min(left, right) - BETWEEN && middle < Math.max(left, right) + BETWEEN;
  if (!isBetween || Math.abs(difference) < CLEAR_SIDE) return undefined;
  const out = SIDES[0] + (SIDES[1] - SIDES[0]) * smoothstep(CLEAR_SIDE, CLEAR_SIDE * 3, Math.abs(difference));
  return 0.5 + Math.sign(difference) * out;
}
