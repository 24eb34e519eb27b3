import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';
import { readSetting } from './setting.ts';

/** What names an installation, wherever it moves: nobody else has its secret. Undefined where no server has ever run on the database. */
export async function identityOf(db: Kysely<Schema>): Promise<string | undefined> {
  const secret = await readSetting(db, 'link-secret');
  return secret && createHash('sha256').update(secret).digest('hex').slice(0, 32);
}
