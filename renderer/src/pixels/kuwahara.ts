/**
 * The Kuwahara filter: each pixel takes the mean of whichever of four neighbouring squares varies least, which flattens
 * areas and keeps outlines, as a brush does. Summed-area tables make its cost independent of the radius.
 */
import type { Size } from '../geometry.ts';

export type Kuwahara = (source: Uint8Array, target: Uint8Array, radius: number) => void;

/** Tables of the sums of red, green, blue and squared brightness. */
function fillTables(tables: readonly Float64Array[], source: Uint8Array, { width, height }: Size): void {
  const [reds, greens, blues, squares] = tables as [Float64Array, Float64Array, Float64Array, Float64Array];
  const stride = width + 1;
  for (let y = 0, i = 0; y < height; y += 1) {
    let r = 0;
    let g = 0;
    let b = 0;
    let s = 0;
    for (let x = 0; x < width; x += 1, i += 3) {
      const red = source[i] as number;
      const green = source[i + 1] as number;
      const blue = source[i + 2] as number;
      const light = 0.3 * red + 0.59 * green + 0.11 * blue;
      r += red;
      g += green;
      b += blue;
      s += light * light;
      const k = (y + 1) * stride + x + 1;
      reds[k] = (reds[k - stride] as number) + r;
      greens[k] = (greens[k - stride] as number) + g;
      blues[k] = (blues[k - stride] as number) + b;
      squares[k] = (squares[k - stride] as number) + s;
    }
  }
}

export function createKuwahara(size: Size): Kuwahara {
  const { width, height } = size;
  const stride = width + 1;
  const tables = Array.from({ length: 4 }, () => new Float64Array(stride * (height + 1)));
  const [reds, greens, blues, squares] = tables as [Float64Array, Float64Array, Float64Array, Float64Array];
  const sum = (table: Float64Array, a: number, b: number, c: number, d: number) =>
    (table[a] as number) - (table[b] as number) - (table[c] as number) + (table[d] as number);
  return (source, target, radius) => {
    fillTables(tables, source, size);
    for (let y = 0, i = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1, i += 3) {
        let total = 0;
        let red = 0;
        let green = 0;
        let blue = 0;
        for (let quarter = 0; quarter < 4; quarter += 1) {
          const x0 = quarter & 1 ? x : Math.max(0, x - radius);
          const x1 = quarter & 1 ? Math.min(width, x + radius + 1) : x + 1;
          const y0 = quarter & 2 ? y : Math.max(0, y - radius);
          const y1 = quarter & 2 ? Math.min(height, y + radius + 1) : y + 1;
          const inverse = 1 / ((x1 - x0) * (y1 - y0));
          const a = y1 * stride + x1;
          const b = y0 * stride + x1;
          const c = y1 * stride + x0;
          const d = y0 * stride + x0;
          const r = sum(reds, a, b, c, d) * inverse;
          const g = sum(greens, a, b, c, d) * inverse;
          const bl = sum(blues, a, b, c, d) * inverse;
          const light = 0.3 * r + 0.59 * g + 0.11 * bl;
          const variance = sum(squares, a, b, c, d) * inverse - light * light;
          const weight = 1 / (1 + variance * variance * 0.004);
          total += weight;
          red += r * weight;
          green += g * weight;
          blue += bl * weight;
        }
        target[i] = red / total;
        target[i + 1] = green / total;
        target[i + 2] = blue / total;
      }
    }
  };
}
