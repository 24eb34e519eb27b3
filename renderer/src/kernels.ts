/**
 * The way to the WebAssembly kernels of `renderer/kernels`. Each call copies its planes in and its result out, which costs a fifth of the
 * least that a kernel does with them; nothing outside holds on to the kernels' memory, so it may grow.
 */
import { readFileSync } from 'node:fs';

interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  freeFrom(): number;
  blur(plane: number, scratch: number, width: number, height: number, radius: number): void;
  fitGuide(
    guide: number,
    mask: number,
    slope: number,
    means: number,
    scratch: number,
    width: number,
    height: number,
    radius: number,
    epsilon: number,
  ): void;
  lightRow(
    source: number,
    target: number,
    light: number,
    glow: number,
    share: number,
    above: number,
    below: number,
    room: number,
    down: number,
    width: number,
  ): void;
  mirrorRow(
    source: number,
    target: number,
    shares: number,
    above: number,
    below: number,
    room: number,
    down: number,
    gain: number,
    width: number,
  ): void;
  readAreas(
    picture: number,
    reddest: number,
    greenest: number,
    bluest: number,
    squares: number,
    width: number,
    height: number,
  ): void;
  weighAreas(reddest: number, greenest: number, bluest: number, squares: number, areas: number, count: number): void;
  gatherAreas(areas: number, flat: number, width: number, height: number, straight: number, slanted: number): void;
  measureChange(luma: number, edges: number, width: number, height: number, most: number): void;
  findBoundary(
    edges: number,
    sky: number,
    last: number,
    turns: number,
    from: number,
    room: number,
    boundary: number,
    width: number,
    limit: number,
    step: number,
    edgeWeight: number,
    stepWeight: number,
    timeWeight: number,
    mostTime: number,
    borderEdge: number,
  ): void;
  readColours(
    picture: number,
    luma: number,
    blue: number,
    red: number,
    width: number,
    height: number,
    factor: number,
    fullWidth: number,
  ): void;
  halvePlane(source: number, target: number, width: number, height: number): void;
  shrinkRow(source: number, sums: number, target: number, width: number, rows: number, smallWidth: number): void;
  sumMotion(
    before: number,
    after: number,
    weights: number,
    places: number,
    sums: number,
    count: number,
    width: number,
    height: number,
    shiftX: number,
    shiftY: number,
    zoom: number,
    roll: number,
    perError: number,
  ): void;
  readGround(picture: number, light: number, redder: number, bluer: number, width: number, height: number): void;
  layGround(
    light: number,
    around: number,
    rough: number,
    redder: number,
    bluer: number,
    sky: number,
    mirror: number,
    still: number,
    lying: number,
    flat: number,
    open: number,
    width: number,
  ): number;
  veilPicture(
    source: number,
    target: number,
    rows: number,
    air: number,
    haze: number,
    hazeWidth: number,
    room: number,
    width: number,
    height: number,
  ): void;
  wetPicture(
    source: number,
    target: number,
    rows: number,
    air: number,
    haze: number,
    hazeWidth: number,
    mirror: number,
    mirrorWidth: number,
    room: number,
    dim: number,
    width: number,
    height: number,
  ): void;
  whitenPicture(
    source: number,
    target: number,
    rows: number,
    air: number,
    haze: number,
    hazeWidth: number,
    lying: number,
    lyingWidth: number,
    room: number,
    level: number,
    width: number,
    height: number,
  ): void;
  cloudRow(row: number, tiles: number, settings: number, room: number, count: number): void;
  codeFrame(picture: number, video: number, width: number, height: number): void;
  showFrame(video: number, picture: number, room: number, width: number, height: number): void;
  tonePicture(source: number, target: number, curves: number, pixels: number): void;
  lightPicture(source: number, target: number, pixels: number): void;
  findLamps(
    light: number,
    around: number,
    room: number,
    places: number,
    least: number,
    contrast: number,
    most: number,
    width: number,
    height: number,
  ): number;
  glowPicture(
    source: number,
    target: number,
    glow: number,
    room: number,
    amount: number,
    red: number,
    green: number,
    blue: number,
    width: number,
    height: number,
  ): void;
}

const PAGE_BYTES = 65_536;
const ALIGNMENT = 16;

/** The same file for the sources and for the build beside them. */
export const compiled = new WebAssembly.Module(readFileSync(new URL('../dist/kernels.wasm', import.meta.url)));
export const kernels = new WebAssembly.Instance(compiled).exports as Kernels;
const start = kernels.freeFrom();

/** Addresses of rooms of so many bytes each, always the same for the same sizes. What is in them is good for one call: the next asks for the same memory. */
export function roomsOf(sizes: readonly number[]): readonly number[] {
  const addresses: number[] = [];
  let end = start;
  for (const bytes of sizes) {
    addresses.push(end);
    end += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  }
  const missing = end - kernels.memory.buffer.byteLength;
  if (missing > 0) kernels.memory.grow(Math.ceil(missing / PAGE_BYTES));
  return addresses;
}

/** Addresses of `count` planes of as many values each, likewise. */
export function planesOf(values: number, count: number): readonly number[] {
  return roomsOf(new Array<number>(count).fill(values * Float32Array.BYTES_PER_ELEMENT));
}

/** The whole memory, until it grows: some copy a row at a time, and views cost as much as the bytes. */
let bytes = new Uint8Array(kernels.memory.buffer);
let floats = new Float32Array(kernels.memory.buffer);

function follow(): void {
  if (bytes.buffer === kernels.memory.buffer) return;
  bytes = new Uint8Array(kernels.memory.buffer);
  floats = new Float32Array(kernels.memory.buffer);
}

function bytesOf(values: NodeJS.TypedArray): Uint8Array {
  return values instanceof Uint8Array ? values : new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

export function copyIn(values: NodeJS.TypedArray, address: number): void {
  follow();
  if (values instanceof Float32Array) floats.set(values, address / Float32Array.BYTES_PER_ELEMENT);
  else bytes.set(bytesOf(values), address);
}

/** Fills `values`. */
export function copyOut(address: number, values: NodeJS.TypedArray): void {
  follow();
  bytesOf(values).set(bytes.subarray(address, address + values.byteLength));
}

/** So far beyond a picture's end a kernel may read and write that takes four pixels at a time. */
export const SPARE_BYTES = 32;

/**
 * Copies packed RGB in, lets `change` make another picture of it, and copies that back. `change` gets the addresses of both and of rooms
 * of `sizes` bytes.
 */
export function changePicture(
  rgb: Uint8Array,
  sizes: readonly number[],
  change: (rooms: readonly number[]) => void,
): void {
  const bytes = rgb.length + SPARE_BYTES;
  const [source = 0, target = 0, ...rooms] = roomsOf([bytes, bytes, ...sizes]);
  copyIn(rgb, source);
  change([source, target, ...rooms]);
  copyOut(target, rgb);
}
