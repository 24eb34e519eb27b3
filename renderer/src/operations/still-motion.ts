/** One still picture in motion: what image-to-video shows, and each picture of reference-to-video. */
import { decodePicture } from '../ffmpeg/decode.ts';
import type { Size } from '../geometry.ts';
import type { RenderInput } from '../job.ts';
import { type CameraTime, cameraPose } from '../motion/camera.ts';
import { estimateDepth, packPicture } from '../pixels/picture.ts';
import { type WarpSource, warpPicture } from '../pixels/warp.ts';
import type { CameraMove } from '../prompt/lexicon.ts';

/** The picture is held larger than the frame, so that a zoom shows detail instead of enlarged pixels. */
const OVERSIZE = 1.25;

export function oversized({ width, height }: Size): Size {
  const even = (length: number) => Math.round((length * OVERSIZE) / 2) * 2;
  return { width: even(width), height: even(height) };
}

export interface StillMotion {
  readonly paint: (move: CameraMove | undefined, time: CameraTime, out: Uint8Array) => void;
}

/** `filter` prepares the picture at the size it is given; it must cover all of it. */
export async function openStill(
  input: RenderInput,
  size: Size,
  { wind, filter }: { readonly wind: boolean; readonly filter: (size: Size) => string },
): Promise<StillMotion> {
  const held = oversized(size);
  const rgb = await decodePicture(input, held, filter(held));
  const source: WarpSource = { picture: packPicture(rgb, held), depth: estimateDepth(rgb, held) };
  return {
    paint: (move, time, out) => {
      warpPicture(source, { pose: cameraPose(move, time), seconds: time.seconds, wind }, size, out);
    },
  };
}
