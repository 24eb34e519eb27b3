/**
 * The grammar of a prompt: which clause each word stands in, what it comes after, whether it is wanted, left out, or said to
 * be there already.
 */

import { settleMeanings } from './company.ts';
import type { Connective } from './lexicon.ts';
import { type Token, tokenise } from './tokens.ts';
import type { Meaning } from './vocabulary.ts';

/** How a clause goes on from the one before it. */
export type Joint = 'start' | 'and' | 'next' | 'while';

export interface Word {
  readonly token: Token;
  readonly meaning: Meaning;
  /** Numbers of the clause and of its sentence, from 0. */
  readonly clause: number;
  readonly sentence: number;
  readonly joint: Joint;
  /** How many times the prompt said "then" before. */
  readonly step: number;
  readonly role: 'wanted' | 'left-out' | 'there-now';
}

type Place = Pick<Word, 'clause' | 'sentence' | 'joint' | 'step'>;

function isColour(token: Token | undefined): boolean {
  return token?.meaning?.colour !== undefined;
}

/** "orange, pink and purple clouds" is one clause. */
function joinsColours(tokens: readonly Token[], index: number): boolean {
  let before = index - 1;
  while (tokens[before]?.meaning?.connective === 'and') before -= 1;
  if (tokens[before]?.mark !== undefined) before -= 1;
  if (!isColour(tokens[before])) return false;
  let after = index + 1;
  while (tokens[after]?.meaning?.connective === 'and' || tokens[after]?.mark === 'list') after += 1;
  return isColour(tokens[after]);
}

const JOINTS: Readonly<Partial<Record<Connective, Joint>>> = {
  and: 'and',
  or: 'and',
  but: 'and',
  next: 'next',
  while: 'while',
};

/** "As a watercolour" is no clause of its own. */
function leadsToStyle(tokens: readonly Token[], index: number): boolean {
  const next = tokens.slice(index + 1).find(({ meaning }) => meaning?.isFiller !== true);
  return next?.meaning?.style !== undefined;
}

function placesOf(tokens: readonly Token[]): readonly Place[] {
  let place: Place = { clause: 0, sentence: 0, joint: 'start', step: 0 };
  return tokens.map(({ mark, meaning }, index) => {
    const isLikeness = meaning?.connective === 'while' && leadsToStyle(tokens, index);
    const joint = isLikeness ? undefined : meaning?.connective && JOINTS[meaning.connective];
    if (mark === 'sentence') {
      place = { ...place, clause: place.clause + 1, sentence: place.sentence + 1, joint: 'start' };
    } else if (mark !== undefined && !joinsColours(tokens, index)) {
      place = { ...place, clause: place.clause + 1, joint: 'and' };
    } else if (joint !== undefined && !(joint === 'and' && joinsColours(tokens, index))) {
      place = { ...place, clause: place.clause + 1, joint, step: place.step + (joint === 'next' ? 1 : 0) };
    }
    return place;
  });
}

/** Verbs that say what is wanted next: after them a negation no longer holds. */
const WISHES: ReadonlySet<Connective | undefined> = new Set(['change', 'replace', 'make', 'into', 'with']);
const NEGATIONS: ReadonlySet<Connective | undefined> = new Set(['not', 'without', 'instead-of', 'remove']);
/** "没有云的蓝天" has no clouds but a sky, "不要红色的云" no red clouds. */
const LACKS: ReadonlySet<string> = new Set(['没有', '没', '无', '不带', '不含']);
/** What ends a negation at once. */
const TURNS: ReadonlySet<Connective | undefined> = new Set(['next', 'but', 'instead', 'while']);

/**
 * "no snow, rain or fog": a comma goes on with the negation where an "or" follows before anything else is asked for. For every
 * token, whether one does from there on; found from the end, so that a prompt of nothing but commas is read once.
 */
function listsThatGoOn(tokens: readonly Token[]): readonly boolean[] {
  let goesOn = false;
  return tokens
    .map((_token, index) => tokens[tokens.length - 1 - index])
    .map((token) => {
      const connective = token?.meaning?.connective;
      const asks = WISHES.has(connective) || NEGATIONS.has(connective) || TURNS.has(connective);
      if (connective === 'or') goesOn = true;
      else if (token?.mark === 'sentence' || connective === 'and' || asks) goesOn = false;
      return goesOn;
    })
    .toReversed();
}

/** Which words a "no", a "without", a "remove" leaves out. */
function leftOut(tokens: readonly Token[]): readonly boolean[] {
  let isNegated = false;
  let hasContent = false;
  let lacks = false;
  const goesOn = listsThatGoOn(tokens);
  return tokens.map(({ key, mark, meaning }, index) => {
    const connective = meaning?.connective;
    if (NEGATIONS.has(connective)) {
      isNegated = true;
      hasContent = false;
      lacks = LACKS.has(key);
      return false;
    }
    const isBreak = mark === 'sentence' || (mark === 'clause' && goesOn[index + 1] !== true);
    if (isBreak || TURNS.has(connective) || (hasContent && WISHES.has(connective))) isNegated = false;
    if (hasContent && lacks && key === '的') isNegated = false;
    if (mark === undefined && connective === undefined && !meaning?.isFiller) hasContent = true;
    return isNegated;
  });
}

/** "Change the blue sky to a sunset", "turn day into night and rain into snow": what stands between verb and target. */
function thereNow(tokens: readonly Token[]): readonly boolean[] {
  const result = tokens.map(() => false);
  let from: number | undefined;
  let verb: Connective | undefined;
  for (const [index, { mark, meaning }] of tokens.entries()) {
    const connective = meaning?.connective;
    if (mark === 'sentence' || mark === 'clause' || connective === 'next') from = undefined;
    else if (connective === 'change' || connective === 'replace') [from, verb] = [index, connective];
    else if (connective === 'and' && verb !== undefined && from === undefined) from = index;
    else if (connective === 'into' || connective === 'to' || (connective === 'with' && verb === 'replace')) {
      if (from !== undefined) result.fill(true, from, index);
      from = undefined;
    }
  }
  return result;
}

export function readClauses(prompt: string): Word[] {
  const tokens = tokenise(prompt);
  const places = placesOf(tokens);
  const [out, now] = [leftOut(tokens), thereNow(tokens)];
  const start: Place = { clause: 0, sentence: 0, joint: 'start', step: 0 };
  const words = tokens.map((token, index): Word => {
    const isPicture = token.picture !== undefined;
    const role = isPicture ? 'wanted' : out[index] ? 'left-out' : now[index] ? 'there-now' : 'wanted';
    return { token, meaning: token.meaning ?? {}, ...(places[index] ?? start), role };
  });
  return settleMeanings(words);
}
