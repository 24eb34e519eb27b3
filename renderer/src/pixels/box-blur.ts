import { copyIn, copyOut, kernels, planesOf } from '../kernels.ts';

export interface Plane {
  readonly width: number;
  readonly height: number;
}

/** The mean over a square of `2 * radius + 1`, edges repeated. `target` may be `source`. */
export function boxBlur(
  source: Float32Array,
  target: Float32Array,
  { plane, radius }: { readonly plane: Plane; readonly radius: number },
): void {
  const { width, height } = plane;
  // The second is a plane and a row, which the third has room for.
  const [values = 0, scratch = 0] = planesOf(width * height, 3);
  copyIn(source, values);
  kernels.blur(values, scratch, width, height, radius);
  copyOut(values, target);
}
