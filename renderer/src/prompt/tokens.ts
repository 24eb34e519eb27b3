/** Cuts a prompt into entries of the lexicon, words it does not know, and marks between clauses. */
import { LONGEST_SIGN, type Meaning, MOST_WORDS, meaningOf } from './vocabulary.ts';

export interface Token {
  /** The prompt's own letters. */
  readonly text: string;
  /** In lower case, its words one space apart. */
  readonly key: string;
  /** Undefined for a word that the lexicon does not know. */
  readonly meaning: Meaning | undefined;
  /** A mark of punctuation: it ends a sentence, a clause, or a part of a list as "、" does. */
  readonly mark?: 'sentence' | 'clause' | 'list';
  /** The number in `@Image2`. */
  readonly picture?: number;
}

const MARKS: Readonly<Record<string, NonNullable<Token['mark']>>> = {
  '.': 'sentence',
  '!': 'sentence',
  '?': 'sentence',
  '。': 'sentence',
  '\n': 'sentence',
  '…': 'sentence',
  ',': 'clause',
  ';': 'clause',
  ':': 'clause',
  '—': 'clause',
  '–': 'clause',
  '→': 'clause',
  '、': 'list',
  '/': 'list',
};

/** One letter for one letter, so that places in the result are places in the prompt: quotes, full-width forms, case. */
function plainLetters(prompt: string): string {
  return prompt
    .replaceAll(/[‘’‛ʼ`´]/g, "'")
    .replaceAll(/[“”„‟«»]/g, '"')
    .replaceAll(/[！-～]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0xfee0))
    .replaceAll(/\p{Lu}/gu, (letter) =>
      letter.toLowerCase().length === letter.length ? letter.toLowerCase() : letter,
    );
}

const PICTURE = /@image\s*(\d+)/y;
const WORD = /(?!\p{Script=Han})[\p{L}\p{N}&](?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}'&])*/uy;
const BETWEEN_WORDS = /[ \t-]+/y;
const IDEOGRAPH = /\p{Script=Han}/u;

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

interface Found {
  readonly end: number;
  readonly key: string;
  readonly meaning: Meaning | undefined;
}

/** The longest entry that begins with the word at `at`, or that word alone. */
function phraseAt(text: string, at: number): Found | undefined {
  let end = at;
  let key = '';
  let best: Found | undefined;
  for (let count = 0; count < MOST_WORDS; count += 1) {
    const gap = count === 0 ? undefined : matchAt(BETWEEN_WORDS, text, end);
    if (count > 0 && gap === undefined) break;
    const word = matchAt(WORD, text, end + (gap?.[0].length ?? 0));
    if (word === undefined) break;
    end = word.index + word[0].length;
    key = count === 0 ? word[0] : `${key} ${word[0]}`;
    const meaning = meaningOf(key);
    if (meaning !== undefined || best === undefined) best = { end, key, meaning };
  }
  return best;
}

/** The longest entry without spaces that begins at `at`: a Chinese word, a sign. */
function entryAt(text: string, at: number): Found | undefined {
  if (text.charCodeAt(at) < 128) return undefined;
  for (let length = Math.min(LONGEST_SIGN, text.length - at); length > 0; length -= 1) {
    const key = text.slice(at, at + length);
    const meaning = meaningOf(key);
    if (meaning !== undefined) return { end: at + length, key, meaning };
  }
  return undefined;
}

/** Chinese letters that begin no entry, up to one that does. */
function unknownAt(text: string, at: number): Found | undefined {
  let end = at;
  while (end < text.length && IDEOGRAPH.test(text[end] ?? '') && entryAt(text, end) === undefined) end += 1;
  return end === at ? undefined : { end, key: text.slice(at, end), meaning: undefined };
}

export function tokenise(prompt: string): Token[] {
  const text = plainLetters(prompt);
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const picture = matchAt(PICTURE, text, at);
    const mark = MARKS[text[at] ?? ''];
    const found = entryAt(text, at) ?? phraseAt(text, at) ?? unknownAt(text, at);
    if (picture !== undefined) {
      const end = at + picture[0].length;
      tokens.push({ text: prompt.slice(at, end), key: picture[0], meaning: {}, picture: Number(picture[1]) });
      at = end;
    } else if (mark !== undefined) {
      tokens.push({ text: text[at] ?? '', key: text[at] ?? '', meaning: {}, mark });
      at += 1;
    } else if (found !== undefined) {
      const { end, key, meaning } = found;
      tokens.push({ text: prompt.slice(at, end), key, meaning });
      at = end;
    } else {
      at += 1;
    }
  }
  return tokens;
}
