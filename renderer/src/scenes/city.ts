import type { Size } from '../geometry.ts';
import { createRandom } from '../pixels/noise.ts';
import { createFarRange } from './backdrops.ts';
import { createBuildings } from './buildings.ts';
import { waitForPieces } from './drawn-together.ts';
import { flockOver, fromMiddle, lifeOf } from './land.ts';
import type { Lamp } from './life.ts';
import { createRidge, type RidgeShape } from './ridge.ts';
import type { Layer, SceneBuilder, SceneOptions } from './scene.ts';
import { buildStreet } from './street.ts';
import { createBoat } from './structures.ts';
import { createWood } from './trees.ts';

const BASE = 0.78;

const QUAY: RidgeShape = {
  ...{
    crest: BASE - 0.009,
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

/** The highest thing in one column of a texture, in frame heights from the frame's top. */
function roofAt({ left, top, width, height, rgba }: Layer, x: number, size: Size): number {
  const column = Math.round(x * size.height + size.width / 2) - left;
  for (let y = 0; y < height; y += 1) {
    if ((rgba[(y * width + column) * 4 + 3] ?? 0) > 128) return (y + top) / size.height;
  }
  return BASE;
}

/** Lamps on the roofs, and cars along the quay: white ones come, red ones go. */
function lightsOf({ seed, size }: SceneOptions, houses: Layer): Lamp[] {
  waitForPieces();
  const random = createRandom(seed + 503);
  const half = size.width / size.height / 2;
  const beacons = Array.from({ length: 9 }, (): Lamp => {
    const x = (random() * 2 - 1) * half;
    const place = { x, y: roofAt(houses, x, size) - 0.004, depth: houses.depthTop };
    return { ...place, radius: 0.0035, colour: [255, 60, 40], blink: 1.6 + random(), phase: random() };
  });
  const cars = Array.from({ length: 16 }, (_, index): Lamp => {
    const comes = index % 2 === 0;
    return {
      ...{ x: (random() * 2 - 1) * half * 1.3, y: BASE - (comes ? 0.004 : 0.008), depth: 0.42, radius: 0.004 },
      ...{ colour: comes ? [255, 238, 204] : [255, 54, 36], speed: (comes ? 1 : -1) * (0.07 + random() * 0.05) },
      ...{ span: half * 1.3, phase: random() },
    };
  });
  return [...beacons, ...cars];
}

/** A skyline across the water: three rows of houses, which the water mirrors. A street is seen from within. */
export const buildCity: SceneBuilder = (options) => {
  const { size, palette, nouns, props, dark } = options;
  if (nouns.has('street')) return buildStreet(options);
  const rows = [
    { lowest: 0.2, tallest: 0.5, narrowest: 0.05, widest: 0.1, depth: 0.14, far: 0.46 },
    { lowest: 0.14, tallest: 0.42, narrowest: 0.06, widest: 0.13, depth: 0.26, far: 0.22 },
    { lowest: 0.05, tallest: 0.24, narrowest: 0.08, widest: 0.17, depth: 0.4, far: 0.06 },
  ] as const;
  const houses = rows.map((row) => createBuildings(options, { ...row, base: BASE }));
  const lamps = dark && houses[1] !== undefined ? lightsOf(options, houses[1]) : [];
  const boat = props.has('boat')
    ? [createBoat(options, { x: fromMiddle(options, -0.2), base: 0.86, height: 0.15, depth: 0.6 })]
    : [];
  // A green shore tells where the houses end and the water begins.
  const trees = createWood(options, {
    ...{ base: BASE - 0.006, unevenness: 0.004, smallest: 0.02, tallest: 0.046, density: 26, depth: 0.42, far: 0.06 },
    ...{ kind: 'broad', snow: 0, clearing: 0, foot: BASE, apart: true },
  });
  return {
    palette,
    horizon: size.height * BASE,
    layers: [
      ...createFarRange(options, { horizon: 0.62, foot: BASE }),
      ...houses,
      trees,
      createRidge(options, QUAY, 0),
    ],
    water: { top: size.height * BASE, waves: nouns.has('sea') ? 0.6 : 0.15, colour: [12, 30, 48] },
    foreground: boat,
    life: lifeOf(lamps, flockOver(options, 0.2)),
  };
};
