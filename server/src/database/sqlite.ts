import { closeSync, openSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type QueryResult,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Executor } from './prepared.ts';

/** Its name in the data folder. */
export const databaseFile = 'reelay.sqlite';

/** Statements kept prepared. Preparing one costs 45 µs, running a kept one 8 (measured); the server has about 60. */
const preparedStatementLimit = 256;

/** How long a write waits for the command line tool's, in milliseconds. */
const busyTimeoutMs = 5_000;

export interface SqliteHandle {
  readonly dialect: Dialect;
  /** Changes whenever another process has written to the file. */
  dataVersion(): number;
  /** Brings the write-ahead log into the file and cuts it to nothing, unless another process reads now. */
  readonly cutLog: () => void;
}

/** Opens one SQLite file: write-ahead log, every commit synced before it returns. */
export function openSqlite(path: string): SqliteHandle {
  closeSync(openSync(path, 'a', 0o600)); // SQLite would make it readable for everybody, and its log files like it.
  const file = new SqliteDatabase(path, { timeout: busyTimeoutMs });
  file.pragma('journal_mode = WAL');
  file.pragma('synchronous = FULL');
  file.pragma('foreign_keys = ON');
  // What is deleted is overwritten with zeros instead of only being forgotten. An update takes 3 % more CPU, the rest as much.
  file.pragma('secure_delete = ON');
  const database = { prepare: statementCache(file), close: () => file.close() };
  const version = file.prepare('pragma data_version').pluck();
  return {
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new ImmediateDriver({ database }),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
    dataVersion: () => Number(version.get()),
    cutLog() {
      file.pragma('busy_timeout = 0');
      try {
        file.pragma('wal_checkpoint(TRUNCATE)');
      } finally {
        file.pragma(`busy_timeout = ${busyTimeoutMs}`);
      }
    },
  };
}

export interface SqliteReader extends Executor {
  close(): void;
}

/**
 * A second connection, for single queries that only read: they see what is committed, and neither wait for a
 * transaction under way nor pass through Kysely's connection handling, which costs as much as the query (measured:
 * 8 of 70 µs of an HTTP request). The file has to be there. Closed before the other connection.
 */
export function openSqliteReader(path: string): SqliteReader {
  const file = new SqliteDatabase(path, { readonly: true, timeout: busyTimeoutMs });
  const prepareOnce = statementCache(file);
  return {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery<Row>): Promise<QueryResult<Row>> {
      return { rows: prepareOnce(sql).all(...parameters) as Row[] };
    },
    close: () => file.close(),
  };
}

function statementCache(file: SqliteDatabase.Database): (sql: string) => SqliteDatabase.Statement {
  const prepared = new Map<string, SqliteDatabase.Statement>();
  return (sql) => {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    const statement = file.prepare(sql);
    if (prepared.size >= preparedStatementLimit) prepared.clear();
    prepared.set(sql, statement);
    return statement;
  };
}

/** Takes the write lock at the start: a transaction that reads first and writes later could fail half-way as busy. */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}
