/** What an ambiguous word means in its company: "a frying pan" is no camera move, "light" beside "snow" is no lamp. */
import type { Word } from './clauses.ts';
import type { Meaning } from './vocabulary.ts';

interface Company {
  readonly before: Word | undefined;
  readonly after: Word | undefined;
  /** The first word after this one that is not a filler, in the same clause. */
  readonly next: Word | undefined;
  readonly previous: Word | undefined;
}

const ARTICLES = new Set([
  'a',
  'an',
  'the',
  'my',
  'your',
  'her',
  'his',
  'its',
  'their',
  'this',
  'that',
  'hot',
  'of',
  'two',
  'three',
]);
const PAN_GOES_ON = new Set([
  'across',
  'around',
  'along',
  'over',
  'to',
  'from',
  'toward',
  'towards',
  'through',
  'shot',
  'past',
]);
const GREETINGS = new Set(['at', 'to', 'goodbye', 'hello', 'her', 'his', 'their', 'back']);
const AUTUMN_BEFORE = new Set(['in', 'the', 'during', 'this', 'early', 'late', 'of']);
const AUTUMN_AFTER = new Set([
  'color',
  'colors',
  'colour',
  'colours',
  'foliage',
  'leaves',
  'season',
  'landscape',
  'scenery',
]);

function isThing({ meaning }: Word): boolean {
  return (
    meaning.region !== undefined ||
    meaning.noun !== undefined ||
    meaning.time !== undefined ||
    meaning.sky !== undefined ||
    meaning.weathers !== undefined
  );
}

function follows(set: ReadonlySet<string>, word: Word | undefined): boolean {
  return word !== undefined && set.has(word.token.key);
}

const FILLER: Meaning = { isFiller: true };

const RULES: Readonly<Record<string, (meaning: Meaning, company: Company) => Meaning>> = {
  pan: (meaning, { before, after }) => {
    const goesOn = after?.meaning.direction !== undefined || follows(PAN_GOES_ON, after);
    return follows(ARTICLES, before) && !goesOn ? { subject: 'thing' } : meaning;
  },
  orange: (meaning, { before, after, next }) => {
    const describes =
      after !== undefined && next !== undefined && after === next && next.meaning.connective === undefined;
    const isFruit =
      follows(new Set(['an', 'the', 'of', 'peeled', 'sliced', 'juicy', 'ripe', 'fresh']), before) && !describes;
    return isFruit ? { subject: 'food' } : meaning;
  },
  light: (_, { next }) => (describesWeather(next) ? { degree: 'light' } : FILLER),
  fall: (_, { before, after, next }) => {
    const isSeason =
      follows(AUTUMN_AFTER, after) || (follows(AUTUMN_BEFORE, before) && (next === undefined || isThing(next)));
    return isSeason ? { season: 'autumn' } : FILLER;
  },
  spring: (meaning, { before, next }) => (follows(AUTUMN_BEFORE, before) || (next && isThing(next)) ? meaning : {}),
  rose: (meaning, { before, after }) => {
    if (after !== undefined && isThing(after)) return { colour: 'pink' };
    return follows(ARTICLES, before) || before?.meaning.colour
      ? { subject: 'plant' }
      : { ...(meaning.looseCamera && { looseCamera: meaning.looseCamera }) };
  },
  wave: (meaning, { previous, after }) =>
    previous?.meaning.subject === 'person' || follows(GREETINGS, after) ? {} : meaning,
  pencil: (meaning, { before, next }) =>
    follows(ARTICLES, before) && next?.meaning.style === undefined ? { subject: 'thing' } : meaning,
  painting: (meaning, { before, previous }) =>
    previous?.meaning.subject === 'person' && !follows(ARTICLES, before) ? {} : meaning,
};

const ALIASES: Readonly<Record<string, string>> = {
  pans: 'pan',
  waves: 'wave',
  drawing: 'painting',
};

function describesWeather(word: Word | undefined): boolean {
  return word?.meaning.weathers !== undefined || word?.meaning.colour !== undefined || word?.meaning.isWind === true;
}

export function settleMeanings(words: readonly Word[]): Word[] {
  return words.map((word, index) => {
    const rule = RULES[ALIASES[word.token.key] ?? word.token.key];
    if (rule === undefined) return word;
    const inClause = (other: Word) => other.clause === word.clause && other.token.mark === undefined;
    const isContent = (other: Word) => inClause(other) && !other.meaning.isFiller;
    const [before, after] = [words[index - 1], words[index + 1]];
    const company = {
      before: before && inClause(before) ? before : undefined,
      after: after && inClause(after) ? after : undefined,
      next: words.slice(index + 1).find(isContent),
      previous: words.slice(0, index).findLast(isContent),
    };
    return { ...word, meaning: rule(word.meaning, company) };
  });
}
