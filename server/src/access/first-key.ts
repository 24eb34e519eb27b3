import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { hashKey, type Keys } from './keys.ts';

/**
 * Sees to it that a new installation can be called: accepts the operator's key, or makes one.
 * Returns the key that was made, to be shown once; nothing where a key existed or the operator brought one.
 */
export async function ensureFirstKey(
  db: Kysely<Schema>,
  keys: Keys,
  operatorKey?: string,
): Promise<string | undefined> {
  if (operatorKey !== undefined) {
    const known = await db
      .selectFrom('api_keys')
      .select('id')
      .where('hash', '=', hashKey(operatorKey))
      .executeTakeFirst();
    if (known === undefined) await keys.create({ key: operatorKey });
    return undefined;
  }
  const any = await db.selectFrom('api_keys').select('id').limit(1).executeTakeFirst();
  return any === undefined ? (await keys.create()).key : undefined;
}
