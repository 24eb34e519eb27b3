import { createBuildings } from './buildings.ts';
import { createRidge, type RidgeShape } from './ridge.ts';
import type { SceneBuilder } from './scene.ts';

const BASE = 0.78;

const QUAY: RidgeShape = {
  ...{
    crest: BASE - 0.006,
    swing: 0.001,
    foot: BASE + 0.012,
    frequency: 1,
    sharpness: 0,
    depth: 0.42,
    far: 0,
    relief: 0.3,
  },
  ...{ colour: [62, 62, 66], patch: [54, 56, 62] },
};

/** A skyline across the water: three rows of houses, which the water mirrors. */
export const buildCity: SceneBuilder = (options) => {
  const { size, palette } = options;
  const rows = [
    { lowest: 0.2, tallest: 0.46, narrowest: 0.05, widest: 0.1, depth: 0.14, far: 0.55 },
    { lowest: 0.14, tallest: 0.42, narrowest: 0.06, widest: 0.13, depth: 0.26, far: 0.32 },
    { lowest: 0.05, tallest: 0.24, narrowest: 0.08, widest: 0.17, depth: 0.4, far: 0.1 },
  ] as const;
  return {
    palette,
    horizon: size.height * BASE,
    layers: [...rows.map((row) => createBuildings(options, { ...row, base: BASE })), createRidge(options, QUAY, 0)],
    water: { top: size.height * BASE, waves: 0.15, colour: [12, 30, 48] },
    foreground: [],
  };
};
