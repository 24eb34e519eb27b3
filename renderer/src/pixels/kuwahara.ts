/**
 * The Kuwahara filter with round areas: each place takes the mean of those among eight neighbouring areas that vary least,
 * which flattens areas and keeps outlines, as a brush does. Square areas would leave square patches on rock and leaves. Each
 * area is one blurred sample, weighted once for all places that use it, so the cost does not depend on the radius. Areas are
 * found at half size, where they are flat; each pixel then takes those of the four places around it that are as bright as
 * itself, so that outlines are as sharp as the picture's own.
 */
import type { Size } from '../geometry.ts';
import { copyIn, copyOut, kernels, roomsOf, SPARE_BYTES } from '../kernels.ts';
import { halfOf } from './outlines.ts';

export interface Kuwahara {
  /** Flattens in place. */
  readonly flatten: (rgb: Uint8Array) => void;
  /** Brightness of the flattened picture, 0 to 255. */
  readonly light: Uint8Array;
}

/** How far out the areas' middles lie, in blur radii: near enough that each area contains the place itself. */
const REACH = 1.5;
/** For each difference of brightness from -255 on: how much a pixel takes of a place that is next to it, in 64ths. */
const ALIKE = Int32Array.from({ length: 511 }, (_, i) => 1 + Math.round(63 / (1 + ((i - 255) / 16) ** 2)));
/** The same for its own place, those beside it and the one across the corner, as a middle of four pixels lies. */
const [OWN, BESIDE, ACROSS] = [ALIKE.map((share) => share * 9), ALIKE.map((share) => share * 3), ALIKE];
/** One part in so many. */
const PARTS = Float32Array.from({ length: 16 * 64 + 1 }, (_, count) => 1 / Math.max(1, count));

/** Room for four planes, a blur's scratch of a plane and a row, and the areas, all in a kernel's memory. */
function createAreas(size: Size, half: Size, blurRadius: number): (rgb: Uint8Array, flat: Uint8Array) => void {
  const count = half.width * half.height;
  const plane = count * Float32Array.BYTES_PER_ELEMENT + SPARE_BYTES;
  const row = half.width * Float32Array.BYTES_PER_ELEMENT;
  const picture = size.width * size.height * 3 + SPARE_BYTES;
  const sizes = [picture, plane, plane, plane, plane, plane + row, 4 * plane, plane];
  const straight = Math.max(1, Math.round(blurRadius * REACH));
  const slanted = Math.max(1, Math.round(blurRadius * REACH * Math.SQRT1_2));
  return (rgb, flat) => {
    const [pictureAt = 0, red = 0, green = 0, blue = 0, squares = 0, scratch = 0, areas = 0, flatAt = 0] =
      roomsOf(sizes);
    copyIn(rgb, pictureAt);
    kernels.readAreas(pictureAt, red, green, blue, squares, size.width, size.height);
    for (const values of [red, red, green, green, blue, blue, squares, squares]) {
      kernels.blur(values, scratch, half.width, half.height, blurRadius);
    }
    kernels.weighAreas(red, green, blue, squares, areas, count);
    kernels.gatherAreas(areas, flatAt, half.width, half.height, straight, slanted);
    copyOut(flatAt, flat);
  };
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
  const flat: Flat = { places: new Uint32Array(half.width * half.height), half };
  const flatBytes = new Uint8Array(flat.places.buffer);
  const light = new Uint8Array(size.width * size.height);
  const gather = createAreas(size, half, Math.max(1, Math.round(radius / 2)));
  return {
    light,
    flatten(rgb) {
      gather(rgb, flatBytes);
      for (let y = 0; y < size.height; y += 1) sharpenRow(rgb, y, size.width, flat, light);
    },
  };
}
