import type { Rgb, SkyPalette } from '../pixels/palette.ts';
import { createBackdrop } from './backdrops.ts';
import { createGround } from './ground.ts';
import { courseOf, lifeOf, settle } from './land.ts';
import type { SceneBuilder } from './scene.ts';
import { createWood } from './trees.ts';

/** Snow stays whiter than the light on it: it would be sand at sunset and ink by night. */
function snowIn({ tint, sun }: SkyPalette, [red, green, blue]: Rgb): Rgb {
  const warm = (sun?.colour[2] ?? 255) / 255;
  return [red / tint[0] ** 0.6, green / (tint[1] * (0.7 + 0.3 * warm)) ** 0.6, blue / (tint[2] * warm) ** 0.6];
}

/** White plains before white mountains, with snowy trees. */
export const buildSnowfield: SceneBuilder = (options) => {
  const { size, palette, nouns } = options;
  const wood = { kind: 'conifer', snow: 0.8, unevenness: 0.03 } as const;
  const course = courseOf(options);
  const village = settle(options, { base: 0.64, depth: 0.42, far: 0.1, count: 10, size: 0.03 });
  const isWooded = nouns.has('forest');
  return {
    palette,
    horizon: size.height * 0.58,
    layers: [
      ...createBackdrop(options, { horizon: 0.6, foot: 0.66 }, 'snowy alps'),
      createWood(options, {
        ...{ ...wood, base: 0.622, smallest: isWooded ? 0.07 : 0.035, tallest: isWooded ? 0.2 : 0.1, far: 0.22 },
        ...{ density: isWooded ? 60 : 38, depth: 0.3, clearing: 0, foot: 0.75 },
      }),
    ],
    water: course?.kind === 'river' ? { top: size.height * 0.65, waves: 0.1, colour: [24, 52, 74] } : undefined,
    foreground: [
      createGround(options, {
        ...{
          top: 0.63,
          colour: snowIn(palette, [250, 251, 255]),
          patch: snowIn(palette, [204, 222, 252]),
          depth: 0.36,
          far: 0.2,
          relief: 0.13,
          facing: 0.8,
        },
        ...(course !== undefined && { course }),
      }),
      ...village.layers,
      createWood(options, {
        ...{ ...wood, base: 0.8, smallest: 0.16, tallest: 0.42, density: isWooded ? 12 : 7, depth: 0.7, far: 0.02 },
        ...{ clearing: 0.5, foot: 0.81, apart: true },
      }),
    ],
    life: lifeOf(village.lamps, undefined),
  };
};
