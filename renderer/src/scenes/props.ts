/** Things that scenes can draw, as a prompt names them. */
import type { PropName } from '../prompt/lexicon.ts';
import type { PromptPlan } from '../prompt/plan.ts';

export type { PropName };

export function propsOf({ props }: PromptPlan): ReadonlySet<PropName> {
  return new Set(props);
}
