import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Schema } from '../database/schema.ts';
import type { MediaLibrary } from '../media/library.ts';

/** How often what has expired is looked for, in milliseconds. */
const intervalMs = 10 * 60_000;

/** How long events can be replayed, and Idempotency-Keys are remembered, in milliseconds. */
const shortLifetimeMs = 24 * 3_600_000;

export interface RetentionOptions {
  readonly db: Kysely<Schema>;
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
    const { db, media, retentionMs, now } = this.#options;
    const at = now();
    await db
      .deleteFrom('events')
      .where('created_at', '<', at - shortLifetimeMs)
      .execute();
    await db
      .deleteFrom('idempotency_keys')
      .where('created_at', '<', at - shortLifetimeMs)
      .execute();
    await db.transaction().execute(async (trx) => {
      const old = trx
        .selectFrom('tasks')
        .select('id')
        .where('completed_at', '<', at - retentionMs);
      await trx.deleteFrom('attempts').where('task_id', 'in', old).where('follow_up_at', 'is', null).execute();
      await trx.deleteFrom('webhook_deliveries').where('task_id', 'in', old).execute();
      await trx
        .deleteFrom('tasks')
        .where('completed_at', '<', at - retentionMs)
        .execute();
    });
    // Last: a file storage that cannot be reached must not keep the rest from going.
    await media.sweepExpired(at);
  }

  async #sweepSafely(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      this.#options.log.error({ err: error }, 'what has expired could not be removed; the next round tries again');
    }
  }
}
