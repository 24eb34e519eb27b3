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
/** Its edges are softened by this share of the width. */
const SOFTENING = 0.0047;

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
function fillRow(mask: SkyMask, y: number, colour: MeanColour, share: Float32Array): number {
  const { width, blue, red } = mask.soft;
  const size = Math.hypot(colour.blue, colour.red);
  let sum = 0;
  for (let x = 0, i = y * width; x < width; x += 1, i += 1) {
    const u = blue[i] as number;
    const v = red[i] as number;
    const along = u * colour.blue + v * colour.red;
    if (along <= 0) {
      share[i] = 0;
      continue;
    }
    const own = Math.sqrt(u * u + v * v) + 1e-6;
    const likeness = along / (own * size);
    const value =
      smoothstep(0.9, 0.975, likeness) *
      smoothstep(0.3, 0.55, own / size) *
      smoothstep(0.5, 0.1, mask.alpha[i] as number);
    share[i] = value;
    sum += value;
  }
  return sum / width;
}

export function createMirrorWater(mask: SkyMask): MirrorWater {
  const { width, height, luma, scratch } = mask.soft;
  const share = new Float32Array(width * height);
  const softRadius = Math.max(1, Math.round(width * SOFTENING));
  let meanLuma = 0.5;
  let top = height;

  function read(): void {
    share.fill(0);
    top = height;
    const colour = skyColour(mask);
    if (colour.blue < LEAST_BLUE) return;
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
    boxBlur(share, share, { plane: mask.soft, radius: softRadius, scratch });
  }

  return { share, luma: () => meanLuma, top: () => top, read };
}
