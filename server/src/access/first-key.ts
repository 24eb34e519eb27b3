import type { Kysely, Transaction } from 'kysely';
import { alone } from '../database/alone.ts';
import type { Schema } from '../database/schema.ts';
import { hashKey, Keys } from './keys.ts';

/**
 * Sees to it that a new installation can be called: accepts the operator's key, or makes one.
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
    if (operatorKey === undefined) return (await hasKey(trx)) ? undefined : (await keys.create()).key;
    if (!(await hasKey(trx, hashKey(operatorKey)))) await keys.create({ key: operatorKey });
    return undefined;
  });
}

async function hasKey(trx: Transaction<Schema>, hash?: string): Promise<boolean> {
  const any = trx.selectFrom('api_keys').select('id').limit(1);
  const row = await (hash === undefined ? any : any.where('hash', '=', hash)).executeTakeFirst();
  return row !== undefined;
}
