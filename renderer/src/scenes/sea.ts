import { createRidge } from './ridge.ts';
import type { SceneBuilder } from './scene.ts';

export const buildSea: SceneBuilder = (options) => {
  const { size, palette } = options;
  const headland = createRidge(
    options,
    {
      ...{
        crest: 0.568,
        swing: 0.035,
        foot: 0.58,
        frequency: 0.8,
        sharpness: 0.5,
        depth: 0.08,
        far: 0.62,
        relief: 0.6,
      },
      ...{ colour: [84, 104, 112], patch: [70, 92, 102] },
    },
    3,
  );
  return {
    palette,
    horizon: size.height * 0.56,
    layers: [headland],
    water: { top: size.height * 0.56, waves: 1, colour: [10, 40, 62] },
    foreground: [],
  };
};
