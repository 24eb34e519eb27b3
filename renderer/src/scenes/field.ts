import { createGrass, createGround } from './ground.ts';
import { createRidge } from './ridge.ts';
import type { SceneBuilder } from './scene.ts';
import { createWood } from './trees.ts';

/** Rolling meadows with single trees; grass and flowers in front sway. */
export const buildField: SceneBuilder = (options) => {
  const { size, palette } = options;
  return {
    palette,
    horizon: size.height * 0.58,
    layers: [
      createRidge(
        options,
        {
          ...{ crest: 0.5, swing: 0.05, foot: 0.8, frequency: 0.9, sharpness: 0.1, depth: 0.1, far: 0.56, relief: 0.5 },
          ...{ colour: [96, 130, 118], patch: [80, 114, 110] },
        },
        1,
      ),
      createRidge(
        options,
        {
          ...{
            crest: 0.565,
            swing: 0.03,
            foot: 0.85,
            frequency: 0.8,
            sharpness: 0,
            depth: 0.22,
            far: 0.28,
            relief: 0.4,
          },
          ...{ colour: [128, 162, 76], patch: [96, 140, 66] },
        },
        4,
      ),
      createWood(options, {
        ...{ base: 0.605, unevenness: 0.02, smallest: 0.035, tallest: 0.1, density: 9, depth: 0.3, far: 0.16 },
        ...{ kind: 'broad', snow: 0, clearing: 0, foot: 0.62 },
      }),
    ],
    water: undefined,
    foreground: [
      createGround(options, {
        top: 0.6,
        colour: [134, 164, 70],
        patch: [98, 142, 58],
        depth: 0.32,
        far: 0.22,
        relief: 0.6,
      }),
      createGrass(options, {
        ...{ height: 0.2, bladesPerHeight: 900 },
        colours: [
          [112, 156, 62],
          [142, 172, 76],
          [88, 136, 56],
        ],
        flowers: [
          [244, 236, 214],
          [236, 190, 66],
          [214, 84, 92],
        ],
      }),
    ],
  };
};
