/**
 * What a prompt asks for, as far as the local renderer understands it. The first block of fields sums up the plan for those
 * who draw one thing of a kind; the second says all of it, in the prompt's order.
 */
import { planCamera } from './camera-moves.ts';
import type { Word } from './clauses.ts';
import { planEffects } from './effects.ts';
import type {
  CameraMove,
  ColourName,
  PropName,
  Region,
  SceneName,
  SceneNoun,
  SkyName,
  Speed,
  StyleName,
  SubjectKind,
  TimeOfDay,
  Weather,
  WeatherKind,
} from './lexicon.ts';
import { KEEPING, PRONOUNS, TIME_SKIES } from './lexicon.ts';
import { planNouns } from './nouns.ts';
import { sceneContent } from './scene-content.ts';
import { explainWords, type ReadOperation } from './understanding.ts';
import { isCloud, readWording, type Wording } from './wording.ts';

/** One move of the camera and the share of the clip that it takes, 0 to 1. Moves that happen together have equal shares. */
export interface CameraStep {
  readonly move: CameraMove;
  /** How far it goes: 1 is its own distance. */
  readonly pace: number;
  readonly start: number;
  readonly end: number;
}

/** Something that the picture is to look like. Effects of a later step ("then …") come after those of an earlier one. */
export type Effect = {
  readonly region: Region;
  readonly step: number;
  /** 0.5 light, 1 as it is, 1.6 heavy. */
  readonly strength: number;
} & (
  | { readonly kind: 'sky'; readonly sky: SkyName }
  | { readonly kind: 'time'; readonly time: TimeOfDay }
  | { readonly kind: 'weather'; readonly weather: WeatherKind }
  | { readonly kind: 'colour'; readonly colours: readonly ColourName[] }
  | { readonly kind: 'style'; readonly style: StyleName }
  | { readonly kind: 'speed'; readonly speed: Speed }
);

export interface PlannedNoun {
  readonly noun: SceneNoun;
  /** The scene that shows it. */
  readonly scene: SceneName;
  /** How much of the picture it is about: 1 for a noun named once, more where it is named again or in front, less far behind. */
  readonly prominence: number;
  /** Not named itself but implied by a word such as "boat" or "flowers". */
  readonly implied: boolean;
}

/** A person or thing that the prompt names. Only those that are props of a scene are drawn. */
export interface PlannedSubject {
  readonly text: string;
  readonly kind: SubjectKind;
}

export interface Understood {
  /** The prompt's own words. */
  readonly text: string;
  readonly as: string;
}

export interface PromptPlan {
  /** The first move; `cameraMoves` has all. */
  readonly camera: CameraMove | undefined;
  /** How far a camera move goes: 1 is its own distance. */
  readonly pace: number;
  /** The scene of the first noun. */
  readonly scene: SceneName | undefined;
  readonly lake: boolean;
  readonly sky: SkyName | undefined;
  /** The prompt speaks of the sky or its clouds, whether or not it names a kind that is known. */
  readonly mentionsSky: boolean;
  readonly weather: Weather | undefined;
  readonly style: StyleName | undefined;
  /** Colours of the sky and of the whole picture; those of a region are among the effects. */
  readonly colours: readonly ColourName[];
  readonly wind: boolean;

  readonly cameraMoves: readonly CameraStep[];
  /** The camera is held in the hand, whatever else it does. */
  readonly handheld: boolean;
  readonly effects: readonly Effect[];
  readonly timeOfDay: TimeOfDay | undefined;
  /** 0.5 light, 1 as it is, 1.6 heavy. */
  readonly weatherStrength: number;
  readonly speed: Speed | undefined;
  /** No clouds are wanted. */
  readonly cloudless: boolean;
  /** Regions that are to stay as they are. */
  readonly kept: readonly Region[];
  /** What a text-to-video scene shows, in the prompt's order. */
  readonly nouns: readonly PlannedNoun[];
  /** Small things that a scene shows. */
  readonly props: readonly PropName[];
  readonly subjects: readonly PlannedSubject[];
  readonly absent: Absent;
  readonly understood: readonly Understood[];
  /** What changes nothing in the picture, in the prompt's own words: words that are not known, and subjects. */
  readonly ignored: readonly string[];
  readonly warnings: readonly string[];
}

function isDrawn(weather: WeatherKind): weather is Weather {
  return weather === 'snow' || weather === 'rain' || weather === 'fog';
}

type EffectOf<Kind extends Effect['kind']> = Extract<Effect, { readonly kind: Kind }>;

function effectsOf<Kind extends Effect['kind']>(effects: readonly Effect[], kind: Kind): EffectOf<Kind>[] {
  return effects.filter((effect): effect is EffectOf<Kind> => effect.kind === kind);
}

/** Where a prompt names several skies at once, the more particular one is drawn; what "then" brings replaces what was before. */
const SKY_RANKS: readonly SkyName[] = ['aurora', 'storm', 'sunset', 'dawn', 'night', 'overcast', 'day'];

function skyOf(effects: readonly Effect[]): SkyName | undefined {
  const skies = effects.flatMap((effect) => {
    if (effect.kind === 'sky') return [{ sky: effect.sky, step: effect.step }];
    return effect.kind === 'time' ? [{ sky: TIME_SKIES[effect.time], step: effect.step }] : [];
  });
  const lastStep = Math.max(...skies.map(({ step }) => step));
  const last = skies.filter(({ step }) => step === lastStep).map(({ sky }) => sky);
  return SKY_RANKS.find((sky) => last.includes(sky));
}

/** The value of the last step; of several in one step the first. */
function lastOf<Found extends Effect>(effects: readonly Found[]): Found | undefined {
  const lastStep = Math.max(...effects.map(({ step }) => step));
  return effects.find(({ step }) => step === lastStep);
}

const STYLE_TONES: ReadonlySet<StyleName> = new Set(['warmer', 'colder', 'vivid']);

/** A painting in warm colours is a painting. */
function styleOf(effects: readonly Effect[]): StyleName | undefined {
  const styles = effectsOf(effects, 'style').filter(({ region }) => region === 'whole');
  return (lastOf(styles.filter(({ style }) => !STYLE_TONES.has(style))) ?? lastOf(styles))?.style;
}

function coloursOf(effects: readonly Effect[]): ColourName[] {
  const seen = effectsOf(effects, 'colour').filter(({ region }) => region === 'sky' || region === 'whole');
  const lastStep = Math.max(...seen.map(({ step }) => step));
  return [...new Set(seen.filter(({ step }) => step === lastStep).flatMap(({ colours }) => colours))];
}

function keptRegions(words: readonly Word[]): Region[] {
  const clauses = Map.groupBy(words, ({ clause }) => clause);
  const kept = [...clauses.values()].flatMap((clause) => {
    const isUntouched = clause.some(({ meaning }) => meaning.connective === 'change');
    const keeper = clause.findIndex(({ token }) => KEEPING.has(token.key));
    return clause.filter(({ role }, index) => {
      return (role === 'left-out' && isUntouched) || (keeper >= 0 && keeper < index);
    });
  });
  const regions = kept.flatMap(({ meaning }) => meaning.region ?? []);
  return [...new Set(regions.filter((region) => region !== 'whole'))];
}

/** "No clouds", "a clear sky"; "no red clouds" is about their colour. */
function isCloudless(words: readonly Word[]): boolean {
  const coloured = new Set(words.filter(({ meaning }) => meaning.colour !== undefined).map(({ clause }) => clause));
  return words.some((word) => {
    if (word.role !== 'left-out') return word.role === 'wanted' && word.meaning.isClear === true;
    return isCloud(word) && !coloured.has(word.clause);
  });
}

/** What is named as not wanted and would be drawn, or chosen by chance, without a word. */
export interface Absent {
  readonly nouns: readonly SceneNoun[];
  readonly skies: readonly SkyName[];
  readonly props: readonly PropName[];
  readonly subjects: readonly SubjectKind[];
}

function absentOf(words: readonly Word[]): Absent {
  const out = words.filter(({ role }) => role === 'left-out').map(({ meaning }) => meaning);
  return {
    nouns: out.flatMap(({ noun }) => noun ?? []),
    skies: out.flatMap(({ sky, time }) => sky ?? (time === undefined ? [] : TIME_SKIES[time])),
    props: out.flatMap(({ prop }) => prop ?? []),
    subjects: out.flatMap(({ subject }) => subject ?? []),
  };
}

export function planPrompt(wording: string | Wording, operation: ReadOperation = 'text-to-video'): PromptPlan {
  const { words, unwantedFrom } = readWording(typeof wording === 'string' ? { prompt: wording } : wording);
  const wanted = words.filter(({ role }) => role === 'wanted');
  const camera = planCamera(words);
  const planned = planEffects(words, operation === 'edit');
  const effects = planned.found.map(({ effect }) => effect);
  const weathers = effectsOf(effects, 'weather');
  const drawn = lastOf(weathers.filter(({ weather }) => isDrawn(weather)));
  const nouns = planNouns(words);
  const content = sceneContent(nouns, drawn?.weather === 'snow');
  const cloudless = isCloudless(words);
  const kept = keptRegions(words);
  const isCleared = operation === 'edit' && cloudless && !kept.includes('sky');
  return {
    camera: camera.steps[0]?.move,
    pace: camera.pace,
    scene: nouns.find(({ implied }) => !implied)?.scene ?? nouns[0]?.scene,
    lake: wanted.some(({ meaning }) => meaning.isLake),
    sky: skyOf(effects) ?? (isCleared ? 'day' : undefined),
    mentionsSky:
      !kept.includes('sky') &&
      (words.some(({ meaning, role }) => meaning.region === 'sky' && role !== 'left-out') ||
        effects.some(({ kind, region }) => kind === 'colour' && region === 'sky')),
    weather: drawn !== undefined && isDrawn(drawn.weather) ? drawn.weather : undefined,
    style: styleOf(effects),
    colours: coloursOf(effects),
    wind: wanted.some(({ meaning }) => meaning.isWind),
    cameraMoves: camera.steps,
    handheld: camera.handheld,
    effects,
    timeOfDay: lastOf(effectsOf(effects, 'time'))?.time,
    weatherStrength: (drawn ?? lastOf(weathers))?.strength ?? 1,
    speed: lastOf(effectsOf(effects, 'speed'))?.speed,
    cloudless: cloudless && !kept.includes('sky'),
    kept,
    nouns,
    props: [...new Set(words.flatMap(({ role, meaning }) => (role === 'left-out' ? [] : (meaning.prop ?? []))))],
    subjects: wanted.flatMap(({ token, meaning }) => {
      return meaning.subject === undefined || PRONOUNS.has(token.key)
        ? []
        : [{ text: token.text, kind: meaning.subject }];
    }),
    absent: absentOf(words),
    ...explainWords({ words, unwantedFrom, camera, planned, operation, nouns, content, kept, cloudless }),
  };
}

const NAMED_PICTURE = /@image\s*(\d+)/gi;

/** The order in which reference pictures appear: those the prompt names as `@Image1`, then the others. */
export function pictureOrder(prompt: string, count: number): number[] {
  const named = [...prompt.matchAll(NAMED_PICTURE)].map((match) => Number(match[1]) - 1);
  const every = Array.from({ length: count }, (_, index) => index);
  return [...new Set([...named.filter((index) => index >= 0 && index < count), ...every])];
}
