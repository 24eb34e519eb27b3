/** Arithmetic on texels of 32 bits, red in the lowest byte and opacity in the highest. */

const RED_BLUE = 0xff00ff;
const ROUND = 0x800080;

/** A picture whose pixels stand column by column, as a street is painted: `pixels[x * height + y]`. */
export interface Canvas {
  readonly pixels: Uint32Array;
  readonly width: number;
  readonly height: number;
}

/** Between two texels' red and blue at once: `share` is of 256. */
function redBlueBetween(from: number, to: number, share: number): number {
  const red = from & RED_BLUE;
  return ((Math.imul(red, 256 - share) + Math.imul(to & RED_BLUE, share) + ROUND) >>> 8) & RED_BLUE;
}

/** Green between two texels, in 256ths. */
function greenBetween(from: number, to: number, share: number): number {
  return ((from >>> 8) & 255) * (256 - share) + ((to >>> 8) & 255) * share;
}

/** The way from one full texel to another, in 256ths; opacity is dropped. */
export function mixTexels(from: number, to: number, share: number): number {
  const whole = share | 0;
  return redBlueBetween(from, to, whole) | ((greenBetween(from, to, whole) + 128) & 0xff00);
}

/** Channels of 0 to 255 and above as a texel; `noise`, 0 to 1, hides the steps between its levels. */
export function texelOf(red: number, green: number, blue: number, noise: number): number {
  const r = (red > 254 ? 254 : red) + noise;
  const g = (green > 254 ? 254 : green) + noise;
  const b = (blue > 254 ? 254 : blue) + noise;
  return r | (g << 8) | (b << 16);
}

const NOISES = 1024;
/** Fixed noise of 0 to 1. */
export const NOISE = Float32Array.from(
  { length: NOISES },
  (_, i) => ((Math.imul(i + 1, 2_654_435_761) >>> 8) & 255) / 256,
);

/** Fixed noise for `texelOf` at a pixel. */
export function noiseAt(x: number, y: number): number {
  return NOISE[(x * 389 + y) & (NOISES - 1)] as number;
}
