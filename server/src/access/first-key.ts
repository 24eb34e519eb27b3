import type { Kysely } from 'kysely';
import { scopes } from '../contract/index.ts';
import { alone } from '../database/alone.ts';
import type { Schema } from '../database/schema.ts';
import { hashKey, Keys } from './keys.ts';

/**
 * Sees to it that a new installation can be called: accepts the operator's key, or makes one. Either has every scope.
 * Returns the key that was made, to be shown once; nothing where a key existed or the operator brought one.
 */
export async function ensureFirstKey(
  db: Kysely<Schema>,
  now: () => number,
  operatorKey?: string,
): Promise<string | undefined> {
  // Of several servers that start together one makes it.
  return db.transaction().execute(async (trx) => {
    await alone(trx, 'first key');
    const keys = new Keys(trx, now);
    if (operatorKey === undefined) {
      const any = await trx.selectFrom('api_keys').select('id').limit(1).executeTakeFirst();
      return any === undefined ? (await keys.create({ scopes })).key : undefined;
    }
    const known = trx.selectFrom('api_keys').select(['id', 'scopes']).where('hash', '=', hashKey(operatorKey));
    const own = await known.executeTakeFirst();
    if (own === undefined) await keys.create({ key: operatorKey, scopes });
    // Of before there were scopes; what was set since stays as it is.
    else if (own.scopes === null) await keys.update(own.id, { scopes });
    return undefined;
  });
}
