import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { type Database, openDatabase } from '../database/open.ts';
import { databaseFile } from '../database/sqlite.ts';
import { CliFailure } from './failure.ts';
import { say } from './output.ts';
import { readSettings } from './settings.ts';

/**
 * Runs work on the database that DATABASE_URL names, or on that of the data folder, also beside a running server, which sees the change within a second.
 * Without `create` the database has to exist: a wrong folder shall not look like an empty one.
 */
export async function withDatabase<Result>(
  { data, create = false }: { readonly data: string | undefined; readonly create?: boolean },
  work: (database: Database, config: Config) => Promise<Result>,
): Promise<Result> {
  const config = readSettings({ data });
  if (config.databaseUrl === undefined && !create && !existsSync(join(config.dataFolder, databaseFile))) {
    throw new CliFailure(`There is no Reelay database in ${config.dataFolder}.`, {
      advice: 'Name the data folder of your server with --data or REELAY_DATA_DIR.',
    });
  }
  const database = await openDatabase({ folder: config.dataFolder, url: config.databaseUrl, onProgress: say });
  try {
    return await work(database, config);
  } finally {
    await database.close();
  }
}
