/** Seeded randomness and tileable noise, computed once: sampling a texture is far cheaper than computing noise per pixel. */

export type Random = () => number;

/** Mulberry32: small, fast and the same on every machine. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** FNV-1a. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

export const TILE = 512;
const MASK = TILE - 1;

interface NoiseShape {
  readonly octaves: number;
  /** Lattice cells of the first octave. */
  readonly cells: number;
  readonly seed: number;
  /** Strength of each octave against the one before. */
  readonly gain: number;
}

/** A lattice point is read once for the whole cell beside it: this is most of what a short clip waits for. */
function addOctave(tile: Float32Array, cells: number, amplitude: number, random: Random): void {
  const lattice = new Float32Array(cells * cells).map(random);
  const span = TILE / cells;
  const eased = Float64Array.from({ length: span }, (_, step) => (step / span) ** 2 * (3 - (2 * step) / span));
  for (let y = 0, o = 0; y < TILE; y += 1) {
    const row = Math.floor(y / span);
    const sy = eased[y % span] as number;
    const top = row * cells;
    const bottom = ((row + 1) % cells) * cells;
    for (let left = 0; left < cells; left += 1) {
      const right = (left + 1) % cells;
      const a = lattice[top + left] as number;
      const c = lattice[bottom + left] as number;
      const across = (lattice[top + right] as number) - a;
      const below = (lattice[bottom + right] as number) - c;
      for (let step = 0; step < span; step += 1, o += 1) {
        const sx = eased[step] as number;
        const upper = a + across * sx;
        const lower = c + below * sx;
        tile[o] = (tile[o] as number) + amplitude * (upper + (lower - upper) * sy);
      }
    }
  }
}

/** Fractal value noise from 0 to 1 that repeats seamlessly every `TILE` pixels. */
function createTile({ octaves, cells, seed, gain }: NoiseShape): Float32Array {
  const tile = new Float32Array(TILE * TILE);
  let amplitude = 1;
  for (let octave = 0; octave < octaves && cells << octave <= TILE; octave += 1) {
    addOctave(tile, cells << octave, amplitude, createRandom(seed + octave * 101));
    amplitude *= gain;
  }
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < tile.length; i += 1) {
    const value = tile[i] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  for (let i = 0; i < tile.length; i += 1) tile[i] = ((tile[i] as number) - low) / (high - low);
  return tile;
}

/** Broad shapes with fine detail: clouds, ridges. */
const SOFT: NoiseShape = { octaves: 7, cells: 4, seed: 7, gain: 0.5 };
/** Smaller shapes, rougher: cloud edges, ripples, rock. */
const FINE: NoiseShape = { octaves: 6, cells: 8, seed: 99, gain: 0.55 };

/** Room for both tiles in memory that threads share, and whether it is filled. */
export interface SharedNoise {
  readonly tiles: Float32Array;
  readonly filled: Int32Array;
}

/** A thread that waited so long for the one that fills them computes its own. */
const PATIENCE_MS = 3000;
let shared: SharedNoise | undefined;

export function createSharedNoise(): SharedNoise {
  return {
    tiles: new Float32Array(new SharedArrayBuffer(2 * TILE * TILE * Float32Array.BYTES_PER_ELEMENT)),
    filled: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
  };
}

/** For the thread that has time: while the others start. */
export function fillSharedNoise({ tiles, filled }: SharedNoise): void {
  tiles.set(createTile(SOFT));
  tiles.set(createTile(FINE), TILE * TILE);
  Atomics.store(filled, 0, 1);
  Atomics.notify(filled, 0);
}

/** For those that paint. */
export function useSharedNoise(noise: SharedNoise): void {
  shared = noise;
}

function sharedTile(place: number): Float32Array | undefined {
  if (shared === undefined) return undefined;
  if (Atomics.wait(shared.filled, 0, 0, PATIENCE_MS) === 'timed-out') return undefined;
  return shared.tiles.subarray(place * TILE * TILE, (place + 1) * TILE * TILE);
}

function once(shape: NoiseShape, place: number): () => Float32Array {
  let tile: Float32Array | undefined;
  return () => {
    tile ??= sharedTile(place) ?? createTile(shape);
    return tile;
  };
}

export const softNoise = once(SOFT, 0);
export const fineNoise = once(FINE, 1);

/** Bilinear; `u` and `v` count tiles and wrap. */
export function sampleNoise(tile: Float32Array, u: number, v: number): number {
  const fx = (u - Math.floor(u)) * TILE;
  const fy = (v - Math.floor(v)) * TILE;
  const x0 = fx | 0;
  const y0 = fy | 0;
  const tx = fx - x0;
  const ty = fy - y0;
  const top = (y0 & MASK) * TILE;
  const bottom = ((y0 + 1) & MASK) * TILE;
  const left = x0 & MASK;
  const right = (x0 + 1) & MASK;
  const a = tile[top + left] as number;
  const c = tile[bottom + left] as number;
  const upper = a + ((tile[top + right] as number) - a) * tx;
  return upper + (c + ((tile[bottom + right] as number) - c) * tx - upper) * ty;
}

export interface NoiseRows {
  /** Where the rows above and below `v` begin in a tile, and how far it is from the one to the other. */
  readonly top: number;
  readonly bottom: number;
  readonly down: number;
}

export function noiseRows(v: number): NoiseRows {
  const place = (v - Math.floor(v)) * TILE;
  const row = place | 0;
  return { top: (row & MASK) * TILE, bottom: ((row + 1) & MASK) * TILE, down: place - row };
}
