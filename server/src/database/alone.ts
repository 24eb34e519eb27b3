import { sql, type Transaction } from 'kysely';
import { isPostgres } from './postgres.ts';
import type { Schema } from './schema.ts';

/** Has transactions of all servers that name the same `matter` wait for each other. On SQLite all transactions do anyway. */
export async function alone(trx: Transaction<Schema>, matter: string): Promise<void> {
  if (isPostgres(trx)) await sql`select pg_advisory_xact_lock(hashtext(${matter}))`.execute(trx);
}
