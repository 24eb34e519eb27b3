import type { Insertable, Kysely, Selectable } from 'kysely';
import type { Asset, FileTotals } from '../contract/index.ts';
import type { Database } from '../database/open.ts';
import { prepare } from '../database/prepared.ts';
import type { Schema } from '../database/schema.ts';
import { type AssetStore, keptMs, type NeededFiles } from './asset-store.ts';

function assetFromRow(row: Selectable<Schema['assets']>): Asset {
  return {
    id: row.id,
    accountId: row.account_id,
    purpose: row.purpose,
    storageKey: row.storage_key,
    filename: row.filename,
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    probe: JSON.parse(row.probe),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

function rowOf(asset: Asset): Insertable<Schema['assets']> {
  return {
    id: asset.id,
    account_id: asset.accountId,
    purpose: asset.purpose,
    storage_key: asset.storageKey,
    filename: asset.filename,
    size_bytes: asset.sizeBytes,
    sha256: asset.sha256,
    probe: JSON.stringify(asset.probe),
    created_at: asset.createdAt,
    expires_at: asset.expiresAt,
  };
}

/** Every purpose, also one that has no file. Reads an index alone: a million files take 64 ms. */
export async function fileTotals(db: Kysely<Schema>): Promise<readonly FileTotals[]> {
  const rows = await db
    .selectFrom('assets')
    .select(({ fn }) => ['purpose', fn.countAll<number>().as('count'), fn.sum<number>('size_bytes').as('bytes')])
    .groupBy('purpose')
    .execute();
  return (['upload', 'input', 'output'] as const).map((purpose) => {
    const { count = 0, bytes = 0 } = rows.find((row) => row.purpose === purpose) ?? {};
    return { purpose, count: Number(count), bytes: Number(bytes) };
  });
}

/** A file that ends within half of the time is kept: who asks again and again writes only now and then. */
export async function keepFiles(db: Kysely<Schema>, { accountId, ids, at }: NeededFiles): Promise<void> {
  await db
    .updateTable('assets')
    .set({ expires_at: at + keptMs })
    .where('id', 'in', ids)
    .where('account_id', '=', accountId)
    .where('expires_at', '<', at + keptMs / 2)
    .execute();
}

/** Asset rows in the database. Single ones are read by the `reader`: every part of a file that is asked for needs its row. */
export function createAssetRows({ db, reader }: Pick<Database, 'db' | 'reader'>): AssetStore {
  const find = prepare<{ id: string }, Selectable<Schema['assets']>>(db, (base, param) =>
    base.selectFrom('assets').selectAll().where('id', '=', param('id')),
  );
  return {
    async announce(storageKey, dueAt) {
      await db.insertInto('loose_files').values({ storage_key: storageKey, due_at: dueAt }).execute();
    },
    async insert(asset) {
      await db.transaction().execute(async (trx) => {
        const taken = await trx
          .deleteFrom('loose_files')
          .where('storage_key', '=', asset.storageKey)
          .executeTakeFirstOrThrow();
        if (Number(taken.numDeletedRows) === 0) throw new Error(`the bytes of ${asset.storageKey} may be gone`);
        await trx.insertInto('assets').values(rowOf(asset)).execute();
      });
    },
    async get(id) {
      const [row] = await find(reader, { id });
      return row && assetFromRow(row);
    },
    keep: (needed) => keepFiles(db, needed),
    async remove({ id, storageKey }, dueAt) {
      await db.transaction().execute(async (trx) => {
        const gone = await trx.deleteFrom('assets').where('id', '=', id).executeTakeFirstOrThrow();
        if (Number(gone.numDeletedRows) === 0) return;
        await trx.insertInto('loose_files').values({ storage_key: storageKey, due_at: dueAt }).execute();
      });
    },
    async expired(now, limit) {
      const rows = await db
        .selectFrom('assets')
        .selectAll()
        .where('expires_at', '<=', now)
        .orderBy('expires_at')
        .limit(limit)
        .execute();
      return rows.map(assetFromRow);
    },
    async loose(now, limit) {
      const rows = await db
        .selectFrom('loose_files')
        .select('storage_key')
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .limit(limit)
        .execute();
      return rows.map(({ storage_key }) => storage_key);
    },
    async forget(storageKey) {
      await db.deleteFrom('loose_files').where('storage_key', '=', storageKey).execute();
    },
  };
}
