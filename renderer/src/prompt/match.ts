import type { Lexicon } from './lexicon.ts';

const patterns = new Map<string, RegExp>();

/** Chinese has no spaces between words, so such an entry matches anywhere; an English one only as a whole word. */
function patternOf(words: readonly string[]): RegExp {
  const key = words.join('|');
  const known = patterns.get(key);
  if (known !== undefined) return known;
  const alternatives = words.map((word) => {
    const literal = word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return /^[\x20-\x7e]+$/.test(word) ? `\\b${literal}s?\\b` : literal;
  });
  const pattern = new RegExp(alternatives.join('|'), 'i');
  patterns.set(key, pattern);
  return pattern;
}

/** Where the first of `words` stands in `text`, or -1. */
export function positionOf(text: string, words: readonly string[]): number {
  return text.search(patternOf(words));
}

export function mentions(text: string, words: readonly string[]): boolean {
  return positionOf(text, words) >= 0;
}

function rows<Value extends string>(lexicon: Lexicon<Value>): [Value, readonly string[]][] {
  return Object.entries(lexicon) as [Value, readonly string[]][];
}

/** The first row of the table that the text mentions. */
export function firstOf<Value extends string>(text: string, lexicon: Lexicon<Value>): Value | undefined {
  return rows(lexicon).find(([, words]) => mentions(text, words))?.[0];
}

/** Every row that the text mentions, in the order of the text. */
export function allOf<Value extends string>(text: string, lexicon: Lexicon<Value>): Value[] {
  return rows(lexicon)
    .map(([value, words]) => ({ value, position: positionOf(text, words) }))
    .filter(({ position }) => position >= 0)
    .toSorted((a, b) => a.position - b.position)
    .map(({ value }) => value);
}
