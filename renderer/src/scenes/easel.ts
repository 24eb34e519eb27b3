/** Where a drawn frame stands: its pixels in a memory of its own for the WebAssembly kernels that go over the whole of it. */
import type { Size } from '../geometry.ts';
import { compiled } from '../kernels.ts';
import type { SkyBuffer } from '../pixels/sky.ts';
import type { Canvas } from './texels.ts';

interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  freeFrom(): number;
  enlarge(
    small: number,
    frame: number,
    row: number,
    width: number,
    height: number,
    rows: number,
    from: number,
    to: number,
  ): void;
  unroll(canvas: number, frame: number, width: number, height: number): void;
  finish(frame: number, aside: number, dither: number, out: number, width: number, height: number): void;
}

const PAGE_BYTES = 65_536;
const ALIGNMENT = 16;

/** The kernels, and the addresses of parts of so many bytes. Nothing else asks them for memory, so the parts stay where they are. */
function openKernels(parts: readonly number[]): Kernels & { readonly addresses: readonly number[] } {
  const own = new WebAssembly.Instance(compiled).exports as Kernels;
  let end = own.freeFrom();
  const addresses = parts.map((bytes) => {
    const address = end;
    // They write a little beyond a part's end.
    end += Math.ceil(bytes / ALIGNMENT + 1) * ALIGNMENT;
    return address;
  });
  own.memory.grow(Math.max(0, Math.ceil((end - own.memory.buffer.byteLength) / PAGE_BYTES)));
  return { ...own, addresses };
}

/** Fixed noise of half a level hides the steps of a dark gradient; being fixed it costs the encoder nothing. */
function ditherAt(x: number): number {
  return ((Math.imul(x + 1, 2_654_435_761) >>> 8) & 255) / 255 - 0.5;
}

/** The frame in the making and what its last passes need, in the kernels' memory. */
export interface Easel {
  readonly frame: Float32Array;
  readonly sky: SkyBuffer;
  /** Enlarges the sky over so many rows between two columns. */
  readonly hang: (rows: number, columns: { readonly from: number; readonly to: number }) => void;
  /** Makes a canvas the frame. */
  readonly lay: (canvas: Canvas) => void;
  /** Darkens the corners and writes bytes. */
  readonly finish: (out: Uint8Array) => void;
}

/** `isStaged` tells that canvases will be laid on it. */
export function createEasel({ width, height }: Size, isStaged: boolean): Easel {
  const pixels = width * height;
  const small = { width: width >> 1, height: height >> 1 };
  const kernels = openKernels([
    ...[pixels * 12, small.width * small.height * 12, (small.width + 2) * 12],
    ...[width * 4, width * 8, pixels * 3, isStaged ? pixels * 4 : 0],
  ]);
  const [frame = 0, sky = 0, row = 0, aside = 0, dither = 0, bytes = 0, laid = 0] = kernels.addresses;
  const { buffer } = kernels.memory;
  const asides = new Float32Array(buffer, aside, width);
  const dithers = new Float32Array(buffer, dither, width * 2);
  for (let x = 0; x < width; x += 1) {
    // How far each column is from the middle, squared, in shares of the width.
    asides[x] = (x / width - 0.5) ** 2;
    dithers[x] = ditherAt(x);
    dithers[x + width] = ditherAt(x);
  }
  return {
    frame: new Float32Array(buffer, frame, pixels * 3),
    sky: { ...small, rgb: new Float32Array(buffer, sky, small.width * small.height * 3) },
    hang(rows, { from, to }) {
      const last = Math.min(small.width, (to + 1) >> 1);
      kernels.enlarge(sky, frame, row, small.width, small.height, rows, from >> 1, last);
    },
    lay(canvas) {
      new Uint32Array(buffer, laid, pixels).set(canvas.pixels);
      kernels.unroll(laid, frame, width, height);
    },
    finish(out) {
      kernels.finish(frame, aside, dither, bytes, width, height);
      out.set(new Uint8Array(buffer, bytes, pixels * 3));
    },
  };
}
