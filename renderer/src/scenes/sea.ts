import { createPalms } from './adornments.ts';
import { createFarRange } from './backdrops.ts';
import { createBeach } from './beach.ts';
import { flockOver, fromMiddle, settle } from './land.ts';
import type { Life } from './life.ts';
import { createOpenSea } from './open-sea.ts';
import { createRelief } from './relief.ts';
import type { Layer, Scene, SceneBuilder, SceneOptions } from './scene.ts';
import { createBoat, createLighthouse } from './structures.ts';

const WATERLINE = 0.56;
const TOWER = { base: WATERLINE + 0.012, height: 0.26, depth: 0.24 } as const;
const TOWER_ASIDE = 0.26;

function farShore(options: SceneOptions): Layer[] {
  const { nouns, props } = options;
  const place = { horizon: WATERLINE, foot: WATERLINE + 0.01 };
  const ranges = createFarRange(options, place);
  if (ranges.length > 0 && !nouns.has('island')) return ranges;
  // Where it is not asked for, an island is only something far away that makes the sea wide.
  const isNamed = nouns.has('island') || props.has('palms');
  const shape = { terrain: 'island', cover: 'tropical', ...place } as const;
  const isles = createRelief(options, {
    ...shape,
    ...{ eye: 0.1, cuts: isNamed ? [15, 6.5] : [16, 11.4], depths: [isNamed ? 0.2 : 0.08] },
    ...{ rise: isNamed ? 1.35 : 0.75, air: isNamed ? 0.4 : 0.85 },
  });
  return [...ranges, ...isles];
}

function lifeAtSea(options: SceneOptions, lamps: Life['lamps']): Life {
  const { props, palette } = options;
  const flock = flockOver(options, 0.3);
  const isDim = options.dark || palette.exposure < 0.85;
  const lantern = {
    x: fromMiddle(options, TOWER_ASIDE),
    y: TOWER.base - TOWER.height * 1.235,
    depth: TOWER.depth,
    colour: [255, 236, 190],
  } as const;
  return {
    lamps,
    ...(flock !== undefined && { flock }),
    ...(props.has('lighthouse') && isDim && { beam: lantern }),
  };
}

/** The open sea: islands or mountains beyond it, a beach before it where one is asked for. */
export const buildSea: SceneBuilder = (options): Scene => {
  const { size, palette, nouns, props } = options;
  const isRough = palette.cloudThreshold < 0.32;
  const village = settle(options, { base: WATERLINE - 0.004, depth: 0.2, far: 0.2, count: 14, size: 0.017 });
  const tower = props.has('lighthouse')
    ? [createLighthouse(options, { ...TOWER, x: fromMiddle(options, TOWER_ASIDE) })]
    : [];
  const boat = props.has('boat')
    ? [createBoat(options, { x: fromMiddle(options, -0.17), base: 0.69, height: 0.24, depth: 0.45 })]
    : [];
  const palms = props.has('palms') ? [createPalms(options, 1.02)] : [];
  const hasBeach = nouns.has('beach') || props.has('palms');
  const isCalm = hasBeach && !isRough;
  return {
    palette,
    horizon: size.height * WATERLINE,
    layers: [...farShore(options), ...village.layers, ...tower],
    water: {
      ...{ top: size.height * WATERLINE, waves: isCalm ? 0.7 : isRough ? 1.5 : 1 },
      // Shallow water is turquoise in a white light alone.
      colour: !isCalm ? [10, 44, 66] : palette.tint[2] > 0.92 ? [18, 104, 122] : [14, 62, 84],
      surface: createOpenSea(size, palette, (options.seed % 67) / 67),
    },
    foreground: [...boat, ...(hasBeach ? createBeach(options) : []), ...palms],
    life: lifeAtSea(options, village.lamps),
  };
};
