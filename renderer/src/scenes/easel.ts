/** Where a drawn frame stands: its pixels in a memory of its own for the WebAssembly kernels that go over the whole of it. */
import type { Size } from '../geometry.ts';
import { compiled } from '../kernels.ts';
import type { SkyBuffer } from '../pixels/sky.ts';
import { type HungLayer, hangLayer } from './draw-layer.ts';
import type { Layer } from './scene.ts';
import type { Canvas } from './texels.ts';

export interface EaselKernels {
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
  layerRow(out: number, count: number, texels: number, width: number, from: number, step: number, down: number): void;
  swayingRow(
    out: number,
    count: number,
    texels: number,
    width: number,
    from: number,
    step: number,
    down: number,
    swing: number,
    seconds: number,
    wave: number,
  ): void;
  unroll(canvas: number, frame: number, width: number, height: number): void;
  finish(frame: number, aside: number, dither: number, out: number, width: number, height: number): void;
}

const PAGE_BYTES = 65_536;
const ALIGNMENT = 16;

/** The kernels, and the addresses of parts of so many bytes. Nothing else asks them for memory, so the parts stay where they are. */
function openKernels(parts: readonly number[]): EaselKernels & { readonly addresses: readonly number[] } {
  const own = new WebAssembly.Instance(compiled).exports as EaselKernels;
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
  readonly size: Size;
  readonly kernels: EaselKernels;
  readonly frame: Float32Array;
  /** Where a row of the frame begins, and a sine of 1024 steps. */
  readonly rowAt: (y: number) => number;
  readonly wave: number;
  /** Copies the texels of layers whose room was asked for, in turn. */
  readonly take: (layer: Layer) => HungLayer;
  readonly sky: SkyBuffer;
  /** Enlarges the sky over so many rows between two columns. */
  readonly hang: (rows: number, columns: { readonly from: number; readonly to: number }) => void;
  /** Makes a canvas the frame. */
  readonly lay: (canvas: Canvas) => void;
  /** Darkens the corners and writes bytes. */
  readonly finish: (out: Uint8Array) => void;
}

/** Steps of a whole turn of the sine that layers sway by. */
const WAVE_STEPS = 1024;

interface EaselPlan {
  readonly layers: readonly Layer[];
  /** Canvases will be laid on it. */
  readonly isStaged: boolean;
}

export function createEasel(size: Size, { layers, isStaged }: EaselPlan): Easel {
  const { width, height } = size;
  const pixels = width * height;
  const small = { width: width >> 1, height: height >> 1 };
  const kernels = openKernels([
    ...[pixels * 12, small.width * small.height * 12, (small.width + 2) * 12],
    ...[width * 4, width * 8, pixels * 3, isStaged ? pixels * 4 : 0, (WAVE_STEPS + 1) * 4],
    ...layers.map((layer) => layer.texels.byteLength),
  ]);
  const [frame = 0, sky = 0, row = 0, aside = 0, dither = 0, bytes = 0, laid = 0, wave = 0, ...hung] =
    kernels.addresses;
  const { buffer } = kernels.memory;
  const asides = new Float32Array(buffer, aside, width);
  const dithers = new Float32Array(buffer, dither, width * 2);
  for (let x = 0; x < width; x += 1) {
    // How far each column is from the middle, squared, in shares of the width.
    asides[x] = (x / width - 0.5) ** 2;
    dithers[x] = ditherAt(x);
    dithers[x + width] = ditherAt(x);
  }
  const waves = new Float32Array(buffer, wave, WAVE_STEPS + 1);
  for (let step = 0; step <= WAVE_STEPS; step += 1) waves[step] = Math.sin((step / WAVE_STEPS) * Math.PI * 2);
  return {
    ...{ size, kernels, wave, rowAt: (y) => frame + y * width * 12 },
    take(layer) {
      const address = hung.shift();
      if (address === undefined) throw new Error('An easel has room for the layers it was planned with.');
      new Uint32Array(buffer, address, layer.texels.length).set(layer.texels);
      return hangLayer(layer, address);
    },
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
