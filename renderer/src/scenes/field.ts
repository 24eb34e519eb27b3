import type { Rgb } from '../pixels/palette.ts';
import { createBackdrop } from './backdrops.ts';
import { createGrass, createGround } from './ground.ts';
import { courseOf, flockOver, footpath, lifeOf, settle } from './land.ts';
import { createRidge, type RidgeShape } from './ridge.ts';
import type { SceneBuilder } from './scene.ts';
import { createWood } from './trees.ts';

const NEAR_HILL: RidgeShape = {
  ...{ crest: 0.575, swing: 0.026, foot: 0.72, frequency: 0.8, sharpness: 0, depth: 0.24, far: 0.26, relief: 0.4 },
  ...{ colour: [132, 164, 78], patch: [98, 142, 66] },
};

const GROUND = 0.61;
const GRASS = [
  [178, 176, 92],
  [124, 162, 66],
  [74, 124, 52],
] as const;
const FLOWERS: readonly Rgb[] = [
  [250, 246, 236],
  [244, 202, 70],
  [222, 76, 70],
  [150, 112, 200],
];

/** Rolling meadows with single trees; grass and flowers in front sway. A road or a river winds through, houses stand behind. */
export const buildField: SceneBuilder = (options) => {
  const { size, palette, nouns } = options;
  const named = courseOf(options);
  // Where nothing else crosses a meadow, a path leads into it.
  const course = named ?? footpath(options);
  const village = settle(options, { base: 0.622, depth: 0.36, far: 0.1, count: 12, size: 0.028 });
  const isWooded = nouns.has('forest');
  const trees = createWood(options, {
    ...{ base: 0.612, unevenness: 0.02, smallest: isWooded ? 0.06 : 0.035, tallest: isWooded ? 0.17 : 0.11 },
    ...{ density: isWooded ? 34 : 9, depth: 0.3, far: 0.16, kind: 'broad', snow: 0, clearing: 0, foot: 0.66 },
  });
  const shape = { top: GROUND, depth: 0.32, far: 0.24, relief: 0.6, isGrown: true, course };
  const ground = createGround(
    options,
    { ...shape, colour: [126, 154, 68], patch: [92, 132, 56] },
    { top: GROUND, height: 0.07, colours: GRASS, flowers: FLOWERS, bloom: 0.2, far: 0.3, course },
  );
  const oaks = createWood(options, {
    ...{ base: 0.665, unevenness: 0.03, smallest: 0.14, tallest: 0.24, density: 1.5, depth: 0.46, far: 0.08 },
    ...{ kind: 'broad', snow: 0, clearing: 0.3, foot: 0.7, apart: true },
  });
  const grass = (bottom: number, height: number, depth: number) =>
    createGrass(options, {
      ...{ bottom, height, depth, bladesPerHeight: 620, opening: named === undefined ? 0.3 : 0 },
      ...{ colours: GRASS, flowers: FLOWERS },
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
    foreground: [
      ground,
      ...village.layers,
      oaks,
      ...(named === undefined ? [grass(0.94, 0.1, 0.82), grass(1.06, 0.2, 1)] : []),
    ],
    life: lifeOf(village.lamps, flockOver(options, 0.28)),
  };
};
