/** Which scene a prompt's nouns make, and which of them it has room for: the others would be told of and not seen. */
import type { PropName, SceneName, SceneNoun, SubjectKind } from './lexicon.ts';
import type { PlannedNoun } from './plan.ts';

/** What a picture shows besides the light in its sky: an aurora or the galaxy over a land is that land by night. */
function groundNouns(nouns: readonly PlannedNoun[]): readonly PlannedNoun[] {
  const shown = nouns.some(({ implied }) => !implied) ? nouns.filter(({ implied }) => !implied) : nouns;
  const onGround = shown.filter(({ noun }) => noun !== 'aurora' && noun !== 'space');
  return onGround.length > 0 ? onGround : shown;
}

const PLACES: ReadonlySet<SceneNoun> = new Set(['forest', 'desert', 'field', 'snowfield']);

/** Of several nouns some are places and others only cross or border them. */
function placeOf(nouns: readonly PlannedNoun[]): SceneName | undefined {
  const names = new Set(nouns.map(({ noun }) => noun));
  const first = nouns[0]?.scene;
  if (names.has('city') || names.has('street')) return 'city';
  if (names.has('beach') || names.has('island') || names.has('sea')) return 'sea';
  if (names.has('lake')) return 'mountains';
  if (names.has('snowfield') && !names.has('forest') && !names.has('mountains')) return 'snowfield';
  // What a road, a river or a village goes through is the place; mountains stand behind it.
  return nouns.find(({ noun }) => PLACES.has(noun))?.scene ?? first;
}

/** Nouns that a scene does not draw beside its own. */
const NO_ROOM: Readonly<Record<SceneName, ReadonlySet<SceneNoun>>> = {
  sea: new Set(['desert', 'snowfield', 'forest', 'lake', 'river', 'field', 'road']),
  city: new Set(['beach', 'island', 'desert', 'snowfield', 'forest', 'lake', 'river', 'field', 'road', 'village']),
  desert: new Set(['forest', 'field']),
  snowfield: new Set(['desert']),
  forest: new Set(['desert', 'hills', 'field']),
  mountains: new Set(['desert', 'field']),
  field: new Set(['desert']),
  space: new Set(['aurora']),
  aurora: new Set(['space']),
};

/** What is not drawn beside one noun, wherever that is. */
const NOT_BESIDE: Readonly<Partial<Record<SceneNoun, ReadonlySet<SceneNoun>>>> = {
  street: new Set(['sea']),
  lake: new Set(['road']),
  river: new Set(['road']),
};

const PROPS: Readonly<Record<SceneName, ReadonlySet<PropName>>> = {
  sea: new Set(['boat', 'lighthouse', 'houses', 'birds', 'palms', 'balloon']),
  city: new Set(['boat', 'birds', 'balloon']),
  desert: new Set(['houses', 'balloon']),
  snowfield: new Set(['houses', 'balloon']),
  forest: new Set(['houses', 'birds', 'balloon']),
  mountains: new Set(['houses', 'birds', 'balloon']),
  field: new Set(['houses', 'birds', 'flowers', 'balloon']),
  space: new Set(),
  aurora: new Set(['boat', 'houses', 'balloon']),
};

/** Drawn in whichever scene is chosen where a prompt names none. */
const EVERYWHERE: ReadonlySet<PropName> = new Set(['houses', 'balloon']);

/** What a scene draws without being asked, besides what its name says. */
const OF_ITSELF: Readonly<Record<SceneName, ReadonlySet<SceneNoun | PropName | SubjectKind>>> = {
  sea: new Set(['sea', 'island', 'hills']),
  city: new Set(['city', 'river', 'structure', 'houses']),
  desert: new Set(['desert']),
  snowfield: new Set(['snowfield', 'forest', 'mountains', 'hills', 'plant']),
  forest: new Set(['forest', 'flowers', 'plant']),
  mountains: new Set(['mountains', 'hills', 'forest', 'plant']),
  field: new Set(['field', 'hills', 'forest', 'flowers', 'plant']),
  space: new Set(['space']),
  aurora: new Set(['aurora', 'lake', 'mountains', 'hills', 'forest', 'plant']),
};
/** Of a street, which the scene of cities draws. */
const OF_STREETS: ReadonlySet<SceneNoun | PropName | SubjectKind> = new Set(['street', 'plant']);

export interface SceneContent {
  /** Undefined where no noun tells. */
  readonly scene: SceneName | undefined;
  /** What the picture shows, snow on the ground included. */
  readonly nouns: ReadonlySet<SceneNoun>;
  readonly hasNoun: (noun: SceneNoun) => boolean;
  readonly hasProp: (prop: PropName) => boolean;
  /** Whether the picture can be without it. */
  readonly canLack: (thing: SceneNoun | PropName | SubjectKind) => boolean;
}

export function sceneContent(planned: readonly PlannedNoun[], isSnowing: boolean): SceneContent {
  const ground = groundNouns(planned);
  const place = placeOf(ground);
  const nouns = new Set(ground.map(({ noun }) => noun));
  // Snow that falls or is implied lies on whatever ground there is.
  if (isSnowing || planned.some(({ noun }) => noun === 'snowfield')) nouns.add('snowfield');
  // A village or a road in the snow.
  const scene = place === 'field' && nouns.has('snowfield') ? 'snowfield' : place;
  const others = [...nouns].flatMap((noun) => [...(NOT_BESIDE[noun] ?? [])]);
  return {
    ...{ scene, nouns },
    hasNoun: (noun) => scene === undefined || (!NO_ROOM[scene].has(noun) && !others.includes(noun)),
    hasProp(prop) {
      if (nouns.has('street')) return prop === 'balloon';
      if (prop === 'boat' && nouns.has('lake')) return true;
      return (scene === undefined ? EVERYWHERE : PROPS[scene]).has(prop);
    },
    canLack(thing) {
      const own: ReadonlySet<string> = nouns;
      if (own.has(thing) || (nouns.has('street') && OF_STREETS.has(thing))) return false;
      if (scene !== undefined) return !OF_ITSELF[scene].has(thing);
      // Which scene is chosen is not known here, but that it is none of those that are not wanted.
      return thing !== 'plant' && thing !== 'flowers';
    },
  };
}
