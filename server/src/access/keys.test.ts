import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type Database, openDatabase } from '../database/open.ts';
import { hashKey, Keys } from './keys.ts';

/**
 * Attacks on keys by the time an answer takes. Times are not measured, since noise decides what such a test finds; what is seen
 * is that nothing compares a key itself, and that hashes are compared as a whole.
 */

const compared = vi.hoisted(() => vi.fn());
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  return {
    ...crypto,
    timingSafeEqual: (a: Buffer, b: Buffer) => {
      compared(a.toString(), b.toString());
      return crypto.timingSafeEqual(a, b);
    },
  };
});

let folder: string;
let database: Database;
let keys: Keys;
let key: string;
let now = 1_000_000;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-keys-'));
  database = await openDatabase({ folder, url: undefined });
  keys = new Keys(database.db, () => now);
  ({ key } = await keys.create());
});
beforeEach(() => {
  compared.mockClear();
  now += 10_000;
});
afterAll(async () => {
  await database?.close();
  await rm(folder, { recursive: true, force: true });
});

test('the right key is known by its hash, which is compared as a whole', async () => {
  await expect(keys.authenticate(`Bearer ${key}`)).resolves.toMatchObject({ accountName: 'default' });
  expect(compared.mock.calls).toEqual([[hashKey(key), hashKey(key)]]);
});

test('keys that share all but a letter with it have nothing in common with it where they are compared', async () => {
  for (let at = 3; at < key.length; at += 5) {
    const guess = `${key.slice(0, at)}${key[at] === 'a' ? 'b' : 'a'}${key.slice(at + 1)}`;
    await expect(keys.authenticate(`Bearer ${guess}`)).rejects.toMatchObject({ code: 'unauthenticated' });
    const [a, b] = [hashKey(guess), hashKey(key)];
    const shared = [...a].findIndex((digit, index) => digit !== b[index]);
    expect(shared).toBeLessThan(8);
  }
  expect(compared).not.toHaveBeenCalled();
});

test('the database has its hash alone', async () => {
  const rows = await database.db.selectFrom('api_keys').selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(key.slice(7));
  expect(rows.map(({ hash }) => hash)).toEqual([hashKey(key)]);
});

test('what is no key at all is refused in the same words', async () => {
  const messages = new Set<string>();
  for (const guess of ['x', 'sk-', `${key}x`, key.toUpperCase(), key.slice(0, -1), '\u00e9'.repeat(20)]) {
    await keys.authenticate(`Bearer ${guess}`).catch((error: Error) => messages.add(error.message));
  }
  expect([...messages]).toEqual(['the API key is not valid']);
});
