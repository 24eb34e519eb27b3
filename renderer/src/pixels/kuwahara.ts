/**
 * The Kuwahara filter with round areas: each place takes the mean of those among eight neighbouring areas that vary least,
 * which flattens areas and keeps outlines, as a brush does. Square areas would leave square patches on rock and leaves. Each
 * area is one blurred sample, weighted once for all places that use it, so the cost does not depend on the radius. Areas are
 * found at half size, where they are flat; each pixel then takes those of the four places around it that are as bright as
 * itself, so that outlines are as sharp as the picture's own.
 */
import type { Size } from '../geometry.ts';
import { copyBytesOut, copyIn, kernels, roomsOf } from '../kernels.ts';
import { boxBlur } from './box-blur.ts';
import { halfOf } from './outlines.ts';

export interface Kuwahara {
  /** Flattens in place. */
  readonly flatten: (rgb: Uint8Array) => void;
  /** Brightness of the flattened picture, 0 to 255. */
  readonly light: Uint8Array;
}

/** Variance is judged by brightness: shadows vary little in all and would spread over everything beside them. */
const VARIANCE_SHARE = 0.15;
const DARKEST = 24;
/** How far out the areas' middles lie, in blur radii: near enough that each area contains the place itself. */
const REACH = 1.5;
/** For each difference of brightness from -255 on: how much a pixel takes of a place that is next to it, in 64ths. */
const ALIKE = Int32Array.from({ length: 511 }, (_, i) => 1 + Math.round(63 / (1 + ((i - 255) / 16) ** 2)));
/** The same for its own place, those beside it and the one across the corner, as a middle of four pixels lies. */
const [OWN, BESIDE, ACROSS] = [ALIKE.map((share) => share * 9), ALIKE.map((share) => share * 3), ALIKE];
/** One part in so many. */
const PARTS = Float32Array.from({ length: 16 * 64 + 1 }, (_, count) => 1 / Math.max(1, count));

interface Planes {
  readonly red: Float32Array;
  readonly green: Float32Array;
  readonly blue: Float32Array;
  readonly squares: Float32Array;
}

/** Splits the picture, at half size, into the four planes whose local means are needed. */
function readPlanes(rgb: Uint8Array, size: Size, half: Size, { red, green, blue, squares }: Planes): void {
  for (let y = 0, i = 0; y < half.height; y += 1) {
    const top = Math.min(size.height - 1, y * 2) * size.width * 3;
    const bottom = Math.min(size.height - 1, y * 2 + 1) * size.width * 3;
    for (let x = 0; x < half.width; x += 1, i += 1) {
      const near = Math.min(size.width - 1, x * 2) * 3;
      const next = Math.min(size.width - 1, x * 2 + 1) * 3;
      const a = top + near;
      const b = top + next;
      const c = bottom + near;
      const d = bottom + next;
      const r = ((rgb[a] as number) + (rgb[b] as number) + (rgb[c] as number) + (rgb[d] as number)) / 4;
      const g = ((rgb[a + 1] as number) + (rgb[b + 1] as number) + (rgb[c + 1] as number) + (rgb[d + 1] as number)) / 4;
      const l = ((rgb[a + 2] as number) + (rgb[b + 2] as number) + (rgb[c + 2] as number) + (rgb[d + 2] as number)) / 4;
      const light = 0.3 * r + 0.59 * g + 0.11 * l;
      red[i] = r;
      green[i] = g;
      blue[i] = l;
      squares[i] = light * light;
    }
  }
}

/** Turns means into weighted means; `areas` gets red, green, blue and the weight of each area in turn. */
function weighAreas({ red, green, blue, squares }: Planes, areas: Float32Array): void {
  for (let i = 0, o = 0; i < red.length; i += 1, o += 4) {
    const r = red[i] as number;
    const g = green[i] as number;
    const b = blue[i] as number;
    const light = 0.3 * r + 0.59 * g + 0.11 * b;
    const spread = Math.max(0, (squares[i] as number) - light * light) / (VARIANCE_SHARE * (light + DARKEST));
    const soft = 1 / (1 + spread);
    const weight = soft * soft * soft;
    areas[o] = r * weight;
    areas[o + 1] = g * weight;
    areas[o + 2] = b * weight;
    areas[o + 3] = weight;
  }
}

/** Fills `flat` with the mean of the eight areas around each place, and its brightness, as four bytes. */
function gatherAreas(areas: Float32Array, { width, height }: Size, radius: number, flat: Uint8Array): void {
  const straight = Math.max(1, Math.round(radius * REACH));
  const slanted = Math.max(1, Math.round(radius * REACH * Math.SQRT1_2));
  const [areasAt = 0, flatAt = 0] = roomsOf([areas.byteLength, flat.byteLength]);
  copyIn(areas, areasAt);
  kernels.gatherAreas(areasAt, flatAt, width, height, straight, slanted);
  copyBytesOut(flatAt, flat.length, flat, 0);
}

interface Flat {
  /** Red, green, blue and brightness from the lowest byte. */
  readonly places: Uint32Array;
  readonly half: Size;
}

/** One row at full size: of the four places around a pixel those count that are near it and as bright as it. */
function sharpenRow(rgb: Uint8Array, y: number, width: number, { places, half }: Flat, light: Uint8Array): void {
  const own = y >> 1;
  const beside = Math.max(0, Math.min(half.height - 1, own + (y & 1 ? 1 : -1)));
  const rowA = own * half.width;
  const rowC = beside * half.width;
  const last = half.width - 1;
  for (let x = 0, o = y * width * 3, i = y * width; x < width; x += 1, o += 3, i += 1) {
    const near = x >> 1;
    const next = x & 1 ? (near < last ? near + 1 : last) : near > 0 ? near - 1 : 0;
    const a = places[rowA + near] as number;
    const b = places[rowA + next] as number;
    const c = places[rowC + near] as number;
    const d = places[rowC + next] as number;
    const bright = 255 + ((77 * (rgb[o] as number) + 151 * (rgb[o + 1] as number) + 28 * (rgb[o + 2] as number)) >> 8);
    const wa = OWN[bright - (a >>> 24)] as number;
    const wb = BESIDE[bright - (b >>> 24)] as number;
    const wc = BESIDE[bright - (c >>> 24)] as number;
    const wd = ACROSS[bright - (d >>> 24)] as number;
    const part = PARTS[wa + wb + wc + wd] as number;
    const red = wa * (a & 255) + wb * (b & 255) + wc * (c & 255) + wd * (d & 255);
    const green = wa * ((a >> 8) & 255) + wb * ((b >> 8) & 255) + wc * ((c >> 8) & 255) + wd * ((d >> 8) & 255);
    const blue = wa * ((a >> 16) & 255) + wb * ((b >> 16) & 255) + wc * ((c >> 16) & 255) + wd * ((d >> 16) & 255);
    const r = (red * part + 0.5) | 0;
    const g = (green * part + 0.5) | 0;
    const l = (blue * part + 0.5) | 0;
    rgb[o] = r;
    rgb[o + 1] = g;
    rgb[o + 2] = l;
    light[i] = (77 * r + 151 * g + 28 * l) >> 8;
  }
}

/** `radius` in pixels. */
export function createKuwahara(size: Size, radius: number): Kuwahara {
  const half = halfOf(size);
  const plane = () => new Float32Array(half.width * half.height);
  const planes: Planes = { red: plane(), green: plane(), blue: plane(), squares: plane() };
  const areas = new Float32Array(half.width * half.height * 4);
  const flat: Flat = { places: new Uint32Array(half.width * half.height), half };
  const flatBytes = new Uint8Array(flat.places.buffer);
  const light = new Uint8Array(size.width * size.height);
  const blur = { plane: half, radius: Math.max(1, Math.round(radius / 2)) };
  return {
    light,
    flatten(rgb) {
      readPlanes(rgb, size, half, planes);
      for (const values of [planes.red, planes.green, planes.blue, planes.squares]) {
        boxBlur(values, values, blur);
        boxBlur(values, values, blur);
      }
      weighAreas(planes, areas);
      gatherAreas(areas, half, blur.radius, flatBytes);
      for (let y = 0; y < size.height; y += 1) sharpenRow(rgb, y, size.width, flat, light);
    },
  };
}
