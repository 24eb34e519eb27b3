/** Lights ground by another sky. */
import type { Size } from '../geometry.ts';
import { copyIn, copyOut, kernels, roomsOf } from '../kernels.ts';
import { rowIn } from './haze.ts';
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
/** The kernel reads and writes eight pixels at a time, and the sky's row has a pixel more at each end. */
const SPARE_PIXELS = 32;
/** Glow and rows of the sky are handed over in parts of so many. */
const ONE = 32_767;
const PART_BYTES = Int16Array.BYTES_PER_ELEMENT;
const VALUE_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** How much less the glow falls off down the ground than to the sides: light lies along the ground towards the viewer. */
const LONGER = 0.55;
/** How much of the glow the ground gets at a frame's height towards the sun's side, and loses on the other. */
const SIDE_LIGHT = 0.22;

/** Warm light about a low sun, along row `y`. */
function layGlow(palette: SkyPalette, { view }: Light, y: number, size: Size, glow: Int16Array): void {
  const place = sunPlace(palette, view, size.width);
  if (place === undefined) return;
  const dy = ((y - place.y) / size.height) * (y > place.y ? LONGER : 1);
  const middle = size.width / 2;
  const lean = clamp((place.x - middle) / (size.width / 4), -1, 1) * SIDE_LIGHT;
  const most = 0.12 * (palette.sun?.strength ?? 0) * palette.exposure;
  for (let i = 0; i < glow.length; i += 1) {
    const dx = (i * GLOW_STEP - place.x) / size.height;
    const side = clamp((i * GLOW_STEP - middle) / size.height, -1, 1) * lean;
    glow[i] = ONE * most * (1 / (1 + (dx * dx + dy * dy) * 5) + side);
  }
}

/** Bytes of each of a row's rooms: its source and target, what lights it, the glow, the share of sky, and three of the sky. */
function roomSizes(size: Size): readonly number[] {
  const pixels = size.width + SPARE_PIXELS;
  const sky = (pixels >> 1) * 3;
  return [
    ...[pixels * 3, pixels * 3, (STRENGTH + 1) * VALUE_BYTES, pixels * PART_BYTES],
    ...[pixels * VALUE_BYTES, sky * VALUE_BYTES, sky * VALUE_BYTES, (sky + 3 * SPARE_PIXELS) * PART_BYTES],
  ];
}

/** Hands over the two rows of the sky that stand about row `y` of a frame so many rows high; returns how far it is from the first of them. */
export function copySkyRows(
  { rgb, width, height }: SkyBuffer,
  row: { readonly y: number; readonly height: number },
  above: number,
  below: number,
): number {
  const position = rowIn(height, row.y, row.height);
  const stride = width * 3;
  const top = (position | 0) * stride;
  copyIn(rgb.subarray(top, top + stride), above);
  copyIn(rgb.subarray(top + stride, top + 2 * stride), below);
  return position - (position | 0);
}

/**
 * A row gets less saturated, exposed and tinted, its highlights and far parts get the air's colour, and it is warm near a low sun; then the
 * sky is put before it, which is half as large as the frame.
 */
export function createRelight(palette: SkyPalette, size: Size): Relight {
  const { tint, exposure, haze } = palette;
  const [red, green, blue] = palette.sun?.colour ?? [0, 0, 0];
  const glow = new Int16Array(Math.ceil(size.width / GLOW_STEP) + 1);
  const tints = tint.map((value) => value * exposure);
  const constants = Float32Array.of(...tints, ...haze, red, green * 0.7, blue * 0.35, 0, 0);
  const rooms = roomsOf(roomSizes(size));
  const [source = 0, target = 0, constantsAt = 0, glowAt = 0, shareAt = 0, above = 0, below = 0, room = 0] = rooms;
  return ({ y, row, cover }, light, out) => {
    const horizon = light.view.horizon + light.view.offsetY;
    constants[FAR] = FARTHEST * smoothstep(horizon + size.height * 0.38, horizon - size.height * 0.1, y);
    constants[STRENGTH] = light.strength;
    layGlow(palette, light, y, size, glow);
    copyIn(row, source);
    copyIn(constants, constantsAt);
    copyIn(glow, glowAt);
    let down = 0;
    if (cover !== undefined) {
      const { share, sky } = cover;
      copyIn(share, shareAt);
      down = copySkyRows(sky, { y, height: size.height }, above, below);
    }
    const share = cover === undefined ? 0 : shareAt;
    kernels.lightRow(source, target, constantsAt, glowAt, share, above, below, room, down, size.width);
    copyOut(target, out.subarray(y * row.length, (y + 1) * row.length));
  };
}
