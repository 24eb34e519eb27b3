/** What a scene shows: the prompt's nouns in their order, and how much of the picture each is about. */
import type { Word } from './clauses.ts';
import { NOUN_SCENES, type SceneNoun } from './lexicon.ts';
import type { PlannedNoun } from './plan.ts';

/** How much "in the foreground" adds to a noun, and what "in the distance" leaves of it. */
const NEAR = 1.5;
const FAR = 0.5;

/** "Mountains in the distance" speaks of what stands before it, "distant mountains" and "远处的雪山" of what comes after. */
function placedNoun(words: readonly Word[], at: number): Word | undefined {
  const own = words[at];
  const isNoun = ({ meaning, clause }: Word) => meaning.noun !== undefined && clause === own?.clause;
  const before = words.slice(0, at).findLast(isNoun);
  const after = words.slice(at + 1).find(({ meaning }) => meaning.noun !== undefined);
  return own?.token.key.includes(' ') ? (before ?? after) : (after ?? before);
}

function weightsOf(words: readonly Word[]): ReadonlyMap<Word, number> {
  const weights = new Map<Word, number>();
  for (const [at, { meaning }] of words.entries()) {
    if (meaning.connective !== 'far' && meaning.connective !== 'near') continue;
    const noun = placedNoun(words, at);
    if (noun !== undefined) weights.set(noun, meaning.connective === 'far' ? FAR : NEAR);
  }
  return weights;
}

export function planNouns(words: readonly Word[]): PlannedNoun[] {
  const weights = weightsOf(words);
  const nouns = new Map<SceneNoun, PlannedNoun>();
  for (const word of words) {
    const name = word.meaning.noun ?? word.meaning.implied;
    if (name === undefined || word.role === 'left-out') continue;
    const known = nouns.get(name);
    if (known !== undefined && word.meaning.noun === undefined && !known.implied) continue;
    const isNewlyNamed = known?.implied === true && word.meaning.noun !== undefined;
    nouns.set(name, {
      noun: name,
      scene: NOUN_SCENES[name],
      prominence: (isNewlyNamed ? 0 : (known?.prominence ?? 0)) + (weights.get(word) ?? 1),
      implied: word.meaning.noun === undefined && (known?.implied ?? true),
    });
  }
  return [...nouns.values()];
}
