import { createRidge, type RidgeShape } from './ridge.ts';
import type { SceneBuilder } from './scene.ts';

const RIDGES: readonly RidgeShape[] = [
  {
    ...{ crest: 0.36, swing: 0.15, foot: 0.8, frequency: 0.9, sharpness: 1, depth: 0.1, far: 0.5, relief: 1 },
    ...{ colour: [122, 128, 146], patch: [98, 106, 128], snowLine: 0.1 },
  },
  {
    ...{ crest: 0.46, swing: 0.09, foot: 0.85, frequency: 1.2, sharpness: 0.7, depth: 0.2, far: 0.36, relief: 0.9 },
    ...{ colour: [86, 106, 104], patch: [70, 92, 98] },
  },
  {
    ...{ crest: 0.54, swing: 0.06, foot: 0.9, frequency: 1.3, sharpness: 0.2, depth: 0.34, far: 0.2, relief: 0.7 },
    ...{ colour: [84, 120, 74], patch: [60, 98, 64], trees: 0.012 },
  },
];

const SHORE: RidgeShape = {
  ...{ crest: 0.625, swing: 0.022, foot: 0.66, frequency: 1.1, sharpness: 0, depth: 0.48, far: 0.1, relief: 0.6 },
  ...{ colour: [92, 128, 66], patch: [64, 104, 54], trees: 0.03 },
};

const MEADOW: RidgeShape = {
  ...{ crest: 0.74, swing: 0.05, foot: 1.25, frequency: 0.7, sharpness: 0, depth: 0.8, far: 0.02, relief: 0.55 },
  ...{ colour: [116, 152, 70], patch: [86, 130, 58] },
};

export const buildMountains: SceneBuilder = (options) => {
  const { size, palette, lake } = options;
  const far = RIDGES.map((shape, index) => createRidge(options, shape, index));
  const shore = createRidge(options, lake ? SHORE : { ...SHORE, foot: 1.1 }, 5);
  return {
    palette,
    horizon: size.height * 0.62,
    layers: [...far, shore],
    water: lake ? { top: size.height * 0.645, waves: 0.12, colour: [14, 44, 62] } : undefined,
    foreground: lake ? [] : [createRidge(options, MEADOW, 7)],
  };
};
