/** Shows a picture from a camera pose: each pixel of the frame asks where in the picture it comes from. */
import type { Size } from '../geometry.ts';
import type { CameraPose } from '../motion/camera.ts';
import { fineNoise, sampleNoise } from './noise.ts';
import type { DepthMap, Picture } from './picture.ts';

export interface WarpView {
  readonly pose: CameraPose;
  readonly seconds: number;
  /** Near things sway. */
  readonly wind: boolean;
}

/** The depth that does not move sideways when the camera orbits. */
const PIVOT_DEPTH = 0.45;

/** Half of a level in the 16-bit fractions below: without it a picture that is merely shown again gets darker. */
const HALF = 1 << 15;

/** Writes the colour at a fractional position, bilinear, edges repeated. */
export function sampleInto(picture: Picture, fx: number, fy: number, out: Uint8Array, o: number): void {
  const { width, height, packed } = picture;
  const maxX = width - 1.001;
  const maxY = height - 1.001;
  const x = fx < 0 ? 0 : Math.min(fx, maxX);
  const y = fy < 0 ? 0 : Math.min(fy, maxY);
  const x0 = x | 0;
  const y0 = y | 0;
  const wx = ((x - x0) * 256) | 0;
  const wy = ((y - y0) * 256) | 0;
  const i = y0 * width + x0;
  const p = packed[i] as number;
  const q = packed[i + 1] as number;
  const r = packed[i + width] as number;
  const s = packed[i + width + 1] as number;
  const a = (256 - wx) * (256 - wy);
  const b = wx * (256 - wy);
  const c = (256 - wx) * wy;
  const d = wx * wy;
  out[o] = ((p & 255) * a + (q & 255) * b + (r & 255) * c + (s & 255) * d + HALF) >> 16;
  out[o + 1] = (((p >> 8) & 255) * a + ((q >> 8) & 255) * b + ((r >> 8) & 255) * c + ((s >> 8) & 255) * d + HALF) >> 16;
  out[o + 2] = ((p >> 16) * a + (q >> 16) * b + (r >> 16) * c + (s >> 16) * d + HALF) >> 16;
}

export interface WarpSource {
  readonly picture: Picture;
  readonly depth: DepthMap;
}

export function warpPicture({ picture, depth }: WarpSource, view: WarpView, size: Size, out: Uint8Array): void {
  const { zoom, depthZoom, x: shiftX, y: shiftY, parallaxX, parallaxY } = view.pose;
  const { width, height } = size;
  const noise = fineNoise();
  const { seconds, wind } = view;
  const maxX = depth.width - 1;
  const maxY = depth.height - 1;
  for (let y = 0, o = 0; y < height; y += 1) {
    const ny = (y + 0.5) / height - 0.5;
    const depthRow = Math.min(maxY, ((ny / zoom + 0.5) * depth.height) | 0) * depth.width;
    for (let x = 0; x < width; x += 1, o += 3) {
      const nx = (x + 0.5) / width - 0.5;
      const column = ((nx / zoom + 0.5) * depth.width) | 0;
      const near = depth.values[depthRow + Math.min(column, maxX)] as number;
      const scale = 1 / (zoom + depthZoom * near);
      const lift = near - PIVOT_DEPTH;
      let u = nx * scale + shiftX + parallaxX * lift;
      let v = ny * scale + shiftY + parallaxY * lift;
      if (wind) {
        const gust = sampleNoise(noise, u * 1.3 - seconds * 0.1, v * 1.3 + seconds * 0.02) - 0.5;
        const sway = gust * near * near * 0.007;
        u += sway * (1 + 0.6 * Math.sin(seconds * 2.3 + u * 9));
        v += sway * 0.25;
      }
      sampleInto(picture, (u + 0.5) * picture.width - 0.5, (v + 0.5) * picture.height - 0.5, out, o);
    }
  }
}
