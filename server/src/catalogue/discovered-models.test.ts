import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  type KnownModel,
  maximumKnown,
  maximumListed,
  type OwnModels,
  recalled,
  takeList,
} from './discovered-models.ts';

const provider = 'own-gpu';
const own: OwnModels = { ids: new Set(['wan-own', 'its-face']), offered: new Set([`${provider}\nWan/Own`]) };
const now = 1_795_219_200_500;

function take(names: readonly string[], before: readonly KnownModel[] = []) {
  return takeList(before, { provider, names, own, wordsOf: (name) => name, now });
}

const idsOf = (names: readonly string[], before?: readonly KnownModel[]) =>
  take(names, before).listed.map(({ id }) => id);

test.each([
  ['Wan-AI/Wan2.2-TI2V-5B', 'wan-ai-wan2-2-ti2v-5b'],
  ['../../etc/passwd', 'etc-passwd'],
  ['Über Modell', 'u-ber-modell'],
  ['模型', 'model'],
  ['a'.repeat(200), 'a'.repeat(80)],
  ['search', expect.stringMatching(/^search-[0-9a-f]{8}$/)],
  ['wan own', expect.stringMatching(/^wan-own-[0-9a-f]{8}$/)],
  ['its/face', expect.stringMatching(/^its-face-[0-9a-f]{8}$/)],
])('%s gets an id for addresses', (name, id) => {
  expect(take([name]).listed).toEqual([{ provider, name, id, created: 1_795_219_200 }]);
});

test('what the catalogue offers there is not discovered a second time', () => {
  expect(take(['Wan/Own', 'Wan/Other'])).toMatchObject({ listed: [{ name: 'Wan/Other' }], leftOut: 0 });
});

test.each([
  ['a name that is very long', 'x'.repeat(201)],
  ['a line break', 'a\nb'],
  ['an escape for terminals', 'a\u001b[2Jb'],
  ['text that turns its direction', 'a\u202eb'],
  ['half a character', 'a\ud800'],
  ['nothing but space', '  '],
])('attack: %s is left out', (_name, name) => {
  expect(take([name, 'Wan/Other'])).toMatchObject({ listed: [{ name: 'Wan/Other' }], leftOut: 1 });
});

describe('an id', () => {
  const [first, second] = ['Foo/Bar', 'foo-bar'];

  it('stays with its name when another comes that would have the same', () => {
    const before = take([second]).known;
    expect(idsOf([first, second], before).sort()).toEqual([expect.stringMatching(/^foo-bar$/), expect.any(String)]);
    const after = take([first, second], before).known;
    expect(after.find(({ name }) => name === second)?.id).toBe('foo-bar');
    expect(after.find(({ name }) => name === first)?.id).toMatch(/^foo-bar-[0-9a-f]{8}$/);
  });

  it('comes back with a name that was not listed for a while', () => {
    const once = take([first]).known;
    const gone = take([second], once);
    expect(gone.listed.map(({ name }) => name)).toEqual([second]);
    expect(gone.known).toHaveLength(2);
    expect(take([second, first], gone.known).listed).toEqual(expect.arrayContaining([...once]));
  });

  it('gives way to a file of the catalogue that takes it later', () => {
    const [known] = take(['Foo/Bar']).known;
    if (known === undefined) throw new Error('nothing was taken');
    const later = { ...own, ids: new Set(['foo-bar']) };
    expect(recalled([known], own)).toEqual([known]);
    expect(recalled([known], later)).toEqual([{ ...known, id: expect.stringMatching(/^foo-bar-[0-9a-f]{8}$/) }]);
  });
});

describe('thousands of names', () => {
  const names = (from: number, count: number) => Array.from({ length: count }, (_, index) => `m/${from + index}`);

  it('are taken in part, those that are known first', () => {
    const before = take(['m/2999']).known;
    const { listed, leftOut } = take(names(0, 3_000), before);
    expect(listed).toHaveLength(maximumListed);
    expect(leftOut).toBe(3_000 - maximumListed);
    expect(listed[0]).toEqual(before[0]);
  });

  it('are remembered in part, those listed last', () => {
    let known: readonly KnownModel[] = [];
    for (let round = 0; round < 4; round++) known = take(names(round * maximumListed, maximumListed), known).known;
    expect(known).toHaveLength(maximumKnown);
    expect(known.at(-1)?.name).toBe(`m/${4 * maximumListed - 1}`);
  });
});

test('whatever is listed, ids are unique, fit an address, and none is taken twice', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('Foo/Bar', 'foo bar', 'FOO.BAR', 'search', 'wan own'),
  );
  const list = fc.uniqueArray(name, { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(list, { maxLength: 4 }), (lists) => {
      const idByName = new Map<string, string>();
      let known: readonly KnownModel[] = [];
      for (const names of lists) {
        known = take(names, known).known;
        const ids = known.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        for (const model of known) {
          expect(model.id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
          expect(own.ids.has(model.id)).toBe(false);
          expect(idByName.get(model.name) ?? model.id).toBe(model.id);
          idByName.set(model.name, model.id);
        }
      }
    }),
  );
});
