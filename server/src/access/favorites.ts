import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';

/** Models that an account has marked. */
export class Favorites {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async list(accountId: string): Promise<ReadonlySet<string>> {
    const rows = await this.#db.selectFrom('favorites').select('model').where('account_id', '=', accountId).execute();
    return new Set(rows.map((row) => row.model));
  }

  async add(accountId: string, model: string): Promise<void> {
    await this.#db
      .insertInto('favorites')
      .values({ account_id: accountId, model })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  async remove(accountId: string, model: string): Promise<void> {
    await this.#db.deleteFrom('favorites').where('account_id', '=', accountId).where('model', '=', model).execute();
  }
}
