/** A street's canvas in the memory of the kernels that paint on it, with all that they read: texels, noise, tables. */
import type { Size } from '../geometry.ts';
import { compiled } from '../kernels.ts';
import type { Canvas } from './texels.ts';

interface StreetKernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  freeFrom(): number;
  panelColumn(
    texels: number,
    rows: number,
    across: number,
    place: number,
    step: number,
    target: number,
    count: number,
    light: number,
    keep: number,
    share: number,
  ): void;
  streetGround(
    canvas: number,
    feet: number,
    rows: number,
    paints: number,
    numbers: number,
    soft: number,
    fine: number,
    lampLight: number,
    noise: number,
    width: number,
    height: number,
    top: number,
  ): void;
}

type Values = Uint32Array | Int32Array | Float32Array;

export interface StreetCanvas extends Canvas {
  readonly kernels: StreetKernels;
  /** Where the memory begins with four floats, and its pixels after them. */
  readonly address: number;
  readonly light: Float32Array;
  readonly start: number;
  /** Copies values to the kernels' memory for good, and tells where. */
  readonly keep: (values: Values) => number;
  /** Copies values to where others were kept. */
  readonly write: (address: number, values: Values) => void;
}

const PAGE_BYTES = 65_536;
const ALIGNMENT = 16;
/** Room is made for more than is asked for: each time all views of the memory are made anew. */
const LEAST_BYTES = 4 << 20;

export function createStreetCanvas({ width, height }: Size): StreetCanvas {
  const kernels = new WebAssembly.Instance(compiled).exports as StreetKernels;
  const { memory } = kernels;
  const address = kernels.freeFrom();
  const start = address + ALIGNMENT;
  let free = address;
  let pixels = new Uint32Array();
  let light = new Float32Array();
  const reserve = (bytes: number): number => {
    const reserved = free;
    free += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const missing = free - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(Math.max(missing, LEAST_BYTES) / PAGE_BYTES));
    if (pixels.buffer !== memory.buffer) {
      pixels = new Uint32Array(memory.buffer, start, width * height);
      light = new Float32Array(memory.buffer, address, 4);
    }
    return reserved;
  };
  reserve(ALIGNMENT + width * height * 4);
  const write = (at: number, values: Values): void =>
    new Uint32Array(memory.buffer, at, values.length).set(
      new Uint32Array(values.buffer, values.byteOffset, values.length),
    );
  return {
    ...{ kernels, width, height, address, start, write },
    get pixels() {
      return pixels;
    },
    get light() {
      return light;
    },
    keep(values) {
      const at = reserve(values.byteLength);
      write(at, values);
      return at;
    },
  };
}
