import { createGround, type GroundShape } from './ground.ts';
import { createRidge, type RidgeShape } from './ridge.ts';
import type { SceneBuilder } from './scene.ts';
import { createWood, type WoodShape } from './trees.ts';

const RIDGES: readonly RidgeShape[] = [
  {
    ...{ crest: 0.35, swing: 0.15, foot: 0.8, frequency: 0.9, sharpness: 1, depth: 0.1, far: 0.46, relief: 1 },
    ...{ colour: [112, 122, 146], patch: [90, 102, 130], snowLine: 0.05 },
  },
  {
    ...{ crest: 0.46, swing: 0.08, foot: 0.85, frequency: 1.2, sharpness: 0.6, depth: 0.18, far: 0.42, relief: 0.5 },
    ...{ colour: [74, 104, 112], patch: [62, 90, 106] },
  },
  {
    ...{ crest: 0.54, swing: 0.05, foot: 0.9, frequency: 1.3, sharpness: 0.15, depth: 0.28, far: 0.24, relief: 0.35 },
    ...{ colour: [72, 112, 74], patch: [54, 92, 66] },
  },
];

const SHORE_WOOD: WoodShape = {
  ...{ base: 0.632, unevenness: 0.02, smallest: 0.03, tallest: 0.085, density: 95, depth: 0.4, far: 0.1 },
  ...{ kind: 'conifer', snow: 0, clearing: 0, foot: 0.645 },
};

const NEAR_WOOD: WoodShape = {
  ...{ base: 0.73, unevenness: 0.05, smallest: 0.1, tallest: 0.24, density: 16, depth: 0.62, far: 0.04 },
  ...{ kind: 'conifer', snow: 0, clearing: 0.5, foot: 0.76 },
};

const MEADOW: GroundShape = {
  ...{ top: 0.66, colour: [112, 150, 68], patch: [82, 126, 56], depth: 0.5, far: 0.2, relief: 0.7 },
};

export const buildMountains: SceneBuilder = (options) => {
  const { size, palette, lake } = options;
  const ridges = RIDGES.map((shape, index) => createRidge(options, shape, index));
  const shore = createWood(options, lake ? SHORE_WOOD : { ...SHORE_WOOD, foot: 0.75, base: 0.66 });
  return {
    palette,
    horizon: size.height * 0.6,
    layers: [...ridges, shore],
    water: lake ? { top: size.height * 0.64, waves: 0.1, colour: [16, 54, 76] } : undefined,
    foreground: lake ? [] : [createGround(options, MEADOW), createWood(options, NEAR_WOOD)],
  };
};
