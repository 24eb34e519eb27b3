/**
 * What the painting threads of a job draw for each other before their first frame. All come by the same pieces in the same order, so each knows
 * by itself where a piece stands in their common memory; the first at one draws it, and the others go on to the next.
 */
import type { Size } from '../geometry.ts';

/** Room for what has the same size in every frame, and for so many textures of a frame's size: twice what scenes have. What is not written to takes no memory. */
const LEAST_ROOM = 64 << 20;
const FRAMES_OF_ROOM = 24;
const TEXEL_BYTES = 4;
const MOST_PIECES = 1024;
const ALIGNMENT = 16;
const UNTOUCHED = 0;
const BEGUN = 1;
const DRAWN = 2;

export interface CommonMemory {
  readonly bytes: SharedArrayBuffer;
  /** How far each piece is. */
  readonly states: Int32Array;
}

let common: CommonMemory | undefined;
let pieces = 0;
let end = 0;

export function createCommonMemory({ width, height }: Size): CommonMemory {
  return {
    bytes: new SharedArrayBuffer(LEAST_ROOM + width * height * TEXEL_BYTES * FRAMES_OF_ROOM),
    states: new Int32Array(new SharedArrayBuffer(MOST_PIECES * Int32Array.BYTES_PER_ELEMENT)),
  };
}

/** From now on this thread draws with others; without a memory, alone again. */
export function drawTogether(memory: CommonMemory | undefined): void {
  common = memory;
}

function takeTurn({ states }: CommonMemory, draw: () => void): void {
  const piece = pieces;
  pieces += 1;
  if (Atomics.compareExchange(states, piece, UNTOUCHED, BEGUN) !== UNTOUCHED) return;
  draw();
  Atomics.store(states, piece, DRAWN);
  Atomics.notify(states, piece);
}

/** A piece of so many bytes, empty at first. It may be unfinished until `waitForPieces`. */
export function drawPiece(byteLength: number, draw: (bytes: Uint8Array) => void): Uint8Array {
  if (common === undefined) {
    const bytes = new Uint8Array(byteLength);
    draw(bytes);
    return bytes;
  }
  const bytes = new Uint8Array(common.bytes, end, byteLength);
  end += Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT;
  takeTurn(common, () => draw(bytes));
  return bytes;
}

/** Changes a finished piece, or bytes that only this thread has. */
export function changePiece({ buffer }: Uint8Array, change: () => void): void {
  if (common !== undefined && buffer === common.bytes) takeTurn(common, change);
  else change();
}

/** Waits until all pieces so far are drawn. A thread that fails ends the others, too. */
export function waitForPieces(): void {
  for (let piece = 0; common !== undefined && piece < pieces; piece += 1) Atomics.wait(common.states, piece, BEGUN);
}
