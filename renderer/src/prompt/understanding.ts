/** Tells, in the prompt's own words, what was understood and what changes nothing in the picture. */
import type { RenderOperation } from '../job.ts';
import type { PlannedCamera } from './camera-moves.ts';
import type { Word } from './clauses.ts';
import { type PlannedEffects, regionOf } from './effects.ts';
import { NOUN_REGIONS, PRONOUNS, type Region, type SceneNoun } from './lexicon.ts';
import type { Effect, PlannedNoun, PromptPlan, Understood } from './plan.ts';
import type { SceneContent } from './scene-content.ts';

/** What an operation can draw of a plan. Dust, and colours of ground and water, are drawn by fewer than others of their kind. */
export type Ability =
  | ('camera' | 'wind' | 'water' | 'lights' | 'scene' | 'reveal' | 'region-colour' | 'dust')
  | Effect['kind'];

/** Between two pictures less is followed than from one: they show already how the clip looks. */
export type ReadOperation = RenderOperation | 'first-last-frame';

const LOOKS: readonly Ability[] = ['sky', 'time', 'weather', 'dust', 'style', 'colour', 'region-colour'];
const STILL_LIFE: readonly Ability[] = ['camera', 'wind', 'water', 'lights', 'speed'];

/**
 * Whoever teaches an operation something new adds it here: what stands in no row is told as ignored. A test holds that what stands
 * here changes the picture and what does not leaves it alone.
 */
export const ABILITIES: Readonly<Record<ReadOperation, ReadonlySet<Ability>>> = {
  'text-to-video': new Set<Ability>(['camera', 'wind', 'scene', 'speed', ...LOOKS]),
  'image-to-video': new Set<Ability>([...STILL_LIFE, ...LOOKS]),
  'first-last-frame': new Set<Ability>(['camera']),
  'reference-to-video': new Set(STILL_LIFE),
  edit: new Set<Ability>(['speed', ...LOOKS]),
  extend: new Set<Ability>(['camera', 'reveal', ...LOOKS]),
};

function abilityFor(effect: Effect): Ability {
  if (effect.kind === 'weather' && effect.weather === 'dust') return 'dust';
  const isOfPlace = effect.region === 'ground' || effect.region === 'water';
  return effect.kind === 'colour' && isOfPlace ? 'region-colour' : effect.kind;
}

const NOTHING: Readonly<Record<ReadOperation, string>> = {
  'text-to-video': 'the scene was chosen by chance',
  'image-to-video': 'the camera drifts slowly',
  'first-last-frame': 'the way from the first picture to the last follows from the two',
  'reference-to-video': 'the camera moves in its own way from picture to picture',
  edit: 'the colours become a little more vivid',
  extend: "the source's own motion goes on",
};

export interface ExplainOptions {
  readonly words: readonly Word[];
  /** Where the words of the negative prompt begin. */
  readonly unwantedFrom: number;
  readonly camera: PlannedCamera;
  readonly planned: PlannedEffects;
  readonly nouns: readonly PlannedNoun[];
  readonly content: SceneContent;
  readonly operation: ReadOperation;
  readonly kept: readonly Region[];
  readonly cloudless: boolean;
}

function plain(name: string): string {
  return name.replaceAll('-', ' ');
}

function describeEffect(effect: Effect): string {
  const degree = effect.strength === 1 ? '' : effect.strength < 1 ? 'light ' : 'heavy ';
  switch (effect.kind) {
    case 'sky':
      return `sky: ${effect.sky}`;
    case 'time':
      return `time of day: ${plain(effect.time)}`;
    case 'weather':
      return `weather: ${degree}${effect.weather}`;
    case 'colour':
      return effect.region === 'whole' ? 'colour' : `colour of the ${effect.region}`;
    case 'style':
      return `style${effect.region === 'whole' ? '' : ` of the ${effect.region}`}: ${plain(effect.style)}`;
    case 'speed':
      return `speed: ${plain(effect.speed)}`;
    default:
      return effect satisfies never;
  }
}

/** What is drawn because of a word. */
type DrawnLooks = ReadonlyMap<Word, readonly string[]>;

function drawnLooks({ planned, operation }: ExplainOptions): DrawnLooks {
  const looks = new Map<Word, readonly string[]>();
  for (const { effect, words } of planned.found) {
    if (!ABILITIES[operation].has(abilityFor(effect))) continue;
    for (const word of words) looks.set(word, [...(looks.get(word) ?? []), describeEffect(effect)]);
  }
  return looks;
}

/** What the word does for the picture; empty where it does nothing. */
function usesOf(word: Word, looks: DrawnLooks, options: ExplainOptions): string[] {
  const { camera, planned, operation, nouns } = options;
  const can = (ability: Ability) => ABILITIES[operation].has(ability);
  const { meaning, token } = word;
  const uses = [...(looks.get(word) ?? [])];
  const moved = camera.used.get(word);
  if (moved !== undefined && can('camera')) uses.push(moved);
  const strength = planned.used.get(word);
  if (strength !== undefined && LOOKS.some(can)) uses.push(strength);
  if (meaning.isWind && can('wind')) uses.push('wind');
  if (token.picture !== undefined && operation === 'reference-to-video') uses.push(`picture ${token.picture}`);
  const noun = meaning.noun ?? (nouns.every(({ implied }) => implied) ? meaning.implied : undefined);
  if (noun !== undefined && isSceneNoun(noun, options)) uses.push(`scene: ${noun}`);
  if (isShown(word, options)) uses.push(`in the scene: ${meaning.prop ?? meaning.subject}`);
  const isWater = meaning.isLake === true || (noun !== undefined && NOUN_REGIONS[noun] === 'water');
  if (isWater && can('water')) uses.push('water ripples');
  const isLit = meaning.time === 'night' || meaning.time === 'blue-hour' || noun === 'city' || noun === 'street';
  if (isLit && can('lights')) uses.push('lights twinkle');
  const region = regionOf(meaning);
  if (uses.length === 0 && region !== undefined && isPlaceOfLook(word, region, looks, planned)) {
    uses.push(region === 'whole' ? 'the whole picture' : `region: ${region}`);
  }
  return uses;
}

const SKY_KINDS: ReadonlySet<Effect['kind']> = new Set(['sky', 'time', 'weather']);

/** Whether something that is drawn is for this part of the picture: "the grass" of "make the grass purple". */
function isPlaceOfLook(word: Word, region: Region, looks: DrawnLooks, { found }: PlannedEffects): boolean {
  const drawn = found.filter(({ words }) => words.some((by) => by.sentence === word.sentence && looks.has(by)));
  if (region === 'whole') return drawn.length > 0;
  return drawn.some(({ effect }) => effect.region === region || (region === 'sky' && SKY_KINDS.has(effect.kind)));
}

/** What a word does that is not wanted: it says what is left out, or what is there to be changed. */
function rejected(word: Word, options: ExplainOptions): string[] {
  const { camera, operation } = options;
  const moved = camera.used.get(word);
  if (moved !== undefined && ABILITIES[operation].has('camera')) return [moved];
  const { noun } = word.meaning;
  // A way from one place to another shows both.
  if (word.role === 'there-now' && noun !== undefined && isSceneNoun(noun, options)) return [`scene: ${noun}`];
  if (isSilent(word) || word.token.meaning === undefined) return [];
  return word.role === 'there-now' || isLeftOut(word, options) ? [word.role.replace('-', ' ')] : [];
}

/** Nothing takes a thing out of a source, and a scene without its own things is none. */
function isLeftOut({ meaning }: Word, { operation, content }: ExplainOptions): boolean {
  const { noun, prop, subject, time, sky, weathers, style, colour, region } = meaning;
  const thing = noun ?? prop ?? subject;
  const isLook = time ?? sky ?? weathers ?? style ?? colour ?? region;
  if (thing === undefined || isLook !== undefined) return true;
  return ABILITIES[operation].has('scene') && content.canLack(thing);
}

/** A subject that the scene has a prop for. */
function isShown({ meaning }: Word, { operation, content }: ExplainOptions): boolean {
  const hasProp = meaning.prop !== undefined && content.hasProp(meaning.prop);
  const isPasser = meaning.isStreetLife === true && content.nouns.has('street');
  return ABILITIES[operation].has('scene') && (hasProp || isPasser);
}

/** A noun that is drawn: by the whole scene, or as what comes into view, which is the first one's scene. */
function isSceneNoun(noun: SceneNoun, { operation, content, camera, nouns }: ExplainOptions): boolean {
  const can = ABILITIES[operation];
  if (can.has('scene')) return content.hasNoun(noun);
  const first = nouns.find(({ implied }) => !implied) ?? nouns[0];
  return can.has('reveal') && first?.noun === noun && camera.steps.some(({ move }) => move === 'pull-out');
}

/** Joins other words or carries nothing of its own. */
function isSilent({ meaning, token }: Word): boolean {
  const joins = meaning.connective !== undefined || token.mark !== undefined || meaning.isCamera === true;
  return joins || meaning.isFiller === true || PRONOUNS.has(token.key);
}

/** A word that changes the picture by itself, not only says where. */
const IDLE_USES: ReadonlySet<string> = new Set(['the whole picture', 'there now', 'left out', 'kept as it is']);

function isChange(as: string): boolean {
  return !IDLE_USES.has(as) && !as.startsWith('region: ');
}

/** What is done because of the word; nothing where it is a word that only joins others, or one that is ignored. */
function doneFor(word: Word, looks: DrawnLooks, options: ExplainOptions): readonly string[] {
  const { region } = word.meaning;
  if (region !== undefined && options.kept.includes(region)) return ['kept as it is'];
  return word.role === 'wanted' ? usesOf(word, looks, options) : rejected(word, options);
}

function isMissed(word: Word, isUsed: boolean, options: ExplainOptions): boolean {
  if (PRONOUNS.has(word.token.key)) return false;
  const isSubject = word.meaning.subject !== undefined && word.role === 'wanted';
  return isUsed ? isSubject && !isShown(word, options) : !isSilent(word);
}

export function explainWords(options: ExplainOptions): Pick<PromptPlan, 'understood' | 'ignored' | 'warnings'> {
  const { words, unwantedFrom, operation } = options;
  const looks = drawnLooks(options);
  const read = words.map((word) => ({ word, uses: doneFor(word, looks, options) }));
  const used = read.filter(({ uses }) => uses.length > 0);
  const told = used.map(({ word, uses }): Understood => ({ text: word.token.text, as: uses.join(', ') }));
  const understood = [...new Map(told.map((each) => [`${each.text}: ${each.as}`, each])).values()];
  const missed = read.filter(({ word, uses }) => isMissed(word, uses.length > 0, options));
  const ignored = new Set(missed.map(({ word }) => word.token.text));
  const wording = words.slice(0, unwantedFrom);
  const isEmpty = wording.every(({ token }) => token.text.trim() === '');
  const hasChange = understood.some(({ as }) => isChange(as)) || (operation === 'edit' && options.cloudless);
  const nothing = `${isEmpty ? 'The prompt is empty' : 'Nothing in the prompt can be drawn'}: ${NOTHING[operation]}.`;
  const unwanted = read.slice(unwantedFrom).filter(({ word }) => !isSilent(word));
  const isHeeded = unwanted.length === 0 || unwanted.some(({ uses }) => uses.length > 0);
  const unheeded = 'Nothing in the negative prompt is known: it leaves nothing out.';
  return {
    understood,
    ignored: [...ignored],
    warnings: [...(hasChange ? [] : [nothing]), ...(isHeeded ? [] : [unheeded])],
  };
}
