/** Flat ground in perspective, and grass that stands on it. */

import { createRandom, fineNoise, sampleNoise, softNoise } from '../pixels/noise.ts';
import { mix, smoothstep } from '../pixels/numbers.ts';
import { blend, type Rgb } from '../pixels/palette.ts';
import { type Course, courseAside, courseColour } from './course.ts';
import { drawLayerTogether, type LayerCanvas, lit, putPixel } from './layer.ts';
import { drawBlossom, growMeadow, type MeadowShape } from './meadow.ts';
import type { Layer, SceneOptions } from './scene.ts';

export interface GroundShape {
  /** Row of its far edge, in frame heights. */
  readonly top: number;
  readonly colour: Rgb;
  readonly patch: Rgb;
  /** Depth at the far edge; at the lower edge it is 1. */
  readonly depth: number;
  readonly far: number;
  readonly relief: number;
  /** How much light level ground gets: 0.5 where not said, more for snow. */
  readonly facing?: number;
  readonly course?: Course;
  /** Grass will hide it: only its colour is painted. */
  readonly isGrown?: boolean;
}

/** No camera looks lower, in frame heights: one that tilts sees all from closer by. */
export const LOWEST = 1.14;

/** Lays a road over the ground's colour, or takes the ground away where a river shows from below. */
function crossed(
  course: Course,
  colour: Rgb,
  across: number,
  reach: number,
  grain: number,
): { colour: Rgb; opacity: number } {
  const aside = courseAside(course, across, reach);
  const share = smoothstep(1.06, 0.96, Math.abs(aside));
  if (course.kind === 'river') {
    const bank = smoothstep(1.5, 1.02, Math.abs(aside)) * 0.5;
    const wet: Rgb = [mix(colour[0], 92, bank), mix(colour[1], 84, bank), mix(colour[2], 70, bank)];
    return { colour: wet, opacity: 1 - share };
  }
  const top = courseColour(course, aside, reach, grain);
  const laid: Rgb = [mix(colour[0], top[0], share), mix(colour[1], top[1], share), mix(colour[2], top[2], share)];
  return { colour: laid, opacity: 1 };
}

function drawGround({ layer, unit }: LayerCanvas, { palette, seed }: SceneOptions, shape: GroundShape): void {
  const soft = softNoise();
  const fine = fineNoise();
  const offset = (seed % 83) / 83;
  for (let y = 0; y < layer.height; y += 1) {
    const near = Math.max(0, y / unit - 0.02) / (1 - shape.top);
    const reach = 1 / (near + 0.06);
    const isEdge = y < unit * 0.03 + 1;
    const far = shape.far * (1 - smoothstep(0, 0.5, near));
    for (let x = 0; x < layer.width; x += 1) {
      const across = ((x - layer.width / 2) / unit) * reach;
      const swell = isEdge ? sampleNoise(soft, across * 0.06 + offset, reach * 0.21 + offset) : 0.5;
      const edge = (0.02 + (swell - 0.5) * 0.012) * unit;
      const small = sampleNoise(fine, across * 0.55, reach * 0.85);
      let broad = 0.5;
      let facing = shape.facing ?? 0.5;
      if (shape.isGrown !== true) {
        broad = sampleNoise(soft, across * 0.16 + offset, reach * 0.24);
        const blades = (sampleNoise(fine, across * 2.3, reach * 3.1) - 0.5) * smoothstep(0.12, 0.5, near);
        const beside = sampleNoise(soft, across * 0.16 + offset + 0.012, reach * 0.24 + 0.012);
        facing +=
          ((broad - beside) * 6 + (small - 0.5) * 0.8 * Math.min(1, near * 2 + 0.3) + blades * 0.7) * shape.relief;
      }
      const share = smoothstep(0.36, 0.64, broad * 0.7 + small * 0.3);
      const plain = blend(shape.colour, shape.patch, share);
      const { colour, opacity } =
        shape.course === undefined ? { colour: plain, opacity: 1 } : crossed(shape.course, plain, across, reach, small);
      putPixel(layer, x, y, lit(palette, colour, facing, far), opacity * Math.min(1, Math.max(0, y - edge + 1)));
    }
  }
}

/** Flat ground, and the meadow that grows on it where there is one. */
export function createGround(options: SceneOptions, shape: GroundShape, meadow?: MeadowShape): Layer {
  const { width, height } = options.size;
  const place = { frameWidth: width, frameHeight: height, depthTop: shape.depth, depthBottom: 1 };
  return drawLayerTogether({ ...place, top: shape.top - 0.02, bottom: LOWEST }, (canvas) => {
    drawGround(canvas, options, shape);
    if (meadow !== undefined) growMeadow(canvas.layer, options, meadow);
  });
}

export interface GrassShape {
  readonly colours: readonly Rgb[];
  readonly flowers: readonly Rgb[];
  /** Height of the tallest blades, in frame heights. */
  readonly height: number;
  readonly bladesPerHeight: number;
  /** Row of the roots of the nearest, and how near they all are: the lower edge of the frame where not said. */
  readonly bottom?: number;
  readonly depth?: number;
  /** Half the width of what is left short in the middle. */
  readonly opening?: number;
}

/** Steps of light from a blade's root to its tip. */
const SHADES = 8;

/** One bent blade from its root upwards. */
function drawBlade(
  layer: Layer,
  root: { x: number; y: number },
  height: number,
  bend: number,
  shades: readonly Rgb[],
): void {
  for (let step = 0; step < height; step += 0.6) {
    const up = step / height;
    const x = root.x + bend * up * up;
    const half = Math.max(0.35, (1 - up) * 1.3);
    const colour = shades[Math.floor(up * shades.length)] as Rgb;
    for (let px = Math.floor(x - half); px <= x + half; px += 1) {
      putPixel(layer, px, Math.round(root.y - step), colour, Math.min(1, half) * 0.85);
    }
  }
}

/** Grass along the lower edge of the frame, swaying. */
export function createGrass({ size, palette, seed }: SceneOptions, shape: GrassShape): Layer {
  const { bottom = 1.06, depth = 1, opening = 0 } = shape;
  const place = {
    ...{ frameWidth: size.width, frameHeight: size.height, depthTop: depth, depthBottom: depth },
    ...{ top: bottom - shape.height - 0.1, bottom, sway: size.height * 0.018 * depth },
  };
  return drawLayerTogether(place, ({ layer, unit }) => {
    const random = createRandom(seed + Math.round(depth * 61));
    const soft = softNoise();
    const count = Math.round((layer.width / unit) * shape.bladesPerHeight);
    const heart = lit(palette, [226, 174, 52], 0.6, 0);
    for (let index = 0; index < count; index += 1) {
      const near = index / count;
      const x = random() * layer.width;
      const tuft = sampleNoise(soft, x / unit / 1.4, near * 0.3);
      const y = layer.height * (0.62 + 0.38 * near);
      // Where a path is, it is seen.
      const aside = Math.abs(x - layer.width / 2) / unit;
      const growth = opening === 0 ? 1 : smoothstep(opening * 0.45, opening, aside);
      if (growth < 0.15) continue;
      const height = growth * shape.height * unit * (0.3 + 0.5 * random() + 0.5 * tuft) * (0.55 + 0.45 * near);
      const bend = (random() - 0.42) * height * 0.5;
      const colour = shape.colours[Math.floor(random() * shape.colours.length)] ?? [90, 130, 60];
      const tone = 0.25 + random() * 0.3;
      const shades = Array.from({ length: SHADES }, (_, up) =>
        lit(palette, colour, tone * 0.5 + (up / SHADES) * 0.6, 0),
      );
      drawBlade(layer, { x, y }, height, bend, shades);
      const flower = growth < 0.7 ? undefined : shape.flowers[index % 19];
      if (flower === undefined) continue;
      const radius = (0.007 + random() * 0.007) * unit * depth;
      drawBlossom(layer, x + bend, y - height, radius, lit(palette, flower, 0.6, 0), heart);
    }
  });
}
