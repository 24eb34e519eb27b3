import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { type Dialect, Kysely, sql } from 'kysely';
import { type Migration, Migrator, DEFAULT_MIGRATION_TABLE as migrationTable } from 'kysely/migration';
import { asUnusable } from './faults.ts';
import { type OnFault, readerWithFaultsTold, withFaultsTold } from './faults-told.ts';
import { createMigrations } from './migrations.ts';
import { decodeNews, encodeNews, type News, type NewsListener } from './news.ts';
import { listen, openPatientPostgres, openPostgres } from './postgres.ts';
import type { Executor } from './prepared.ts';
import type { Schema } from './schema.ts';
import { databaseFile, openSqlite, openSqliteReader, type SqliteHandle } from './sqlite.ts';

/** How often a SQLite file is asked whether another process wrote to it: what the command line tool does shows within this. */
const foreignWriteIntervalMs = 500;

/** Pause between two notifications of one server, in milliseconds: what it tells meanwhile goes together. */
const announceIntervalMs = 20;

/** The channel on which servers on one PostgreSQL database tell their news. */
const channel = 'reelay';

export interface Database {
  readonly db: Kysely<Schema>;
  /** Runs prepared queries that only read, beside transactions under way: the fast way for the busiest routes. */
  readonly reader: Executor;
  /** Tells other servers on the database, soon and once for all that comes together. Nothing where there can be none. */
  announce(news: Exclude<News, { kind: 'anything' }>): void;
  /** Calls back with what others tell, or have written. Returns the function that ends it. */
  onNews(listener: NewsListener): () => void;
  /** Has what was deleted gone from the disk as well, soon, as far as this side can see to it. */
  purge(): void;
  /** What it takes on its disk. */
  readonly sizeBytes: () => Promise<number>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Where the SQLite file is, where there is no `url`. */
  readonly folder: string;
  /** Of a PostgreSQL database. */
  readonly url?: string | undefined;
  /** Told of connections that broke. */
  readonly onError?: (error: unknown) => void;
  /** Told how far it has come where bringing it up to date takes long. */
  readonly onProgress?: (progress: string) => void;
  readonly onFault?: OnFault;
}

/** Opens the database and brings it up to date. Throws `ConfigError` for one that cannot be used. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  try {
    return await open(options);
  } catch (error) {
    throw asUnusable(error, options);
  }
}

async function open(options: DatabaseOptions): Promise<Database> {
  const { folder, url, onError = () => {}, onProgress = () => {}, onFault = () => {} } = options;
  if (url !== undefined) return openServerDatabase(url, { onError, onProgress, onFault });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return openFile(folder, { onProgress, onFault });
}

async function openFile(
  folder: string,
  { onProgress, onFault }: Required<Pick<DatabaseOptions, 'onProgress' | 'onFault'>>,
): Promise<Database> {
  const path = join(folder, databaseFile);
  const sqlite = openSqlite(path);
  const db = new Kysely<Schema>({ dialect: withFaultsTold(sqlite.dialect, onFault) });
  const timers = new Set<NodeJS.Timeout>();
  await migrate(db, { what: `the database in ${folder}`, onProgress }).catch(async (error) => {
    await db.destroy();
    throw error;
  });
  const reader = readerWithFaultsTold(openSqliteReader(path), onFault);
  return {
    db,
    reader,
    announce: () => undefined,
    purge: createPurge(db, sqlite),
    onNews(listener) {
      let seen = sqlite.dataVersion();
      const timer = setInterval(() => {
        const version = sqlite.dataVersion();
        if (version === seen) return;
        seen = version;
        listener({ kind: 'anything' });
      }, foreignWriteIntervalMs);
      timer.unref();
      timers.add(timer);
      return () => {
        clearInterval(timer);
        timers.delete(timer);
      };
    },
    async sizeBytes() {
      const sizes = [path, `${path}-wal`].map(async (part) => (await stat(part).catch(() => undefined))?.size ?? 0);
      return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    },
    async close() {
      for (const timer of timers) clearInterval(timer);
      reader.close();
      await db.destroy();
    },
  };
}

/** Pause before a purge, in milliseconds: what is deleted meanwhile goes with it. */
const purgeAfterMs = 1_000;

/**
 * Deleted rows are overwritten in the file (`secure_delete`), but the write-ahead log still has the pages as they were:
 * it is brought into the file and cut to nothing. Where another process reads, the next purge does it; nobody waits.
 */
function createPurge(db: Kysely<Schema>, { cutLog }: SqliteHandle): () => void {
  let timer: NodeJS.Timeout | undefined;
  const purge = async (): Promise<void> => {
    timer = undefined;
    // In no transaction of ours.
    await db.connection().execute(async () => cutLog());
  };
  return () => {
    if (timer !== undefined) return;
    timer = setTimeout(() => void purge().catch(() => undefined), purgeAfterMs).unref();
  };
}

async function openServerDatabase(
  url: string,
  { onError, onProgress, onFault }: Required<Pick<DatabaseOptions, 'onError' | 'onProgress' | 'onFault'>>,
): Promise<Database> {
  await migrateServer(url, onProgress);
  const { dialect, reader, close } = openPostgres(url, onError);
  const db = new Kysely<Schema>({ dialect: withFaultsTold(dialect, onFault) });
  const listeners = new Set<NewsListener>();
  const tell: NewsListener = (news) => {
    for (const listener of listeners) listener(news);
  };
  const self = randomUUID();
  const announcer = createAnnouncer(db, self, onError);
  const endListening = listen({
    ...{ url, channel, onError },
    onListening: () => tell({ kind: 'anything' }),
    onMessage(payload) {
      const news = decodeNews(self, payload);
      if (news !== undefined) tell(news);
    },
  });
  return {
    db,
    reader: readerWithFaultsTold(reader, onFault),
    announce: announcer.announce,
    // Its rows go with its own vacuum.
    purge: () => undefined,
    onNews(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async sizeBytes() {
      const { rows } = await sql<{ size: number }>`select pg_database_size(current_database()) as size`.execute(db);
      return rows[0]?.size ?? 0;
    },
    async close() {
      await announcer.end();
      await endListening();
      await close();
    },
  };
}

/**
 * Notifies after the commit, and without waiting for it: a notification inside a transaction makes all commits of the database
 * wait for each other, and the rows tell what one that gets lost would have told. `end` tells at once what still waits.
 */
function createAnnouncer(db: Kysely<Schema>, self: string, onError: (error: unknown) => void) {
  let waiting = new Set<string>();
  let sending: Promise<void> | undefined;
  const ending = new AbortController();
  async function send(): Promise<void> {
    await nextTurn();
    while (waiting.size > 0) {
      const payloads = [...waiting];
      waiting = new Set();
      await sql`select pg_notify(${channel}, payload) from unnest(${payloads}::text[]) as payload`
        .execute(db)
        .catch(onError);
      await pause(announceIntervalMs, undefined, { signal: ending.signal }).catch(() => undefined);
    }
    sending = undefined;
  }
  return {
    announce(news: Parameters<Database['announce']>[0]): void {
      waiting.add(encodeNews(self, news));
      sending ??= send();
    },
    async end(): Promise<void> {
      ending.abort();
      await sending;
    },
  };
}

/** One server at a time migrates, the others wait: Kysely holds an advisory lock of the database meanwhile. */
async function migrateServer(url: string, onProgress: (progress: string) => void): Promise<void> {
  const db = new Kysely<Schema>({ dialect: openPatientPostgres(url) as Dialect });
  try {
    await migrate(db, { what: 'the PostgreSQL database', onProgress });
  } finally {
    await db.destroy();
  }
}

async function migrate(
  db: Kysely<Schema>,
  { what, onProgress }: { readonly what: string; readonly onProgress: (progress: string) => void },
): Promise<void> {
  const all = await knownAndRun(db, createMigrations(onProgress));
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => all } }).migrateToLatest();
  if (error !== undefined) throw new Error(`${what} could not be brought up to date`, { cause: error });
}

/** Ours, and those that a later version has run already: they only add, so this version works beside it. */
async function knownAndRun(
  db: Kysely<Schema>,
  migrations: Record<string, Migration>,
): Promise<Record<string, Migration>> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === migrationTable)) return migrations;
  const { rows } = await sql<{ readonly name: string }>`select name from ${sql.table(migrationTable)}`.execute(db);
  const later = rows.map(({ name }) => [name, { up: async () => undefined }] as const);
  return { ...Object.fromEntries(later), ...migrations };
}
