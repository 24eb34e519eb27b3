/** The old sky's colour at every place, also behind what stands before it. */
import { boxBlur } from './box-blur.ts';
import type { Features } from './features.ts';

/** The share of the frame's longer side that a place's colour is averaged over, to each side. */
const RADIUS = 0.0235;
/** How little certain sky nearby makes the row's mean count as much as it. */
const SCARCE = 0.03;

export interface SkyBackdrop {
  readonly luma: Float32Array;
  readonly blue: Float32Array;
  readonly red: Float32Array;
  /** `certain` tells how surely each pixel is sky and nothing else. */
  readonly read: (certain: Float32Array) => void;
}

export function createSkyBackdrop(features: Features): SkyBackdrop {
  const { width, height } = features;
  const count = width * height;
  const weights = new Float32Array(count);
  const result = { luma: new Float32Array(count), blue: new Float32Array(count), red: new Float32Array(count) };
  const names = ['luma', 'blue', 'red'] as const;
  const means = new Float32Array(height);
  const radius = Math.round(Math.max(width, height) * RADIUS);

  /** Each row's mean over certain sky; that of the row above where there is none. */
  function readMeans(values: Float32Array, certain: Float32Array): void {
    let mean = 0;
    for (let y = 0; y < height; y += 1) {
      let sum = 0;
      let total = 0;
      for (let i = y * width, end = i + width; i < end; i += 1) {
        const weight = certain[i] as number;
        sum += (values[i] as number) * weight;
        total += weight;
      }
      const share = total / (total + width * SCARCE);
      if (total > 0) mean = (sum / total) * share + mean * (1 - share);
      means[y] = mean;
    }
  }

  function read(certain: Float32Array): void {
    boxBlur(certain, weights, { plane: features, radius });
    for (let i = 0; i < count; i += 1) weights[i] = 1 / ((weights[i] as number) + SCARCE);
    for (const name of names) {
      const values = features[name];
      const target = result[name];
      readMeans(values, certain);
      for (let i = 0; i < count; i += 1) target[i] = (values[i] as number) * (certain[i] as number);
      boxBlur(target, target, { plane: features, radius });
      for (let y = 0, i = 0; y < height; y += 1) {
        const mean = (means[y] as number) * SCARCE;
        for (const end = i + width; i < end; i += 1) {
          target[i] = ((target[i] as number) + mean) * (weights[i] as number);
        }
      }
    }
  }

  return { ...result, read };
}
