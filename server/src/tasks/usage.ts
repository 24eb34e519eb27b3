import { type Kysely, sql } from 'kysely';
import { isPostgres } from '../database/postgres.ts';
import type { Schema } from '../database/schema.ts';

export const usageGroups = ['day', 'model', 'provider', 'key'] as const;

export type UsageGroup = (typeof usageGroups)[number];

export interface UsageQuery {
  readonly by: UsageGroup;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly accountId?: string;
  readonly keyId?: string;
}

/** What tasks of a day, a model, a provider or a key came to. */
export interface UsageRow {
  /** `2026-11-21` by UTC, or an id; null where it was not kept. */
  readonly group: string | null;
  readonly tasks: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Length of the videos that were made. */
  readonly seconds: number;
  readonly chargedMicros: number;
  readonly reservedMicros: number;
}

/** A row as people and programs read it. */
export function usageFields({ chargedMicros, reservedMicros, ...figures }: UsageRow) {
  return { ...figures, charged_usd: chargedMicros / 1_000_000, reserved_usd: reservedMicros / 1_000_000 };
}

type Figures = Omit<UsageRow, 'group'>;

/** PostgreSQL answers sums as text. */
type SqlRow = { readonly group: string | null } & { readonly [Name in keyof Figures]: number | string };

/**
 * Tasks count on the day of their creation and as long as they are kept; charges on the day when they were settled, for ever. What is
 * reserved is the estimate of live tasks, and of submissions whose cost nobody knows yet.
 */
export async function readUsage(db: Kysely<Schema>, query: UsageQuery): Promise<readonly UsageRow[]> {
  const group = groupOf(db, query.by);
  const rows = meant(query);
  const seconds = isPostgres(db)
    ? sql`(phase::json #>> '{outputs,0,durationSeconds}')::float8`
    : sql`phase ->> '$.outputs[0].durationSeconds'`;
  const isCharged = sql`exists (select 1 from ledger where ledger.attempt_id = tasks.attempt_id)`;
  const isLive = sql`exists (select 1 from tasks where tasks.id = attempts.task_id and tasks.completed_at is null)`;
  const found = await sql<SqlRow>`
    select grp as "group", sum(tasks) as tasks, sum(succeeded) as succeeded, sum(failed) as failed, sum(cancelled) as cancelled,
      sum(seconds) as seconds, sum(charged) as "chargedMicros", sum(reserved) as "reservedMicros"
    from (
      select ${group} as grp, 1 as tasks,
        case when state = 'succeeded' then 1 else 0 end as succeeded,
        case when state = 'failed' then 1 else 0 end as failed,
        case when state = 'cancelled' then 1 else 0 end as cancelled,
        case when state = 'succeeded' then coalesce(${seconds}, 0) else 0 end as seconds,
        0 as charged,
        case when completed_at is null and not ${isCharged} then estimated_cost_micros else 0 end as reserved
      from tasks where ${rows}
      union all
      select ${group}, 0, 0, 0, 0, 0, cost_micros, 0 from ledger where ${rows}
      union all
      select ${group}, 0, 0, 0, 0, 0, 0, coalesce(estimated_cost_micros, 0)
      from attempts where ${rows} and cost_micros is null and not ${isLive}
    ) as entries
    group by grp order by grp`.execute(db);
  return found.rows.map(({ group: name, ...figures }) => ({ group: name, ...numbers(figures) }));
}

function numbers(figures: Omit<SqlRow, 'group'>): Figures {
  const entries = Object.entries(figures).map(([name, value]) => [name, Number(value)]);
  return Object.fromEntries(entries) as unknown as Figures;
}

const columns = { model: 'model', provider: 'provider', key: 'key_id' } as const;

/** What a row of any of the tables belongs to. */
function groupOf(db: Kysely<Schema>, by: UsageGroup) {
  if (by !== 'day') return sql.ref(columns[by]);
  return isPostgres(db)
    ? sql`to_char(to_timestamp(created_at / 1000) at time zone 'UTC', 'YYYY-MM-DD')`
    : sql`date(created_at / 1000, 'unixepoch')`;
}

function meant({ since, accountId, keyId }: UsageQuery) {
  const conditions = [
    sql`created_at >= ${since}`,
    ...(accountId === undefined ? [] : [sql`account_id = ${accountId}`]),
    ...(keyId === undefined ? [] : [sql`key_id = ${keyId}`]),
  ];
  return sql.join(conditions, sql` and `);
}
