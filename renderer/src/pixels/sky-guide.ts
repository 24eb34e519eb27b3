/**
 * The picture whose edges the mask is moved onto. Brightness alone will not do: a grey mountain is as bright as its blue sky.
 * So brightness and both colour differences are weighed by how well each tells sky from ground just above and below the boundary.
 */
import type { Features } from './features.ts';

/** Rows above and below the boundary that are compared, and those next to it that are left out. */
const BAND_ROWS = 14;
const GAP_ROWS = 3;
/** The difference between sky and ground in the guide, whatever it was in the picture. */
const CONTRAST = 0.4;
const MEMORY = 0.85;
/** Spread below which a channel counts as even; keeps noise-free channels from taking all the weight. */
const LEAST_VARIANCE = 4e-4;
const COLOUR_SCALE = 1 / 128;

export type SkyGuide = (boundary: Int16Array, guide: Float32Array) => void;

interface Tally {
  count: number;
  sum: number;
  squares: number;
}

function tally(values: Float32Array, features: Features, boundary: Int16Array, scale: number, isSky: boolean): Tally {
  const { width, height } = features;
  const result: Tally = { count: 1e-6, sum: 0, squares: 0 };
  for (let x = 0; x < width; x += 1) {
    const row = boundary[x] as number;
    const from = isSky ? row - BAND_ROWS : row + GAP_ROWS;
    const to = isSky ? row - GAP_ROWS : row + BAND_ROWS;
    for (let y = Math.max(0, from); y < Math.min(height, to); y += 1) {
      const value = (values[y * width + x] as number) * scale;
      result.count += 1;
      result.sum += value;
      result.squares += value * value;
    }
  }
  return result;
}

/** Fisher's weight of one channel: the distance of the means over the spread around them. */
function weigh(
  values: Float32Array,
  features: Features,
  boundary: Int16Array,
  scale: number,
): { weight: number; gain: number } {
  const sky = tally(values, features, boundary, scale, true);
  const ground = tally(values, features, boundary, scale, false);
  const distance = sky.sum / sky.count - ground.sum / ground.count;
  const spread = (side: Tally) => side.squares / side.count - (side.sum / side.count) ** 2;
  const weight = distance / (spread(sky) + spread(ground) + LEAST_VARIANCE);
  return { weight, gain: weight * distance };
}

export function createSkyGuide(features: Features): SkyGuide {
  const { luma, blue, red } = features;
  let weights: readonly number[] | undefined;
  return (boundary, guide) => {
    const found = [
      weigh(luma, features, boundary, 1),
      weigh(blue, features, boundary, COLOUR_SCALE),
      weigh(red, features, boundary, COLOUR_SCALE),
    ];
    const gain = found.reduce((sum, channel) => sum + channel.gain, 1e-4);
    const fresh = found.map(({ weight }) => (weight * CONTRAST) / gain);
    const before = weights ?? fresh;
    weights = fresh.map((weight, index) => weight + ((before[index] ?? weight) - weight) * MEMORY);
    const [forLuma = 0, forBlue = 0, forRed = 0] = weights;
    for (let i = 0; i < guide.length; i += 1) {
      guide[i] =
        (luma[i] as number) * forLuma + ((blue[i] as number) * forBlue + (red[i] as number) * forRed) * COLOUR_SCALE;
    }
  };
}
