/** Road and pavements of a street, and what they mirror where they are wet. Lengths are in metres. */
import type { Size } from '../geometry.ts';
import { fineNoise, sampleNoise, softNoise } from '../pixels/noise.ts';
import { clamp, smoothstep } from '../pixels/numbers.ts';
import type { Rgb } from '../pixels/palette.ts';
import { lit } from './layer.ts';
import type { SceneOptions } from './scene.ts';
import { HALF_ROAD } from './street-facades.ts';
import { EYE, type StreetView } from './street-view.ts';

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
  readonly frame: Float32Array;
  readonly size: Size;
  readonly view: StreetView;
  readonly seconds: number;
  /** The air's colour far down the street, and over how many metres it gathers. */
  readonly air: Rgb;
  readonly clearness: number;
}

/** How much of a stripe `half` wide about 0 covers a pixel of the width `pixel`. */
function stripe(aside: number, half: number, pixel: number): number {
  return clamp((half - Math.abs(aside)) / pixel + 0.5, 0, 1) * Math.min(1, (half * 2) / pixel);
}

/** What one row of the frame shows of the ground. */
interface Row {
  distance: number;
  z: number;
  /** Metres that a pixel takes. */
  pixel: number;
  /** 1 where fine things are seen, 0 where they would only flicker. */
  near: number;
  /** How much of the row is a dash of the middle line, a joint of the pavement, and in the light of lamps. */
  dash: number;
  joint: number;
  lamps: number;
  /** How many rows ripples and grain bend what is mirrored. */
  bending: number;
}

function lookAtRow(row: Row, y: number, view: StreetView, { dark, wet }: SceneOptions): void {
  const distance = (EYE * view.focal) / (y + 0.5 - view.centreY);
  const z = distance + view.z;
  const pixel = distance / view.focal;
  const depth = (distance * distance) / (EYE * view.focal);
  const near = smoothstep(1.6, 0.3, depth);
  const isDash = ((z % 9) + 9) % 9 < 4;
  const lampAway = ((((z - 4) % LAMP_STEP) + LAMP_STEP * 1.5) % LAMP_STEP) - LAMP_STEP / 2;
  row.distance = distance;
  row.z = z;
  row.pixel = pixel;
  row.near = near;
  row.dash = smoothstep(1.9, 0.6, depth) * (isDash ? 1 : 0) + smoothstep(0.6, 1.9, depth) * 0.44;
  row.joint = ((z % 1.2) + 1.2) % 1.2 < 0.05 + pixel ? near * 0.14 : 0;
  row.lamps = dark ? Math.exp((-lampAway * lampAway) / 26) : 0;
  row.bending = (wet ? 26 : 40) * Math.min(1, 9 / distance);
}

/** Paints below the feet of the houses, whose rows `feet` holds; columns that end in the distance have the horizon's. */
export type StreetGround = (street: StreetFrame, feet: Int32Array) => void;

export function createStreetGround(options: SceneOptions): StreetGround {
  const { size, dark, wet, nouns } = options;
  const { road, line: stroke, slab: stone, kerb: rim } = paintsOf(options);
  const isSnowy = nouns.has('snowfield');
  const marks = isSnowy ? 0.2 : 0.85;
  const soft = softNoise();
  const fine = fineNoise();
  const row: Row = { distance: 1, z: 0, pixel: 1, near: 0, dash: 0, joint: 0, lamps: 0, bending: 0 };
  const mirrorLeast = wet ? 0.4 : dark && !isSnowy ? 0.1 : 0.03;
  return ({ frame, view, seconds, air, clearness }, feet) => {
    const { width, height } = size;
    const stride = width * 3;
    for (let y = Math.max(0, Math.ceil(view.centreY + 0.5)); y < height; y += 1) {
      lookAtRow(row, y, view, options);
      const { z, pixel, near, dash, joint, lamps, bending } = row;
      const far = 1 - Math.exp(-row.distance / clearness);
      const borderPixels = 1 / pixel + 2;
      const mirrorHere = mirrorLeast + (wet ? 0.34 : 0.05) * smoothstep(4, 34, row.distance);
      // Worked out at every second column, but for what is mirrored: a column is finer than the ground is.
      const column = pixel * 2;
      for (let x = 0; x < width; x += 2) {
        if (y < (feet[x] as number) && y < (feet[x + 1] as number)) continue;
        const across = (x + 1 - view.centreX) * pixel + view.x;
        const aside = across < 0 ? -across : across;
        const patch = sampleNoise(soft, across * 0.035, z * 0.024) - 0.5;
        const grain = near > 0 ? (sampleNoise(fine, across * 0.16, z * 0.16) - 0.5) * near * 0.3 : 0;
        const onPavement = clamp((aside - HALF_ROAD) / column + 0.5, 0, 1);
        const beside = (HALF_ROAD - aside) / pixel;
        const isBorder = beside < borderPixels && beside > -borderPixels;
        const kerb = isBorder ? stripe(aside - HALF_ROAD - 0.14, 0.14, column) : 0;
        const edge = isBorder ? 0.6 * stripe(aside - HALF_ROAD + 0.5, 0.05, column) : 0;
        const line = (edge + (aside < 0.1 + column ? dash * stripe(across, 0.075, column) : 0)) * marks;
        const joints = onPavement * (joint + ((aside * 1.25) % 1 < 0.04 ? 0.1 * near : 0));
        const shade = (1 + grain + patch * 0.16) * (1 - joints);
        const glow = lamps === 0 ? 0 : lamps * Math.exp(-((aside - LAMP_ASIDE + 1) ** 2) / 9);
        const puddle = wet ? smoothstep(0.02, 0.13, patch + grain * 0.3) : 0;
        const mirrored = mirrorHere * (1 - onPavement * 0.35) + puddle * 0.26;
        const ripple = wet ? sampleNoise(fine, across * 0.05 + seconds * 0.04, z * 0.16 - seconds * 0.11) - 0.5 : grain;
        const bend = (ripple * bending * (1 - puddle * 0.7)) | 0;
        const rest = (1 - onPavement) * (1 - kerb);
        const plain = rest * (1 - line) * shade;
        const marked = rest * line * shade;
        const paved = onPavement * (1 - kerb) * shade;
        const raised = kerb * shade;
        const seen = (1 - far) * (1 - mirrored);
        const faded = far * (1 - mirrored);
        const red = road[0] * plain + stroke[0] * marked + stone[0] * paved + rim[0] * raised + glow * 66;
        const green = road[1] * plain + stroke[1] * marked + stone[1] * paved + rim[1] * raised + glow * 46;
        const blue = road[2] * plain + stroke[2] * marked + stone[2] * paved + rim[2] * raised + glow * 22;
        for (let own = x; own < x + 2; own += 1) {
          const foot = feet[own] as number;
          if (y < foot) continue;
          const mirror = Math.max(0, Math.min(foot - 1, 2 * foot - y - 2 + bend));
          const s = mirror * stride + own * 3;
          const o = y * stride + own * 3;
          frame[o] = red * seen + air[0] * faded + (frame[s] as number) * mirrored;
          frame[o + 1] = green * seen + air[1] * faded + (frame[s + 1] as number) * mirrored;
          frame[o + 2] = blue * seen + air[2] * faded + (frame[s + 2] as number) * mirrored;
        }
      }
    }
  };
}
