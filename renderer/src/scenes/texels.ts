/** Arithmetic on texels of 32 bits, red in the lowest byte and opacity in the highest. */

const RED_BLUE = 0xff00ff;
const ROUND = 0x800080;

/** Between two texels' red and blue at once: `share` is of 256. */
function between(from: number, to: number, share: number): number {
  const red = from & RED_BLUE;
  return ((Math.imul(red, 256 - share) + Math.imul(to & RED_BLUE, share) + ROUND) >>> 8) & RED_BLUE;
}

/** Red and blue of a place between four full texels, the upper two first; `across` and `down` are of 256. */
export function redBlueOf(a: number, b: number, c: number, d: number, across: number, down: number): number {
  return between(between(a, b, across), between(c, d, across), down);
}

/** Its green. */
export function greenOf(a: number, b: number, c: number, d: number, across: number, down: number): number {
  const upper = ((a >>> 8) & 255) * (256 - across) + ((b >>> 8) & 255) * across;
  const lower = ((c >>> 8) & 255) * (256 - across) + ((d >>> 8) & 255) * across;
  return (Math.imul(upper, 256 - down) + Math.imul(lower, down) + 32_768) >>> 16;
}
