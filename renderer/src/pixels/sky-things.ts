/**
 * What stands before the sky above the boundary: stems, branches, wires, a head. Each is darker than the sky around it, or of
 * a hue that no haze or cloud gives a sky. A dark cloud is that too, but does not stand on the ground.
 */
import { boxBlur } from './box-blur.ts';
import type { Features } from './features.ts';
import { clamp, smoothstep } from './numbers.ts';
import type { SkyBackdrop } from './sky-backdrop.ts';

/** Rows above the boundary from which a thing may grow. */
const ROOT_ROWS = 4;
/** A thing thinner than a small pixel still hands on what it stands on. */
const ROOT_GAIN = 3;
/** What does not stand on the ground, such as a wire or a bird, is told from a cloud by how sharp it is. */
const SHARP_TEXTURE = [0.05, 0.09] as const;
/** How far around a thing the full-size picture is searched for its edges, in small pixels. */
const REACH_RADIUS = 2;
const SOLID = [0.4, 0.65] as const;

export interface SkyThings {
  /** Where such a thing fills everything around: a trunk, a wall. */
  readonly solid: Float32Array;
  /** Where such things are, a little widened. */
  readonly reach: Float32Array;
  readonly read: (boundary: Int16Array) => void;
}

/** How much of a pixel something covers that is not sky, 0 to 1, by its brightness and colour differences and the sky's behind it. */
export function coverOf(
  luma: number,
  blue: number,
  red: number,
  skyLuma: number,
  skyBlue: number,
  skyRed: number,
): number {
  const dark = smoothstep(0.08, 0.55, (skyLuma - luma) / Math.max(0.12, skyLuma));
  // Haze and clouds take a sky's hue away or strengthen it; what is left is another hue.
  const size = skyBlue * skyBlue + skyRed * skyRed + 1;
  const along = clamp((blue * skyBlue + red * skyRed) / size, 0, 1.4);
  const left = Math.abs(blue - along * skyBlue) + Math.abs(red - along * skyRed);
  return Math.max(dark, smoothstep(7, 26, left));
}

export function createSkyThings(features: Features, backdrop: SkyBackdrop): SkyThings {
  const { width, height, luma, blue, red, texture, scratch } = features;
  const share = new Float32Array(width * height);
  const reach = new Float32Array(width * height);
  const solid = new Float32Array(width * height);
  const rooted = new Float32Array(width * height);

  function cover(boundary: Int16Array): void {
    for (let y = 0, i = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1, i += 1) {
        const row = boundary[x] as number;
        rooted[i] = y >= row - ROOT_ROWS ? 1 : 0;
        share[i] =
          y > row + ROOT_ROWS
            ? 1
            : coverOf(
                luma[i] as number,
                blue[i] as number,
                red[i] as number,
                backdrop.luma[i] as number,
                backdrop.blue[i] as number,
                backdrop.red[i] as number,
              );
      }
    }
  }

  /** Lets `rooted` spread over things from pixel to pixel, never above a thing's own share. */
  function grow(): void {
    const spread = (i: number, from: number) => {
      const own = Math.min(1, (share[i] as number) * ROOT_GAIN);
      const value = Math.min(own, rooted[from] as number);
      if (value > (rooted[i] as number)) rooted[i] = value;
    };
    for (let round = 0; round < 2; round += 1) {
      for (let y = height - 2; y >= 0; y -= 1) {
        const row = y * width;
        for (let x = 1; x < width - 1; x += 1) {
          const i = row + x;
          spread(i, i + width);
          spread(i, i + width - 1);
          spread(i, i + width + 1);
          spread(i, i - 1);
        }
        for (let x = width - 2; x >= 0; x -= 1) spread(row + x, row + x + 1);
      }
      for (let i = width; i < width * (height - 1); i += 1) spread(i, i - width);
    }
  }

  function read(boundary: Int16Array): void {
    cover(boundary);
    grow();
    for (let y = 0, i = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1, i += 1) {
        const value = share[i] as number;
        const loose = smoothstep(SHARP_TEXTURE[0], SHARP_TEXTURE[1], texture[i] as number) * value;
        share[i] = y < (boundary[x] as number) + ROOT_ROWS ? Math.max(Math.min(value, rooted[i] as number), loose) : 0;
      }
    }
    boxBlur(share, reach, { plane: features, radius: REACH_RADIUS, scratch });
    for (let i = 0; i < reach.length; i += 1) {
      const around = reach[i] as number;
      solid[i] = smoothstep(SOLID[0], SOLID[1], around) * smoothstep(0.1, 0.35, share[i] as number);
      reach[i] = Math.min(1, around * 6);
    }
  }

  return { solid, reach, read };
}
