/**
 * What a prompt asks for, as far as the local renderer understands it. The first block of fields sums up the plan for those
 * who draw one thing of a kind; the second says all of it, in the prompt's order.
 */
import type { RenderOperation } from '../job.ts';
import type {
  CameraMove,
  ColourName,
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
import { NOUN_SCENES, TIME_SKIES } from './lexicon.ts';
import { tokenise } from './tokens.ts';
import type { Meaning } from './vocabulary.ts';

/** One move of the camera and the share of the clip that it takes, 0 to 1. Moves that happen together have equal shares. */
export interface CameraStep {
  readonly move: CameraMove;
  /** How far it goes: 1 is its own distance. */
  readonly pace: number;
  readonly start: number;
  readonly end: number;
}

/** Something that the picture is to look like. Effects of a later step ("then …") come after those of an earlier one. */
export type Effect = { readonly region: Region; readonly step: number } & (
  | { readonly kind: 'sky'; readonly sky: SkyName }
  | { readonly kind: 'time'; readonly time: TimeOfDay }
  | { readonly kind: 'weather'; readonly weather: WeatherKind; readonly strength: number }
  | { readonly kind: 'colour'; readonly colours: readonly ColourName[] }
  | { readonly kind: 'style'; readonly style: StyleName; readonly strength: number }
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

/** A person or thing that the prompt names and that is not drawn. */
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
  /** What a text-to-video scene shows, in the prompt's order. */
  readonly nouns: readonly PlannedNoun[];
  readonly subjects: readonly PlannedSubject[];
  readonly understood: readonly Understood[];
  /** What changes nothing in the picture, in the prompt's own words: words that are not known, and subjects. */
  readonly ignored: readonly string[];
  readonly warnings: readonly string[];
}

const PACES: Readonly<Record<NonNullable<Meaning['pace']>, number>> = {
  'very-slow': 0.65,
  slow: 0.8,
  fast: 1.5,
  'very-fast': 1.8,
};

const STRENGTHS: Readonly<Record<NonNullable<Meaning['degree']>, number>> = { light: 0.5, heavy: 1.6 };

function isDrawn(weather: WeatherKind): weather is Weather {
  return weather === 'snow' || weather === 'rain' || weather === 'fog';
}

function present<Value>(values: readonly (Value | undefined)[]): Value[] {
  return values.filter((value) => value !== undefined);
}

function planNouns(meanings: readonly Meaning[]): PlannedNoun[] {
  const nouns = new Map<SceneNoun, PlannedNoun>();
  for (const { noun, implied } of meanings) {
    const name = noun ?? implied;
    if (name === undefined) continue;
    const known = nouns.get(name);
    nouns.set(name, {
      noun: name,
      scene: NOUN_SCENES[name],
      prominence: (known?.prominence ?? 0) + 1,
      implied: noun === undefined && (known?.implied ?? true),
    });
  }
  return [...nouns.values()];
}

function planEffects(meanings: readonly Meaning[]): Effect[] {
  const place = { region: 'whole', step: 0 } as const;
  return meanings.flatMap(({ time, sky, weathers = [], weatherDegree, style, speed }): Effect[] => [
    ...present([time]).map((value): Effect => ({ ...place, kind: 'time', time: value })),
    ...present([sky]).map((value): Effect => ({ ...place, region: 'sky', kind: 'sky', sky: value })),
    ...weathers.map((weather): Effect => {
      return {
        ...place,
        kind: 'weather',
        weather,
        strength: weatherDegree === undefined ? 1 : STRENGTHS[weatherDegree],
      };
    }),
    ...present([style]).map((value): Effect => ({ ...place, kind: 'style', style: value, strength: 1 })),
    ...present([speed]).map((value): Effect => ({ ...place, kind: 'speed', speed: value })),
  ]);
}

/** "Change the blue day sky to a sunset": of what is there now only its place in the picture counts. */
function wantedOf(meanings: readonly Meaning[]): readonly Meaning[] {
  const verb = meanings.findIndex(({ connective }) => connective === 'change' || connective === 'replace');
  const target = meanings.findIndex(
    ({ connective }, index) => index > verb && (connective === 'into' || connective === 'to' || connective === 'with'),
  );
  if (verb < 0 || target < 0) return meanings;
  return meanings.map((meaning, index) => {
    if (index <= verb || index >= target || meaning.region === undefined)
      return index > verb && index < target ? {} : meaning;
    return { region: meaning.region };
  });
}

export function planPrompt(prompt: string, _operation: RenderOperation = 'text-to-video'): PromptPlan {
  const tokens = tokenise(prompt);
  const meanings = wantedOf(tokens.map(({ meaning = {} }) => meaning));
  const pace = PACES[present(meanings.map((meaning) => meaning.pace))[0] ?? 'slow'];
  const moves = present(meanings.map(({ camera, looseCamera }) => camera ?? looseCamera));
  const effects = planEffects(meanings);
  const nouns = planNouns(meanings);
  const weathers = effects.filter((effect) => effect.kind === 'weather');
  const timeOfDay = effects.find((effect) => effect.kind === 'time')?.time;
  const sky = effects.find((effect) => effect.kind === 'sky')?.sky;
  return {
    camera: moves.find((move) => move !== 'handheld') ?? moves[0],
    pace,
    scene: nouns.find(({ implied }) => !implied)?.scene ?? nouns[0]?.scene,
    lake: meanings.some(({ isLake }) => isLake),
    sky: sky ?? (timeOfDay && TIME_SKIES[timeOfDay]),
    mentionsSky: meanings.some(({ region }) => region === 'sky'),
    weather: weathers.map(({ weather }) => weather).find(isDrawn),
    style: effects.find((effect) => effect.kind === 'style')?.style,
    colours: present(meanings.map(({ colour }) => colour)),
    wind: meanings.some(({ isWind }) => isWind),
    cameraMoves: moves.map((move, index) => {
      return { move, pace, start: index / moves.length, end: (index + 1) / moves.length };
    }),
    handheld: moves.includes('handheld'),
    effects,
    timeOfDay,
    weatherStrength: weathers[0]?.strength ?? 1,
    speed: effects.find((effect) => effect.kind === 'speed')?.speed,
    cloudless: false,
    nouns,
    subjects: tokens.flatMap(({ text, meaning }) => present([meaning?.subject]).map((kind) => ({ text, kind }))),
    understood: [],
    ignored: tokens.filter(({ meaning }) => meaning === undefined).map(({ text }) => text),
    warnings: [],
  };
}

const NAMED_PICTURE = /@image\s*(\d+)/gi;

/** The order in which reference pictures appear: those the prompt names as `@Image1`, then the others. */
export function pictureOrder(prompt: string, count: number): number[] {
  const named = [...prompt.matchAll(NAMED_PICTURE)].map((match) => Number(match[1]) - 1);
  const every = Array.from({ length: count }, (_, index) => index);
  return [...new Set([...named.filter((index) => index >= 0 && index < count), ...every])];
}
