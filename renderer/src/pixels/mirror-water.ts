/**
 * Finds water that mirrors the sky. Left alone it would keep the colour of the sky that was replaced, which gives an edit away
 * at first glance.
 */
import { boxBlur } from './box-blur.ts';
import { smoothstep } from './numbers.ts';
import type { SkyMask } from './sky-mask.ts';

/** A sky less blue than this mirrors no colour that water could be known by: earth and stone are grey and warm too. */
const LEAST_BLUE = 7;
/** Water lies flat: a row with less of its colour than the first share has none, with the second all. */
const ROW_SHARES = [0.12, 0.4] as const;
/** Its edges are softened by this share of the longer side. */
const SOFTENING = 0.0047;

/**
 * Far hills are as blue as water. Where blue lies right under the sky in more than the first share of columns, it is a sea if its edge
 * strays less than the second from a line, in frame heights.
 */
const HILL_SHARE = 0.25;
const SEA_SPREAD = 0.01;
/** Soft rows below the boundary that are looked at. */
const HILL_ROWS = [3, 6, 9] as const;

export interface MirrorWater {
  /** How much of each soft pixel is such water, 0 to 1. */
  readonly share: Float32Array;
  /** Mean brightness of that water, 0 to 1. */
  readonly luma: () => number;
  /** First row with water, in soft pixels. */
  readonly top: () => number;
  /** Reads the frame that the mask has read. */
  readonly read: () => void;
}

interface MeanColour {
  readonly blue: number;
  readonly red: number;
}

function skyColour({ soft, alpha }: SkyMask): MeanColour {
  let blue = 0;
  let red = 0;
  let total = 1e-6;
  for (let i = 0; i < alpha.length; i += 1) {
    const weight = alpha[i] as number;
    blue += (soft.blue[i] as number) * weight;
    red += (soft.red[i] as number) * weight;
    total += weight;
  }
  return { blue: blue / total, red: red / total };
}

/** Likeness in hue, whatever the brightness: a lake is darker than its sky. */
function waterAt({ soft, alpha }: SkyMask, i: number, colour: MeanColour, size: number): number {
  const u = soft.blue[i] as number;
  const v = soft.red[i] as number;
  const along = u * colour.blue + v * colour.red;
  if (along <= 0) return 0;
  const own = Math.sqrt(u * u + v * v) + 1e-6;
  const likeness = smoothstep(0.9, 0.975, along / (own * size));
  return likeness * smoothstep(0.3, 0.55, own / size) * smoothstep(0.5, 0.1, alpha[i] as number);
}

function fillRow(mask: SkyMask, y: number, colour: MeanColour, share: Float32Array): number {
  const { width } = mask.soft;
  const size = Math.hypot(colour.blue, colour.red);
  let sum = 0;
  for (let i = y * width, end = i + width; i < end; i += 1) {
    const value = waterAt(mask, i, colour, size);
    share[i] = value;
    sum += value;
  }
  return sum / width;
}

/** Whether right under the sky stand hills as blue as it is: what is blue further down is more of them. */
function isUnderBlueHills(mask: SkyMask, colour: MeanColour): boolean {
  const { soft, features, boundary } = mask;
  const scale = soft.factor / features.factor;
  const size = Math.hypot(colour.blue, colour.red);
  let columns = 1e-6;
  let sum = 0;
  let squares = 0;
  for (let x = 0; x < soft.width; x += 1) {
    const row = boundary[Math.min(boundary.length - 1, x * scale)] as number;
    if (row >= features.height - scale * HILL_ROWS[2]) continue;
    let blue = 0;
    for (const below of HILL_ROWS) {
      blue += waterAt(mask, Math.min(soft.height - 1, Math.floor(row / scale) + below) * soft.width + x, colour, size);
    }
    if (blue < HILL_ROWS.length / 2) continue;
    columns += 1;
    sum += row;
    squares += row * row;
  }
  const spread = Math.sqrt(Math.max(0, squares / columns - (sum / columns) ** 2));
  return columns > soft.width * HILL_SHARE && spread > features.height * SEA_SPREAD;
}

export function createMirrorWater(mask: SkyMask): MirrorWater {
  const { width, height, luma } = mask.soft;
  const share = new Float32Array(width * height);
  const softRadius = Math.max(1, Math.round(Math.max(width, height) * SOFTENING));
  let meanLuma = 0.5;
  let top = height;

  function read(): void {
    share.fill(0);
    top = height;
    const colour = skyColour(mask);
    if (colour.blue < LEAST_BLUE || isUnderBlueHills(mask, colour)) return;
    const lowest = mask.boundary.reduce((most, row) => Math.max(most, row), 0) + 4;
    const first = Math.ceil((lowest * mask.features.factor) / mask.soft.factor);
    let light = 0;
    let total = 1e-6;
    for (let y = Math.min(height, first); y < height; y += 1) {
      const gate = smoothstep(ROW_SHARES[0], ROW_SHARES[1], fillRow(mask, y, colour, share));
      if (gate > 0 && top === height) top = y;
      for (let i = y * width, end = i + width; i < end; i += 1) {
        const value = (share[i] as number) * gate;
        share[i] = value;
        light += value * (luma[i] as number);
        total += value;
      }
    }
    if (total > 1) meanLuma = light / total;
    boxBlur(share, share, { plane: mask.soft, radius: softRadius });
  }

  return { share, luma: () => meanLuma, top: () => top, read };
}
