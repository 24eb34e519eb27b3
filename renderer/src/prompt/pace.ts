import type { PromptPlan } from './plan.ts';

const SLOWEST = 1 / 3;
const SLOW = 0.5;
const SLOWED = 0.7;

/** A timelapse's sky is what shows that hours pass: clouds race, while people and water only hurry. */
const SKY_HURRY = 5;
/** Above this a drawn world only flickers. */
const MOST_HURRY = 5;

/** How fast time passes in a video: 1 as it was taken, 0.5 half as fast, 4 four times; above 1 it is a whole number. */
export function paceOf({ effects }: PromptPlan): number {
  const speed = effects.findLast((effect) => effect.kind === 'speed');
  if (speed === undefined) return 1;
  const { strength } = speed;
  if (speed.kind === 'speed' && speed.speed === 'timelapse') return strength > 1 ? 8 : strength < 1 ? 2 : 4;
  if (strength > 1) return SLOWEST;
  return strength < 1 ? SLOWED : SLOW;
}

/** How fast what is drawn moves by itself, 1 in its own time. The camera keeps the pace that the prompt gives it. */
export interface DrawnPace {
  readonly sky: number;
  readonly world: number;
}

export function drawnPaceOf(plan: PromptPlan): DrawnPace {
  const pace = paceOf(plan);
  return pace <= 1 ? { sky: pace, world: pace } : { sky: pace * SKY_HURRY, world: Math.min(pace, MOST_HURRY) };
}
