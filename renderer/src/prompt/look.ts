/** What an edit's prompt does to the picture. */
import { SKY_PALETTES, type SkyPalette, tintPalette } from '../pixels/palette.ts';
import type { SkyName, StyleName, Weather } from './lexicon.ts';
import type { PromptPlan } from './plan.ts';

export interface Look {
  readonly sky: SkyPalette | undefined;
  readonly weather: Weather | undefined;
  readonly style: StyleName | undefined;
}

/** The sky that belongs to a weather when the prompt names none. */
const WEATHER_SKIES: Readonly<Record<Weather, SkyName>> = { snow: 'overcast', rain: 'storm', fog: 'overcast' };

function skyOf(plan: PromptPlan): SkyPalette | undefined {
  if (plan.kept.includes('sky')) return undefined;
  if (plan.sky !== undefined) {
    const palette = SKY_PALETTES[plan.sky];
    return plan.mentionsSky ? tintPalette(palette, plan.colours) : palette;
  }
  if (plan.weather !== undefined) return SKY_PALETTES[WEATHER_SKIES[plan.weather]];
  if (!plan.mentionsSky) return undefined;
  const onlyBlue = plan.colours.every((colour) => colour === 'blue' || colour === 'white');
  return onlyBlue && plan.colours.length > 0 ? SKY_PALETTES.day : tintPalette(SKY_PALETTES.sunset, plan.colours);
}

/** A prompt that names nothing known still changes the picture a little, so that an edit is never silently a copy. */
export function planLook(plan: PromptPlan): Look {
  const sky = skyOf(plan);
  const isNothing = sky === undefined && plan.weather === undefined && plan.style === undefined;
  const [colour] = plan.colours;
  const warm = colour === 'red' || colour === 'orange' || colour === 'yellow' || colour === 'pink';
  const fallback: StyleName = colour === undefined ? 'vivid' : warm ? 'warmer' : 'colder';
  return { sky, weather: plan.weather, style: plan.style ?? (isNothing ? fallback : undefined) };
}
