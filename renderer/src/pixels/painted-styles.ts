/** Styles that paint or draw the picture anew. What belongs to the sheet (paper, canvas, hatching) stays still as a sheet does. */
import type { Size } from '../geometry.ts';
import { type FrameStyle, graded, saturate, setPixel } from './grade.ts';
import { createKuwahara } from './kuwahara.ts';
import { fineNoise, sampleNoise, softNoise } from './noise.ts';
import { clamp, mix, smoothstep } from './numbers.ts';
import { createOutlines, type Outlines } from './outlines.ts';

/** Lengths in the styles below are for a short side of 480 pixels. */
function scaled(length: number, { width, height }: Size): number {
  return Math.max(1, Math.round((length * Math.min(width, height)) / 480));
}

/** Noise of a sheet as wide and high as the frame, computed once: `u` and `v` are pixels at 480p for one tile. */
function createSheet(size: Size, valueAt: (x: number, y: number) => number): Float32Array {
  const unit = 480 / Math.min(size.width, size.height);
  return Float32Array.from({ length: size.width * size.height }, (_, i) =>
    valueAt((i % size.width) * unit, ((i / size.width) | 0) * unit),
  );
}

type Paint = (pixel: Float32Array, light: number, i: number, outlines: Outlines) => void;

interface Painting {
  readonly broadRadius: number;
  readonly paint: Paint;
}

/** Flattens the areas, finds the lines of what is flat, and paints each pixel. */
function painted(size: Size, radius: number, { broadRadius, paint }: Painting): FrameStyle {
  const flatten = createKuwahara(size, scaled(radius, size));
  const flat = new Uint8Array(size.width * size.height * 3);
  const outlines = createOutlines(size, 0, scaled(broadRadius, size));
  const grade = graded(size, (pixel, light, x, y) => paint(pixel, light, y * size.width + x, outlines));
  return (rgb, frame) => {
    flatten(rgb, flat);
    rgb.set(flat);
    outlines.read(flat);
    grade(rgb, frame);
  };
}

/** Draws lines of the picture itself on a sheet. */
function drawn(size: Size, { broadRadius, paint }: Painting): FrameStyle {
  const outlines = createOutlines(size, scaled(1, size), scaled(broadRadius, size));
  const grade = graded(size, (pixel, light, x, y) => paint(pixel, light, y * size.width + x, outlines));
  return (rgb, frame) => {
    outlines.read(rgb);
    grade(rgb, frame);
  };
}

/** The light on paint that lies thick: what rises towards the upper left is bright. */
function relief({ fine }: Outlines, i: number, width: number): number {
  const here = fine[i] as number;
  return clamp((here - (fine[i - width - 1] ?? here)) * 1.6, -20, 20);
}

export function oilPainting(size: Size): FrameStyle {
  const noise = fineNoise();
  // Bristle marks lie across each other in two directions, as strokes do.
  const bristles = createSheet(size, (x, y) => {
    const side = smoothstep(0.4, 0.6, sampleNoise(noise, x / 700, y / 700));
    const one = sampleNoise(noise, (x + y) / 1100, (x - y) / 150);
    const other = sampleNoise(noise, (x - y * 0.4) / 1100, (x * 0.4 + y) / 150);
    return (mix(one, other, side) - 0.5) * 44;
  });
  return painted(size, 2, {
    broadRadius: 4,
    paint(pixel, light, i, outlines) {
      const added = relief(outlines, i, size.width) + (bristles[i] as number) * smoothstep(0, 90, light);
      const contrast = ((outlines.fine[i] as number) - (outlines.broad[i] as number)) * 0.35;
      saturate(pixel, light, 1.35);
      for (let channel = 0; channel < 3; channel += 1) pixel[channel] = (pixel[channel] as number) + added + contrast;
    },
  });
}

export function watercolour(size: Size): FrameStyle {
  const soft = softNoise();
  const fine = fineNoise();
  const grains = createSheet(size, (x, y) => {
    return sampleNoise(fine, x / 300, y / 300) * 0.5 + sampleNoise(fine, x / 90, y / 90) * 0.5 - 0.5;
  });
  const washes = createSheet(size, (x, y) => sampleNoise(soft, x / 760, y / 760));
  return painted(size, 2, {
    broadRadius: 5,
    paint(pixel, light, i, { fine: near, broad }) {
      // Pigment gathers where a wash ends: on the dark side of an outline.
      const edge = smoothstep(2, 26, (broad[i] as number) - (near[i] as number)) * 0.32;
      const paper = clamp(0.1 + 0.3 * (washes[i] as number) + (grains[i] as number) * 0.28, 0, 0.6);
      const bright = 34 + light * 0.9;
      const gain = bright / Math.max(12, light);
      for (let channel = 0; channel < 3; channel += 1) pixel[channel] = (pixel[channel] as number) * gain;
      saturate(pixel, bright, 1.45);
      setPixel(
        pixel,
        mix(pixel[0] as number, 252, paper) * (1 - edge),
        mix(pixel[1] as number, 249, paper) * (1 - edge * 0.95),
        mix(pixel[2] as number, 241, paper) * (1 - edge * 0.85),
      );
    },
  });
}

const CARTOON_BAND = 40;

/** The gain that lifts or lowers each of the 256 brightnesses to its step. */
const CARTOON_GAINS = Float32Array.from({ length: 256 }, (_, light) => {
  const band = light / CARTOON_BAND;
  // Steps with soft sides: what lies on a step's edge would jump between two tones from frame to frame.
  const tone = (Math.floor(band) + smoothstep(0.3, 0.7, band % 1)) * CARTOON_BAND * 1.04 + 14;
  return tone / Math.max(6, light);
});

export function cartoon(size: Size): FrameStyle {
  return painted(size, 2, {
    broadRadius: 2,
    paint(pixel, light, i, { fine, broad }) {
      const low = CARTOON_GAINS[light | 0] as number;
      const high = CARTOON_GAINS[Math.min(255, (light | 0) + 1)] as number;
      const gain = low + (high - low) * (light - (light | 0));
      const line = (broad[i] as number) - (fine[i] as number);
      const left = line < 4 ? gain : gain * (1 - 0.88 * smoothstep(4, 13, line));
      const grey = light * (1 - 1.6) * left;
      pixel[0] = (pixel[0] as number) * 1.6 * left + grey;
      pixel[1] = (pixel[1] as number) * 1.6 * left + grey;
      pixel[2] = (pixel[2] as number) * 1.6 * left + grey;
    },
  });
}

export function pencil(size: Size): FrameStyle {
  const noise = fineNoise();
  const paper = createSheet(size, (x, y) => 247 + (sampleNoise(noise, x / 120, y / 120) - 0.5) * 16);
  const hatch = createSheet(size, (x, y) => sampleNoise(noise, (x + y) / 52, (x - y) / 760));
  const cross = createSheet(size, (x, y) => sampleNoise(noise, (x - y) / 52, (x + y) / 760));
  return drawn(size, {
    broadRadius: 4,
    paint(pixel, light, i, { fine, broad }) {
      const around = Math.max(14, broad[i] as number);
      const line = smoothstep(0.03, 0.34, (around - (fine[i] as number) * 0.6 - light * 0.4) / (around + 20));
      const dark = smoothstep(190, 20, broad[i] as number);
      const first = smoothstep(0.62 - 0.42 * dark, 0.9 - 0.3 * dark, hatch[i] as number) * dark;
      const second = smoothstep(0.78 - 0.4 * dark, 1 - 0.3 * dark, cross[i] as number) * smoothstep(0.45, 1, dark);
      const shade = clamp(dark * 0.2 + first * 0.34 + second * 0.26, 0, 0.7);
      const tone = (paper[i] as number) * (1 - 0.82 * line) * (1 - shade);
      setPixel(pixel, tone, tone * 0.99, tone * 0.965);
    },
  });
}

export function neon(size: Size): FrameStyle {
  const glow = createOutlines(size, scaled(2, size), scaled(6, size));
  const lines = new Uint8Array(size.width * size.height * 3);
  const outline = createOutlines(size, scaled(2, size), scaled(3, size));
  const grade = graded(size, (pixel, light, x, y) => {
    const i = y * size.width + x;
    const shine = ((glow.fine[i] as number) * 0.9 + (glow.broad[i] as number) * 1.6) / 255;
    const line = (lines[i * 3] as number) / 255;
    const side = 0.5 + 0.5 * Math.sin((x / size.width) * 5 + (y / size.height) * 3);
    saturate(pixel, light, 1.7);
    const dark = 0.3 * smoothstep(-60, 255, light);
    const core = line * line * 150;
    setPixel(
      pixel,
      (pixel[0] as number) * dark + 20 + core + (shine + line) * mix(255, 20, side),
      (pixel[1] as number) * dark * 0.8 + 8 + core + (shine + line) * mix(30, 210, side),
      (pixel[2] as number) * dark * 1.2 + 40 + core + (shine + line) * 240,
    );
  });
  return (rgb, frame) => {
    outline.read(rgb);
    for (let i = 0, o = 0; o < lines.length; i += 1, o += 3) {
      const line = 255 * smoothstep(4, 20, Math.abs((outline.fine[i] as number) - (outline.broad[i] as number)));
      lines[o] = line;
      lines[o + 1] = line;
      lines[o + 2] = line;
    }
    glow.read(lines);
    grade(rgb, frame);
  };
}
