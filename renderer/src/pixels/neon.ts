/** Glowing tubes along the picture's outlines, over what is left of it in the dark. */
import type { Size } from '../geometry.ts';
import { UNMOVED } from '../motion/camera-anchor.ts';
import { boxBlur } from './box-blur.ts';
import { createEnlarger } from './enlarge.ts';
import type { FrameStyle } from './grade.ts';
import { smoothstep } from './numbers.ts';
import { halfLight, halfOf } from './outlines.ts';

function table(length: number, valueAt: (index: number) => number): Float32Array {
  return Float32Array.from({ length }, (_, index) => valueAt(index));
}

const LINE = table(256, (difference) => smoothstep(3, 17, difference));
/** Where lines lie close together, as on rock and leaves, tubes would be a heap of sparks. */
const BUSY_RADIUS = 14;
const BUSY_SHARE = 0.95;
/** A short line by itself is a spark: tubes have so much of their own light around them. */
const LONELY_RADIUS = 9;
const COMPANY = table(256, (light) => smoothstep(0.05 * 255, 0.16 * 255, light));
const NEON_COLOUR = 1.7;
const NEON_DARK = table(256, (light) => 0.3 * smoothstep(-60, 255, light));
const WAVE_STEPS = 4096;
/** From one tube's colour to the other and back, for each step of a turn. */
const WAVE = table(WAVE_STEPS, (step) => 0.5 + 0.5 * Math.sin((step / WAVE_STEPS) * 2 * Math.PI));

interface Tubes {
  readonly plane: Size;
  /** 0 to 1: the tubes themselves, and the light around them. */
  readonly line: Float32Array;
  readonly shine: Float32Array;
  readonly read: (rgb: Uint8Array) => void;
}

function createTubes(size: Size): Tubes {
  const plane = halfOf(size);
  const scale = Math.min(size.width, size.height) / 480;
  const create = () => new Float32Array(plane.width * plane.height);
  const [line, shine, around] = [create(), create(), create()] as const;
  const radius = (length: number) => Math.max(1, Math.round((length * scale) / 2));
  const blur = (source: Float32Array, target: Float32Array, length: number) =>
    boxBlur(source, target, { plane, radius: radius(length) });
  return {
    ...{ plane, line, shine },
    read(rgb) {
      halfLight(rgb, size, line);
      blur(line, line, 2);
      blur(line, around, 5);
      blur(around, around, 5);
      for (let i = 0; i < line.length; i += 1) line[i] = Math.abs((line[i] as number) - (around[i] as number));
      blur(line, around, BUSY_RADIUS);
      for (let i = 0; i < line.length; i += 1) {
        line[i] = LINE[Math.max(0, (line[i] as number) - BUSY_SHARE * (around[i] as number)) | 0] as number;
      }
      blur(line, around, LONELY_RADIUS);
      for (let i = 0; i < line.length; i += 1) {
        line[i] = (line[i] as number) * (COMPANY[((around[i] as number) * 255) | 0] as number);
      }
      blur(line, shine, 2);
      blur(shine, around, 6);
      blur(around, around, 6);
      for (let i = 0; i < shine.length; i += 1) {
        shine[i] = (shine[i] as number) * 0.9 + (around[i] as number) * 1.6;
      }
    },
  };
}

/** Light is soft: lines and their glow are found at half size. */
export function neon(size: Size): FrameStyle {
  const { width, height } = size;
  const tubes = createTubes(size);
  const full = { fullWidth: width, fullHeight: height };
  const lines = createEnlarger({ values: tubes.line, ...tubes.plane, channels: 1, ...full });
  const shines = createEnlarger({ values: tubes.shine, ...tubes.plane, channels: 1, ...full });
  const turn = WAVE_STEPS / (2 * Math.PI);
  return (rgb, _frame, anchor = UNMOVED) => {
    tubes.read(rgb);
    const { a, b } = anchor;
    const stepX = ((a * 5) / width + (b * 3) / height) * turn;
    for (let y = 0, o = 0; y < height; y += 1) {
      const line = lines.row(y);
      const shine = shines.row(y);
      const sheetX = a * (-width / 2) - b * (y - height / 2) + anchor.x;
      const sheetY = b * (-width / 2) + a * (y - height / 2) + anchor.y;
      let phase = ((sheetX * 5) / width + (sheetY * 3) / height) * turn;
      for (let x = 0; x < width; x += 1, o += 3, phase += stepX) {
        const own = line[x] as number;
        const bright = (shine[x] as number) + own;
        const side = WAVE[phase & (WAVE_STEPS - 1)] as number;
        const core = own * own * 150;
        const r = rgb[o] as number;
        const g = rgb[o + 1] as number;
        const l = rgb[o + 2] as number;
        const light = (77 * r + 151 * g + 28 * l) >> 8;
        const dark = NEON_DARK[light] as number;
        const grey = light * (1 - NEON_COLOUR);
        const red = (grey + r * NEON_COLOUR) * dark + 20 + core + bright * (255 - 235 * side);
        const green = (grey + g * NEON_COLOUR) * dark * 0.8 + 8 + core + bright * (30 + 180 * side);
        const blue = (grey + l * NEON_COLOUR) * dark * 1.2 + 40 + core + bright * 240;
        rgb[o] = red < 0 ? 0 : red > 255 ? 255 : red;
        rgb[o + 1] = green < 0 ? 0 : green > 255 ? 255 : green;
        rgb[o + 2] = blue < 0 ? 0 : blue > 255 ? 255 : blue;
      }
    }
  };
}
