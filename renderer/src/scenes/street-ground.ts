/** Road and pavements of a street, and what they mirror where they are wet. Lengths are in metres. */
import { fineNoise, softNoise } from '../pixels/noise.ts';
import { smoothstep } from '../pixels/numbers.ts';
import type { Rgb } from '../pixels/palette.ts';
import { lit } from './layer.ts';
import type { SceneOptions } from './scene.ts';
import type { StreetCanvas } from './street-canvas.ts';
import { HALF_ROAD } from './street-facades.ts';
import { EYE, type StreetView } from './street-view.ts';
import { NOISE } from './texels.ts';

/** Lamps stand this far apart on both sides of the road. */
export const LAMP_STEP = 19;
export const LAMP_ASIDE = 6.5;

interface Paints {
  readonly road: Rgb;
  readonly line: Rgb;
  readonly slab: Rgb;
  readonly kerb: Rgb;
}

function paintsOf({ palette, nouns, wet }: SceneOptions): Paints {
  const paint = (colour: Rgb, facing = 0.5) => lit(palette, colour, facing, 0);
  if (nouns.has('snowfield'))
    return {
      road: paint([186, 190, 200]),
      line: paint([206, 210, 218]),
      slab: paint([238, 241, 248], 0.6),
      kerb: paint([250, 251, 255], 0.7),
    };
  const soaked = wet ? 0.62 : 1;
  return {
    road: paint([116 * soaked, 114 * soaked, 114 * soaked]),
    line: paint([222, 218, 204]),
    slab: paint([188 * soaked, 182 * soaked, 172 * soaked]),
    kerb: paint([196, 192, 184]),
  };
}

export interface StreetFrame {
  readonly canvas: StreetCanvas;
  readonly view: StreetView;
  readonly seconds: number;
  /** The air's colour far down the street, and over how many metres it gathers. */
  readonly air: Rgb;
  readonly clearness: number;
}

/** Planes of what each row of the frame shows of the ground, in the kernel's order. */
const ROWS = 9;

function lookAtRow(
  rows: Float32Array,
  y: number,
  { view, clearness, canvas }: StreetFrame,
  options: SceneOptions,
): void {
  const { dark, wet } = options;
  const distance = (EYE * view.focal) / (y + 0.5 - view.centreY);
  const z = distance + view.z;
  /** Metres that a pixel takes. */
  const pixel = distance / view.focal;
  const depth = (distance * distance) / (EYE * view.focal);
  /** 1 where fine things are seen, 0 where they would only flicker. */
  const near = smoothstep(1.6, 0.3, depth);
  const isDash = ((z % 9) + 9) % 9 < 4;
  const lampAway = ((((z - 4) % LAMP_STEP) + LAMP_STEP * 1.5) % LAMP_STEP) - LAMP_STEP / 2;
  const plane = canvas.height;
  rows[y] = z;
  rows[y + plane] = pixel;
  rows[y + plane * 2] = near;
  // How much of the row is a dash of the middle line, a joint of the pavement, and in the light of lamps.
  rows[y + plane * 3] = smoothstep(1.9, 0.6, depth) * (isDash ? 1 : 0) + smoothstep(0.6, 1.9, depth) * 0.44;
  rows[y + plane * 4] = ((z % 1.2) + 1.2) % 1.2 < 0.05 + pixel ? near * 0.14 : 0;
  rows[y + plane * 5] = dark ? Math.exp((-lampAway * lampAway) / 26) : 0;
  // How many rows ripples and grain bend what is mirrored, and how much is.
  rows[y + plane * 6] = (wet ? 26 : 40) * Math.min(1, 9 / distance);
  rows[y + plane * 7] = (wet ? 0.34 : 0.05) * smoothstep(4, 34, distance);
  // Share of the air's colour.
  rows[y + plane * 8] = 1 - Math.exp(-distance / clearness);
}

/** Light of a row of lamps by the distance from the middle of the street, so many steps a metre. */
const LAMP_STEPS = 32;
const LAMP_LIGHT = Float32Array.from({ length: LAMP_STEPS * 24 }, (_, step) =>
  Math.exp(-((step / LAMP_STEPS - LAMP_ASIDE + 1) ** 2) / 9),
);
const LAMP_COLOUR: Rgb = [66, 46, 22];

/** Paints below the feet of the houses, whose rows `feet` holds; columns that end in the distance have the horizon's. */
export type StreetGround = (street: StreetFrame, feet: Int32Array) => void;

export function createStreetGround(options: SceneOptions, canvas: StreetCanvas): StreetGround {
  const { size, dark, wet, nouns } = options;
  const { road, line, slab, kerb } = paintsOf(options);
  const isSnowy = nouns.has('snowfield');
  const marks = isSnowy ? 0.2 : 0.85;
  const mirrorLeast = wet ? 0.4 : dark && !isSnowy ? 0.1 : 0.03;
  const rows = new Float32Array(size.height * ROWS);
  const numbers = new Float32Array(9);
  const paints = new Float32Array([...road, 0, ...line, 0, ...slab, 0, ...kerb, 0, ...LAMP_COLOUR, 0, 0, 0, 0, 0]);
  const kept = {
    ...{ feet: canvas.keep(new Int32Array(size.width)), rows: canvas.keep(rows) },
    ...{ paints: canvas.keep(paints), numbers: canvas.keep(numbers), soft: canvas.keep(softNoise()) },
    ...{ fine: canvas.keep(fineNoise()), lampLight: canvas.keep(LAMP_LIGHT), noise: canvas.keep(NOISE) },
  };
  return (street, feet) => {
    const { view, seconds, air } = street;
    const top = Math.max(0, Math.ceil(view.centreY + 0.5));
    for (let y = top; y < size.height; y += 1) lookAtRow(rows, y, street, options);
    numbers.set([view.centreX, view.x, seconds, marks, mirrorLeast, wet ? 1 : 0]);
    numbers.set([HALF_ROAD, LAMP_STEPS, LAMP_LIGHT.length - 1], 6);
    paints.set(air, 20);
    canvas.write(kept.feet, feet);
    canvas.write(kept.rows, rows);
    canvas.write(kept.paints, paints);
    canvas.write(kept.numbers, numbers);
    const { feet: toFeet, rows: toRows, paints: toPaints, numbers: toNumbers, soft, fine, lampLight, noise } = kept;
    const { width, height } = size;
    const { kernels, start } = canvas;
    kernels.streetGround(start, toFeet, toRows, toPaints, toNumbers, soft, fine, lampLight, noise, width, height, top);
  };
}
