import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Limits } from '../contract/index.ts';
import type { Schema } from '../database/schema.ts';
import { ReelayError } from '../errors.ts';

/** Changes of limits: what is null is taken away, what is absent stays. */
export type LimitChanges = { readonly [Name in keyof Limits]?: Limits[Name] | null };

export interface AccountInfo {
  readonly name: string;
  /** What all its keys together may use up. */
  readonly limits: Limits;
  readonly createdAt: number;
}

/** Makes and lists accounts, and sets what all keys of one together may use up. */
export class Accounts {
  readonly #db: Kysely<Schema>;
  readonly #now: () => number;

  constructor(db: Kysely<Schema>, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  async list(): Promise<readonly AccountInfo[]> {
    const rows = await this.#db.selectFrom('accounts').selectAll().orderBy('created_at').execute();
    return rows.map((row) => ({ name: row.name, limits: readLimits(row.limits), createdAt: row.created_at }));
  }

  /** The id of an account, which is made where it does not exist. */
  async idOf(name: string): Promise<string> {
    await this.#db
      .insertInto('accounts')
      .values({ id: `acct-${randomBytes(9).toString('hex')}`, name, created_at: this.#now() })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return this.find(name);
  }

  /** The id of an account that exists; `not_found` for any other name. */
  async find(name: string): Promise<string> {
    const row = await this.#db.selectFrom('accounts').select('id').where('name', '=', name).executeTakeFirst();
    if (row === undefined) throw new ReelayError('not_found', `there is no account ${name}`);
    return row.id;
  }

  /** `not_found` where there is no such account: a slip in a name shall not pass for a limit. */
  async setLimits(name: string, changes: LimitChanges): Promise<AccountInfo> {
    const id = await this.find(name);
    const row = await this.#db.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    const limits = changedLimits(row.limits, changes);
    await this.#db.updateTable('accounts').set({ limits }).where('id', '=', id).execute();
    return { name, limits: readLimits(limits), createdAt: row.created_at };
  }
}

/** The `limits` column. */
export function readLimits(column: string | null): Limits {
  return column === null ? {} : JSON.parse(column);
}

/** The column after the changes; null where no limit is left. */
export function changedLimits(column: string | null, changes: LimitChanges): string | null {
  const limits = Object.entries({ ...readLimits(column), ...changes }).filter(([, value]) => typeof value === 'number');
  return limits.length === 0 ? null : JSON.stringify(Object.fromEntries(limits));
}
