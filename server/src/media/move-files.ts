import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Kysely } from 'kysely';
import type { MediaProbe } from '../contract/index.ts';
import type { Schema } from '../database/schema.ts';
import type { MediaStorage } from './storage.ts';

/** Assets asked for at once. */
const pageSize = 500;

export interface MovedFiles {
  readonly files: number;
  readonly bytes: number;
  /** Files that this run has copied; the others were there from an earlier one. */
  readonly copied: number;
  /** Assets whose file is gone at the source as well: ids. */
  readonly missing: readonly string[];
}

/**
 * Copies the files of all assets to another store, and reads each one back there: its bytes have to be those that the asset
 * tells. A file that is there already is not sent again.
 */
export async function moveFiles(
  db: Kysely<Schema>,
  { source, target }: { readonly source: MediaStorage; readonly target: MediaStorage },
): Promise<MovedFiles> {
  const missing: string[] = [];
  let [files, bytes, copied] = [0, 0, 0];
  for await (const { id, storage_key: key, sha256, size_bytes: size, probe } of assetRows(db)) {
    if ((await hashAt(target, key)) !== sha256) {
      const stream = await source.open(key);
      if (stream === undefined) {
        missing.push(id);
        continue;
      }
      const { contentType }: MediaProbe = JSON.parse(probe);
      await target.put(key, { stream }, { contentType });
      copied += 1;
      if ((await hashAt(target, key)) !== sha256)
        throw new Error(`the file of ${id} is not the same after it was copied`);
    }
    files += 1;
    bytes += size;
  }
  return { files, bytes, copied, missing };
}

async function* assetRows(db: Kysely<Schema>) {
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('assets')
      .select(['id', 'storage_key', 'sha256', 'size_bytes', 'probe'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(pageSize)
      .execute();
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

async function hashAt(storage: MediaStorage, key: string): Promise<string | undefined> {
  const stream: Readable | undefined = await storage.open(key);
  if (stream === undefined) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex');
}
