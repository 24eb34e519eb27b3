/** A scene in the wind: what is pliant sways farther, and calm water is ruffled. */
import type { Layer, Scene } from './scene.ts';

const SWAY = 2.4;
/** How much of the way from a calm lake to an open sea the wind ruffles water. */
const RUFFLED = 0.45;

function swaying(layer: Layer): Layer {
  return layer.sway === undefined ? layer : { ...layer, sway: layer.sway * SWAY };
}

export function inWind({ water, layers, foreground, ...scene }: Scene): Scene {
  const waves = water && (water.waves < 1 ? water.waves + (1 - water.waves) * RUFFLED : water.waves * 1.15);
  return {
    ...scene,
    layers: layers.map(swaying),
    foreground: foreground.map(swaying),
    water: water && { ...water, waves: waves ?? water.waves },
  };
}
