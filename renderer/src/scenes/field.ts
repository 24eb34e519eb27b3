import { createBackdrop } from './backdrops.ts';
import { createGrass, createGround } from './ground.ts';
import { courseOf, flockOver, lifeOf, settle } from './land.ts';
import { createRidge, type RidgeShape } from './ridge.ts';
import type { SceneBuilder } from './scene.ts';
import { createWood } from './trees.ts';

const NEAR_HILL: RidgeShape = {
  ...{ crest: 0.575, swing: 0.026, foot: 0.72, frequency: 0.8, sharpness: 0, depth: 0.24, far: 0.26, relief: 0.4 },
  ...{ colour: [132, 164, 78], patch: [98, 142, 66] },
};

/** Rolling meadows with single trees; grass and flowers in front sway. A road or a river winds through, houses stand behind. */
export const buildField: SceneBuilder = (options) => {
  const { size, palette, nouns } = options;
  const course = courseOf(options);
  const village = settle(options, { base: 0.622, depth: 0.36, far: 0.1, count: 12, size: 0.028 });
  const isWooded = nouns.has('forest');
  const trees = createWood(options, {
    ...{ base: 0.612, unevenness: 0.02, smallest: isWooded ? 0.06 : 0.035, tallest: isWooded ? 0.17 : 0.11 },
    ...{ density: isWooded ? 34 : 9, depth: 0.3, far: 0.16, kind: 'broad', snow: 0, clearing: 0, foot: 0.66 },
  });
  const ground = createGround(options, {
    ...{ top: 0.61, colour: [142, 168, 74], patch: [102, 144, 60], depth: 0.32, far: 0.24, relief: 0.6 },
    ...(course !== undefined && { course }),
  });
  const grass = createGrass(options, {
    ...{ height: course === undefined ? 0.2 : 0.1, bladesPerHeight: 900 },
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
  });
  return {
    palette,
    horizon: size.height * 0.58,
    layers: [
      ...createBackdrop(options, { horizon: 0.59, foot: 0.64 }, 'low hills'),
      createRidge(options, NEAR_HILL, 4),
      trees,
    ],
    water: course?.kind === 'river' ? { top: size.height * 0.63, waves: 0.2, colour: [30, 66, 82] } : undefined,
    foreground: [ground, ...village.layers, ...(course === undefined ? [grass] : [])],
    life: lifeOf(village.lamps, flockOver(options, 0.28)),
  };
};
