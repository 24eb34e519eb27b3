import { createFarRange } from './backdrops.ts';
import { createGround, type GroundShape } from './ground.ts';
import { courseOf, flockOver, lifeOf, settle } from './land.ts';
import type { MeadowShape } from './meadow.ts';
import { createRidge } from './ridge.ts';
import type { SceneBuilder } from './scene.ts';
import { createWood } from './trees.ts';

const GROUND = 0.7;
/** Moss, low grass and a few flowers where light comes in. */
const FLOOR: MeadowShape = {
  ...{ top: GROUND, height: 0.06, bloom: 0.03, far: 0.16 },
  colours: [
    [132, 122, 70],
    [88, 112, 54],
    [54, 88, 46],
  ],
  flowers: [
    [236, 236, 232],
    [226, 204, 110],
  ],
};

/** Rows of trees in thinning mist, with a clearing down the middle. */
export const buildForest: SceneBuilder = (options) => {
  const { size, palette, nouns } = options;
  const snow = nouns.has('snowfield') ? 0.75 : 0;
  const wood = { kind: 'conifer', snow, unevenness: 0.05 } as const;
  const course = courseOf(options);
  const village = settle(options, { base: 0.71, depth: 0.52, far: 0.08, count: 4, size: 0.05 });
  const crossed = course === undefined ? {} : { course };
  const shape: GroundShape = {
    ...{ top: GROUND, depth: 0.52, far: 0.14, relief: snow > 0 ? 0.16 : 0.8, facing: snow > 0 ? 0.75 : 0.5 },
    colour: snow > 0 ? [236, 241, 250] : [84, 112, 54],
    patch: snow > 0 ? [214, 226, 243] : [60, 86, 44],
    ...crossed,
    isGrown: snow === 0,
  };
  const ground = createGround(options, shape, snow > 0 ? undefined : { ...FLOOR, ...crossed });
  return {
    palette,
    horizon: size.height * 0.6,
    layers: [
      ...createFarRange(options, { horizon: 0.6, foot: 0.7 }),
      createRidge(
        options,
        {
          ...{ crest: 0.4, swing: 0.07, foot: 0.8, frequency: 1, sharpness: 0.3, depth: 0.1, far: 0.66, relief: 0.5 },
          ...{ colour: [84, 116, 104], patch: [70, 102, 96] },
        },
        2,
      ),
      createWood(options, {
        ...{ ...wood, base: 0.54, smallest: 0.07, tallest: 0.15, density: 60, depth: 0.18, far: 0.52 },
        ...{ clearing: 0, foot: 0.8 },
      }),
      createWood(options, {
        ...{ ...wood, base: 0.6, smallest: 0.12, tallest: 0.26, density: 34, depth: 0.3, far: 0.34 },
        ...{ clearing: 0, foot: 0.85 },
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
    water: course?.kind === 'river' ? { top: size.height * 0.72, waves: 0.15, colour: [26, 54, 58] } : undefined,
    foreground: [
      ground,
      ...village.layers,
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
    life: lifeOf(village.lamps, flockOver(options, 0.2)),
  };
};
