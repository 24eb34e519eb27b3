import { CompiledQuery, type Kysely } from 'kysely';
import { RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Caller } from '../contract/index.ts';
import { isPostgres } from '../database/postgres.ts';
import type { Executor } from '../database/prepared.ts';
import type { Schema } from '../database/schema.ts';

/** How long requests are counted together, in seconds; it begins with the first of them. */
const windowSeconds = 60;

/** How a limit of requests stands. */
export interface RequestRate {
  readonly of: 'key' | 'account';
  readonly limit: number;
  /** Requests in this window, also those that were refused for the limit. */
  readonly used: number;
  /** Seconds until the window ends. */
  readonly resetSeconds: number;
}

/** Counts the requests of callers that have a limit: in memory, or in rows where several servers count together. */
export interface RequestRates {
  /** Counts one more; how the caller's limits stand now, none where it has none. */
  count(caller: Caller): Promise<readonly RequestRate[]>;
  /** The same without counting. */
  read(caller: Caller): Promise<readonly RequestRate[]>;
}

export function createRequestRates(db: Kysely<Schema>, executor: Executor): RequestRates {
  // Each caller has a limit of its own: the library only counts, and `points` is never reached.
  const shared = { keyPrefix: '', points: Number.MAX_SAFE_INTEGER, duration: windowSeconds };
  const limiter = isPostgres(db)
    ? new RateLimiterPostgres({
        ...shared,
        storeClient: clientOf(executor),
        storeType: 'client',
        tableName: 'request_rates',
        tableCreated: true,
      })
    : new RateLimiterMemory(shared);

  async function rates({ accountId, keyId, limits }: Caller, points: number): Promise<readonly RequestRate[]> {
    const limited: RequestRate[] = [];
    for (const [of, id] of [
      ['key', keyId],
      ['account', accountId],
    ] as const) {
      const limit = limits?.[of].requestsPerMinute;
      if (limit === undefined) continue;
      const counted = points === 0 ? await limiter.get(id) : await limiter.penalty(id, points);
      const resetSeconds = Math.max(1, Math.ceil((counted?.msBeforeNext ?? windowSeconds * 1_000) / 1_000));
      limited.push({ of, limit, used: counted?.consumedPoints ?? 0, resetSeconds });
    }
    return limited;
  }

  return { count: (caller) => rates(caller, 1), read: (caller) => rates(caller, 0) };
}

/** As the library calls a client of PostgreSQL. */
function clientOf(executor: Executor) {
  return {
    async query({ text, values }: { readonly text: string; readonly values: readonly unknown[] }) {
      const { rows } = await executor.executeQuery(CompiledQuery.raw(text, [...values]));
      return { rows, rowCount: rows.length };
    },
  };
}
