/** The words of a request: those of its prompt, and those of its negative prompt, each of which counts as said with a "no". */
import { readClauses, type Word } from './clauses.ts';
import type { Meaning } from './vocabulary.ts';

export interface Wording {
  readonly prompt: string;
  /** What is not wanted, named without a "no". */
  readonly negativePrompt?: string | undefined;
}

export function isCloud({ meaning, token }: Pick<Word, 'meaning' | 'token'>): boolean {
  return meaning.region === 'sky' && /cloud|云/.test(token.key);
}

/** What a word asks for, as far as another word can take it back. */
function facetsOf({ meaning, token }: Word): readonly string[] {
  const { camera, looseCamera, speed, noun, time, sky, weathers = [], season, style, colour, prop } = meaning;
  const single = { camera: camera ?? looseCamera, speed, noun, time, sky, season, style, colour, prop };
  const named = Object.entries(single).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
  const parts = [...(meaning.isWind ? ['wind'] : []), ...(isCloud({ meaning, token }) ? ['cloud'] : [])];
  return [...named, ...weathers.map((weather) => `weather ${weather}`), ...parts, ...ownFacet(meaning, token.key)];
}

/** Of what has no facet that others share: the word itself. */
function ownFacet(meaning: Meaning, key: string): readonly string[] {
  return meaning.subject === undefined && meaning.implied === undefined ? [] : [`word ${key}`];
}

export interface ReadWording {
  /** Those of the negative prompt come last, in clauses and sentences of their own. */
  readonly words: readonly Word[];
  /** Where those begin. */
  readonly unwantedFrom: number;
}

export function readWording({ prompt, negativePrompt = '' }: Wording): ReadWording {
  const words = readClauses(prompt);
  const last = words.at(-1);
  const [clauses, sentences] = [(last?.clause ?? 0) + 1, (last?.sentence ?? 0) + 1];
  const unwanted = readClauses(negativePrompt).map(
    (word): Word => ({
      ...word,
      ...{ clause: word.clause + clauses, sentence: word.sentence + sentences, role: 'left-out' },
    }),
  );
  const taken = new Set(unwanted.flatMap(facetsOf));
  const isTaken = (word: Word) => word.role === 'wanted' && facetsOf(word).some((facet) => taken.has(facet));
  const wanted = words.map((word): Word => (isTaken(word) ? { ...word, role: 'left-out' } : word));
  return { words: [...wanted, ...unwanted], unwantedFrom: wanted.length };
}
