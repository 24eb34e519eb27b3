import { createGround } from './ground.ts';
import { createRidge, type RidgeShape } from './ridge.ts';
import type { SceneBuilder } from './scene.ts';

const SAND = { colour: [226, 182, 122], patch: [216, 168, 108], sharpness: 0.12 } as const;

const DUNES: readonly RidgeShape[] = [
  { ...SAND, crest: 0.53, swing: 0.035, foot: 0.9, frequency: 0.9, depth: 0.1, far: 0.5, relief: 0.05, flank: 0.9 },
  { ...SAND, crest: 0.58, swing: 0.06, foot: 0.95, frequency: 0.65, depth: 0.24, far: 0.26, relief: 0.05, flank: 0.9 },
  { ...SAND, crest: 0.68, swing: 0.08, foot: 1.1, frequency: 0.5, depth: 0.46, far: 0.1, relief: 0.05, flank: 1 },
];

export const buildDesert: SceneBuilder = (options) => ({
  palette: options.palette,
  horizon: options.size.height * 0.58,
  layers: DUNES.map((shape, index) => createRidge(options, shape, index)),
  water: undefined,
  foreground: [
    createGround(options, {
      top: 0.84,
      colour: [222, 176, 116],
      patch: [206, 160, 102],
      depth: 0.7,
      far: 0.02,
      relief: 0.42,
    }),
  ],
});
