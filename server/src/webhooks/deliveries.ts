import { randomBytes } from 'node:crypto';
import type { Kysely, Selectable } from 'kysely';
import type { DeliveryTable, Schema } from '../database/schema.ts';
import { ReelayError } from '../errors.ts';

/** Tries that are kept of one delivery: more than a day's worth. */
const keptTries = 50;

/** One time that a delivery was sent. Of an answer its status is all that is kept. */
export interface DeliveryTry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly durationMs: number;
  /** HTTP status of the answer. */
  readonly status?: number;
  /** Why there was none, or why it did not do. */
  readonly error?: string;
}

/** An end of a task that its client is told of. */
export interface Delivery {
  /** The same whenever it is sent: what a receiver knows it by. */
  readonly id: string;
  readonly accountId: string;
  readonly taskId: string;
  readonly url: string;
  readonly state: DeliveryTable['state'];
  /** When it is tried next. */
  readonly dueAt?: number;
  /** The oldest first. */
  readonly tries: readonly DeliveryTry[];
  /** From when on it is tried again and again. */
  readonly since: number;
  readonly createdAt: number;
}

/** A delivery that is this server's to send until `dueAt`. */
export interface ClaimedDelivery extends Delivery {
  readonly dueAt: number;
}

/** One that may be sent now, and whose it is. */
export interface DueDelivery {
  readonly id: string;
  readonly host: string;
  readonly accountId: string;
}

/** What a try has led to. */
export type DeliveryEnd =
  | { readonly state: 'delivered' | 'failed' }
  | { readonly state: 'waiting'; readonly dueAt: number };

/** Deliveries that are to be sent, and since when the oldest of them is. */
export interface WaitingDeliveries {
  readonly count: number;
  readonly oldestAt: number | undefined;
}

export interface DeliveryQuery {
  readonly limit: number;
  /** Of this account; of all where there is none. */
  readonly accountId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly state?: Delivery['state'] | undefined;
  /** Only those older than this one. */
  readonly before?: string | undefined;
}

type Row = Selectable<DeliveryTable>;

function deliveryFromRow(row: Row): Delivery {
  return {
    id: row.id,
    accountId: row.account_id,
    taskId: row.task_id,
    url: row.url,
    state: row.state,
    ...(row.due_at !== null && { dueAt: row.due_at }),
    tries: JSON.parse(row.tries),
    since: row.since,
    createdAt: row.created_at,
  };
}

/** Writes down what is to be delivered: in the transaction that ends the task. */
export async function leaveDelivery(
  db: Kysely<Schema>,
  { taskId, accountId, url, at }: Pick<Delivery, 'taskId' | 'accountId' | 'url'> & { readonly at: number },
): Promise<void> {
  await db
    .insertInto('webhook_deliveries')
    .values({
      id: `msg_${randomBytes(16).toString('hex')}`,
      account_id: accountId,
      task_id: taskId,
      url,
      host: new URL(url).hostname,
      state: 'waiting',
      due_at: at,
      sender: null,
      tries: '[]',
      since: at,
      created_at: at,
    })
    .execute();
}

/**
 * The log of deliveries, and who may send one.
 *
 * Invariants:
 * D1. A claim is one guarded update that makes the delivery due later: of several servers one gets it. Whoever lost its claim
 *     writes nothing.
 * D2. A task has one delivery, so its order is that of its tries; two of them never overlap while clocks and claims hold.
 */
export class Deliveries {
  readonly #db: Kysely<Schema>;
  readonly #now: () => number;

  constructor(db: Kysely<Schema>, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  /** The newest first. Throws `not_found` where `before` is none of them. */
  async list({ limit, accountId, taskId, state, before }: DeliveryQuery): Promise<readonly Delivery[]> {
    const above = before === undefined ? undefined : await this.get(before, accountId);
    let query = this.#db.selectFrom('webhook_deliveries').selectAll();
    if (accountId !== undefined) query = query.where('account_id', '=', accountId);
    if (taskId !== undefined) query = query.where('task_id', '=', taskId);
    if (state !== undefined) query = query.where('state', '=', state);
    if (above !== undefined) {
      const { createdAt, id } = above;
      query = query.where((eb) => eb(eb.refTuple('created_at', 'id'), '<', eb.tuple(createdAt, id)));
    }
    const rows = await query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
    return rows.map(deliveryFromRow);
  }

  /** `not_found` where there is none, or another account's. */
  async get(id: string, accountId?: string): Promise<Delivery> {
    let query = this.#db.selectFrom('webhook_deliveries').selectAll().where('id', '=', id);
    if (accountId !== undefined) query = query.where('account_id', '=', accountId);
    const row = await query.executeTakeFirst();
    if (row === undefined) throw new ReelayError('not_found', `there is no delivery ${id}`);
    return deliveryFromRow(row);
  }

  /** Has it sent anew, and tried again as often as a new one. One that is being sent just now is left alone. */
  async redeliver(id: string, accountId?: string): Promise<Delivery> {
    await this.get(id, accountId);
    const at = this.#now();
    await this.#db
      .updateTable('webhook_deliveries')
      .set({ state: 'waiting', due_at: at, since: at })
      .where('id', '=', id)
      .where('sender', 'is', null)
      .execute();
    return this.get(id, accountId);
  }

  /** The longest due, without those of receivers and accounts that have enough. */
  async due(options: {
    readonly limit: number;
    readonly withoutHosts: readonly string[];
    readonly withoutAccounts: readonly string[];
  }): Promise<readonly DueDelivery[]> {
    const { limit, withoutHosts, withoutAccounts } = options;
    let query = this.#db
      .selectFrom('webhook_deliveries')
      .select(['id', 'host', 'account_id as accountId'])
      .where('due_at', '<=', this.#now());
    if (withoutHosts.length > 0) query = query.where('host', 'not in', withoutHosts);
    if (withoutAccounts.length > 0) query = query.where('account_id', 'not in', withoutAccounts);
    return query.orderBy('due_at').limit(limit).execute();
  }

  /** Those of them that nobody else has taken meanwhile; they are `sender`'s until `until`. */
  async claim(
    ids: readonly string[],
    { sender, until }: { readonly sender: string; readonly until: number },
  ): Promise<readonly ClaimedDelivery[]> {
    if (ids.length === 0) return [];
    const rows = await this.#db
      .updateTable('webhook_deliveries')
      .set({ sender, due_at: until })
      .where('id', 'in', ids)
      .where('due_at', '<=', this.#now())
      .returningAll()
      .execute();
    return rows.map((row) => ({ ...deliveryFromRow(row), dueAt: until }));
  }

  /** Writes down a try and what follows from it. False where the claim was lost. */
  async finish(
    delivery: ClaimedDelivery,
    { sender, tried, end }: { readonly sender: string; readonly tried: DeliveryTry; readonly end: DeliveryEnd },
  ): Promise<boolean> {
    const written = await this.#db
      .updateTable('webhook_deliveries')
      .set({
        state: end.state,
        due_at: end.state === 'waiting' ? end.dueAt : null,
        sender: null,
        tries: JSON.stringify([...delivery.tries, tried].slice(-keptTries)),
      })
      .where('id', '=', delivery.id)
      .where('sender', '=', sender)
      .where('due_at', '=', delivery.dueAt)
      .executeTakeFirst();
    return written.numUpdatedRows === 1n;
  }

  /** Makes due, and anybody's, what servers were sending that are gone: all of it where one alone works on the database. */
  async freeAbandoned({ isShared }: { readonly isShared: boolean }): Promise<void> {
    const free = this.#db
      .updateTable('webhook_deliveries')
      .set({ sender: null, due_at: this.#now() })
      .where('sender', 'is not', null);
    const listed = this.#db.selectFrom('servers').select('id');
    await (isShared ? free.where('sender', 'not in', listed) : free).execute();
  }

  async waiting(): Promise<WaitingDeliveries> {
    const row = await this.#db
      .selectFrom('webhook_deliveries')
      .select(({ fn }) => [fn.countAll<number>().as('count'), fn.min<number | null>('since').as('oldest')])
      .where('due_at', 'is not', null)
      .executeTakeFirstOrThrow();
    return { count: Number(row.count), oldestAt: row.oldest ?? undefined };
  }
}
