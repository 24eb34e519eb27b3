import { createBackdrop, createShoreWood } from './backdrops.ts';
import { createGround, type GroundShape } from './ground.ts';
import { courseOf, flockOver, fromMiddle, lifeOf, settle } from './land.ts';
import type { MeadowShape } from './meadow.ts';
import type { Scene, SceneBuilder, SceneOptions } from './scene.ts';
import { createBoat } from './structures.ts';
import { createWood, type WoodShape } from './trees.ts';

const NEAR_WOOD: WoodShape = {
  ...{ base: 0.74, unevenness: 0.05, smallest: 0.1, tallest: 0.26, density: 16, depth: 0.62, far: 0.04 },
  ...{ kind: 'conifer', snow: 0, clearing: 0.55, foot: 0.78 },
};

const MEADOW: GroundShape = {
  ...{ top: 0.64, colour: [124, 158, 72], patch: [88, 130, 58], depth: 0.45, far: 0.25, relief: 0.7 },
};
const VALLEY: MeadowShape = {
  ...{ top: MEADOW.top, height: 0.05, bloom: 0.06, far: 0.3 },
  colours: [
    [166, 168, 88],
    [114, 150, 68],
    [72, 116, 54],
  ],
  flowers: [
    [250, 246, 238],
    [240, 206, 84],
    [168, 126, 206],
  ],
};
/** Dry tufts between stones. */
const SCRUB: MeadowShape = {
  ...{ top: MEADOW.top, height: 0.045, bloom: 0.02, far: 0.3, cover: 0.3, flowers: [[236, 206, 110]] },
  colours: [
    [170, 140, 84],
    [128, 116, 66],
    [92, 98, 58],
  ],
};
const CANYON_FLOOR: GroundShape = { ...MEADOW, relief: 0.4, colour: [202, 138, 92], patch: [172, 112, 74] };
const SNOWY_GROUND: GroundShape = {
  ...MEADOW,
  colour: [236, 241, 250],
  patch: [224, 233, 247],
  relief: 0.16,
  facing: 0.8,
};

function groundOf({ nouns }: SceneOptions): GroundShape {
  if (nouns.has('snowfield')) return SNOWY_GROUND;
  return nouns.has('canyon') ? CANYON_FLOOR : MEADOW;
}

function buildLake(options: SceneOptions): Scene {
  const { size, props, nouns } = options;
  const isWoods = nouns.has('forest') && !nouns.has('mountains');
  const ranges = createBackdrop(options, { horizon: 0.62, foot: 0.66 }, isWoods ? 'low hills' : 'alps');
  const village = settle(options, { base: 0.632, depth: 0.4, far: 0.08, count: 13, size: 0.024 });
  const boat = props.has('boat')
    ? [createBoat(options, { x: fromMiddle(options, -0.13), base: 0.79, height: 0.19, depth: 0.6 })]
    : [];
  return {
    palette: options.palette,
    horizon: size.height * 0.6,
    layers: [...ranges, createShoreWood(options, 0.636, 0.648), ...village.layers],
    water: { top: size.height * 0.645, waves: 0.1, colour: [16, 54, 76] },
    foreground: boat,
    life: lifeOf(village.lamps, flockOver(options, 0.3)),
  };
}

/** Ranges behind a valley, or behind a lake that mirrors them. */
export const buildMountains: SceneBuilder = (options) => {
  const { size, palette, lake, nouns } = options;
  if (lake && !nouns.has('river')) return buildLake(options);
  const course = courseOf(options);
  const village = settle(options, { base: 0.672, depth: 0.5, far: 0.08, count: 9, size: 0.03 });
  const isBare = nouns.has('canyon');
  const wood = isBare ? [] : [createShoreWood(options, 0.648, 0.74)];
  const near = isBare ? [] : [createWood(options, { ...NEAR_WOOD, snow: nouns.has('snowfield') ? 0.75 : 0 })];
  const crossed = course === undefined ? {} : { course };
  const isGreen = !isBare && !nouns.has('snowfield');
  const growth = { ...(isBare ? SCRUB : VALLEY), ...crossed };
  const shape = { ...groundOf(options), ...crossed, isGrown: isGreen };
  const ground = createGround(options, shape, nouns.has('snowfield') ? undefined : growth);
  return {
    palette,
    horizon: size.height * 0.6,
    layers: [...createBackdrop(options, { horizon: 0.61, foot: 0.7 }, 'alps'), ...wood],
    water: course?.kind === 'river' ? { top: size.height * 0.66, waves: 0.2, colour: [30, 66, 82] } : undefined,
    foreground: [ground, ...village.layers, ...near],
    life: lifeOf(village.lamps, flockOver(options, 0.26)),
  };
};
