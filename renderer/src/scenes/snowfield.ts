import { createGround } from './ground.ts';
import { createRidge, type RidgeShape } from './ridge.ts';
import type { SceneBuilder } from './scene.ts';
import { createWood } from './trees.ts';

const SNOW = { colour: [232, 238, 248], patch: [214, 224, 240] } as const;

const HILLS: readonly RidgeShape[] = [
  { ...SNOW, crest: 0.42, swing: 0.12, foot: 0.8, frequency: 0.9, sharpness: 0.8, depth: 0.1, far: 0.42, relief: 0.8 },
  {
    ...SNOW,
    crest: 0.54,
    swing: 0.05,
    foot: 0.85,
    frequency: 0.9,
    sharpness: 0.1,
    depth: 0.22,
    far: 0.26,
    relief: 0.35,
    flank: 0.5,
  },
];

export const buildSnowfield: SceneBuilder = (options) => {
  const wood = { kind: 'conifer', snow: 0.75, unevenness: 0.03 } as const;
  return {
    palette: options.palette,
    horizon: options.size.height * 0.58,
    layers: [
      ...HILLS.map((shape, index) => createRidge(options, shape, index)),
      createWood(options, {
        ...wood,
        base: 0.6,
        smallest: 0.04,
        tallest: 0.11,
        density: 40,
        depth: 0.3,
        far: 0.22,
        clearing: 0,
        foot: 0.75,
      }),
    ],
    water: undefined,
    foreground: [
      createGround(options, {
        top: 0.62,
        colour: [236, 241, 250],
        patch: [218, 228, 243],
        depth: 0.36,
        far: 0.2,
        relief: 0.3,
      }),
      createWood(options, {
        ...wood,
        base: 0.8,
        smallest: 0.16,
        tallest: 0.4,
        density: 7,
        depth: 0.7,
        far: 0.02,
        clearing: 0.5,
        foot: 0.81,
      }),
    ],
  };
};
