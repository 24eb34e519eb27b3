/** What stands far away, behind the place that a scene is about. */
import type { ReliefShape } from './relief.ts';
import { createRelief } from './relief.ts';
import type { Layer, SceneOptions } from './scene.ts';
import { createWood } from './trees.ts';

/** Rows in frame heights. */
export interface BackdropPlace {
  readonly horizon: number;
  /** Where what stands before it begins to hide it. */
  readonly foot: number;
}

const FAR_CUTS = { cuts: [16.2, 12, 8.6, 3.6], depths: [0.08, 0.13, 0.2], eye: 0.12 } as const;

const ALPS = { ...FAR_CUTS, terrain: 'alps', cover: 'alpine', rise: 1.28, air: 0.74 } as const;
const SNOWY_ALPS = { ...FAR_CUTS, terrain: 'alps', cover: 'snow', rise: 1.15, air: 0.5 } as const;
const HILLS = { ...FAR_CUTS, terrain: 'hills', cover: 'green', rise: 0.8, air: 0.7 } as const;
const MESAS = { ...FAR_CUTS, terrain: 'mesas', cover: 'redrock', rise: 1.2, air: 0.55 } as const;
/** Mountains behind a city or a wood, lower so that they leave the sky to what is before them. */
const BEHIND = { cuts: [16.2, 3.5], depths: [0.08], eye: 0.12 } as const;

/** The mountains that the prompt speaks of, or undefined where it speaks of none. */
function reliefNamed({ nouns }: SceneOptions): Omit<ReliefShape, 'horizon' | 'foot'> | undefined {
  if (nouns.has('mountains')) return nouns.has('snowfield') ? SNOWY_ALPS : ALPS;
  if (nouns.has('canyon')) return MESAS;
  if (nouns.has('hills')) return nouns.has('snowfield') ? { ...SNOWY_ALPS, rise: 0.5 } : HILLS;
  return undefined;
}

export function createBackdrop(
  options: SceneOptions,
  place: BackdropPlace,
  otherwise: 'alps' | 'low hills' | 'snowy alps' | 'none',
): Layer[] {
  const named = reliefNamed(options);
  const defaults = {
    alps: ALPS,
    'low hills': { ...HILLS, rise: 0.5 },
    'snowy alps': { ...SNOWY_ALPS, rise: 0.8 },
    none: undefined,
  };
  const shape = named ?? defaults[otherwise];
  return shape === undefined ? [] : createRelief(options, { ...shape, ...place });
}

/** One far range, where the scene has tall things of its own. */
export function createFarRange(options: SceneOptions, place: BackdropPlace): Layer[] {
  const named = reliefNamed(options);
  return named === undefined ? [] : createRelief(options, { ...named, ...BEHIND, ...place });
}

/** Trees along the far edge of water or ground. */
export function createShoreWood(options: SceneOptions, base: number, foot: number): Layer {
  const { nouns } = options;
  const isThick = nouns.has('forest');
  return createWood(options, {
    ...{ base, unevenness: 0.02, smallest: isThick ? 0.06 : 0.03, tallest: isThick ? 0.17 : 0.085 },
    ...{ density: isThick ? 60 : 95, depth: 0.38, far: 0.14, kind: 'conifer', clearing: 0, foot },
    snow: nouns.has('snowfield') ? 0.7 : 0,
  });
}
