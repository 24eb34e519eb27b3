import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { ReelayError } from '../errors.ts';

/** What goes with an account, counted. */
export interface AccountContents {
  readonly keys: number;
  readonly tasks: number;
  readonly files: number;
}

export async function accountContents(db: Kysely<Schema>, accountId: string): Promise<AccountContents> {
  const count = async (table: 'api_keys' | 'tasks' | 'assets') => {
    const rows = db.selectFrom(table).select(({ fn }) => fn.countAll<number>().as('count'));
    return Number((await rows.where('account_id', '=', accountId).executeTakeFirstOrThrow()).count);
  };
  const [keys, tasks, files] = [await count('api_keys'), await count('tasks'), await count('assets')];
  return { keys, tasks, files };
}

/** From here on nobody calls for the account, within a second also at servers that run. */
export async function revokeKeysOf(db: Kysely<Schema>, accountId: string, at: number): Promise<void> {
  const keys = db.updateTable('api_keys').set({ revoked_at: at });
  await keys.where('account_id', '=', accountId).where('revoked_at', 'is', null).execute();
}

/**
 * Removes all that an account owns. Its row stays under another name, for a request that was on its way in; what it was
 * charged stays without a name, and so do submissions whose cost is not known yet. Bytes go with the server's next sweep.
 * Throws `not_terminal` while tasks of it live.
 */
export async function deleteAccount(db: Kysely<Schema>, accountId: string, at: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const tasks = trx.selectFrom('tasks').select('id').where('account_id', '=', accountId);
    const live = await tasks.where('completed_at', 'is', null).limit(1).execute();
    if (live.length > 0) {
      throw new ReelayError('not_terminal', 'some of its tasks have not ended yet: wait for them, or cancel them');
    }
    await trx.deleteFrom('attempts').where('task_id', 'in', tasks).where('cost_micros', 'is not', null).execute();
    await trx.updateTable('attempts').set({ detail: null }).where('account_id', '=', accountId).execute();
    const keys = trx.selectFrom('assets').select(['storage_key', (eb) => eb.val(at).as('due_at')]);
    await trx
      .insertInto('loose_files')
      .columns(['storage_key', 'due_at'])
      .expression(keys.where('account_id', '=', accountId))
      .execute();
    for (const table of owned) await trx.deleteFrom(table).where('account_id', '=', accountId).execute();
    await trx
      .updateTable('accounts')
      .set({ name: `deleted ${accountId}`, limits: null })
      .where('id', '=', accountId)
      .execute();
  });
}

const owned = [
  'webhook_deliveries',
  'webhook_secrets',
  'events',
  'idempotency_keys',
  'favorites',
  'assets',
  'tasks',
  'api_keys',
] as const;
