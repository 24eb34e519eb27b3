import { type Kysely, sql, type Transaction } from 'kysely';
import type { Caller, Limits } from '../contract/index.ts';
import { isPostgres } from '../database/postgres.ts';
import type { Schema } from '../database/schema.ts';
import { ReelayError } from '../errors.ts';

/**
 * What keys and accounts with limits may still do. Nothing is counted up: what is spent follows from the ledger, what is set aside
 * from the tasks and their attempts, so no reservation can be forgotten or settled twice.
 *
 * Invariants:
 * L1. A charge counts on the day and in the month (UTC) in which it was settled. A task that lives sets its estimate aside
 *     until its submission is charged; one that has ended with a cost that nobody knows yet does so in the period of that submission.
 * L2. Both sums are read by one statement: between two a cost would pass from one to the other unseen.
 * L3. Reading them and storing the tasks is one transaction that no other of the same account overlaps.
 */

/** An account, or one key of it. */
export interface Owner {
  readonly accountId: string;
  readonly keyId?: string;
}

export interface Spent {
  readonly chargedMicros: number;
  readonly reservedMicros: number;
}

export interface Used {
  readonly tasksInFlight: number;
  readonly day: Spent;
  readonly month: Spent;
}

/** Days and months of UTC, as milliseconds: where the one of this moment begins and ends. */
export function periodsAt(now: number) {
  const date = new Date(now);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  return {
    day: { from: Date.UTC(year, month, day), until: Date.UTC(year, month, day + 1) },
    month: { from: Date.UTC(year, month), until: Date.UTC(year, month + 1) },
  };
}

export async function usedBy(db: Kysely<Schema>, owner: Owner, now: number): Promise<Used> {
  const { day, month } = periodsAt(now);
  const row = await db
    .selectFrom(liveTasks(db, owner).as('live'))
    .crossJoin(charges(db, owner, month.from, day.from).as('charged'))
    .crossJoin(unsettled(db, owner, month.from, day.from).as('unsettled'))
    .select(['live.tasks', 'live.micros', 'charged.inDay', 'charged.inMonth'])
    .select(['unsettled.inDay as openInDay', 'unsettled.inMonth as openInMonth'])
    .executeTakeFirstOrThrow();
  const live = Number(row.micros ?? 0);
  return {
    tasksInFlight: Number(row.tasks),
    day: { chargedMicros: Number(row.inDay ?? 0), reservedMicros: live + Number(row.openInDay ?? 0) },
    month: { chargedMicros: Number(row.inMonth ?? 0), reservedMicros: live + Number(row.openInMonth ?? 0) },
  };
}

function liveTasks(db: Kysely<Schema>, { accountId, keyId }: Owner) {
  const live = db.selectFrom('tasks').where('account_id', '=', accountId).where('completed_at', 'is', null);
  const own = keyId === undefined ? live : live.where('key_id', '=', keyId);
  return own.select(({ fn, eb, exists, selectFrom }) => {
    const charge = selectFrom('ledger')
      .select('ledger.attempt_id')
      .whereRef('ledger.attempt_id', '=', 'tasks.attempt_id');
    const isCharged = eb.and([eb('estimated_cost_micros', '>', 0), exists(charge)]);
    const reserved = eb.case().when(isCharged).then(0).else(eb.ref('estimated_cost_micros')).end();
    return [fn.countAll<number>().as('tasks'), fn.sum<number | null>(reserved).as('micros')];
  });
}

function charges(db: Kysely<Schema>, { accountId, keyId }: Owner, month: number, day: number) {
  const charged = db.selectFrom('ledger').where('account_id', '=', accountId).where('created_at', '>=', month);
  const own = keyId === undefined ? charged : charged.where('key_id', '=', keyId);
  return own.select([
    sql<number | null>`sum(cost_micros)`.as('inMonth'),
    sql<number | null>`sum(case when created_at >= ${day} then cost_micros end)`.as('inDay'),
  ]);
}

/** Submissions of no live task whose cost nobody knows yet. */
function unsettled(db: Kysely<Schema>, { accountId, keyId }: Owner, month: number, day: number) {
  const open = db
    .selectFrom('attempts')
    .leftJoin('tasks', (join) => join.onRef('tasks.id', '=', 'attempts.task_id').on('tasks.completed_at', 'is', null))
    .where('attempts.cost_micros', 'is', null)
    .where('attempts.account_id', '=', accountId)
    .where('attempts.created_at', '>=', month)
    .where('tasks.id', 'is', null);
  const own = keyId === undefined ? open : open.where('attempts.key_id', '=', keyId);
  return own.select([
    sql<number | null>`sum(attempts.estimated_cost_micros)`.as('inMonth'),
    sql<number | null>`sum(case when attempts.created_at >= ${day} then attempts.estimated_cost_micros end)`.as(
      'inDay',
    ),
  ]);
}

/** What a submission asks for, as limits see it. */
export interface Demand extends Owner {
  readonly keyId: string;
  readonly limits?: NonNullable<Caller['limits']>;
  readonly tasks: readonly { readonly estimatedCostMicros: number }[];
}

interface Holder {
  readonly what: 'key' | 'account';
  readonly limits: Limits;
  readonly used: Used;
  /** Of the submissions before in this transaction. */
  added: { tasks: number; micros: number };
}

/** Whether submissions keep to their limits, one after the other within the transaction that stores them. */
export class Allowances {
  readonly #holders: ReadonlyMap<string, Holder>;
  readonly #now: number;

  private constructor(holders: ReadonlyMap<string, Holder>, now: number) {
    this.#holders = holders;
    this.#now = now;
  }

  /** Waits for other transactions on the same accounts. To be the first in its own, or two could wait for each other. */
  static async open(trx: Transaction<Schema>, demands: readonly Demand[], now: number): Promise<Allowances> {
    const holders = new Map<string, Holder>();
    const limited = demands.filter(({ limits }) => limits !== undefined);
    if (limited.length > 0) await lockAccounts(trx, limited);
    for (const { accountId, keyId, limits } of limited) {
      for (const [id, owner, what] of [
        [keyId, { accountId, keyId }, 'key'],
        [accountId, { accountId }, 'account'],
      ] as const) {
        const own = limits?.[what] ?? {};
        if (holders.has(id) || !isSpending(own)) continue;
        holders.set(id, { what, limits: own, used: await usedBy(trx, owner, now), added: { tasks: 0, micros: 0 } });
      }
    }
    return new Allowances(holders, now);
  }

  /** Counts the submission, or tells why it is refused. */
  take({ accountId, keyId, tasks }: Demand): ReelayError | undefined {
    const holders = [keyId, accountId].flatMap((id) => this.#holders.get(id) ?? []);
    const micros = tasks.reduce((sum, { estimatedCostMicros }) => sum + estimatedCostMicros, 0);
    for (const holder of holders) {
      const refusal = tasksRefusal(holder, tasks.length) ?? this.#budgetRefusal(holder, micros);
      if (refusal !== undefined) return refusal;
    }
    for (const { added } of holders) {
      added.tasks += tasks.length;
      added.micros += micros;
    }
    return undefined;
  }

  #budgetRefusal({ what, limits, used, added }: Holder, micros: number): ReelayError | undefined {
    // What costs nothing is never stopped by a budget.
    if (micros === 0) return undefined;
    for (const [period, limit] of [
      ['day', limits.budgetDayMicros],
      ['month', limits.budgetMonthMicros],
    ] as const) {
      if (limit === undefined) continue;
      const { chargedMicros, reservedMicros } = used[period];
      const reserved = reservedMicros + added.micros;
      if (chargedMicros + reserved + micros <= limit) continue;
      const resets = new Date(periodsAt(this.#now)[period].until).toISOString();
      const figures = `${usd(chargedMicros)} spent, ${usd(reserved)} reserved, and this needs ${usd(micros)}`;
      return new ReelayError(
        'insufficient_quota',
        `the ${what}'s budget of ${usd(limit)} a ${period} does not allow it: ${figures}; it resets at ${resets}`,
      );
    }
    return undefined;
  }
}

/** How long a client waits before it asks for a place again, in seconds: a video takes longer than that to make. */
const placeRetrySeconds = 10;

function tasksRefusal({ what, limits, used, added }: Holder, asked: number): ReelayError | undefined {
  const limit = limits.tasksInFlight;
  const inFlight = used.tasksInFlight + added.tasks;
  if (limit === undefined || inFlight + asked <= limit) return undefined;
  const message = `the ${what} may have ${count(limit)} in flight; it has ${inFlight}, and this asks for ${asked} more`;
  return new ReelayError('too_many_tasks', message, { retryAfterSeconds: placeRetrySeconds });
}

function isSpending({ tasksInFlight, budgetDayMicros, budgetMonthMicros }: Limits): boolean {
  return [tasksInFlight, budgetDayMicros, budgetMonthMicros].some((limit) => limit !== undefined);
}

/** In the order of their ids, so that no two transactions wait for each other. On SQLite all transactions wait anyway. */
async function lockAccounts(trx: Transaction<Schema>, demands: readonly Demand[]): Promise<void> {
  if (!isPostgres(trx)) return;
  const ids = [...new Set(demands.map(({ accountId }) => accountId))];
  await trx.selectFrom('accounts').select('id').where('id', 'in', ids).orderBy('id').forNoKeyUpdate().execute();
}

function count(tasks: number): string {
  return tasks === 1 ? '1 task' : `${tasks} tasks`;
}

/** `$0.30`, and as many more decimals as it takes. */
function usd(micros: number): string {
  return `$${(micros / 1_000_000).toFixed(6).replace(/0{1,4}$/, '')}`;
}
