/** What an edit's prompt does to the picture, in the order in which it is done. */
import { SKY_PALETTES, type SkyPalette, tintPalette } from '../pixels/palette.ts';
import { timeSky } from '../pixels/time-of-day.ts';
import {
  type ColourName,
  type Region,
  type StyleName,
  TIME_SKIES,
  type TimeOfDay,
  type Weather,
  type WeatherKind,
} from './lexicon.ts';
import type { Effect, PromptPlan } from './plan.ts';

export type LookStep =
  | { readonly kind: 'sky'; readonly palette: SkyPalette }
  | { readonly kind: 'time'; readonly time: TimeOfDay; readonly strength: number }
  | {
      readonly kind: 'colour';
      readonly colours: readonly ColourName[];
      readonly region: Region;
      readonly strength: number;
    }
  | { readonly kind: 'weather'; readonly weather: WeatherKind; readonly strength: number }
  | { readonly kind: 'style'; readonly style: StyleName; readonly region: Region; readonly strength: number };

export interface Look {
  readonly sky: SkyPalette | undefined;
  readonly weather: Weather | undefined;
  readonly style: StyleName | undefined;
  /** Everything, in order: what a prompt says comes "then" comes after, and of the rest light comes first and paint last. */
  readonly steps: readonly LookStep[];
}

/** Weather darkens the ground itself: its sky brings no more than its own colour. */
const RAIN_SKY: SkyPalette = {
  ...SKY_PALETTES.storm,
  gradient: [
    [0, 178, 184, 190],
    [0.35, 138, 146, 155],
    [1, 84, 92, 104],
  ],
  clouds: { lit: [164, 170, 178], shadow: [86, 92, 103], rim: [192, 197, 203] },
  tint: [0.95, 0.99, 1.03],
  exposure: 0.92,
};
const STORM_SKY: SkyPalette = { ...SKY_PALETTES.storm, tint: [0.92, 0.98, 1.05], exposure: 0.86 };

/** The sky that belongs to a weather when the prompt names none. */
const WEATHER_SKIES: Readonly<Record<WeatherKind, SkyPalette>> = {
  snow: SKY_PALETTES.overcast,
  rain: RAIN_SKY,
  fog: SKY_PALETTES.overcast,
  storm: STORM_SKY,
  dust: SKY_PALETTES.overcast,
};

function weatherOf({ effects }: PromptPlan): WeatherKind | undefined {
  return effects.find((effect) => effect.kind === 'weather')?.weather;
}

function skyOf(plan: PromptPlan): SkyPalette | undefined {
  if (plan.kept.includes('sky')) return undefined;
  if (plan.sky !== undefined) {
    const isOfTime = plan.timeOfDay !== undefined && TIME_SKIES[plan.timeOfDay] === plan.sky;
    const own = plan.sky === 'storm' ? STORM_SKY : SKY_PALETTES[plan.sky];
    const palette = isOfTime ? timeSky(plan.timeOfDay) : own;
    return plan.mentionsSky ? tintPalette(palette, plan.colours) : palette;
  }
  const weather = weatherOf(plan);
  if (weather !== undefined) {
    const palette = WEATHER_SKIES[weather];
    return plan.mentionsSky ? tintPalette(palette, plan.colours) : palette;
  }
  // "Make the sky black and white" is about the sky that is there.
  const isStyled = plan.effects.some(({ kind, region }) => kind === 'style' && region === 'sky');
  // "Clouds drift by, in black and white" asks for no other sky.
  const isAboutElse = plan.colours.length === 0 && plan.effects.some(({ kind }) => kind !== 'speed');
  if (!plan.mentionsSky || isStyled || isAboutElse) return undefined;
  const onlyBlue = plan.colours.every((colour) => colour === 'blue' || colour === 'white');
  return onlyBlue && plan.colours.length > 0 ? SKY_PALETTES.day : tintPalette(SKY_PALETTES.sunset, plan.colours);
}

/** A storm brings its own rain. */
function isDoubled({ kind, ...effect }: Effect, effects: readonly Effect[]): boolean {
  if (kind !== 'weather' || !('weather' in effect) || effect.weather !== 'rain') return false;
  return effects.some((other) => other.kind === 'weather' && other.weather === 'storm');
}

type StepOf<Kind extends LookStep['kind']> = Extract<LookStep, { readonly kind: Kind }>;

function isOfKind<Kind extends LookStep['kind']>(step: LookStep | undefined, kind: Kind): step is StepOf<Kind> {
  return step?.kind === kind;
}

function stepsOfKind<Kind extends LookStep['kind']>(plan: PromptPlan, kind: Kind): StepOf<Kind>[] {
  return plan.effects.map((effect) => lookStep(effect, plan)).filter((step) => isOfKind(step, kind));
}

/** What falls or drifts, for clips that have no other weather yet. */
export function weatherSteps(plan: PromptPlan): StepOf<'weather'>[] {
  return stepsOfKind(plan, 'weather');
}

/** What is done to the whole of a picture whose parts have their colours already. */
export function wholeSteps<Kind extends 'colour' | 'style'>(plan: PromptPlan, kind: Kind): StepOf<Kind>[] {
  return stepsOfKind<'colour' | 'style'>(plan, kind).filter((step): step is StepOf<Kind> => step.region === 'whole');
}

const RANKS: readonly LookStep['kind'][] = ['sky', 'time', 'colour', 'weather', 'style'];

function lookStep(effect: Effect, plan: PromptPlan): LookStep | undefined {
  const { strength, region } = effect;
  switch (effect.kind) {
    case 'time':
      return effect.time === plan.timeOfDay ? { kind: 'time', time: effect.time, strength } : undefined;
    case 'weather':
      return isDoubled(effect, plan.effects) ? undefined : { kind: 'weather', weather: effect.weather, strength };
    case 'style':
      return { kind: 'style', style: effect.style, region, strength };
    case 'colour': {
      const isOfSky = region === 'sky' || (region === 'whole' && plan.mentionsSky);
      return isOfSky ? undefined : { kind: 'colour', colours: effect.colours, region, strength };
    }
    case 'sky':
    case 'speed':
      return undefined;
    default:
      return effect satisfies never;
  }
}

/** When the sky changes: with the last effect that speaks of it. */
function skyStep(effects: readonly Effect[]): number {
  const own = effects.filter(({ kind }) => kind === 'sky' || kind === 'time');
  const any = own.length > 0 ? own : effects.filter(({ kind }) => kind === 'weather' || kind === 'colour');
  return any.at(-1)?.step ?? 0;
}

function stepsOf(plan: PromptPlan, sky: SkyPalette | undefined): LookStep[] {
  const placed = plan.effects.flatMap((effect) => {
    const step = lookStep(effect, plan);
    return step === undefined ? [] : [{ at: effect.step, step }];
  });
  if (sky !== undefined) placed.push({ at: skyStep(plan.effects), step: { kind: 'sky', palette: sky } });
  const rank = ({ kind }: LookStep) => RANKS.indexOf(kind);
  return placed.sort((a, b) => a.at - b.at || rank(a.step) - rank(b.step)).map(({ step }) => step);
}

/** A prompt that names nothing known still changes the picture a little, so that an edit is never silently a copy. */
export function planLook(plan: PromptPlan): Look {
  const sky = skyOf(plan);
  const steps = stepsOf(plan, sky);
  const isNothing = steps.length === 0 && plan.speed === undefined;
  const fallback: LookStep = { kind: 'style', style: 'vivid', region: 'whole', strength: 1 };
  return {
    ...{ sky, weather: plan.weather },
    style: plan.style ?? (isNothing ? 'vivid' : undefined),
    steps: isNothing ? [fallback] : steps,
  };
}
