/** Frames between two frames: both are moved along the motion towards each other and blended, so that nothing shows double. */
import type { Size } from '../geometry.ts';
import { createFlowFinder } from '../motion/local-flow.ts';
import { createEnlarger } from './enlarge.ts';
import { type Picture, packPictureInto } from './picture.ts';
import { sampleInto } from './warp.ts';

export interface Between {
  /** Reads the next source frame. */
  readonly read: (rgb: Uint8Array) => void;
  /** Paints the moment at `share` of the way from the frame before the last to the last. */
  readonly paint: (share: number, out: Uint8Array) => void;
}

function isInside({ width, height }: Size, x: number, y: number): boolean {
  return x > -0.5 && y > -0.5 && x < width - 0.5 && y < height - 0.5;
}

function copyPixel(from: Uint8Array, to: Uint8Array, o: number): void {
  to[o] = from[o] as number;
  to[o + 1] = from[o + 1] as number;
  to[o + 2] = from[o + 2] as number;
}

export function createBetween(size: Size): Between {
  const finder = createFlowFinder(size);
  const count = size.width * size.height;
  let before: Picture = { ...size, packed: new Uint32Array(count) };
  let after: Picture = { ...size, packed: new Uint32Array(count) };
  const full = { channels: 1, fullWidth: size.width, fullHeight: size.height } as const;
  const { width, height, x, y } = finder.flow;
  const across = createEnlarger({ values: x, width, height, ...full });
  const down = createEnlarger({ values: y, width, height, ...full });
  const first = new Uint8Array(size.width * 3);
  const second = new Uint8Array(size.width * 3);
  return {
    read(rgb) {
      const free = before;
      before = after;
      packPictureInto(rgb, free);
      after = free;
      finder.read(rgb);
    },
    paint(share, out) {
      const rest = 1 - share;
      for (let row = 0; row < size.height; row += 1) {
        const flowX = across.row(row);
        const flowY = down.row(row);
        for (let column = 0, o = 0; column < size.width; column += 1, o += 3) {
          const moveX = flowX[column] as number;
          const moveY = flowY[column] as number;
          const isSeenBefore = isInside(size, column - moveX * share, row - moveY * share);
          const isSeenAfter = isInside(size, column + moveX * rest, row + moveY * rest);
          sampleInto(before, column - moveX * share, row - moveY * share, first, o);
          sampleInto(after, column + moveX * rest, row + moveY * rest, second, o);
          if (isSeenBefore && !isSeenAfter) copyPixel(first, second, o);
          else if (isSeenAfter && !isSeenBefore) copyPixel(second, first, o);
        }
        const start = row * size.width * 3;
        for (let i = 0; i < first.length; i += 1) {
          out[start + i] = (first[i] as number) * rest + (second[i] as number) * share + 0.5;
        }
      }
    },
  };
}
