/** Looks that change a whole frame: painted styles and colour grades. Each works in place. */
import type { Size } from '../geometry.ts';
import type { StyleName } from '../prompt/lexicon.ts';
import { createKuwahara } from './kuwahara.ts';
import { fineNoise, sampleNoise, softNoise } from './noise.ts';
import { clamp, mix, smoothstep } from './numbers.ts';

export type FrameStyle = (rgb: Uint8Array, frame: number) => void;

/** Changes three channels of `pixel`, given where the pixel is. */
type PixelGrade = (pixel: Float32Array, light: number, x: number, y: number) => void;

function graded(size: Size, grade: PixelGrade): FrameStyle {
  const pixel = new Float32Array(3);
  return (rgb) => {
    for (let y = 0, o = 0; y < size.height; y += 1) {
      for (let x = 0; x < size.width; x += 1, o += 3) {
        const r = rgb[o] as number;
        const g = rgb[o + 1] as number;
        const b = rgb[o + 2] as number;
        pixel[0] = r;
        pixel[1] = g;
        pixel[2] = b;
        grade(pixel, 0.3 * r + 0.59 * g + 0.11 * b, x, y);
        rgb[o] = clamp(pixel[0], 0, 255);
        rgb[o + 1] = clamp(pixel[1], 0, 255);
        rgb[o + 2] = clamp(pixel[2], 0, 255);
      }
    }
  };
}

function setPixel(pixel: Float32Array, red: number, green: number, blue: number): void {
  pixel[0] = red;
  pixel[1] = green;
  pixel[2] = blue;
}

/** Moves the colours away from grey (above 1) or towards it. */
function saturate(pixel: Float32Array, light: number, amount: number): void {
  for (let channel = 0; channel < 3; channel += 1) pixel[channel] = mix(light, pixel[channel] as number, amount);
}

/** -15.5 to 15.5, mixed well enough that no lines show. */
function grain(frame: number, index: number): number {
  let mixed = Math.imul(index ^ Math.imul(frame + 1, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed >>> 16) & 31) - 15.5;
}

/** Grain that is new in every frame, as film has it. */
function addGrain(rgb: Uint8Array, frame: number, strength: number): void {
  for (let o = 0, i = 0; o < rgb.length; o += 3, i += 1) {
    const added = grain(frame, i) * strength;
    for (let channel = 0; channel < 3; channel += 1)
      rgb[o + channel] = clamp((rgb[o + channel] as number) + added, 0, 255);
  }
}

function blackAndWhite(size: Size): FrameStyle {
  const grade = graded(size, (pixel, light) => {
    const tone = 255 * smoothstep(-12, 262, light);
    setPixel(pixel, tone, tone, tone);
  });
  return (rgb, frame) => {
    grade(rgb, frame);
    addGrain(rgb, frame, 0.45);
  };
}

function sepia(size: Size): FrameStyle {
  const grade = graded(size, (pixel, light, x, y) => {
    const tone = 18 + 0.88 * light;
    const dx = x / size.width - 0.5;
    const dy = y / size.height - 0.5;
    const vignette = 1 - 0.9 * smoothstep(0.12, 0.62, dx * dx + dy * dy);
    saturate(pixel, light, 0.25);
    setPixel(
      pixel,
      mix(pixel[0] as number, tone * 1.12 + 10, 0.8) * vignette,
      mix(pixel[1] as number, tone * 0.96 + 4, 0.8) * vignette,
      mix(pixel[2] as number, tone * 0.72, 0.8) * vignette,
    );
  });
  return (rgb, frame) => {
    grade(rgb, frame);
    addGrain(rgb, frame, 0.5);
    const flicker = 0.985 + 0.015 * Math.sin(frame * 1.7) * Math.sin(frame * 0.61);
    for (let i = 0; i < rgb.length; i += 1) rgb[i] = (rgb[i] as number) * flicker;
  };
}

/** Strength of the outline at byte `i` of a frame with `row` bytes per row. */
function outline(rgb: Uint8Array, i: number, row: number): number {
  if (i < row || i + row + 4 >= rgb.length) return 0;
  const across = (rgb[i + 4] ?? 0) - (rgb[i - 2] ?? 0);
  const down = (rgb[i + 1 + row] ?? 0) - (rgb[i + 1 - row] ?? 0);
  return Math.hypot(across, down);
}

type PaintedPixel = (flat: Uint8Array, i: number, pixel: Float32Array, light: number, x: number, y: number) => void;

/** A style that starts from flattened areas: `paint` turns each flattened pixel into paint. */
function painted(size: Size, radius: number, paint: PaintedPixel): FrameStyle {
  const flatten = createKuwahara(size);
  const flat = new Uint8Array(size.width * size.height * 3);
  const scaled = Math.max(2, Math.round((radius * Math.min(size.width, size.height)) / 480));
  const grade = graded(size, (pixel, light, x, y) => paint(flat, (y * size.width + x) * 3, pixel, light, x, y));
  return (rgb, frame) => {
    flatten(rgb, flat, scaled);
    rgb.set(flat);
    grade(rgb, frame);
  };
}

function oilPainting(size: Size): FrameStyle {
  const row = size.width * 3;
  return painted(size, 5, (flat, i, pixel, light) => {
    const relief = clamp(((flat[i + 1] ?? 0) - (flat[i - row - 2] ?? flat[i + 1] ?? 0)) * 0.9, -26, 26);
    saturate(pixel, light, 1.25);
    for (let channel = 0; channel < 3; channel += 1) pixel[channel] = (pixel[channel] as number) + relief;
  });
}

function watercolour(size: Size): FrameStyle {
  const row = size.width * 3;
  const soft = softNoise();
  const fine = fineNoise();
  return painted(size, 5, (flat, i, pixel, light, x, y) => {
    const paper = sampleNoise(fine, x / 300, y / 300) * 0.6 + sampleNoise(fine, x / 90, y / 90) * 0.4;
    const wash = 0.16 + 0.2 * sampleNoise(soft, x / 700, y / 700) + (paper - 0.5) * 0.3;
    const edge = smoothstep(10, 60, outline(flat, i, row)) * 0.34;
    saturate(pixel, light, 1.28);
    setPixel(
      pixel,
      mix(pixel[0] as number, 250, wash) * (1 - edge),
      mix(pixel[1] as number, 247, wash) * (1 - edge * 0.95),
      mix(pixel[2] as number, 238, wash) * (1 - edge * 0.85),
    );
  });
}

function cartoon(size: Size): FrameStyle {
  const row = size.width * 3;
  return painted(size, 4, (flat, i, pixel, light) => {
    const band = light / 36;
    const tone = (Math.floor(band) + smoothstep(0.35, 0.65, band % 1)) * 36 + 8;
    const gain = tone / Math.max(1, light);
    const ink = smoothstep(26, 62, outline(flat, i, row)) * 0.92;
    for (let channel = 0; channel < 3; channel += 1) pixel[channel] = (pixel[channel] as number) * gain;
    saturate(pixel, tone, 1.4);
    for (let channel = 0; channel < 3; channel += 1) pixel[channel] = (pixel[channel] as number) * (1 - ink);
  });
}

function pencil(size: Size): FrameStyle {
  const row = size.width * 3;
  const fine = fineNoise();
  return painted(size, 2, (flat, i, pixel, light, x, y) => {
    const line = smoothstep(5, 36, outline(flat, i, row));
    const hatch = sampleNoise(fine, (x + y) / 70, (x - y) / 900) - 0.5;
    const shade = smoothstep(170, 30, light) * (0.34 + hatch * 0.8);
    const paper = 246 + (sampleNoise(fine, x / 120, y / 120) - 0.5) * 18;
    const tone = paper * (1 - 0.8 * line) * (1 - clamp(shade, 0, 0.6));
    setPixel(pixel, tone, tone * 0.99, tone * 0.965);
  });
}

function neon(size: Size): FrameStyle {
  const row = size.width * 3;
  return painted(size, 2, (flat, i, pixel, light, x, y) => {
    const glow = smoothstep(14, 90, outline(flat, i, row));
    const side = 0.5 + 0.5 * Math.sin((x / size.width) * 5 + (y / size.height) * 3);
    saturate(pixel, light, 1.5);
    const dark = 0.34 * smoothstep(-40, 255, light);
    setPixel(
      pixel,
      (pixel[0] as number) * dark + 24 + glow * mix(255, 30, side),
      (pixel[1] as number) * dark * 0.7 + 8 + glow * mix(40, 220, side),
      (pixel[2] as number) * dark * 1.1 + 44 + glow * 255,
    );
  });
}

const STYLES: Readonly<Record<StyleName, (size: Size) => FrameStyle>> = {
  'black-and-white': blackAndWhite,
  sepia,
  'oil-painting': oilPainting,
  watercolour,
  cartoon,
  pencil,
  neon,
  warmer: (size) =>
    graded(size, (pixel, light) => {
      saturate(pixel, light, 1.08);
      setPixel(pixel, (pixel[0] as number) * 1.12 + 6, (pixel[1] as number) * 1.01 + 2, (pixel[2] as number) * 0.82);
    }),
  colder: (size) =>
    graded(size, (pixel, light) => {
      saturate(pixel, light, 0.94);
      setPixel(pixel, (pixel[0] as number) * 0.86, (pixel[1] as number) * 0.99 + 2, (pixel[2] as number) * 1.14 + 7);
    }),
  vivid: (size) =>
    graded(size, (pixel, light) => {
      saturate(pixel, light, 1.32);
      for (let channel = 0; channel < 3; channel += 1) {
        const value = pixel[channel] as number;
        pixel[channel] = mix(value, 255 * smoothstep(-20, 275, value), 0.6);
      }
    }),
};

export function createStyle(name: StyleName, size: Size): FrameStyle {
  return STYLES[name](size);
}
