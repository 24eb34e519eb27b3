import { createFarRange } from './backdrops.ts';
import { createGround, LOWEST } from './ground.ts';
import { courseOf, lifeOf, settle } from './land.ts';
import { createRelief } from './relief.ts';
import type { SceneBuilder } from './scene.ts';

/** Dunes to the horizon, seen from the crest of one. A road runs over a plain. */
export const buildDesert: SceneBuilder = (options) => {
  const { size, palette } = options;
  const course = courseOf(options);
  const village = settle(options, { base: 0.64, depth: 0.4, far: 0.12, count: 8, size: 0.026 });
  const range = createFarRange(options, { horizon: 0.55, foot: 0.62 });
  const dunes = createRelief(options, {
    ...{ terrain: 'dunes', cover: 'sand', horizon: 0.53, eye: 1.15, rise: 1, foot: LOWEST, air: 0.5 },
    ...{ cuts: [16.2, 11, 7, 4.6, 3], depths: [0.1, 0.22, 0.42, 0.7] },
  });
  const plain = () =>
    createGround(options, {
      ...{ top: 0.62, colour: [222, 176, 116], patch: [206, 160, 102], depth: 0.4, far: 0.2, relief: 0.42 },
      ...(course !== undefined && { course }),
    });
  return {
    palette,
    horizon: size.height * 0.58,
    layers: course === undefined ? [...range, ...dunes] : [...range, ...dunes.slice(0, 2)],
    water: course?.kind === 'river' ? { top: size.height * 0.64, waves: 0.2, colour: [40, 86, 90] } : undefined,
    foreground: [...(course === undefined ? [] : [plain()]), ...village.layers],
    life: lifeOf(village.lamps, undefined),
  };
};
