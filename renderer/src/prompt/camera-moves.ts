/** Which words move the camera, in which order, and how far. */
import type { Joint, Word } from './clauses.ts';
import type { CameraMove, Direction } from './lexicon.ts';
import type { CameraStep } from './plan.ts';
import type { Meaning } from './vocabulary.ts';

const PACES: Readonly<Record<NonNullable<Meaning['pace']>, number>> = {
  'very-slow': 0.65,
  slow: 0.8,
  fast: 1.5,
  'very-fast': 1.8,
};

/** Words between a verb and its direction at most: "pans very slowly to the left". */
const DIRECTION_REACH = 4;

const SIDES: Readonly<Partial<Record<Direction, CameraMove>>> = {
  left: 'pan-left',
  right: 'pan-right',
  up: 'tilt-up',
  down: 'tilt-down',
};
const DEPTHS: Readonly<Partial<Record<Direction, CameraMove>>> = { in: 'push-in', out: 'pull-out' };

/** What a verb is with a direction, and what it is without. A loose one needs a camera, or nobody else, to do it. */
const VERBS: Readonly<
  Record<
    NonNullable<Meaning['bareMove']> | 'pan',
    {
      readonly ways: Readonly<Partial<Record<Direction, CameraMove>>>;
      readonly alone?: CameraMove;
      readonly loose?: true;
    }
  >
> = {
  pan: { ways: SIDES, alone: 'pan' },
  tilt: { ways: SIDES, alone: 'tilt-up' },
  zoom: { ways: DEPTHS, alone: 'push-in' },
  dolly: { ways: { ...SIDES, ...DEPTHS }, alone: 'push-in' },
  track: { ways: { ...SIDES, ...DEPTHS }, loose: true },
  push: { ways: DEPTHS, loose: true },
  pull: { ways: DEPTHS, loose: true },
  move: { ways: { ...SIDES, ...DEPTHS }, loose: true },
};

/** Who moves in a clause: a camera, somebody that may move by itself, or something else. */
type Actor = 'camera' | 'subject' | 'thing' | undefined;

interface FoundMove {
  readonly move: CameraMove;
  readonly at: number;
  readonly word: Word;
  readonly direction: Word | undefined;
}

export interface PlannedCamera {
  readonly steps: readonly CameraStep[];
  readonly handheld: boolean;
  readonly pace: number;
  /** What each word of the prompt did for it. */
  readonly used: ReadonlyMap<Word, string>;
}

function actorOf({ meaning, token }: Word): Actor {
  if (meaning.isCamera) return 'camera';
  if (meaning.subject !== undefined) return 'subject';
  const isNamed = meaning.region ?? meaning.noun ?? meaning.time ?? meaning.weathers ?? meaning.isWind;
  return isNamed !== undefined || token.meaning === undefined ? 'thing' : undefined;
}

function directionAfter(words: readonly Word[], at: number): Word | undefined {
  for (const word of words.slice(at + 1, at + 1 + DIRECTION_REACH)) {
    if (word.clause !== words[at]?.clause) return undefined;
    if (word.meaning.direction !== undefined) return word;
    if (word.meaning.pace === undefined && !word.meaning.isFiller && word.meaning.connective !== 'to') return undefined;
  }
  return undefined;
}

/** The move that a word makes; `mayMove` tells whether a loose verb can be the camera's. */
function moveAt(words: readonly Word[], at: number, mayMove: boolean): FoundMove | undefined {
  const word = words[at];
  if (word === undefined) return undefined;
  const { camera, looseCamera, bareMove } = word.meaning;
  const verb = bareMove ?? (camera === 'pan' ? camera : undefined);
  const direction = verb && directionAfter(words, at);
  if (verb !== undefined) {
    const { ways, alone, loose } = VERBS[verb];
    const move = (direction?.meaning.direction && ways[direction.meaning.direction]) ?? alone;
    if (move !== undefined && (loose !== true || mayMove)) return { move, at, word, direction };
  }
  if (camera !== undefined) return { move: camera, at, word, direction: undefined };
  return looseCamera !== undefined && mayMove ? { move: looseCamera, at, word, direction: undefined } : undefined;
}

function findMoves(words: readonly Word[]): FoundMove[] {
  const found: FoundMove[] = [];
  let inherited: Actor;
  let actor: Actor;
  let hasVerb = false;
  for (const [at, word] of words.entries()) {
    const before = words[at - 1];
    if (before !== undefined && before.clause !== word.clause) {
      inherited = word.joint === 'start' || word.joint === 'while' ? undefined : (actor ?? inherited);
      actor = undefined;
      hasVerb = false;
    }
    if (!hasVerb) actor ??= actorOf(word);
    const mayMove = actor === undefined ? inherited !== 'subject' : actor === 'camera';
    const move = moveAt(words, at, mayMove);
    if (move !== undefined && word.role === 'wanted') found.push(move);
    if (move !== undefined || word.meaning.camera !== undefined) hasVerb = true;
  }
  return found;
}

/** "向右平移" says one move twice; a bare pan beside one that knows its way is the same. */
function withoutRepeats(moves: readonly FoundMove[]): FoundMove[] {
  return moves.filter((move, index) => {
    const others = moves.filter((other) => other !== move && other.word.clause === move.word.clause);
    if (move.move === 'pan' && others.some((other) => other.move !== 'handheld' && other.move !== 'still'))
      return false;
    const isSame = (other: FoundMove) => other.move === move.move && moves.indexOf(other) < index;
    const previous = moves[index - 1];
    const goesOn = previous?.move === move.move && previous.word.step === move.word.step;
    return !goesOn && !others.some(isSame);
  });
}

/** Moves of clauses that "while" joins happen together; all others one after the other. */
function groupsOf(moves: readonly FoundMove[], joints: ReadonlyMap<number, Joint>): FoundMove[][] {
  const groups: FoundMove[][] = [];
  for (const move of moves) {
    const last = groups.at(-1);
    const previous = last?.at(-1)?.word.clause ?? move.word.clause;
    const isTogether = previous !== move.word.clause && joints.get(move.word.clause) === 'while';
    if (last !== undefined && isTogether) last.push(move);
    else groups.push([move]);
  }
  return groups;
}

/** The verb of its clause that an adverb stands nearest to. */
function nearestMove(moves: readonly FoundMove[], word: Word, at: number): FoundMove | undefined {
  const [nearest] = moves
    .filter((move) => move.word.clause === word.clause)
    .toSorted((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at));
  return nearest;
}

/** "The camera does not move": the word that says so. */
function stayingWords(words: readonly Word[]): readonly Word[] {
  const cameraClauses = new Set(words.filter(({ meaning }) => meaning.isCamera).map(({ clause }) => clause));
  return words.filter(({ meaning, token, role, clause }) => {
    const moves = meaning.bareMove === 'move' || token.key === 'movement' || token.key === '移动';
    return moves && role === 'left-out' && meaning.looseCamera === undefined && cameraClauses.has(clause);
  });
}

function describe(move: CameraMove): string {
  return `camera: ${move.replace('-', ' ')}`;
}

export function planCamera(words: readonly Word[]): PlannedCamera {
  const all = withoutRepeats(findMoves(words));
  const used = new Map<Word, string>();
  for (const { word, direction, move } of findMoves(words)) {
    used.set(word, describe(move));
    if (direction !== undefined) used.set(direction, describe(move));
  }
  const moves = all.filter(({ move }) => move !== 'handheld');
  const paces = new Map<FoundMove, number>();
  for (const [at, word] of words.entries()) {
    const { pace } = word.meaning;
    if (pace === undefined || word.role !== 'wanted') continue;
    const move = nearestMove(all, word, at);
    if (move === undefined && all.length > 0) continue;
    used.set(word, `pace: ${pace.replace('-', ' ')}`);
    if (move !== undefined) paces.set(move, PACES[pace]);
  }
  const calm = words.filter(({ meaning, role }) => meaning.isCalm && role === 'wanted');
  for (const word of calm) used.set(word, 'pace: slow');
  const adverb = words.find(({ meaning, role }) => meaning.pace !== undefined && role === 'wanted')?.meaning.pace;
  const otherwise = calm.length > 0 ? PACES.slow : 1;
  const loosePace = all.length === 0 && adverb !== undefined ? PACES[adverb] : otherwise;
  const groups = groupsOf(moves.length > 0 ? moves : all, new Map(words.map(({ clause, joint }) => [clause, joint])));
  const steps = groups.flatMap((group, index) =>
    group.map((found) => ({
      move: found.move,
      pace: paces.get(found) ?? otherwise,
      start: index / groups.length,
      end: (index + 1) / groups.length,
    })),
  );
  const staying = stayingWords(words);
  for (const word of staying) used.set(word, describe('still'));
  if (steps.length === 0 && staying.length > 0) steps.push({ move: 'still', pace: 1, start: 0, end: 1 });
  const handheld = all.some(({ move }) => move === 'handheld');
  return { steps, handheld, pace: steps[0]?.pace ?? loosePace, used };
}
