/** Which scene a prompt gets, in which light. */

import type { Size } from '../geometry.ts';
import { hashText } from '../pixels/noise.ts';
import { HOUR_PALETTES, SKY_PALETTES, type SkyPalette, tintPalette } from '../pixels/palette.ts';
import { type SceneName, type SkyName, TIME_SKIES } from '../prompt/lexicon.ts';
import type { PromptPlan } from '../prompt/plan.ts';
import { sceneContent } from '../prompt/scene-content.ts';
import { createBalloons } from './adornments.ts';
import { buildAurora } from './aurora.ts';
import { buildCity } from './city.ts';
import { colourScene } from './colouring.ts';
import { buildDesert } from './desert.ts';
import { buildField } from './field.ts';
import { buildForest } from './forest.ts';
import { buildMountains } from './mountains.ts';
import { propsOf } from './props.ts';
import type { Scene, SceneBuilder, SceneOptions } from './scene.ts';
import { buildSea } from './sea.ts';
import { buildSnowfield } from './snowfield.ts';
import { buildSpace } from './space.ts';
import { createMilkyWay } from './starfield.ts';
import { inWind } from './windy.ts';

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

/** Lamps and windows are lit where the sky gives less light than this. */
const LAMP_LIGHT = 0.82;

export function chooseScene(plan: PromptPlan, prompt: string, seed: number): ChosenScene {
  const hash = (hashText(prompt) ^ seed) >>> 0;
  const { scene: known } = sceneContent(plan.nouns, plan.weather === 'snow');
  const { absent } = plan;
  const scenes = FALLBACKS.filter((scene) => !absent.nouns.includes(scene));
  const name = known ?? pick(scenes, hash, 'mountains');
  if (plan.sky !== undefined) return { name, sky: plan.sky };
  const named = new Set(plan.nouns.map(({ noun }) => noun));
  if (named.has('aurora')) return { name, sky: 'aurora' };
  if (named.has('space')) return { name, sky: 'night' };
  if (plan.weather !== undefined) return { name, sky: plan.weather === 'rain' ? 'storm' : 'overcast' };
  const skies = FALLBACK_SKIES.filter((sky) => !absent.skies.includes(sky));
  return { name, sky: known === undefined ? pick(skies, hash >>> 4, 'day') : 'day' };
}

/** What falls comes out of clouds, and they hide the stars and the moon. */
function coveredNight(): SkyPalette {
  const { sun: _, ...night } = HOUR_PALETTES.night ?? SKY_PALETTES.night;
  return { ...night, cloudThreshold: 0.31, stars: false, tint: [0.66, 0.78, 1], exposure: 0.54 };
}

/** The light of the hour, where the sky has nothing of its own to say. */
function paletteOf({ timeOfDay, weather }: PromptPlan, sky: SkyName): SkyPalette {
  const isClosed = sky === 'storm' || sky === 'overcast' || weather === 'rain' || weather === 'snow';
  if (isClosed && (sky === 'night' || timeOfDay === 'night')) return coveredNight();
  const isPlain = timeOfDay !== undefined && sky === TIME_SKIES[timeOfDay];
  return (isPlain ? HOUR_PALETTES[timeOfDay] : undefined) ?? SKY_PALETTES[sky];
}

/** Above all noise. */
const NO_CLOUDS = 2;

/** Words for a sky that is all stars: there the Milky Way is seen, and no moon outshines it. */
const STARRY = /milky|starr|stars|galax|银河|星空|繁星|满天星|星星/iu;

function isStarry({ understood, nouns }: PromptPlan, { stars, aurora }: SkyPalette): boolean {
  if (!stars || aurora) return false;
  return nouns.some(({ noun }) => noun === 'space') || understood.some(({ text }) => STARRY.test(text));
}

function withoutMoon({ sun: _, ...palette }: SkyPalette): SkyPalette {
  return palette;
}

function withoutBirds({ life, ...scene }: Scene): Scene {
  const { flock: _, ...rest } = life ?? { lamps: [] };
  return { ...scene, life: rest };
}

export function buildScene(plan: PromptPlan, chosen: ChosenScene, size: Size, seed: number): Scene {
  const light = paletteOf(plan, chosen.sky);
  const isMilky = chosen.name !== 'space' && isStarry(plan, light);
  const moonless = isMilky ? withoutMoon(light) : light;
  const plain = plan.cloudless ? { ...moonless, cloudThreshold: NO_CLOUDS } : moonless;
  const palette = plan.mentionsSky ? tintPalette(plain, plan.colours) : plain;
  const options: SceneOptions = {
    ...{ size, seed, palette, lake: plan.lake },
    ...{ nouns: sceneContent(plan.nouns, plan.weather === 'snow').nouns, props: propsOf(plan) },
    dark: palette.exposure < LAMP_LIGHT,
    wet: plan.weather === 'rain',
    absent: plan.absent,
  };
  const plainScene = BUILDERS[chosen.name](options);
  if (chosen.name === 'space') return plainScene;
  const coloured = colourScene(plainScene, plan);
  const windy = plan.wind ? inWind(coloured) : coloured;
  const scene = plan.absent.props.includes('birds') ? withoutBirds(windy) : windy;
  const milkyWay = isMilky ? [createMilkyWay(options)] : [];
  const balloons = options.props.has('balloon') ? createBalloons(options) : [];
  return { ...scene, layers: [...milkyWay, ...balloons, ...scene.layers] };
}
