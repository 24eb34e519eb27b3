/** Lights ground by another sky. */
import type { Size } from '../geometry.ts';
import { copyBytesIn, copyBytesOut, copyIn, kernels, planesOf } from '../kernels.ts';
import { clamp, smoothstep } from './numbers.ts';
import type { SkyPalette } from './palette.ts';
import { type SkyBuffer, type SkyView, sunPlace } from './sky.ts';

export interface Light {
  readonly view: SkyView;
  /** 0 leaves the picture alone, 1 lights it fully. */
  readonly strength: number;
}

export interface LitRow {
  readonly y: number;
  /** Packed RGB of the row. */
  readonly row: Uint8Array;
  /** Its share of new sky, and that sky; where it covers nothing, undefined. */
  readonly cover: { readonly share: Float32Array; readonly sky: SkyBuffer } | undefined;
}

/** Lights one row into the frame `out`, and puts the sky before it. */
export type Relight = (lit: LitRow, light: Light, out: Uint8Array) => void;

/** The sun's glow is soft: it is computed at one pixel in 16. */
const GLOW_STEP = 16;
/** A row's share of the air's colour at the horizon. */
const FARTHEST = 0.13;
/** Where `lightRow` reads what changes from row to row. */
const FAR = 9;
const STRENGTH = 10;
/** Places in memory for one row each: its source and target, what lights it, the glow, the share of sky, and three of the sky. */
const ROWS = 8;
/** A kernel reads and writes four pixels at a time, and the sky's row has a pixel more at each end. */
const SPARE = 32;

/** How much less the glow falls off down the ground than to the sides: light lies along the ground towards the viewer. */
const LONGER = 0.55;
/** How much of the glow the ground gets at a frame's height towards the sun's side, and loses on the other. */
const SIDE_LIGHT = 0.22;

/** Warm light about a low sun, along row `y`. */
function layGlow(palette: SkyPalette, { view }: Light, y: number, size: Size, glow: Float32Array): void {
  const place = sunPlace(palette, view, size.width);
  if (place === undefined) return;
  const dy = ((y - place.y) / size.height) * (y > place.y ? LONGER : 1);
  const middle = size.width / 2;
  const lean = clamp((place.x - middle) / (size.width / 4), -1, 1) * SIDE_LIGHT;
  const most = 0.12 * (palette.sun?.strength ?? 0) * palette.exposure;
  for (let i = 0; i < glow.length; i += 1) {
    const dx = (i * GLOW_STEP - place.x) / size.height;
    const side = clamp((i * GLOW_STEP - middle) / size.height, -1, 1) * lean;
    glow[i] = most * (1 / (1 + (dx * dx + dy * dy) * 5) + side);
  }
}

/** Covers the row at `target` with the sky, which is half as large as the frame. */
function cover(addresses: readonly number[], { y, cover: covering }: LitRow, strength: number, size: Size): void {
  if (covering === undefined) return;
  const { share, sky } = covering;
  const [, target = 0, , , shareAt = 0, above = 0, below = 0, room = 0] = addresses;
  const position = clamp(((y + 0.5) * sky.height) / size.height - 0.5, 0, sky.height - 1.001);
  const stride = sky.width * 3;
  const top = (position | 0) * stride;
  copyIn(share, shareAt);
  copyIn(sky.rgb.subarray(top, top + stride), above);
  copyIn(sky.rgb.subarray(top + stride, top + 2 * stride), below);
  kernels.coverRow(target, shareAt, above, below, room, position - (position | 0), strength, size.width);
}

/**
 * A row gets less saturated, exposed and tinted, its highlights and far parts get the air's colour, and it is warm near a low sun. In
 * WebAssembly: three tables for each brightness took 4.7 ms for a frame at 480p where this takes 2.
 */
export function createRelight(palette: SkyPalette, size: Size): Relight {
  const { tint, exposure, haze } = palette;
  const [red, green, blue] = palette.sun?.colour ?? [0, 0, 0];
  const glow = new Float32Array(Math.ceil(size.width / GLOW_STEP) + 1);
  const tints = tint.map((value) => value * exposure);
  const constants = Float32Array.of(...tints, ...haze, red, green * 0.7, blue * 0.35, 0, 0);
  return (lit, light, out) => {
    const addresses = planesOf(size.width * 3 + SPARE, ROWS);
    const [source = 0, target = 0, constantsAt = 0, glowAt = 0] = addresses;
    const horizon = light.view.horizon + light.view.offsetY;
    constants[FAR] = FARTHEST * smoothstep(horizon + size.height * 0.38, horizon - size.height * 0.1, lit.y);
    constants[STRENGTH] = light.strength;
    layGlow(palette, light, lit.y, size, glow);
    copyBytesIn(lit.row, source);
    copyIn(constants, constantsAt);
    copyIn(glow, glowAt);
    kernels.lightRow(source, target, constantsAt, glowAt, size.width);
    cover(addresses, lit, light.strength, size);
    copyBytesOut(target, size.width * 3, out, lit.y * size.width * 3);
  };
}
