import { setImmediate as immediately } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { type TaskEvent, terminalStates } from '../contract/index.ts';
import type { Schema } from '../database/schema.ts';
import { eventFromRow } from './row.ts';

type Listener = (event: TaskEvent) => void;

/** Events a listener gets from the past before the live ones. */
export interface Replay {
  /** Everything after this id. */
  readonly afterId?: number;
  /** Where no id is known: ends of tasks since this time, in milliseconds since the epoch. */
  readonly endedSince?: number;
}

/** Rows read at once while a listener catches up. */
const replayPage = 500;

interface Subscription {
  readonly listener: Listener;
  /** The newest id delivered. */
  lastId: number;
  /** What arrived while the past is being read; undefined once caught up. */
  held: TaskEvent[] | undefined;
  /** Others have written meanwhile what may be missing in both. */
  behind: boolean;
}

function deliver(subscription: Subscription, event: TaskEvent): void {
  if (subscription.held !== undefined) {
    subscription.held.push(event);
    return;
  }
  if (event.id <= subscription.lastId) return;
  subscription.lastId = event.id;
  subscription.listener(event);
}

function release(subscription: Subscription): void {
  const held = subscription.held ?? [];
  subscription.held = undefined;
  for (const event of held) deliver(subscription, event);
}

/**
 * Tells listeners what happens to the tasks of an account, in the order of its event ids.
 *
 * Invariants:
 * E1. A listener gets every event of its account from the point it asked for, once each, in order: it is registered
 *     before the past is read, and what arrives meanwhile waits behind it.
 * E2. Events are told after their commit. What another process wrote is read from the table.
 */
export class EventHub {
  readonly #db: Kysely<Schema>;
  readonly #onError: (error: unknown) => void;
  readonly #byAccount = new Map<string, Set<Subscription>>();

  constructor(db: Kysely<Schema>, onError: (error: unknown) => void) {
    this.#db = db;
    this.#onError = onError;
  }

  /** Tells an event of this process. Where others of its account came between, all of them are read in order. */
  publish(event: TaskEvent): void {
    const subscriptions = this.#byAccount.get(event.accountId);
    if (subscriptions === undefined) return;
    let missed = false;
    for (const subscription of subscriptions) {
      if (subscription.held === undefined && event.id > subscription.lastId + 1) missed = true;
      else deliver(subscription, event);
    }
    if (missed) void this.catchUp(event.accountId);
  }

  /** Reads what other processes have written, for one account or for all that somebody listens to. Never rejects. */
  async catchUp(accountId?: string): Promise<void> {
    const accounts = accountId === undefined ? [...this.#byAccount.keys()] : [accountId];
    try {
      for (const account of accounts) await this.#readOn(account);
    } catch (error) {
      this.#onError(error);
    }
  }

  async #readOn(accountId: string): Promise<void> {
    const subscriptions = this.#byAccount.get(accountId);
    if (subscriptions === undefined) return;
    const current = [...subscriptions].filter((subscription) => {
      subscription.behind = subscription.held !== undefined;
      return !subscription.behind;
    });
    if (current.length === 0) return;
    const oldest = Math.min(...current.map((subscription) => subscription.lastId));
    for await (const event of this.#since(accountId, oldest)) {
      for (const subscription of current) deliver(subscription, event);
    }
  }

  /** Registers a listener. Resolves once the past was delivered; the function ends the subscription. */
  async subscribe(accountId: string, listener: Listener, replay: Replay = {}): Promise<() => void> {
    const subscription: Subscription = { listener, lastId: 0, held: [], behind: false };
    const subscriptions = this.#byAccount.get(accountId) ?? new Set();
    this.#byAccount.set(accountId, subscriptions.add(subscription));
    const end = () => {
      subscriptions.delete(subscription);
      if (subscriptions.size === 0 && this.#byAccount.get(accountId) === subscriptions)
        this.#byAccount.delete(accountId);
    };
    try {
      await this.#readPast(accountId, subscription, replay);
    } catch (error) {
      end();
      throw error;
    }
    const { behind } = subscription;
    release(subscription);
    if (behind) await this.catchUp(accountId);
    return end;
  }

  async #readPast(accountId: string, subscription: Subscription, replay: Replay): Promise<void> {
    const newest = await this.#newestId(accountId);
    if (replay.afterId !== undefined) {
      // An id from another installation may lie in the future here: what comes next is still wanted.
      subscription.lastId = Math.min(replay.afterId, newest);
      for await (const event of this.#since(accountId, subscription.lastId)) {
        subscription.lastId = event.id;
        subscription.listener(event);
      }
      return;
    }
    if (replay.endedSince !== undefined) {
      for (const event of await this.#recentEnds(accountId, replay.endedSince)) {
        if (event.id <= newest) subscription.listener(event);
      }
    }
    subscription.lastId = newest;
  }

  async #newestId(accountId: string): Promise<number> {
    const row = await this.#db
      .selectFrom('accounts')
      .select('event_seq')
      .where('id', '=', accountId)
      .executeTakeFirst();
    return row?.event_seq ?? 0;
  }

  async *#since(accountId: string, afterId: number): AsyncGenerator<TaskEvent> {
    for (let from = afterId; ; ) {
      const rows = await this.#db
        .selectFrom('events')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('id', '>', from)
        .orderBy('id')
        .limit(replayPage)
        .execute();
      for (const row of rows) yield eventFromRow(row);
      const last = rows.at(-1);
      if (last === undefined || rows.length < replayPage) return;
      from = last.id;
      // Sockets get their turn between two pages, so that what a listener writes leaves before more is read.
      await immediately();
    }
  }

  async #recentEnds(accountId: string, time: number): Promise<readonly TaskEvent[]> {
    const rows = await this.#db
      .selectFrom('events')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('created_at', '>=', time)
      .where('kind', '=', 'state')
      .where('state', 'in', terminalStates)
      .orderBy('id')
      .execute();
    return rows.map(eventFromRow);
  }
}
