import type { Logger } from 'pino';
import type { Database } from '../database/open.ts';
import { keepFiles } from '../media/asset-rows.ts';
import { keptMs } from '../media/asset-store.ts';
import type { MediaLibrary } from '../media/library.ts';
import { resultsOf } from './removal.ts';
import { filesNeededBy, taskFromRow } from './row.ts';

/** How often what has expired is looked for, in milliseconds. */
const intervalMs = 10 * 60_000;

/** How long events can be replayed, and Idempotency-Keys are remembered, in milliseconds. */
const shortLifetimeMs = 24 * 3_600_000;

/** Ids of files, by the account that they belong to. */
type FilesOfAccounts = ReadonlyMap<string, ReadonlySet<string>>;

/** Tasks read, or removed in one transaction, at once: others wait for it. */
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

  /** Before any task is worked on: what it needs may have expired while no server ran. */
  async start(): Promise<void> {
    await this.#keepNeeded();
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
    const needed = await this.#keepNeeded();
    await db
      .deleteFrom('events')
      .where('created_at', '<', at - Math.min(shortLifetimeMs, retentionMs))
      .execute();
    await db
      .deleteFrom('idempotency_keys')
      .where('created_at', '<', at - shortLifetimeMs)
      .execute();
    for (let removed = batch; removed === batch; ) removed = await this.#removeTasks(at, needed);
    database.purge();
    // Last: a file storage that cannot be reached must not keep the rest from going.
    await media.sweepExpired(at);
  }

  /** Puts off the end of files that live tasks of their account need: another one may name them without any right. Answers their ids. */
  async #keepNeeded(): Promise<FilesOfAccounts> {
    const { db } = this.#options.database;
    const at = this.#options.now();
    const needed = new Map<string, Set<string>>();
    for await (const tasks of this.#liveTasks()) {
      for (const [account, own] of Map.groupBy(tasks, ({ account_id }) => account_id)) {
        const ids = own.flatMap(({ phase }) => filesNeededBy(phase));
        if (ids.length === 0) continue;
        const files = needed.get(account) ?? new Set();
        needed.set(account, files);
        for (const id of ids) files.add(id);
        await keepFiles(db, { accountId: account, ids, at });
      }
    }
    return needed;
  }

  /** Of all live tasks, a batch at a time, in the order of their index. */
  async *#liveTasks() {
    const live = this.#options.database.db.selectFrom('tasks').where('completed_at', 'is', null);
    const inOrder = live.select(['account_id', 'created_at', 'id', 'phase']).limit(batch);
    for (let last = { account_id: '', created_at: 0, id: '' }; ; ) {
      const rows = await inOrder
        .where((eb) =>
          eb(eb.refTuple('account_id', 'created_at', 'id'), '>', eb.tuple(last.account_id, last.created_at, last.id)),
        )
        .orderBy('account_id')
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      yield rows;
      if (rows.length < batch) return;
      last = rows[rows.length - 1] ?? last;
    }
  }

  /**
   * Removes tasks that ended long enough before `at`, with their results, which may have been meant to be kept for longer. What live
   * tasks need goes when its end is put off no more. Answers how many.
   */
  async #removeTasks(at: number, needed: FilesOfAccounts): Promise<number> {
    const { database, media, retentionMs } = this.#options;
    const ended = database.db
      .selectFrom('tasks')
      .selectAll()
      .where('completed_at', '<', at - retentionMs);
    const rows = await ended.orderBy('completed_at').limit(batch).execute();
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) return 0;
    const soonEnded = database.db.updateTable('assets').set({ expires_at: at + keptMs });
    for (const task of rows.map(taskFromRow)) {
      const files = needed.get(task.accountId);
      for (const id of resultsOf(task)) {
        if (!files?.has(id)) await media.remove(id);
        else await soonEnded.where('id', '=', id).execute();
      }
    }
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
