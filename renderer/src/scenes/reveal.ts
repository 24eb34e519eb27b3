/** What comes into view in front when a camera pulls back: roofs, treetops or grass that rise from below the frame. */
import type { Size } from '../geometry.ts';
import { ease } from '../pixels/numbers.ts';
import type { SkyPalette } from '../pixels/palette.ts';
import type { SceneName } from '../prompt/lexicon.ts';
import { createBuildings } from './buildings.ts';
import { drawLayer } from './draw-layer.ts';
import { createEasel } from './easel.ts';
import { createGrass } from './ground.ts';
import type { Layer, SceneOptions } from './scene.ts';
import { createWood } from './trees.ts';

/** `share` is how far the reveal has come, 0 to 1. */
export type Reveal = (rgb: Uint8Array, share: number, seconds: number) => void;

const BUILDERS: Readonly<Partial<Record<SceneName, (options: SceneOptions) => Layer[]>>> = {
  city: (options) => [
    createBuildings(options, {
      base: 1.05,
      lowest: 0.2,
      tallest: 0.52,
      narrowest: 0.06,
      widest: 0.12,
      depth: 0.5,
      far: 0.34,
    }),
    createBuildings(options, {
      base: 1.08,
      lowest: 0.1,
      tallest: 0.34,
      narrowest: 0.09,
      widest: 0.18,
      depth: 0.8,
      far: 0.08,
    }),
  ],
  forest: (options) => [
    createWood(options, {
      ...{ base: 1.04, unevenness: 0.05, smallest: 0.2, tallest: 0.5, density: 9, depth: 0.8, far: 0.05 },
      ...{ kind: 'conifer', snow: 0, clearing: 0.4, foot: 1.1 },
    }),
  ],
  field: (options) => [
    createGrass(options, {
      ...{ height: 0.26, bladesPerHeight: 900 },
      colours: [
        [112, 156, 62],
        [142, 172, 76],
      ],
      flowers: [[244, 236, 214]],
    }),
  ],
};

/** Undefined where a scene has nothing that could stand in front. */
export function createReveal(
  scene: SceneName | undefined,
  palette: SkyPalette,
  size: Size,
  seed: number,
): Reveal | undefined {
  const build = scene === undefined ? undefined : BUILDERS[scene];
  if (build === undefined) return undefined;
  const layers = build({
    size,
    palette,
    seed,
    lake: false,
    nouns: new Set(),
    props: new Set(),
    dark: palette.exposure < 0.85,
    wet: false,
  });
  const easel = createEasel(size, { layers, isStaged: false });
  const { frame } = easel;
  const hung = layers.map(easel.take);
  return (rgb, share, seconds) => {
    frame.set(rgb);
    for (const [index, layer] of hung.entries()) {
      const risen = ease(Math.min(1, share * 1.15 - index * 0.12));
      // Nearer rows come from farther below and shrink more, as they do for a camera that moves back.
      const pose = { zoom: 1.5 - 0.5 * risen, depthZoom: 0, x: 0, y: -(1 - risen) * 0.95, parallaxX: 0, parallaxY: 0 };
      drawLayer(easel, layer, { pose, seconds });
    }
    for (let i = 0; i < rgb.length; i += 1) rgb[i] = frame[i] as number;
  };
}
