import { buildMountains } from './mountains.ts';
import type { SceneBuilder } from './scene.ts';

/** Northern lights are worth seeing twice: there is always a lake that mirrors them. */
export const buildAurora: SceneBuilder = (options) => buildMountains({ ...options, lake: true });
