/** What a prompt asks for, as far as the local renderer understands it. */
import {
  CAMERA_MOVES,
  type CameraMove,
  COLOURS,
  type ColourName,
  FAST_WORDS,
  LAKE_WORDS,
  SCENES,
  type SceneName,
  SKIES,
  SKY_WORDS,
  type SkyName,
  SLOW_WORDS,
  STYLES,
  type StyleName,
  WEATHERS,
  type Weather,
  WIND_WORDS,
} from './lexicon.ts';
import { allOf, firstOf, mentions } from './match.ts';

export interface PromptPlan {
  readonly camera: CameraMove | undefined;
  /** How far a camera move goes: 1 is its own distance. */
  readonly pace: number;
  readonly scene: SceneName | undefined;
  readonly lake: boolean;
  readonly sky: SkyName | undefined;
  /** The prompt speaks of the sky or its clouds, whether or not it names a kind that is known. */
  readonly mentionsSky: boolean;
  readonly weather: Weather | undefined;
  readonly style: StyleName | undefined;
  readonly colours: readonly ColourName[];
  readonly wind: boolean;
}

function paceOf(prompt: string): number {
  if (mentions(prompt, SLOW_WORDS)) return 0.8;
  return mentions(prompt, FAST_WORDS) ? 1.5 : 1;
}

export function planPrompt(prompt: string): PromptPlan {
  return {
    camera: firstOf(prompt, CAMERA_MOVES),
    pace: paceOf(prompt),
    scene: allOf(prompt, SCENES)[0],
    lake: mentions(prompt, LAKE_WORDS),
    sky: firstOf(prompt, SKIES),
    mentionsSky: mentions(prompt, SKY_WORDS),
    weather: firstOf(prompt, WEATHERS),
    style: firstOf(prompt, STYLES),
    colours: allOf(prompt, COLOURS),
    wind: mentions(prompt, WIND_WORDS),
  };
}

/** "Change the blue day sky to a sunset": what comes after the verb's target word is what is wanted. */
const TARGET = /\b(?:to|into|with|as)\b|变成|变为|换成|改成|改为|替换为|成为|转为/i;

/** A prompt that asks for a change: what it wants to have counts before what it says is there now. */
export function planEdit(prompt: string): PromptPlan {
  const whole = planPrompt(prompt);
  const target = TARGET.exec(prompt);
  if (target === null) return whole;
  const wanted = planPrompt(prompt.slice(target.index + target[0].length));
  return {
    ...whole,
    sky: wanted.sky ?? whole.sky,
    weather: wanted.weather ?? whole.weather,
    style: wanted.style ?? whole.style,
    colours: wanted.colours.length > 0 ? wanted.colours : whole.colours,
  };
}

const NAMED_PICTURE = /@image\s*(\d+)/gi;

/** The order in which reference pictures appear: those the prompt names as `@Image1`, then the others. */
export function pictureOrder(prompt: string, count: number): number[] {
  const named = [...prompt.matchAll(NAMED_PICTURE)].map((match) => Number(match[1]) - 1);
  const every = Array.from({ length: count }, (_, index) => index);
  return [...new Set([...named.filter((index) => index >= 0 && index < count), ...every])];
}
