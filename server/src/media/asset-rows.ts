import type { Kysely, Selectable } from 'kysely';
import type { Asset } from '../contract/index.ts';
import type { Schema } from '../database/schema.ts';
import type { AssetStore } from './asset-store.ts';

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

/** Asset rows in the database. */
export function createAssetRows(db: Kysely<Schema>): AssetStore {
  return {
    async insert(asset) {
      await db
        .insertInto('assets')
        .values({
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
        })
        .execute();
    },
    async get(id) {
      const row = await db.selectFrom('assets').selectAll().where('id', '=', id).executeTakeFirst();
      return row && assetFromRow(row);
    },
    async remove(id) {
      await db.deleteFrom('assets').where('id', '=', id).execute();
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
  };
}
