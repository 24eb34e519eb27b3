import { existsSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { createMigrations } from './migrations.ts';
import { openInspector } from './postgres.ts';
import { databaseFile } from './sqlite.ts';

/** A database as somebody looks at it who must change nothing, whatever version it is of. */
export interface Inspection {
  readonly kind: 'sqlite' | 'postgres';
  /** SQL that both databases understand. */
  query<Row>(text: string): Promise<readonly Row[]>;
  close(): Promise<void>;
}

/** How long a lock is waited for, in milliseconds. */
const busyTimeoutMs = 2_000;

/** Undefined where there is no file yet. Throws what the driver throws. */
export async function inspectDatabase({
  folder,
  url,
}: {
  readonly folder: string;
  readonly url: string | undefined;
}): Promise<Inspection | undefined> {
  if (url !== undefined) return openInspector(url);
  const path = join(folder, databaseFile);
  if (!existsSync(path)) return undefined;
  const file = new SqliteDatabase(path, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
  return {
    kind: 'sqlite',
    query: async <Row>(text: string) => file.prepare<[], Row>(text).all(),
    async close() {
      file.close();
    },
  };
}

/** Throws where the file takes no writes now. Takes the right to write and gives it back. */
export function tryWriting(folder: string): void {
  const file = new SqliteDatabase(join(folder, databaseFile), { fileMustExist: true, timeout: busyTimeoutMs });
  try {
    file.exec('begin immediate; rollback');
  } finally {
    file.close();
  }
}

/** How the database's version and ours differ: names of migrations that only one of them has. */
export async function versionOf(inspection: Inspection): Promise<{
  readonly missing: readonly string[];
  readonly later: readonly string[];
}> {
  const rows = await inspection.query<{ readonly name: string }>('select name from kysely_migration');
  const run = new Set(rows.map(({ name }) => name));
  const known = Object.keys(createMigrations(() => undefined));
  return {
    missing: known.filter((name) => !run.has(name)),
    later: [...run].filter((name) => !known.includes(name)),
  };
}
