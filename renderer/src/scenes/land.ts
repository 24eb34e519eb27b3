/** Parts that several landscapes share: what crosses the ground, who lives there, what flies over it. */

import { createRandom } from '../pixels/noise.ts';
import type { Rgb } from '../pixels/palette.ts';
import type { Course } from './course.ts';
import type { Flock, Lamp, Life } from './life.ts';
import type { Layer, SceneOptions } from './scene.ts';
import { createVillage, type VillageShape } from './structures.ts';

/** A place aside of the frame's middle, from shares of its width to frame heights. */
export function fromMiddle({ size }: SceneOptions, share: number): number {
  return (share * size.width) / size.height;
}

export function courseOf({ nouns, seed }: SceneOptions): Course | undefined {
  const random = createRandom(seed + 307);
  const phase = random() * 6.28;
  const aim = (random() - 0.5) * 0.16;
  if (nouns.has('river')) return { kind: 'river', half: 0.34, bend: 0.62, phase, aim };
  if (!nouns.has('road')) return undefined;
  return { kind: nouns.has('forest') ? 'path' : 'road', half: 0.3, bend: 0.42, phase, aim };
}

/** A trodden path, for land that nothing else crosses. */
export function footpath({ seed }: SceneOptions): Course {
  const random = createRandom(seed + 311);
  return { kind: 'path', half: 0.13, bend: 0.5, phase: random() * 6.28, aim: (random() - 0.5) * 0.2 };
}

export interface Settlement {
  readonly layers: readonly Layer[];
  readonly lamps: readonly Lamp[];
}

export function settle(options: SceneOptions, shape: VillageShape): Settlement {
  const { nouns, props } = options;
  if (!nouns.has('village') && !props.has('houses')) return { layers: [], lamps: [] };
  const { layer, lamps } = createVillage(options, nouns.has('village') ? shape : { ...shape, count: 2 });
  return { layers: [layer], lamps };
}

const DUSK_BIRD: Rgb = [34, 26, 40];
const DAY_BIRD: Rgb = [44, 50, 62];

/** Birds fly where there is light to see them by. */
export function flockOver({ props, dark, palette, seed }: SceneOptions, y: number): Flock | undefined {
  if (palette.stars) return undefined;
  return { count: props.has('birds') ? 13 : 6, y, colour: dark ? DUSK_BIRD : DAY_BIRD, seed: seed + 401 };
}

export function lifeOf(lamps: readonly Lamp[], flock: Flock | undefined): Life {
  return { lamps, ...(flock !== undefined && { flock }) };
}
