/** Where a sheet of paper or canvas lies on the screen when it keeps to the world that the camera shows. */
import type { Size } from '../geometry.ts';
import type { CameraPose } from './camera.ts';
import { estimateMotion, type Luma, type Motion, NO_MOTION } from './estimate.ts';

/** A pixel `p`, measured from the frame's middle, shows the sheet's point `(a * x - b * y + x0, b * x + a * y + y0)`. */
export interface Anchor {
  readonly a: number;
  readonly b: number;
  readonly x: number;
  readonly y: number;
}

export const UNMOVED: Anchor = { a: 1, b: 0, x: 0, y: 0 };

/** A sheet that lies in the picture which a camera path shows. */
export function anchorAt({ zoom, x, y }: CameraPose, { width, height }: Size): Anchor {
  return { a: 1 / zoom, b: 0, x: x * width, y: y * height };
}

/** Follows the camera through the frames of a clip, which come in order. */
export type CameraAnchor = (source: Uint8Array) => Anchor;

/** The width that the camera's motion is measured at. */
const MOTION_WIDTH = 160;
/** Slower than this, in half widths per frame, a camera stands: estimates are not more exact. */
const STANDING = 1.2e-4;

/** Mean brightness of every place, from every other pixel each way. */
function readLuma(rgb: Uint8Array, size: Size, { width, height, values }: Luma): void {
  for (let y = 0, i = 0; y < height; y += 1) {
    const top = Math.floor((y * size.height) / height);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * size.height) / height));
    for (let x = 0; x < width; x += 1, i += 1) {
      const left = Math.floor((x * size.width) / width);
      const right = Math.max(left + 1, Math.floor(((x + 1) * size.width) / width));
      let sum = 0;
      let count = 0;
      for (let row = top; row < bottom; row += 2) {
        const end = (row * size.width + right) * 3;
        for (let o = (row * size.width + left) * 3; o < end; o += 6, count += 1) {
          sum += 77 * (rgb[o] as number) + 151 * (rgb[o + 1] as number) + 28 * (rgb[o + 2] as number);
        }
      }
      values[i] = sum / (count * 65_280);
    }
  }
}

function unlessStanding(speed: number): number {
  return Math.abs(speed) < STANDING ? 0 : speed;
}

/** How the camera moved before each frame, from the frames themselves. */
function createMotionReader(size: Size): (source: Uint8Array) => Motion {
  const width = Math.min(MOTION_WIDTH, size.width);
  const height = Math.max(8, Math.round((size.height * width) / size.width));
  const create = (): Luma => ({ width, height, values: new Float32Array(width * height) });
  let before: Luma | undefined;
  let now = create();
  return (source) => {
    readLuma(source, size, now);
    const motion = before === undefined ? NO_MOTION : estimateMotion(before, now);
    const free = before ?? create();
    before = now;
    now = free;
    return motion;
  };
}

/** `motionOf` tells how the camera moved before a frame, where that is known already. */
export function createCameraAnchor(size: Size, motionOf = createMotionReader(size)): CameraAnchor {
  const half = size.width / 2;
  let { a, b, x, y } = UNMOVED;
  return (source) => {
    const motion = motionOf(source);
    // What was at `p` is now at `scale * p + shift`: the sheet is read from where it was.
    const scale = 1 + unlessStanding(motion.zoom);
    const roll = unlessStanding(motion.roll);
    const shiftX = unlessStanding(motion.x) * half;
    const shiftY = unlessStanding(motion.y) * half;
    const square = scale * scale + roll * roll;
    const c = scale / square;
    const d = -roll / square;
    x -= a * (c * shiftX - d * shiftY) - b * (d * shiftX + c * shiftY);
    y -= b * (c * shiftX - d * shiftY) + a * (d * shiftX + c * shiftY);
    [a, b] = [a * c - b * d, a * d + b * c];
    return { a, b, x, y };
  };
}
