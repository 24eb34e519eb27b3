/** Styles that paint or draw the picture anew, on a sheet that moves with the camera. */
import type { Size } from '../geometry.ts';
import type { FrameStyle } from './grade.ts';
import { createKuwahara } from './kuwahara.ts';
import { fineNoise, sampleNoise, softNoise } from './noise.ts';
import { clamp, mix, smoothstep } from './numbers.ts';
import { createSurroundings } from './outlines.ts';
import { createSheet, packed, type Sheet, type SheetValue } from './sheet.ts';

/** Lengths in the styles below are for a short side of 480 pixels. */
function scaled(length: number, { width, height }: Size): number {
  return Math.max(1, Math.round((length * Math.min(width, height)) / 480));
}

function table(length: number, valueAt: (index: number) => number): Float32Array {
  return Float32Array.from({ length }, (_, index) => valueAt(index));
}

/** For each difference of two brightnesses from -255 on. */
function differenceTable(valueAt: (difference: number) => number): Float32Array {
  return table(511, (index) => valueAt(index - 255));
}

interface PaintedRow {
  readonly rgb: Uint8Array;
  /** Offsets of the row's first pixel in `light`; three times that in `rgb`. */
  readonly start: number;
  readonly width: number;
  readonly light: Uint8Array;
  /** Brightness of what surrounds each pixel. */
  readonly around: Float32Array;
  readonly texels: Uint32Array;
}

type PaintRow = (row: PaintedRow) => void;

interface Painting {
  /** In pixels at 480p: the strokes', and how far around a pixel its surroundings reach. */
  readonly radius: number;
  readonly aroundRadius: number;
  readonly sheet?: SheetValue;
  readonly paint: PaintRow;
}

/** Flattens the areas, finds the lines of what is flat, and paints each row. */
function painted(size: Size, { radius, aroundRadius, sheet, paint }: Painting): FrameStyle {
  const { flatten, light } = createKuwahara(size, scaled(radius, size));
  return onSheet(size, { aroundRadius, paint, light, prepare: flatten, sheet: sheet && createSheet(size, sheet) });
}

interface SheetPainting {
  readonly aroundRadius: number;
  readonly paint: PaintRow;
  readonly light: Uint8Array;
  /** Fills `light`. */
  readonly prepare: (rgb: Uint8Array) => void;
  readonly sheet: Sheet | undefined;
}

function onSheet(size: Size, { aroundRadius, paint, light, prepare, sheet }: SheetPainting): FrameStyle {
  const surroundings = createSurroundings(size, scaled(aroundRadius, size));
  const blank = new Uint32Array(size.width);
  return (rgb, _frame, anchor) => {
    prepare(rgb);
    surroundings.read(light);
    sheet?.lay(anchor);
    for (let y = 0; y < size.height; y += 1) {
      const texels = sheet === undefined ? blank : sheet.row(y);
      paint({ rgb, start: y * size.width, width: size.width, light, around: surroundings.row(y), texels });
    }
  };
}

/** The light on paint that lies thick: what rises towards the upper left is bright. */
const RELIEF = differenceTable((rise) => clamp(rise * 1.6, -20, 20));
const BRISTLES = table(256, (light) => (44 / 255) * smoothstep(0, 90, light));
const OIL_COLOUR = 1.35;

function paintOil({ rgb, start, width, light, around, texels }: PaintedRow): void {
  for (let x = 0, i = start, o = start * 3; x < width; x += 1, i += 1, o += 3) {
    const own = light[i] as number;
    const above = i > width ? (light[i - width - 1] as number) : own;
    const bristle = (((texels[x] as number) & 255) - 128) * (BRISTLES[own] as number);
    const grey = own * (1 - OIL_COLOUR) + (RELIEF[own - above + 255] as number) + bristle;
    const added = grey + (own - (around[x] as number)) * 0.35;
    const r = (rgb[o] as number) * OIL_COLOUR + added;
    const g = (rgb[o + 1] as number) * OIL_COLOUR + added;
    const b = (rgb[o + 2] as number) * OIL_COLOUR + added;
    rgb[o] = r < 0 ? 0 : r > 255 ? 255 : r;
    rgb[o + 1] = g < 0 ? 0 : g > 255 ? 255 : g;
    rgb[o + 2] = b < 0 ? 0 : b > 255 ? 255 : b;
  }
}

/** Bristle marks lie across each other in two directions, as strokes do. */
function bristleAt(x: number, y: number): number {
  const noise = fineNoise();
  const side = smoothstep(0.4, 0.6, sampleNoise(noise, x, y));
  const one = sampleNoise(noise, x + y, (x - y) * 3);
  const other = sampleNoise(noise, x * 2 - y, (x + y * 2) * 2);
  return packed(mix(one, other, side));
}

export function oilPainting(size: Size): FrameStyle {
  return painted(size, { radius: 2, aroundRadius: 4, sheet: bristleAt, paint: paintOil });
}

/** Pigment gathers where a wash ends: on the dark side of an outline. */
const PIGMENT = differenceTable((darker) => 0.32 * smoothstep(2, 26, darker));
const WASH_COLOUR = 1.45;
const WASH_LIGHT = table(256, (light) => 34 + light * 0.9);

function paintWash({ rgb, start, width, light, around, texels }: PaintedRow): void {
  for (let x = 0, i = start, o = start * 3; x < width; x += 1, i += 1, o += 3) {
    const own = light[i] as number;
    const texel = texels[x] as number;
    const edge = PIGMENT[((around[x] as number) - own + 255) | 0] as number;
    const dry = 0.1 + ((texel >> 8) & 255) * (0.3 / 255) + ((texel & 255) - 128) * (0.28 / 255);
    const paper = dry < 0 ? 0 : dry > 0.6 ? 0.6 : dry;
    const bright = WASH_LIGHT[own] as number;
    const gain = (bright / (own < 12 ? 12 : own)) * WASH_COLOUR;
    const grey = bright * (1 - WASH_COLOUR);
    const left = 1 - paper;
    const r = ((grey + (rgb[o] as number) * gain) * left + 252 * paper) * (1 - edge);
    const g = ((grey + (rgb[o + 1] as number) * gain) * left + 249 * paper) * (1 - edge * 0.95);
    const b = ((grey + (rgb[o + 2] as number) * gain) * left + 241 * paper) * (1 - edge * 0.85);
    rgb[o] = r < 0 ? 0 : r > 255 ? 255 : r;
    rgb[o + 1] = g < 0 ? 0 : g > 255 ? 255 : g;
    rgb[o + 2] = b < 0 ? 0 : b > 255 ? 255 : b;
  }
}

function washAt(x: number, y: number): number {
  const fine = fineNoise();
  const grain = sampleNoise(fine, x * 2, y * 2) * 0.5 + sampleNoise(fine, x * 6, y * 6) * 0.5;
  return packed(grain, sampleNoise(softNoise(), x, y));
}

export function watercolour(size: Size): FrameStyle {
  return painted(size, { radius: 2, aroundRadius: 5, sheet: washAt, paint: paintWash });
}

const CARTOON_BAND = 40;
const CARTOON_COLOUR = 1.6;

/** The gain that lifts or lowers each of the 256 brightnesses to its step. */
const CARTOON_GAINS = table(256, (light) => {
  const band = light / CARTOON_BAND;
  // Steps with soft sides: what lies on a step's edge would jump between two tones from frame to frame.
  const tone = (Math.floor(band) + smoothstep(0.3, 0.7, band % 1)) * CARTOON_BAND * 1.04 + 14;
  return tone / Math.max(6, light);
});
/** What an ink line leaves of the light, by how much darker it is than what surrounds it. */
const INK = differenceTable((darker) => 1 - 0.88 * smoothstep(4, 13, darker));

function paintCartoon({ rgb, start, width, light, around }: PaintedRow): void {
  for (let x = 0, i = start, o = start * 3; x < width; x += 1, i += 1, o += 3) {
    const own = light[i] as number;
    const exact = (around[x] as number) - own + 255;
    const line = INK[exact | 0] as number;
    const softer = line + ((INK[Math.min(510, (exact | 0) + 1)] as number) - line) * (exact - (exact | 0));
    const gain = (CARTOON_GAINS[own] as number) * softer;
    const grey = own * (1 - CARTOON_COLOUR) * gain;
    const r = (rgb[o] as number) * CARTOON_COLOUR * gain + grey;
    const g = (rgb[o + 1] as number) * CARTOON_COLOUR * gain + grey;
    const b = (rgb[o + 2] as number) * CARTOON_COLOUR * gain + grey;
    rgb[o] = r < 0 ? 0 : r > 255 ? 255 : r;
    rgb[o + 1] = g < 0 ? 0 : g > 255 ? 255 : g;
    rgb[o + 2] = b < 0 ? 0 : b > 255 ? 255 : b;
  }
}

export function cartoon(size: Size): FrameStyle {
  return painted(size, { radius: 2, aroundRadius: 2, paint: paintCartoon });
}

/** How deep the shade of a brightness is, and for that where its two hatchings begin and how much wider they grow. */
const DARK = table(256, (light) => smoothstep(190, 20, light));

function paintPencil({ rgb, start, width, light, around, texels }: PaintedRow): void {
  for (let x = 0, i = start, o = start * 3; x < width; x += 1, i += 1, o += 3) {
    const texel = texels[x] as number;
    const broad = around[x] as number;
    const most = broad < 14 ? 14 : broad;
    const dark = DARK[broad | 0] as number;
    const line = smoothstep(0.03, 0.34, (most - (light[i] as number)) / (most + 20));
    const hatch = ((texel >> 8) & 255) / 255;
    const cross = ((texel >> 16) & 255) / 255;
    const first = smoothstep(0.62 - 0.42 * dark, 0.9 - 0.3 * dark, hatch) * dark;
    const second = dark < 0.45 ? 0 : smoothstep(0.78 - 0.4 * dark, 1 - 0.3 * dark, cross) * smoothstep(0.45, 1, dark);
    const shade = dark * 0.2 + first * 0.34 + second * 0.26;
    const paper = 239 + (texel & 255) / 16;
    const tone = paper * (1 - 0.82 * line) * (1 - (shade > 0.7 ? 0.7 : shade));
    rgb[o] = tone;
    rgb[o + 1] = tone * 0.99;
    rgb[o + 2] = tone * 0.965;
  }
}

function pencilAt(x: number, y: number): number {
  const noise = fineNoise();
  return packed(
    sampleNoise(noise, x * 4, y * 4),
    sampleNoise(noise, (x + y) * 10, x - y),
    sampleNoise(noise, (x - y) * 10, x + y),
  );
}

/** Brightness of each pixel and its four neighbours, which keeps grain from becoming lines. */
function readSoftLight(rgb: Uint8Array, { width, height }: Size, light: Uint8Array, row: Uint8Array): void {
  for (let i = 0, o = 0; i < light.length; i += 1, o += 3) {
    light[i] = (77 * (rgb[o] as number) + 151 * (rgb[o + 1] as number) + 28 * (rgb[o + 2] as number)) >> 8;
  }
  for (let y = 0; y < height; y += 1) {
    const start = y * width;
    const below = y < height - 1 ? start + width : start;
    if (y === 0) row.set(light.subarray(0, width));
    for (let x = 0, left = light[start] as number; x < width; x += 1) {
      const own = light[start + x] as number;
      const right = light[start + (x < width - 1 ? x + 1 : x)] as number;
      const sum = own * 4 + left + right + (row[x] as number) + (light[below + x] as number);
      row[x] = own;
      left = own;
      light[start + x] = (sum + 4) >> 3;
    }
  }
}

export function pencil(size: Size): FrameStyle {
  const light = new Uint8Array(size.width * size.height);
  const above = new Uint8Array(size.width);
  return onSheet(size, {
    ...{ aroundRadius: 4, paint: paintPencil, light, sheet: createSheet(size, pencilAt) },
    prepare: (rgb) => readSoftLight(rgb, size, light, above),
  });
}
