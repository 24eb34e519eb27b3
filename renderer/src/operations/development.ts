/** How a clip becomes what its prompt says, from nothing at its first moment: light, what comes into view, weather, style. */
import type { Size } from '../geometry.ts';
import { ease } from '../pixels/numbers.ts';
import { SKY_PALETTES, type SkyPalette } from '../pixels/palette.ts';
import { type LookStep, planLook } from '../prompt/look.ts';
import type { PromptPlan } from '../prompt/plan.ts';
import { createReveal, type Reveal } from '../scenes/reveal.ts';
import { createEffects, type Effects } from './effects.ts';

export interface DevelopmentOptions {
  readonly plan: PromptPlan;
  readonly size: Size;
  readonly seed: number;
  /** What is behind the picture and comes into view when the camera pulls back, in the light of a sky; undefined where nothing can be. */
  readonly behind?: (palette: SkyPalette) => Reveal | undefined;
}

export interface DevelopmentTime {
  /** How much of the clip is done, 0 to 1. */
  readonly share: number;
  readonly frame: number;
  readonly seconds: number;
  /** A timelapse's clouds race. */
  readonly skySeconds?: number;
}

/** Changes `rgb` in place; frames come in order. */
export type Development = (rgb: Uint8Array, time: DevelopmentTime) => void;

/** All is reached at this share of the clip, so that it is seen. */
const REACHED = 0.8;

/** Strengths are whole numbers where every byte of a frame is mixed: a third of the time. */
const WHOLE = 65_536;

function isLight({ kind }: LookStep): boolean {
  return kind === 'sky' || kind === 'time' || kind === 'colour';
}

export function createDevelopment({ plan, size, seed, behind }: DevelopmentOptions): Development {
  // Of a prompt that asks for no look the picture keeps its own.
  const asked = plan.effects.some(({ kind }) => kind !== 'speed') ? planLook(plan) : undefined;
  const steps = asked?.steps ?? [];
  const stages = [steps.filter(isLight), steps.filter((step) => !isLight(step))];
  const [light, rest] = stages.map((stage) => (stage.length === 0 ? undefined : createEffects(stage, size, seed)));
  const pullsBack = plan.cameraMoves.some(({ move }) => move === 'pull-out');
  const palette = plan.sky === undefined ? SKY_PALETTES.day : (asked?.sky ?? SKY_PALETTES.day);
  const reveal = behind && pullsBack ? (behind(palette) ?? createReveal(plan.scene, palette, size, seed)) : undefined;
  const source = new Uint8Array(steps.length === 0 ? 0 : size.width * size.height * 3);
  const develop = (effects: Effects, rgb: Uint8Array, time: DevelopmentTime) => {
    const { share, frame, seconds, skySeconds = seconds } = time;
    const strength = ease(Math.min(1, share / REACHED));
    source.set(rgb);
    effects(rgb, { source, frame, seconds, skySeconds });
    if (strength === 1) return;
    const weight = Math.round(strength * WHOLE);
    for (let i = 0; i < rgb.length; i += 1) {
      const from = source[i] as number;
      rgb[i] = from + ((Math.imul((rgb[i] as number) - from, weight) + WHOLE / 2) >> 16);
    }
  };
  return (rgb, time) => {
    if (light !== undefined) develop(light, rgb, time);
    reveal?.(rgb, time.share, time.seconds);
    if (rest !== undefined) develop(rest, rgb, time);
  };
}
