/** Which scene a prompt gets, in which light. */

import type { Size } from '../geometry.ts';
import { hashText } from '../pixels/noise.ts';
import { SKY_PALETTES, tintPalette } from '../pixels/palette.ts';
import type { SceneName, SkyName } from '../prompt/lexicon.ts';
import type { PromptPlan } from '../prompt/plan.ts';
import { buildAurora } from './aurora.ts';
import { buildCity } from './city.ts';
import { buildDesert } from './desert.ts';
import { buildField } from './field.ts';
import { buildForest } from './forest.ts';
import { buildMountains } from './mountains.ts';
import type { Scene, SceneBuilder } from './scene.ts';
import { buildSea } from './sea.ts';
import { buildSnowfield } from './snowfield.ts';
import { buildSpace } from './space.ts';

const BUILDERS: Readonly<Record<SceneName, SceneBuilder>> = {
  sea: buildSea,
  mountains: buildMountains,
  city: buildCity,
  forest: buildForest,
  field: buildField,
  desert: buildDesert,
  snowfield: buildSnowfield,
  space: buildSpace,
  aurora: buildAurora,
};

/** What an unknown prompt may become; each looks well in every light. */
const FALLBACKS: readonly SceneName[] = ['sea', 'mountains', 'field', 'forest', 'desert'];
const FALLBACK_SKIES: readonly SkyName[] = ['day', 'sunset', 'dawn'];

function pick<Value>(values: readonly Value[], hash: number, otherwise: Value): Value {
  return values[hash % values.length] ?? otherwise;
}

export interface ChosenScene {
  readonly name: SceneName;
  readonly sky: SkyName;
}

export function chooseScene(plan: PromptPlan, prompt: string, seed: number): ChosenScene {
  const hash = (hashText(prompt) ^ seed) >>> 0;
  const name = plan.scene ?? pick(FALLBACKS, hash, 'mountains');
  if (plan.sky !== undefined) return { name, sky: plan.sky };
  if (name === 'aurora') return { name, sky: 'aurora' };
  if (name === 'space') return { name, sky: 'night' };
  if (plan.weather !== undefined) return { name, sky: plan.weather === 'rain' ? 'storm' : 'overcast' };
  return { name, sky: plan.scene === undefined ? pick(FALLBACK_SKIES, hash >>> 4, 'day') : 'day' };
}

export function buildScene(plan: PromptPlan, chosen: ChosenScene, size: Size, seed: number): Scene {
  const palette = SKY_PALETTES[chosen.sky];
  return BUILDERS[chosen.name]({
    ...{ size, seed, lake: plan.lake },
    palette: plan.mentionsSky ? tintPalette(palette, plan.colours) : palette,
    dark: chosen.sky === 'night' || chosen.sky === 'aurora' || chosen.sky === 'sunset',
  });
}
