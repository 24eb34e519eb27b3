import type { Logger } from 'pino';
import type { Database } from '../database/open.ts';
import type { MediaLibrary } from '../media/library.ts';
import { removeOutputs } from './removal.ts';
import { taskFromRow } from './row.ts';

/** How often what has expired is looked for, in milliseconds. */
const intervalMs = 10 * 60_000;

/** How long events can be replayed, and Idempotency-Keys are remembered, in milliseconds. */
const shortLifetimeMs = 24 * 3_600_000;

/** Tasks removed in one transaction: others wait for it. */
const batch = 500;

export interface RetentionOptions {
  readonly database: Database;
  readonly media: MediaLibrary;
  readonly retentionMs: number;
  readonly now: () => number;
  readonly log: Logger;
}

/** Removes what is older than it has to be kept: files, ended tasks, events and idempotency keys. */
export class Retention {
  readonly #options: RetentionOptions;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  start(): void {
    const sweep = () => {
      this.#sweeping = this.#sweepSafely();
    };
    this.#timer = setInterval(sweep, intervalMs).unref();
    sweep();
  }

  /** Resolves when nothing of it uses the database any more. */
  stop(): Promise<void> {
    clearInterval(this.#timer);
    return this.#sweeping;
  }

  async sweep(): Promise<void> {
    const { database, media, retentionMs, now } = this.#options;
    const { db } = database;
    const at = now();
    await db
      .deleteFrom('events')
      .where('created_at', '<', at - Math.min(shortLifetimeMs, retentionMs))
      .execute();
    await db
      .deleteFrom('idempotency_keys')
      .where('created_at', '<', at - shortLifetimeMs)
      .execute();
    for (let removed = batch; removed === batch; ) removed = await this.#removeTasks(at - retentionMs);
    database.purge();
    // Last: a file storage that cannot be reached must not keep the rest from going.
    await media.sweepExpired(at);
  }

  /** Removes tasks that ended before, with their results, which may have been meant to be kept for longer. Answers how many. */
  async #removeTasks(before: number): Promise<number> {
    const { database, media } = this.#options;
    const ended = database.db.selectFrom('tasks').selectAll().where('completed_at', '<', before);
    const rows = await ended.orderBy('completed_at').limit(batch).execute();
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) return 0;
    for (const row of rows) await removeOutputs(media, taskFromRow(row));
    await database.db.transaction().execute(async (trx) => {
      await trx.deleteFrom('attempts').where('task_id', 'in', ids).where('follow_up_at', 'is', null).execute();
      await trx.deleteFrom('webhook_deliveries').where('task_id', 'in', ids).execute();
      await trx.deleteFrom('tasks').where('id', 'in', ids).execute();
    });
    return ids.length;
  }

  async #sweepSafely(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      this.#options.log.error({ err: error }, 'what has expired could not be removed; the next round tries again');
    }
  }
}
