import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { lockFolder } from './folder-lock.ts';
import { openDatabase } from './open.ts';
import { prepare } from './prepared.ts';

const folders: string[] = [];
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'reelay-database-'));
  folders.push(made);
  return made;
}
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
});

test('opens, migrates twice without harm, and keeps rows', async () => {
  const where = folder();
  const first = await openDatabase({ folder: where });
  await first.db.insertInto('accounts').values({ id: 'a', name: 'default', created_at: 1 }).execute();
  await first.close();
  const second = await openDatabase({ folder: where });
  expect(await second.db.selectFrom('accounts').selectAll().execute()).toEqual([
    { id: 'a', name: 'default', event_seq: 0, created_at: 1, limits: null },
  ]);
  await second.close();
});

test('a version that meets the migrations of a later one runs beside it', async () => {
  const where = folder();
  const first = await openDatabase({ folder: where });
  const later = { name: '9999_later', timestamp: new Date().toISOString() };
  await sql`insert into kysely_migration (name, timestamp) values (${later.name}, ${later.timestamp})`.execute(
    first.db,
  );
  await first.close();
  const second = await openDatabase({ folder: where });
  expect(await second.db.selectFrom('accounts').selectAll().execute()).toEqual([]);
  await second.close();
});

test('a prepared query takes its values when it runs, in and outside a transaction', async () => {
  const database = await openDatabase({ folder: folder() });
  const insert = prepare<{ id: string; name: string }, { id: string }>(database.db, (db, param) =>
    db
      .insertInto('accounts')
      .values({ id: param('id'), name: param('name'), created_at: 5 })
      .onConflict((c) => c.doNothing())
      .returning('id'),
  );
  expect(await insert(database.db, { id: 'a', name: 'x' })).toEqual([{ id: 'a' }]);
  expect(await insert(database.db, { id: 'b', name: 'x' })).toEqual([]);
  await expect(
    database.db.transaction().execute(async (trx) => {
      await insert(trx, { id: 'c', name: 'y' });
      throw new Error('undo');
    }),
  ).rejects.toThrow('undo');
  expect(await database.db.selectFrom('accounts').select('id').execute()).toEqual([{ id: 'a' }]);
  await database.close();
});

test('the reader sees what is committed, while a transaction is under way and after it', async () => {
  const database = await openDatabase({ folder: folder() });
  const insert = database.db.insertInto('accounts').values({ id: 'a', name: 'x', created_at: 5 });
  const names = prepare<{ id: string }, { name: string }>(database.db, (db, param) =>
    db.selectFrom('accounts').select('name').where('id', '=', param('id')),
  );
  const seen = await database.db.transaction().execute(async (trx) => {
    await trx.executeQuery(insert.compile());
    return names(database.reader, { id: 'a' });
  });
  expect(seen).toEqual([]);
  expect(await names(database.reader, { id: 'a' })).toEqual([{ name: 'x' }]);
  await expect(database.reader.executeQuery(insert.returning('id').compile())).rejects.toThrow('readonly');
  await database.close();
});

test('writes of another process are noticed', async () => {
  const where = folder();
  const here = await openDatabase({ folder: where });
  const noticed = new Promise<void>((resolve) => here.onNews(() => resolve()));
  const other = await openDatabase({ folder: where });
  await other.db.insertInto('accounts').values({ id: 'a', name: 'default', created_at: 1 }).execute();
  await noticed;
  await other.close();
  await here.close();
});

test('a data folder takes one server at a time', () => {
  const where = folder();
  const lock = lockFolder(where);
  expect(() => lockFolder(where)).toThrow(/another Reelay server is running/);
  lock.release();
  lockFolder(where).release();
});
