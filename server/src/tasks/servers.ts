import { hostname } from 'node:os';
import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { Schema } from '../database/schema.ts';

/** How often a server gives a sign of life, and after how long without one it counts as gone, in milliseconds. */
const signIntervalMs = 3_000;
const goneAfterMs = 15_000;

export type ServerRole = 'all' | 'api' | 'worker';

interface ServersOptions {
  readonly db: Kysely<Schema>;
  /** This one. */
  readonly id: string;
  readonly role: ServerRole;
  readonly version: string;
  readonly log: Logger;
}

/**
 * The servers on one PostgreSQL database.
 *
 * Invariants:
 * V1. Their clock is the database's: `now` is this machine's time, corrected by what the database said last, so clocks that differ
 *     neither end a lease early nor find a living server gone.
 * V2. A server that gave no sign for a while is taken out of the list by whoever sees it first; its tasks are then anybody's.
 *     One that was only frozen lists itself again, and finds each of its tasks moved on: the row's `seq` makes its writes void.
 */
export class Servers {
  readonly #options: ServersOptions;
  readonly #startedAt: number;
  #offsetMs: number;
  #timer: NodeJS.Timeout | undefined;
  #sign: Promise<void> = Promise.resolve();
  #onSign: () => Promise<unknown> = async () => undefined;

  private constructor(options: ServersOptions, offsetMs: number) {
    this.#options = options;
    this.#offsetMs = offsetMs;
    this.#startedAt = this.now();
  }

  /** Takes the database's time, and lists this server. */
  static async join(options: ServersOptions): Promise<Servers> {
    const servers = new Servers(options, await offsetOf(options.db));
    await servers.#giveSign();
    return servers;
  }

  get id(): string {
    return this.#options.id;
  }

  async list(): Promise<readonly string[]> {
    const rows = await this.#options.db.selectFrom('servers').select('id').execute();
    return rows.map(({ id }) => id);
  }

  readonly now = (): number => Math.round(Date.now() + this.#offsetMs);

  /** `onSign` is called after every sign of life, with a list that knows who is gone. */
  start(onSign: () => Promise<unknown>): void {
    this.#onSign = onSign;
    this.#timer = setInterval(() => {
      this.#sign = this.#giveSign().catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'the database took no sign of life; the next one tries again');
      });
    }, signIntervalMs);
  }

  /** To be done when nothing works any more. */
  async leave(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sign;
    await this.#options.db.deleteFrom('servers').where('id', '=', this.#options.id).execute();
  }

  async #giveSign(): Promise<void> {
    const { db, id, role, version } = this.#options;
    this.#offsetMs = await offsetOf(db);
    const seen = this.now();
    await db
      .insertInto('servers')
      .values({ id, role, host: hostname(), version, started_at: this.#startedAt, seen_at: seen })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ seen_at: seen }))
      .execute();
    await db
      .deleteFrom('servers')
      .where('seen_at', '<', seen - goneAfterMs)
      .execute();
    await this.#onSign();
  }
}

/** Machines of the servers that give signs of life, also for whoever is none of them. */
export async function livingServers(db: Kysely<Schema>): Promise<readonly string[]> {
  const since = Date.now() + (await offsetOf(db)) - goneAfterMs;
  const rows = await db.selectFrom('servers').select('host').where('seen_at', '>=', Math.round(since)).execute();
  return rows.map(({ host }) => host);
}

/** How far the database's clock is ahead of ours, in milliseconds; wrong by half the way there and back at most. */
async function offsetOf(db: Kysely<Schema>): Promise<number> {
  const sentAt = Date.now();
  const { rows } = await sql<{ readonly at: number }>`
    select (extract(epoch from clock_timestamp()) * 1000)::bigint as at`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('the database did not tell its time');
  return row.at - (sentAt + Date.now()) / 2;
}
