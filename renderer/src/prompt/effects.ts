/** What the picture is to look like: light, weather, colours, styles and speed, each with its region and its strength. */
import type { Word } from './clauses.ts';
import { type ColourName, NOUN_REGIONS, type Region } from './lexicon.ts';
import type { Effect } from './plan.ts';
import type { Meaning } from './vocabulary.ts';
import { words as entries } from './words.ts';

const STRENGTHS: Readonly<Record<NonNullable<Meaning['degree']>, number>> = { light: 0.5, heavy: 1.6 };

/** What ends the phrase that an adjective stands in. */
const PREPOSITIONS: ReadonlySet<string> = new Set(
  entries(
    'of, in, on, at, by, for, over, under, above, below, behind, beside, between, through, across, along, around, against, toward, towards',
    'within, onto, upon, near, from, after, during, until, where, when, which, who, is, are, was, were, becomes, 在, 从, 向, 对, 被, 上, 下, 中, 里',
  ),
);
/** No phrase and no sentence is longer; an endless one stays quick to read. */
const PHRASE_WORDS = 12;
const SENTENCE_WORDS = 60;
const ADJECTIVE = /(?:ing|ed|y|ful|ous|ic|al|ive|ish|less)$/;
const LIGHT: ReadonlySet<string> = new Set(
  entries(
    'light, lights, lighting, tone, tones, glow, hue, hues, shade, shades, tint, color, colors, colour, colours, style, look, mood',
  ),
);

export interface FoundEffect {
  readonly effect: Effect;
  readonly words: readonly Word[];
}

export interface PlannedEffects {
  readonly found: readonly FoundEffect[];
  /** Adjectives of things that are not drawn: a red dress, a cold drink. */
  readonly lost: ReadonlySet<Word>;
  readonly used: ReadonlyMap<Word, string>;
}

/** The part of the picture that a word stands for. */
export function regionOf({ noun, region, time, sky, weathers }: Meaning): Region | undefined {
  if (region !== undefined) return region;
  if (noun !== undefined) return NOUN_REGIONS[noun];
  if (time !== undefined || sky !== undefined) return 'sky';
  return weathers === undefined ? undefined : 'whole';
}

function isAdjective({ token, meaning }: Word): boolean {
  if (token.meaning === undefined) return ADJECTIVE.test(token.key);
  const describes = meaning.colour ?? meaning.style ?? meaning.degree ?? meaning.pace ?? meaning.isCalm;
  return meaning.isFiller === true || meaning.connective === 'and' || describes !== undefined;
}

/** What the adjective at `at` describes: a region, something that is not drawn, or nothing that follows it. */
function describedAfter(words: readonly Word[], at: number): Region | 'lost' | undefined {
  const own = words[at];
  for (const word of words.slice(at + 1, at + 1 + PHRASE_WORDS)) {
    const { meaning, token } = word;
    if (word.clause !== own?.clause || token.mark === 'sentence') return undefined;
    if (token.mark !== undefined) continue;
    if (LIGHT.has(token.key)) return 'whole';
    const region = meaning.colour === undefined || meaning.region !== undefined ? regionOf(meaning) : undefined;
    if (meaning.subject !== undefined) return 'lost';
    if (region !== undefined) return region;
    if (PREPOSITIONS.has(token.key)) return undefined;
    if (meaning.connective !== undefined && meaning.connective !== 'and') return undefined;
    if (!isAdjective(word)) return token.meaning === undefined ? 'lost' : undefined;
  }
  return undefined;
}

/** "The sky glows orange": the nearest region before the word in its clause, then any of the clause, then the sentence's last. */
function describedBefore(words: readonly Word[], at: number): Region | 'lost' | undefined {
  const own = words[at];
  const inClause = (word: Word) => word.clause === own?.clause && word.meaning.colour === undefined;
  const before = words.slice(Math.max(0, at - SENTENCE_WORDS), at);
  const nearest = before
    .filter(inClause)
    .findLast(({ meaning }) => (regionOf(meaning) ?? meaning.subject) !== undefined);
  if (nearest?.meaning.subject !== undefined) return 'lost';
  const known =
    nearest ??
    words.slice(at + 1, at + SENTENCE_WORDS).find((word) => inClause(word) && word.meaning.region !== undefined);
  if (known !== undefined) return regionOf(known.meaning);
  const earlier = before.findLast((word) => word.meaning.region !== undefined);
  return earlier?.sentence === own?.sentence ? earlier?.meaning.region : undefined;
}

/** The strength of the words that stand beside the word: before it in its phrase, or straight after it. */
function strengthAt(words: readonly Word[], at: number): { readonly strength: number; readonly by: Word | undefined } {
  const own = words[at];
  const before = words.slice(Math.max(0, at - PHRASE_WORDS), at).toReversed();
  for (const word of before) {
    if (word.clause !== own?.clause || PREPOSITIONS.has(word.token.key)) break;
    if (word.meaning.degree !== undefined) return { strength: STRENGTHS[word.meaning.degree], by: word };
    if (!isAdjective(word)) break;
  }
  const rest = words.slice(at + 1, at + 5).filter(({ clause, meaning }) => {
    return clause === own?.clause && (!meaning.isFiller || meaning.degree !== undefined);
  });
  const [after, beyond] = rest;
  const isAdverb = after !== undefined && (after.token.key.endsWith('ly') || beyond === undefined);
  if (isAdverb && after.meaning.degree !== undefined) return { strength: STRENGTHS[after.meaning.degree], by: after };
  const { weatherDegree } = own?.meaning ?? {};
  return { strength: weatherDegree === undefined ? 1 : STRENGTHS[weatherDegree], by: undefined };
}

/** An edit's style is for the part of the picture that its clause names. */
function styleRegion(words: readonly Word[], own: Word, isEdit: boolean): Region {
  if (!isEdit) return 'whole';
  const named = words.find(
    (word) => word.sentence === own.sentence && word.clause === own.clause && word.meaning.region !== undefined,
  );
  return named?.meaning.region ?? 'whole';
}

const SINGLE_TONES: ReadonlySet<Meaning['style']> = new Set(['warmer', 'colder', 'vivid']);

interface Gathered {
  readonly found: FoundEffect[];
  readonly lost: Set<Word>;
  readonly used: Map<Word, string>;
}

function gatherColour(words: readonly Word[], at: number, { found, lost }: Gathered): void {
  const word = words[at];
  const colour = word?.meaning.colour;
  if (word === undefined || colour === undefined) return;
  const region = word.meaning.region ?? describedAfter(words, at) ?? describedBefore(words, at) ?? 'whole';
  if (region === 'lost') {
    lost.add(word);
    return;
  }
  const last = found.findLast(({ effect }) => effect.kind === 'colour');
  const isSame = last?.effect.region === region && last.words.at(-1)?.clause === word.clause;
  const earlier: readonly ColourName[] = isSame && last.effect.kind === 'colour' ? last.effect.colours : [];
  const colours = [...new Set([...earlier, colour])];
  const effect: Effect = { kind: 'colour', colours, region, step: word.step, strength: strengthAt(words, at).strength };
  if (isSame) found.splice(found.indexOf(last), 1, { effect, words: [...last.words, word] });
  else found.push({ effect, words: [word] });
}

function gatherLook(words: readonly Word[], at: number, gathered: Gathered, isEdit: boolean): void {
  const word = words[at];
  if (word === undefined) return;
  const { time, sky, weathers = [], style, speed, season } = word.meaning;
  const { strength, by } = strengthAt(words, at);
  const base = { step: word.step, strength };
  const before = gathered.found.length;
  const add = (effect: Effect) => gathered.found.push({ effect, words: [word] });
  if (time !== undefined) add({ ...base, kind: 'time', time, region: 'whole' });
  if (sky !== undefined) add({ ...base, kind: 'sky', sky, region: 'sky' });
  for (const weather of weathers) add({ ...base, kind: 'weather', weather, region: 'whole' });
  if (season === 'autumn') add({ ...base, kind: 'colour', colours: ['orange'], region: 'ground' });
  if (speed !== undefined) add({ ...base, kind: 'speed', speed, region: 'whole' });
  if (style !== undefined) {
    const isLost = SINGLE_TONES.has(style) && describedAfter(words, at) === 'lost';
    if (isLost) gathered.lost.add(word);
    else add({ ...base, kind: 'style', style, region: styleRegion(words, word, isEdit) });
  }
  if (by !== undefined && gathered.found.length > before) {
    gathered.used.set(by, `strength: ${strength < 1 ? 'light' : 'heavy'}`);
  }
}

/** What is said twice is drawn once, as strongly as it was said. */
function withoutRepeats(found: readonly FoundEffect[]): FoundEffect[] {
  const kept = new Map<string, FoundEffect>();
  for (const { effect, words } of found) {
    const key = JSON.stringify({ ...effect, strength: 1 });
    const known = kept.get(key);
    const strength = known === undefined || effect.strength !== 1 ? effect.strength : known.effect.strength;
    kept.set(key, { effect: { ...effect, strength }, words: [...(known?.words ?? []), ...words] });
  }
  return [...kept.values()];
}

export function planEffects(words: readonly Word[], isEdit: boolean): PlannedEffects {
  const gathered: Gathered = { found: [], lost: new Set(), used: new Map() };
  for (const [at, word] of words.entries()) {
    if (word.role !== 'wanted') continue;
    gatherLook(words, at, gathered, isEdit);
    gatherColour(words, at, gathered);
  }
  return { ...gathered, found: withoutRepeats(gathered.found) };
}
