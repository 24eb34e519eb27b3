/**
 * Frames as video has them, three bytes for two pixels, which FFmpeg takes and gives without converting them: a third of the CPU that it
 * took to convert packed RGB both ways.
 */
import type { Size } from '../geometry.ts';
import { copyIn, copyOut, kernels, roomsOf, SPARE_BYTES } from '../kernels.ts';

/** What FFmpeg calls them: brightness, and two colours at half the size. */
export const VIDEO_FORMAT = 'yuv420p';

export function videoFrameBytes({ width, height }: Size): number {
  return (width * height * 3) / 2;
}

/** Codes packed RGB by BT.709. */
export function codeFrame(rgb: Uint8Array, size: Size, frame: Uint8Array): void {
  const [picture = 0, video = 0] = roomsOf([rgb.length + SPARE_BYTES, frame.length]);
  copyIn(rgb, picture);
  kernels.codeFrame(picture, video, size.width, size.height);
  copyOut(video, frame);
}

/** The other way. */
export function showFrame(frame: Uint8Array, size: Size, rgb: Uint8Array): void {
  const rowBytes = (size.width + SPARE_BYTES) * Int16Array.BYTES_PER_ELEMENT;
  const [video = 0, picture = 0, room = 0] = roomsOf([frame.length + SPARE_BYTES, rgb.length + SPARE_BYTES, rowBytes]);
  copyIn(frame, video);
  kernels.showFrame(video, picture, room, size.width, size.height);
  copyOut(picture, rgb);
}
