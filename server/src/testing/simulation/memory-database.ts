import SqliteDatabase from 'better-sqlite3';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteDialect,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { Migrator } from 'kysely/migration';
import { createMigrations } from '../../database/migrations.ts';
import type { Database } from '../../database/open.ts';
import type { Schema } from '../../database/schema.ts';
import { clearJournal, keepJournal } from './journal.ts';
import { type Delay, type Machine, never } from './machine.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** How long a statement waits for another process's transaction, as on a file. */
const busyTimeoutMs = 5_000;

const statementDelay: Delay = { probability: 0.3, longestMs: 50 };

/** Nobody else comes between there. */
const transactionDelay: Delay = { probability: 0.04, longestMs: 50 };

/** The longest that a process with an open transaction freezes: long enough that others are told that it is busy. */
const longestHoldMs = 3 * busyTimeoutMs;

const nothing = () => undefined;

const rows = ['tasks', 'attempts', 'events', 'ledger', 'idempotency_keys', 'accounts'] as const;

/** A trouble that the simulation made. Whatever else the server logs as an error is a defect. */
export class MadeTrouble extends Error {}

/** How one schedule treats the database. */
export interface Treatment {
  readonly timeline: Timeline;
  readonly random: Random;
  /** Share of the statements that fail: a full disk, a fault of the device. */
  troubleShare: number;
  /** What a statement is before it runs: where a canary takes a guard out. Undefined where it must do nothing. */
  readonly rewrite: (machine: Machine, sql: string, parameters: readonly unknown[]) => string | undefined;
  /** After a statement has run. */
  readonly onDone: (machine: Machine, sql: string, parameters: readonly unknown[]) => void;
}

/**
 * One SQLite in memory that several processes share and outlive it does: each has a connection of its own on it.
 *
 * Invariants:
 * D1. One transaction at a time, as `begin immediate` has it; who waits too long is told that it is busy.
 * D2. What a process had not committed when it died is gone.
 */
export class MemoryDatabase {
  readonly raw: SqliteDatabase.Database;
  readonly #statements = new Map<string, SqliteDatabase.Statement>();
  #holder: Machine | undefined;
  #waiting: (() => void)[] = [];

  private constructor(raw: SqliteDatabase.Database) {
    this.raw = raw;
  }

  static async open(): Promise<MemoryDatabase> {
    const raw = new SqliteDatabase(':memory:');
    const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: raw }) });
    const provider = { getMigrations: async () => createMigrations(() => undefined) };
    const { error } = await new Migrator({ db, provider }).migrateToLatest();
    if (error !== undefined) throw error;
    raw.pragma('foreign_keys = ON');
    keepJournal(raw);
    return new MemoryDatabase(raw);
  }

  clear(): void {
    if (this.raw.inTransaction) this.raw.exec('rollback');
    this.#holder = undefined;
    this.#waiting = [];
    for (const table of rows) this.statement(`delete from ${table}`).run();
    clearJournal(this.raw);
  }

  /** The database as a process sees it. */
  connect(machine: Machine, treatment: Treatment): Database {
    const connection = new Connection(this, machine, treatment);
    const db = new Kysely<Schema>({ dialect: dialectOf(connection) });
    machine.onDeath(() => this.#abandon(machine));
    return {
      db,
      reader: { executeQuery: (query) => connection.read(query) },
      announce: () => undefined,
      sizeBytes: async () => 0,
      purge: () => undefined,
      onNews: (listener) => machine.every(Number.POSITIVE_INFINITY, () => listener({ kind: 'anything' })),
      close: async () => undefined,
    };
  }

  statement(sql: string): SqliteDatabase.Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.raw.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Works as soon as no transaction is open, with nothing in between. */
  async whenFree<Answer>(machine: Machine, { timeline }: Treatment, work: () => Answer): Promise<Answer> {
    const until = timeline.now + busyTimeoutMs;
    while (this.#holder !== undefined && !machine.dead) {
      if (timeline.now >= until) throw new MadeTrouble('SQLITE_BUSY: the database is locked');
      await new Promise<void>((resolve) => {
        timeline.at(until, machine, resolve);
        this.#waiting.push(() => timeline.at(timeline.now, machine, resolve));
      });
    }
    return machine.dead ? never() : work();
  }

  hold(machine: Machine): void {
    this.raw.exec('begin immediate');
    this.#holder = machine;
    machine.longestFrostMs = longestHoldMs;
  }

  release(end: 'commit' | 'rollback'): void {
    if (this.raw.inTransaction) this.raw.exec(end);
    if (this.#holder !== undefined) this.#holder.longestFrostMs = Number.POSITIVE_INFINITY;
    this.#holder = undefined;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #abandon(machine: Machine): void {
    if (this.#holder === machine) this.release('rollback');
  }
}

class Connection implements DatabaseConnection {
  readonly #database: MemoryDatabase;
  readonly #machine: Machine;
  readonly #treatment: Treatment;
  #inTransaction = false;

  constructor(database: MemoryDatabase, machine: Machine, treatment: Treatment) {
    this.#database = database;
    this.#machine = machine;
    this.#treatment = treatment;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#inTransaction) return this.#run<Row>(sql, parameters, transactionDelay);
    return this.#run<Row>(sql, parameters, statementDelay);
  }

  read<Row>({ sql, parameters }: CompiledQuery<Row>): Promise<QueryResult<Row>> {
    return this.#run<Row>(sql, parameters, statementDelay);
  }

  async begin(): Promise<void> {
    await this.#machine.seam('begin', statementDelay, nothing);
    await this.#database.whenFree(this.#machine, this.#treatment, () => this.#database.hold(this.#machine));
    this.#inTransaction = true;
    await this.#machine.seam('begun', transactionDelay, nothing);
  }

  async commit(): Promise<void> {
    await this.#machine.seam('commit', transactionDelay, () => {
      this.#mayFail();
      this.#database.release('commit');
    });
    this.#inTransaction = false;
    await this.#machine.seam('committed', statementDelay, nothing);
  }

  async rollback(): Promise<void> {
    await this.#machine.seam('rollback', transactionDelay, () => this.#database.release('rollback'));
    this.#inTransaction = false;
  }

  // biome-ignore lint/correctness/useYield: no query of the server streams.
  async *streamQuery(): AsyncGenerator<never> {
    throw new Error('nothing streams here');
  }

  async #run<Row>(sql: string, parameters: readonly unknown[], delay: Delay): Promise<QueryResult<Row>> {
    const place = sql.slice(0, 60);
    const execute = () => this.#execute<Row>(sql, parameters);
    const result = await this.#machine.seam(`before ${place}`, delay, () =>
      delay === transactionDelay ? execute() : this.#database.whenFree(this.#machine, this.#treatment, execute),
    );
    return this.#machine.seam(`after ${place}`, delay, () => result);
  }

  #execute<Row>(sql: string, parameters: readonly unknown[]): QueryResult<Row> {
    const { rewrite, onDone } = this.#treatment;
    this.#mayFail();
    const text = rewrite(this.#machine, sql, parameters);
    onDone(this.#machine, sql, parameters);
    if (text === undefined) return { rows: [], numAffectedRows: 0n };
    const statement = this.#database.statement(text);
    if (statement.reader) return { rows: statement.all(...parameters) as Row[] };
    const { changes } = statement.run(...parameters);
    return { rows: [], numAffectedRows: BigInt(changes) };
  }

  #mayFail(): void {
    const { random, troubleShare } = this.#treatment;
    if (troubleShare > 0 && random.chance(troubleShare)) throw new MadeTrouble('SQLITE_FULL: the disk is full');
  }
}

function dialectOf(connection: Connection): Dialect {
  const driver: Driver = {
    init: async () => undefined,
    acquireConnection: async () => connection,
    beginTransaction: () => connection.begin(),
    commitTransaction: () => connection.commit(),
    rollbackTransaction: () => connection.rollback(),
    releaseConnection: async () => undefined,
    destroy: async () => undefined,
  };
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}
