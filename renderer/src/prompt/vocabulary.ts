/** The lexicon turned round: from an entry to all that it may mean. */
import {
  BARE_MOVES,
  CALM_WORDS,
  CAMERA_MOVES,
  CAMERA_WORDS,
  type CameraMove,
  CLEAR_WORDS,
  COLOURS,
  CONNECTIVES,
  type ColourName,
  type Connective,
  DEGREES,
  DIRECTIONS,
  type Direction,
  FILLERS,
  FLAWS,
  IMPLIED_NOUNS,
  LAKE_WORDS,
  type Lexicon,
  LOOSE_CAMERA_MOVES,
  PACES,
  PROPS,
  type PropName,
  REGIONS,
  type Region,
  SCENE_NOUNS,
  type SceneName,
  type SceneNoun,
  SEASONS,
  type Season,
  SKIES,
  type SkyName,
  SPEEDS,
  type Speed,
  STREET_LIFE,
  STRONG_WEATHERS,
  STYLES,
  type StyleName,
  SUBJECTS,
  type SubjectKind,
  TIMES,
  type TimeOfDay,
  WEATHERS,
  type WeatherKind,
  WIND_WORDS,
} from './lexicon.ts';

/** Everything that one entry may mean; which of it holds is for its company to decide. */
export interface Meaning {
  readonly camera?: CameraMove;
  readonly looseCamera?: CameraMove;
  readonly bareMove?: keyof typeof BARE_MOVES;
  readonly direction?: Direction;
  readonly isCamera?: true;
  readonly pace?: keyof typeof PACES;
  readonly isCalm?: true;
  readonly isClear?: true;
  readonly degree?: keyof typeof DEGREES;
  readonly speed?: Speed;
  readonly noun?: SceneNoun;
  readonly implied?: SceneName;
  readonly isLake?: true;
  readonly time?: TimeOfDay;
  readonly sky?: SkyName;
  readonly weathers?: readonly WeatherKind[];
  readonly weatherDegree?: keyof typeof DEGREES;
  readonly season?: Season;
  readonly style?: StyleName;
  readonly colour?: ColourName;
  readonly region?: Region;
  readonly isWind?: true;
  readonly subject?: SubjectKind;
  readonly prop?: PropName;
  readonly connective?: Connective;
  readonly isStreetLife?: true;
  readonly isFlaw?: true;
  readonly isFiller?: true;
}

type Entries = Map<string, Meaning>;

function addRow(entries: Entries, row: readonly string[], meaning: (known: Meaning) => Meaning): void {
  for (const entry of row) {
    const known = entries.get(entry) ?? {};
    // The row that stands first in a table wins.
    entries.set(entry, { ...known, ...meaning(known) });
  }
}

function addTable<Value extends string>(
  entries: Entries,
  table: Lexicon<Value>,
  meaning: (value: Value, known: Meaning) => Meaning,
): void {
  for (const [value, row] of Object.entries(table) as [Value, readonly string[]][]) {
    addRow(entries, row, (known) => meaning(value, known));
  }
}

function buildEntries(): ReadonlyMap<string, Meaning> {
  const entries: Entries = new Map();
  addTable(entries, CAMERA_MOVES, (value, { camera = value }) => ({ camera }));
  addTable(entries, LOOSE_CAMERA_MOVES, (value, { looseCamera = value }) => ({ looseCamera }));
  addTable(entries, BARE_MOVES, (value, { bareMove = value }) => ({ bareMove }));
  addTable(entries, DIRECTIONS, (value, { direction = value }) => ({ direction }));
  addTable(entries, PACES, (value, { pace = value }) => ({ pace }));
  addTable(entries, DEGREES, (value, { degree = value }) => ({ degree }));
  addTable(entries, SPEEDS, (value, { speed = value }) => ({ speed }));
  addTable(entries, SCENE_NOUNS, (value, { noun = value }) => ({ noun }));
  addTable(entries, IMPLIED_NOUNS, (value, { implied = value }) => ({ implied }));
  addTable(entries, TIMES, (value, { time = value }) => ({ time }));
  addTable(entries, SKIES, (value, { sky = value }) => ({ sky }));
  addTable(entries, WEATHERS, (value, { weathers = [] }) => ({ weathers: [...weathers, value] }));
  addTable(entries, STRONG_WEATHERS, (value) => ({ weatherDegree: value }));
  addTable(entries, SEASONS, (value) => ({ season: value }));
  addTable(entries, STYLES, (value, { style = value }) => ({ style }));
  addTable(entries, COLOURS, (value, { colour = value }) => ({ colour }));
  addTable(entries, REGIONS, (value, { region = value }) => ({ region }));
  addTable(entries, SUBJECTS, (value, { subject = value }) => ({ subject }));
  addTable(entries, PROPS, (value, { prop = value }) => ({ prop }));
  addTable(entries, CONNECTIVES, (value, { connective = value }) => ({ connective }));
  addRow(entries, CAMERA_WORDS, () => ({ isCamera: true }));
  addRow(entries, CALM_WORDS, () => ({ isCalm: true }));
  addRow(entries, CLEAR_WORDS, () => ({ isClear: true }));
  addRow(entries, LAKE_WORDS, () => ({ isLake: true }));
  addRow(entries, WIND_WORDS, () => ({ isWind: true }));
  addRow(entries, STREET_LIFE, () => ({ isStreetLife: true }));
  addRow(entries, FLAWS, () => ({ isFlaw: true }));
  addRow(entries, FILLERS, () => ({ isFiller: true }));
  return entries;
}

const ENTRIES = buildEntries();

/** In letters, of the entries that are written without spaces between words. */
export const LONGEST_SIGN = Math.max(
  ...[...ENTRIES.keys()].filter((entry) => !/^[\0-\x7f]/.test(entry)).map((entry) => entry.length),
);
export const MOST_WORDS = Math.max(...[...ENTRIES.keys()].map((entry) => entry.split(' ').length));

/** A phrase in lower case, its words one space apart; an English one may stand in the plural or the genitive. */
export function meaningOf(phrase: string): Meaning | undefined {
  const exact = ENTRIES.get(phrase);
  if (exact !== undefined) return exact;
  if (phrase.endsWith("'s")) return ENTRIES.get(phrase.slice(0, -2));
  if (!/[a-z]{3}s$/.test(phrase)) return undefined;
  return ENTRIES.get(phrase.slice(0, -1)) ?? (phrase.endsWith('es') ? ENTRIES.get(phrase.slice(0, -2)) : undefined);
}
