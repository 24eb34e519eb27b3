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

export interface SkyGuide {
  /** What brightness (0 to 1) and both colour differences (about -128 to 128) are multiplied by. */
  readonly weights: Float32Array;
  /** Weighs the channels at the boundary, then fills `guide` with `picture` in them, at whatever size that is. */
  readonly fill: (boundary: Int16Array, picture: Features, guide: Float32Array) => void;
}

interface Tally {
  count: number;
  sum: number;
  squares: number;
}

function tally(values: Float32Array, features: Features, boundary: Int16Array, isSky: boolean, result: Tally): void {
  const { width, height } = features;
  let count = 1e-6;
  let sum = 0;
  let squares = 0;
  for (let x = 0; x < width; x += 1) {
    const row = boundary[x] as number;
    const from = Math.max(0, isSky ? row - BAND_ROWS : row + GAP_ROWS);
    const to = Math.min(height, isSky ? row - GAP_ROWS : row + BAND_ROWS);
    for (let y = from; y < to; y += 1) {
      const value = values[y * width + x] as number;
      count += 1;
      sum += value;
      squares += value * value;
    }
  }
  result.count = count;
  result.sum = sum;
  result.squares = squares;
}

function meanOf({ sum, count }: Tally): number {
  return sum / count;
}

function varianceOf(side: Tally): number {
  return side.squares / side.count - meanOf(side) ** 2;
}

export function createSkyGuide(features: Features): SkyGuide {
  const { luma, blue, red } = features;
  const channels = [luma, blue, red] as const;
  const scales = [1, COLOUR_SCALE, COLOUR_SCALE] as const;
  const weights = new Float32Array(channels.length);
  const fresh = new Float32Array(channels.length);
  const sky: Tally = { count: 0, sum: 0, squares: 0 };
  const ground: Tally = { count: 0, sum: 0, squares: 0 };
  let memory = 0;

  /** Fisher's weights: the distance of the means over the spread around them. */
  function weigh(boundary: Int16Array): void {
    let gain = 1e-4;
    for (let channel = 0; channel < channels.length; channel += 1) {
      const values = channels[channel] as Float32Array;
      const scale = scales[channel] as number;
      tally(values, features, boundary, true, sky);
      tally(values, features, boundary, false, ground);
      const distance = (meanOf(sky) - meanOf(ground)) * scale;
      const weight = distance / ((varianceOf(sky) + varianceOf(ground)) * scale * scale + LEAST_VARIANCE);
      fresh[channel] = weight * scale;
      gain += weight * distance;
    }
    for (let channel = 0; channel < channels.length; channel += 1) {
      const weight = ((fresh[channel] as number) * CONTRAST) / gain;
      weights[channel] = weight + ((weights[channel] as number) - weight) * memory;
    }
    memory = MEMORY;
  }

  return {
    weights,
    fill(boundary, picture, guide) {
      weigh(boundary);
      const forLuma = weights[0] as number;
      const forBlue = weights[1] as number;
      const forRed = weights[2] as number;
      for (let i = 0; i < guide.length; i += 1) {
        guide[i] =
          (picture.luma[i] as number) * forLuma +
          (picture.blue[i] as number) * forBlue +
          (picture.red[i] as number) * forRed;
      }
    },
  };
}
