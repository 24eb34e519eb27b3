import type { Kysely } from 'kysely';
import { explainDatabaseFault } from '../database/faults.ts';
import { isPostgres } from '../database/postgres.ts';
import type { Schema } from '../database/schema.ts';
import { explainMissingTools, type FindMediaToolsOptions, findMediaTools } from '../media/ffmpeg.ts';
import type { MediaStorage } from '../media/storage.ts';

/** One thing that has to work before tasks can be taken. */
export interface HealthCheck {
  readonly name: string;
  /** Undefined where it works, else what is wrong and what to do. */
  readonly check: () => Promise<string | undefined>;
}

/** Free disk space below which the server is not ready. */
export const minimumFreeBytes = 256e6;

export interface ReadinessOptions {
  readonly db: Kysely<Schema>;
  readonly storage: MediaStorage;
  readonly tools: FindMediaToolsOptions;
  readonly stopping: AbortSignal;
}

/** What has to work before tasks can be taken: the database takes writes, the storage files, and FFmpeg runs. */
export function readinessChecks({ db, storage, tools, stopping }: ReadinessOptions): readonly HealthCheck[] {
  return [
    { name: 'server', check: async () => (stopping.aborted ? 'it is stopping' : undefined) },
    { name: 'database', check: () => databaseFault(db) },
    { name: 'storage', check: () => storageFault(storage) },
    {
      name: 'ffmpeg',
      check: async () => {
        const found = await findMediaTools(tools);
        return 'missing' in found ? `${found.missing}: ${explainMissingTools}` : undefined;
      },
    },
  ];
}

/** Asks for the right to write, and writes nothing: there is no such row. */
async function databaseFault(db: Kysely<Schema>): Promise<string | undefined> {
  try {
    await db.updateTable('settings').set({ value: '' }).where('name', '=', 'last-readiness-check').execute();
    return undefined;
  } catch (error) {
    const { problem, remedy } = explainDatabaseFault(error, isPostgres(db) ? 'postgres' : 'sqlite');
    return `${problem}: ${remedy}`;
  }
}

async function storageFault(storage: MediaStorage): Promise<string | undefined> {
  const free = await storage.freeBytes();
  if (free === undefined || free >= minimumFreeBytes) return storage.fault();
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  return `only ${megabytes(free)} are free, and ${megabytes(minimumFreeBytes)} are needed: free some space, or lower REELAY_RETENTION_DAYS`;
}
