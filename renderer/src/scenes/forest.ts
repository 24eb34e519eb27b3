import { createGround } from './ground.ts';
import { createRidge } from './ridge.ts';
import type { SceneBuilder } from './scene.ts';
import { createWood } from './trees.ts';

/** Rows of trees in thinning mist, with a clearing down the middle. */
export const buildForest: SceneBuilder = (options) => {
  const { size, palette } = options;
  const wood = { kind: 'conifer', snow: 0, unevenness: 0.05 } as const;
  return {
    palette,
    horizon: size.height * 0.6,
    layers: [
      createRidge(
        options,
        {
          ...{ crest: 0.4, swing: 0.07, foot: 0.8, frequency: 1, sharpness: 0.3, depth: 0.1, far: 0.66, relief: 0.5 },
          ...{ colour: [84, 116, 104], patch: [70, 102, 96] },
        },
        2,
      ),
      createWood(options, {
        ...wood,
        base: 0.54,
        smallest: 0.07,
        tallest: 0.15,
        density: 60,
        depth: 0.18,
        far: 0.52,
        clearing: 0,
        foot: 0.8,
      }),
      createWood(options, {
        ...wood,
        base: 0.6,
        smallest: 0.12,
        tallest: 0.26,
        density: 34,
        depth: 0.3,
        far: 0.34,
        clearing: 0,
        foot: 0.85,
      }),
      createWood(options, {
        ...wood,
        base: 0.67,
        smallest: 0.2,
        tallest: 0.42,
        density: 20,
        depth: 0.46,
        far: 0.18,
        clearing: 0.14,
        foot: 0.8,
      }),
    ],
    water: undefined,
    foreground: [
      createGround(options, {
        top: 0.7,
        colour: [76, 104, 50],
        patch: [58, 82, 44],
        depth: 0.52,
        far: 0.14,
        relief: 0.8,
      }),
      createWood(options, {
        ...wood,
        base: 0.82,
        smallest: 0.4,
        tallest: 0.78,
        density: 6,
        depth: 0.8,
        far: 0.03,
        clearing: 0.46,
        foot: 0.84,
      }),
    ],
  };
};
