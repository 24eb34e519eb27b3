import { join } from 'node:path';
import type { DatabaseFault } from '../contract/index.ts';
import { ConfigError } from '../errors.ts';
import { databaseFile } from './sqlite.ts';

/** What a database has against us, in the operator's words; clients only hear that it does not answer now. */

/** Beginnings of codes: SQLite's result codes, PostgreSQL's SQLSTATEs, the network's. The longest that fits counts. */
const kinds: Readonly<Record<string, DatabaseFault>> = {
  SQLITE_BUSY: 'locked',
  SQLITE_LOCKED: 'locked',
  SQLITE_FULL: 'full',
  SQLITE_READONLY: 'read-only',
  SQLITE_CANTOPEN: 'read-only',
  SQLITE_PERM: 'read-only',
  SQLITE_CORRUPT: 'damaged',
  SQLITE_NOTADB: 'damaged',
  SQLITE_IOERR: 'damaged',
  '08': 'unreachable',
  '25006': 'read-only',
  '28': 'refused',
  '3D000': 'missing',
  '53100': 'full',
  '53300': 'crowded',
  '55P03': 'locked',
  '57014': 'slow',
  '57P': 'unreachable',
  XX001: 'damaged',
  XX002: 'damaged',
  EACCES: 'read-only',
  ECONNREFUSED: 'unreachable',
  ECONNRESET: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOENT: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EPIPE: 'unreachable',
  ETIMEDOUT: 'unreachable',
};

/** What the driver says without a code, when a connection does not come about or breaks. */
const brokenConnection =
  /\b(timeout exceeded|timed? ?out|connection terminated|connection ended|not queryable|server closed)/i;

/** Rows that are there already, and the like: an answer, and no fault of the database. */
const answers = /^(SQLITE_CONSTRAINT|23)/;

/** Undefined where the database works, and only says no. */
export function databaseFaultOf(error: unknown): DatabaseFault | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, message, errors } = at as {
      readonly code?: unknown;
      readonly message: string;
      readonly errors?: unknown;
    };
    if (typeof code === 'string') {
      if (answers.test(code)) return undefined;
      const fitting = Object.keys(kinds).filter((beginning) => code.startsWith(beginning));
      const [longest] = fitting.toSorted((a, b) => b.length - a.length);
      if (longest !== undefined) return kinds[longest];
    }
    if (brokenConnection.test(message)) return 'unreachable';
    // Of a name with several addresses, each was tried.
    if (Array.isArray(errors)) return databaseFaultOf(errors[0]) ?? 'other';
  }
  return 'other';
}

/** Whether an error of any origin is that of a database that does not answer now. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined) return brokenConnection.test(error.message);
  if (code.startsWith('SQLITE_')) return true;
  const isOurs = /^[0-9A-Z]{5}$/.test(code) || ['connect', 'getaddrinfo', 'read', 'write'].includes(syscall ?? '');
  return isOurs && !['other', undefined].includes(databaseFaultOf(error));
}

interface Explanation {
  readonly problem: string;
  readonly remedy: string;
}

const onSqlite: Partial<Readonly<Record<DatabaseFault, Explanation>>> = {
  locked: {
    problem: 'another program keeps the file locked',
    remedy: 'End what has it open besides Reelay, such as a backup or a SQLite shell: fuser -v reelay.sqlite',
  },
  full: { problem: 'the disk is full', remedy: 'Free some space, or lower REELAY_RETENTION_DAYS.' },
  'read-only': {
    problem: 'the file cannot be written',
    remedy: 'Give the data folder to the user that runs Reelay: chown -R USER FOLDER; and mount its disk writable.',
  },
  damaged: {
    problem: 'the file is damaged, or its disk fails',
    remedy: 'Look at the disk (dmesg), then restore the file from a backup.',
  },
};

const onPostgres: Partial<Readonly<Record<DatabaseFault, Explanation>>> = {
  locked: {
    problem: 'a row or table stays locked',
    remedy: "Look who holds it: select * from pg_stat_activity where state <> 'idle'.",
  },
  slow: {
    problem: 'it takes too long',
    remedy: 'Look at its load and its slowest queries, and run analyze on its tables.',
  },
  full: { problem: 'its disk is full', remedy: 'Free some space there, or lower REELAY_RETENTION_DAYS.' },
  'read-only': {
    problem: 'it takes no writes: a standby, or default_transaction_read_only',
    remedy: 'Let DATABASE_URL name the primary.',
  },
  unreachable: {
    problem: 'it does not answer',
    remedy: 'Check that it runs, the network from here, and DATABASE_URL: pg_isready -d DATABASE_URL',
  },
  refused: {
    problem: 'it refuses the user or the password',
    remedy: 'Correct DATABASE_URL, or allow this machine in pg_hba.conf.',
  },
  missing: { problem: 'it has no such database', remedy: 'Make it (createdb NAME), or correct DATABASE_URL.' },
  crowded: {
    problem: 'it has no connection left',
    remedy: 'Raise its max_connections: each Reelay server takes up to 11.',
  },
  damaged: { problem: 'its files are damaged', remedy: 'Look at its log, then restore it from a backup.' },
};

/** What is wrong and how to mend it; with the driver's own words where ours know no more. */
export function explainDatabaseFault(error: unknown, kind: 'sqlite' | 'postgres'): Explanation {
  const fault = databaseFaultOf(error) ?? 'other';
  const known = (kind === 'sqlite' ? onSqlite : onPostgres)[fault];
  if (known !== undefined) return known;
  return {
    problem: error instanceof Error ? error.message : String(error),
    remedy: 'Look at the log of the database and of this server.',
  };
}

/** Where a database is, without what opens it. */
export function databasePlace({ folder, url }: { readonly folder: string; readonly url?: string | undefined }): string {
  return url === undefined
    ? join(folder, databaseFile)
    : `the PostgreSQL database at ${URL.parse(url)?.host || 'DATABASE_URL'}`;
}

/** A database that cannot be opened, told as a fault of the settings; a defect stays what it is. */
export function asUnusable(error: unknown, place: Parameters<typeof databasePlace>[0]): unknown {
  if (!isDatabaseAway(error)) return error;
  const { problem, remedy } = explainDatabaseFault(error, place.url === undefined ? 'sqlite' : 'postgres');
  return new ConfigError(`${databasePlace(place)}: ${problem}\n${remedy}`, { cause: error });
}
