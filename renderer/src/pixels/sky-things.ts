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
/** How far around a thing the full-size picture is searched for its edges, as a share of the longer side. */
const REACH_RADIUS = 0.0047;
/** How much a thing that covers only a little of its surroundings reaches nevertheless. */
const REACH_GAIN = 8;
const SOLID = [0.6, 0.85] as const;
/** How much darker than its sky, as a share of it, and how far from its hue something is that is surely no sky. */
const DARKER = [0.06, 0.66] as const;
const OTHER_HUE = [7, 26] as const;
const MOST_COLOURFUL = 1.4;
/** A sky darker than this counts as this dark. */
const LEAST_SKY_LUMA = 0.12;

export interface SkyThings {
  /** Where such a thing fills everything around: a trunk, a wall. */
  readonly solid: Float32Array;
  /** Where such things are, a little widened. */
  readonly reach: Float32Array;
  readonly read: (boundary: Int16Array) => void;
}

/** Whether a pixel is so near to the sky behind it that nothing covers it: true of nearly all of a sky's pixels, and quick. */
export function isOpenSky(darker: number, otherBlue: number, otherRed: number, skyLuma: number): boolean {
  return (
    (otherBlue * otherBlue + otherRed * otherRed) * 2 < OTHER_HUE[0] * OTHER_HUE[0] &&
    darker < DARKER[0] * (skyLuma < LEAST_SKY_LUMA ? LEAST_SKY_LUMA : skyLuma)
  );
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
  const darker = (skyLuma - luma) / Math.max(LEAST_SKY_LUMA, skyLuma);
  const dark = clamp((darker - DARKER[0]) / (DARKER[1] - DARKER[0]), 0, 1);
  // Haze and clouds take a sky's hue away or strengthen it; what is left is another hue.
  const size = skyBlue * skyBlue + skyRed * skyRed + 1;
  const along = clamp((blue * skyBlue + red * skyRed) / size, 0, MOST_COLOURFUL);
  const left = Math.abs(blue - along * skyBlue) + Math.abs(red - along * skyRed);
  return Math.max(dark, smoothstep(OTHER_HUE[0], OTHER_HUE[1], left));
}

export interface SkyThingsOptions {
  readonly features: Features;
  /** The same picture or its half, which `backdrop` is of and the results are. */
  readonly soft: Features;
  readonly backdrop: SkyBackdrop;
}

interface Growth {
  readonly share: Float32Array;
  readonly rooted: Float32Array;
  /** 1 for each row in which there is a share: most of a sky's rows have none. */
  readonly filled: Uint8Array;
}

/** Lets `rooted` spread over things from pixel to pixel, never above a thing's own share. */
function grow({ share, rooted, filled }: Growth, width: number, rows: number): void {
  for (let round = 0; round < 2; round += 1) {
    for (let y = rows - 2; y >= 0; y -= 1) {
      if (filled[y] === 0) continue;
      const row = y * width;
      for (let i = row + 1, end = row + width - 1; i < end; i += 1) {
        const own = Math.min(1, (share[i] as number) * ROOT_GAIN);
        const value = rooted[i] as number;
        if (own <= value) continue;
        const below = i + width;
        const sides = Math.max(rooted[below - 1] as number, rooted[below + 1] as number);
        const most = Math.max(sides, rooted[below] as number, rooted[i - 1] as number);
        if (most > value) rooted[i] = Math.min(own, most);
      }
      for (let i = row + width - 2; i >= row; i -= 1) {
        const value = Math.min(1, (share[i] as number) * ROOT_GAIN, rooted[i + 1] as number);
        if (value > (rooted[i] as number)) rooted[i] = value;
      }
    }
    for (let y = 1; y < rows; y += 1) {
      if (filled[y] === 0) continue;
      for (let i = y * width, end = i + width; i < end; i += 1) {
        const value = Math.min(1, (share[i] as number) * ROOT_GAIN, rooted[i - width] as number);
        if (value > (rooted[i] as number)) rooted[i] = value;
      }
    }
  }
}

export function createSkyThings({ features, soft, backdrop }: SkyThingsOptions): SkyThings {
  const { width, height, luma, blue, red, texture } = features;
  const shift = soft.factor > features.factor ? 1 : 0;
  const share = new Float32Array(width * height);
  const rooted = new Float32Array(width * height);
  const filled = new Uint8Array(height);
  const softShare = new Float32Array(soft.width * soft.height);
  const reach = new Float32Array(softShare.length);
  const solid = new Float32Array(softShare.length);
  const radius = Math.max(1, Math.round(Math.max(soft.width, soft.height) * REACH_RADIUS));

  function cover(boundary: Int16Array, rows: number): void {
    for (let y = 0, i = 0; y < rows; y += 1) {
      const softRow = (y >> shift) * soft.width;
      let most = 0;
      for (let x = 0; x < width; x += 1, i += 1) {
        const row = boundary[x] as number;
        rooted[i] = y >= row - ROOT_ROWS ? 1 : 0;
        if (y > row + ROOT_ROWS) {
          share[i] = 1;
          most = 1;
          continue;
        }
        const s = softRow + (x >> shift);
        const l = backdrop.luma[s] as number;
        const u = backdrop.blue[s] as number;
        const v = backdrop.red[s] as number;
        const isOpen = isOpenSky(l - (luma[i] as number), (blue[i] as number) - u, (red[i] as number) - v, l);
        const value = isOpen ? 0 : coverOf(luma[i] as number, blue[i] as number, red[i] as number, l, u, v);
        share[i] = value;
        if (value > most) most = value;
      }
      filled[y] = most > 0 ? 1 : 0;
    }
  }

  /** Leaves of `share` what stands on the ground or is sharp. */
  function keepThings(boundary: Int16Array, rows: number): void {
    for (let y = 0; y < rows; y += 1) {
      if (filled[y] === 0) continue;
      for (let x = 0, i = y * width; x < width; x += 1, i += 1) {
        const value = share[i] as number;
        if (value === 0) continue;
        if (y >= (boundary[x] as number) + ROOT_ROWS) {
          share[i] = 0;
          continue;
        }
        const standing = rooted[i] as number;
        if (standing >= value) continue;
        const loose = smoothstep(SHARP_TEXTURE[0], SHARP_TEXTURE[1], texture[i] as number) * value;
        share[i] = loose > standing ? loose : standing;
      }
    }
  }

  function soften(rows: number): void {
    const inverse = 1 / (1 << (2 * shift));
    softShare.fill(0);
    for (let y = 0; y < rows; y += 1) {
      if (filled[y] === 0) continue;
      const row = (y >> shift) * soft.width;
      for (let x = 0, i = y * width; x < width; x += 1, i += 1) {
        const value = share[i] as number;
        if (value === 0) continue;
        const s = row + (x >> shift);
        softShare[s] = (softShare[s] as number) + value * inverse;
      }
    }
  }

  function read(boundary: Int16Array): void {
    let lowest = 0;
    for (let x = 0; x < width; x += 1) lowest = Math.max(lowest, boundary[x] as number);
    const rows = Math.min(height, lowest + ROOT_ROWS + 1);
    cover(boundary, rows);
    grow({ share, rooted, filled }, width, rows);
    keepThings(boundary, rows);
    soften(rows);
    boxBlur(softShare, reach, { plane: soft, radius });
    for (let i = 0; i < reach.length; i += 1) {
      const around = reach[i] as number;
      solid[i] =
        around <= SOLID[0] ? 0 : smoothstep(SOLID[0], SOLID[1], around) * smoothstep(0.1, 0.35, softShare[i] as number);
      reach[i] = Math.min(1, around * REACH_GAIN);
    }
  }

  return { solid, reach, read };
}
