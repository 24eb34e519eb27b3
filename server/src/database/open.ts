import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrations } from './migrations.ts';
import type { Executor } from './prepared.ts';
import type { Schema } from './schema.ts';
import { openSqlite, openSqliteReader } from './sqlite.ts';

/** How often the file is asked whether another process wrote to it: what the command line tool does shows within this. */
const foreignWriteIntervalMs = 500;

export interface Database {
  readonly db: Kysely<Schema>;
  /** Runs prepared queries that only read, beside transactions under way: the fast way for the busiest routes. */
  readonly reader: Executor;
  /** Calls back after another process has written. Returns the function that ends it. */
  onForeignWrite(listener: () => void): () => void;
  close(): Promise<void>;
}

/** Opens the database in the data folder and brings it up to date. */
export async function openDatabase(folder: string): Promise<Database> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'reelay.sqlite');
  const sqlite = openSqlite(path);
  const db = new Kysely<Schema>({ dialect: sqlite.dialect });
  const timers = new Set<NodeJS.Timeout>();
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => migrations } }).migrateToLatest();
  if (error !== undefined) {
    await db.destroy();
    throw new Error(`the database in ${folder} could not be brought up to date`, { cause: error });
  }
  const reader = openSqliteReader(path);
  return {
    db,
    reader,
    onForeignWrite(listener) {
      let seen = sqlite.dataVersion();
      const timer = setInterval(() => {
        const version = sqlite.dataVersion();
        if (version === seen) return;
        seen = version;
        listener();
      }, foreignWriteIntervalMs);
      timer.unref();
      timers.add(timer);
      return () => {
        clearInterval(timer);
        timers.delete(timer);
      };
    },
    async close() {
      for (const timer of timers) clearInterval(timer);
      reader.close();
      await db.destroy();
    },
  };
}
