import { createHash } from 'node:crypto';

/**
 * Which discovered models there are, and under which ids. Pure: asking, remembering and showing are done elsewhere.
 *
 * 1. An id once given to a name stays with it for as long as the name is remembered, whatever is listed beside it later:
 *    tasks are stored under it.
 * 2. No id is one of the catalogue's, nor one that a route of an API keeps for itself.
 * 3. However much a provider lists, a bounded part of it is taken.
 */

/** What is remembered of a model: enough to have it described again. */
export interface KnownModel {
  readonly provider: string;
  /** The provider's own name for it. */
  readonly name: string;
  readonly id: string;
  /** When it was listed first, Unix seconds. */
  readonly created: number;
}

/** What the catalogue has from its own files. */
export interface OwnModels {
  /** In every API. */
  readonly ids: ReadonlySet<string>;
  /** By `keyOf` of what they offer. */
  readonly offered: ReadonlySet<string>;
}

/** Models taken from one list. */
export const maximumListed = 500;

/** Models remembered, those that are not listed any more included. */
export const maximumKnown = 1_000;

/** Characters of a provider's name for a model. */
const maximumNameLength = 200;

/** Characters of an id, without what tells it from another. */
const maximumIdLength = 80;

/** Words that stand where an id would in a route of an API. */
const reservedIds: readonly string[] = ['search', 'featured', 'favorites'];

export function keyOf({ provider, name }: { readonly provider: string; readonly name: string }): string {
  return `${provider}\n${name}`;
}

/** What is remembered, as it fits the catalogue of today: an id that a file has taken meanwhile gives way. */
export function recalled(known: readonly KnownModel[], own: OwnModels): readonly KnownModel[] {
  const taken = new Set([...own.ids, ...known.map(({ id }) => id)]);
  return known.map((model) => (own.ids.has(model.id) ? { ...model, id: freeId(model, model.id, taken) } : model));
}

export interface TakenList {
  /** Those not listed for the longest time first. */
  readonly known: readonly KnownModel[];
  readonly listed: readonly KnownModel[];
  /** Names that were left out: too many, or not fit to be shown. */
  readonly leftOut: number;
}

/** Takes what a provider lists now. `wordsOf` tells what a model's id is made from. */
export function takeList(
  before: readonly KnownModel[],
  list: {
    readonly provider: string;
    readonly names: readonly string[];
    readonly own: OwnModels;
    readonly wordsOf: (name: string) => string;
    readonly now: number;
  },
): TakenList {
  const { provider, own, wordsOf } = list;
  const known = new Map(before.map((model) => [keyOf(model), model]));
  const taken = new Set([...own.ids, ...before.map(({ id }) => id)]);
  const names = [...new Set(list.names)].filter((name) => !own.offered.has(keyOf({ provider, name })));
  const usable = names.filter(isUsable);
  const isKnown = (name: string) => known.has(keyOf({ provider, name }));
  const chosen = [...usable.filter(isKnown), ...usable.filter((name) => !isKnown(name))].slice(0, maximumListed);
  const listed = chosen.map((name) => {
    const model = known.get(keyOf({ provider, name }));
    if (model !== undefined) return model;
    const id = freeId({ provider, name }, idOf(wordsOf(name)), taken);
    return { provider, name, id, created: Math.floor(list.now / 1_000) };
  });
  for (const model of listed) known.delete(keyOf(model));
  return {
    known: [...known.values(), ...listed].slice(-maximumKnown),
    listed,
    leftOut: names.length - listed.length,
  };
}

/** Nothing that a log, a terminal or a page would read as something else than a name. */
function isUsable(name: string): boolean {
  return name.length <= maximumNameLength && name.trim() !== '' && !/\p{C}/u.test(name);
}

/** `Wan-AI/Wan2.2-T2V-A14B` becomes `wan-ai-wan2-2-t2v-a14b`, as Oxen's ids are made. */
function idOf(words: string): string {
  const plain = words.normalize('NFKD').toLowerCase();
  return (
    plain
      .replaceAll(/[^a-z0-9]+/g, '-')
      .slice(0, maximumIdLength)
      .replaceAll(/^-|-$/g, '') || 'model'
  );
}

/** The id itself, else with a part of its name's hash, so that it does not depend on what came before it. Notes it as taken. */
function freeId(model: Pick<KnownModel, 'provider' | 'name'>, id: string, taken: Set<string>): string {
  const hash = createHash('sha256').update(keyOf(model)).digest('hex');
  const candidates = [id, `${id}-${hash.slice(0, 8)}`, `${id}-${hash}`];
  const free = candidates.find((candidate) => !taken.has(candidate) && !reservedIds.includes(candidate)) ?? hash;
  taken.add(free);
  return free;
}
