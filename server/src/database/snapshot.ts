import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { type Dialect, Kysely, SqliteDialect, sql } from 'kysely';
import { asUnusable } from './faults.ts';
import { identityOf } from './identity.ts';
import { openPatientPostgres } from './postgres.ts';
import type { Schema } from './schema.ts';
import { databaseFile } from './sqlite.ts';

/** Where a copy of a database says that it is one, and since when. */
const backupMark = 'backup-of';

/** A file that a database names. */
export interface NamedFile {
  readonly assetId: string;
  readonly key: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** A database at one moment, while others go on writing to it. It is not migrated, so that a newer version may save an older one's. */
export interface Snapshot {
  /** Of the installation; undefined where no server has ever run on it. */
  readonly installation: string | undefined;
  readonly tasks: number;
  readonly files: readonly NamedFile[];
  /** Writes the database as it was at that moment to a new file; PostgreSQL has a program for that. */
  readonly save?: (path: string, at: Date) => Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openSnapshot(place: {
  readonly folder: string;
  readonly url: string | undefined;
}): Promise<Snapshot> {
  if (place.url !== undefined) {
    // On its one connection, whose transaction all of them read in.
    const db = new Kysely<Schema>({ dialect: openPatientPostgres(place.url) as Dialect });
    return read(db, 'begin isolation level repeatable read, read only');
  }
  const file = new SqliteDatabase(join(place.folder, databaseFile), { readonly: true, fileMustExist: true });
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: file }) });
  const snapshot = await read(db, 'begin');
  return {
    ...snapshot,
    async save(path, at) {
      closeSync(openSync(path, 'wx', 0o600));
      // The pages of the transaction that is open: what is written meanwhile is in neither rows nor copy.
      await file.backup(path);
      mark(path, at);
    },
  };
}

async function read(db: Kysely<Schema>, begin: string): Promise<Snapshot> {
  try {
    await sql.raw(begin).execute(db);
    const rows = await db.selectFrom('assets').select(['id', 'storage_key', 'sha256', 'size_bytes']).execute();
    const { tasks } = await db
      .selectFrom('tasks')
      .select(({ fn }) => fn.countAll<number>().as('tasks'))
      .executeTakeFirstOrThrow();
    return {
      installation: await identityOf(db),
      tasks: Number(tasks),
      files: rows.map(({ id, storage_key: key, sha256, size_bytes: sizeBytes }) => ({
        assetId: id,
        ...{ key, sha256, sizeBytes },
      })),
      [Symbol.asyncDispose]: () => db.destroy(),
    };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** Makes one file of the copy, on which no server starts, and looks whether it is whole. */
function mark(path: string, at: Date): void {
  const copy = new SqliteDatabase(path);
  try {
    copy.pragma('journal_mode = delete');
    copy.prepare('insert or replace into settings (name, value) values (?, ?)').run(backupMark, at.toISOString());
  } finally {
    copy.close();
  }
  const fault = faultOfFile(path);
  if (fault !== undefined) throw new Error(`the copy of the database is broken: ${fault}`);
}

/** What SQLite finds wrong in a database file; undefined where it is whole. */
export function faultOfFile(path: string): string | undefined {
  try {
    const file = new SqliteDatabase(path, { readonly: true, fileMustExist: true });
    try {
      const found = file.pragma('integrity_check', { simple: true });
      return found === 'ok' ? undefined : String(found);
    } finally {
      file.close();
    }
  } catch (error) {
    return (error as Error).message;
  }
}

/** Throws on a copy that was not restored: a server would do a second time what the one that it was copied from does. Writes nothing. */
export function refuseBackup(folder: string): void {
  const path = join(folder, databaseFile);
  if (!existsSync(path)) return;
  const file = new SqliteDatabase(path, { readonly: true });
  try {
    // Not there where no server has ever run to its end of migrating.
    const settings = file.prepare("select 1 from sqlite_master where name = 'settings'").get();
    const mark = settings && file.prepare('select value from settings where name = ?').pluck().get(backupMark);
    if (mark === undefined) return;
    throw new Error(
      `${folder} is a backup of ${mark}, or was not restored to its end: "reelay restore" it into an empty folder`,
    );
  } catch (error) {
    throw asUnusable(error, { folder });
  } finally {
    file.close();
  }
}

/** The copy is an installation from now on. */
export async function unmarkBackup(db: Kysely<Schema>): Promise<void> {
  await db.deleteFrom('settings').where('name', '=', backupMark).execute();
}
