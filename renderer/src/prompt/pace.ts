import type { PromptPlan } from './plan.ts';

const SLOWEST = 1 / 3;
const SLOW = 0.5;
const SLOWED = 0.7;

/** How fast time passes in an edit: 1 as it was taken, 0.5 half as fast, 4 four times; above 1 it is a whole number. */
export function paceOf({ effects }: PromptPlan): number {
  const speed = effects.findLast((effect) => effect.kind === 'speed');
  if (speed === undefined) return 1;
  const { strength } = speed;
  if (speed.kind === 'speed' && speed.speed === 'timelapse') return strength > 1 ? 8 : strength < 1 ? 2 : 4;
  if (strength > 1) return SLOWEST;
  return strength < 1 ? SLOWED : SLOW;
}
