import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import { identityOf } from '../database/identity.ts';
import { type Database, openDatabase } from '../database/open.ts';
import { unmarkBackup } from '../database/snapshot.ts';
import { databaseFile } from '../database/sqlite.ts';
import { type MovedFiles, moveFiles } from '../media/move-files.ts';
import { openStorage } from '../media/open-storage.ts';
import { createFileStorage } from '../media/storage-fs.ts';
import { endWaiting } from '../tasks/end-waiting.ts';
import { livingServers } from '../tasks/servers.ts';
import { filesName, type Manifest, verifyBackup } from './backup-folder.ts';
import { dataOption, defineCommand, jsonOption } from './command.ts';
import { CliFailure } from './failure.ts';
import { fileSize, print, printJson, say } from './output.ts';
import { readSettings } from './settings.ts';

export const restore = defineCommand({
  name: 'restore',
  summary: 'Make an installation of a backup',
  about: [
    'Reads every byte of the backup in FOLDER first. The data folder has to be empty. With REELAY_S3_* set, files go to the bucket. With',
    'DATABASE_URL set, the database is the one that pg_restore has filled, and the rest is done here, before a server starts on it. Tasks that',
    'waited to be submitted where that costs money end with submission_unknown: the server that the backup is of may have submitted them',
    'since. It must not run any more.',
  ].join(' '),
  positionals: ['FOLDER'],
  options: {
    'run-waiting': {
      type: 'boolean',
      description: 'Run tasks that waited: only where nothing has run since the backup, else they are paid twice',
    },
    ...dataOption,
    ...jsonOption,
  },
  examples: ['restore /backups/reelay --data /var/lib/reelay'],
  async run({ values: { data, json, 'run-waiting': runWaiting = false }, positionals: [folder = ''] }) {
    const path = resolve(folder);
    const config = readSettings({ data });
    const manifest = await verifyBackup(path);
    await using database = disposable(await openTarget(config, path, manifest));
    const files = await putFiles(config, { path, database, missing: manifest.made.missing });
    const ended = runWaiting ? 0 : await endWaiting({ db: database.db, now: Date.now });
    await unmarkBackup(database.db);
    if (json) printJson({ ...manifest, ended });
    else {
      print(
        `${manifest.made.tasks} tasks and ${files.files} files, ${fileSize(files.bytes)}, are as they were on ${manifest.made.at}.`,
      );
      if (ended > 0) say(`${ended} that waited to be submitted have ended with submission_unknown.`);
    }
    return 0;
  },
});

const disposable = (database: Database) => ({ ...database, [Symbol.asyncDispose]: database.close });

/** The database that becomes the installation's: a copy of the backup's, on which no server starts yet, or the one that pg_restore has filled. */
async function openTarget(config: Config, path: string, manifest: Manifest): Promise<Database> {
  const { databaseUrl: url, dataFolder: folder } = config;
  if ((url === undefined) !== (manifest.database === 'sqlite')) {
    throw new CliFailure(
      url === undefined
        ? 'The backup is of an installation on PostgreSQL: restore its database with pg_restore, and set DATABASE_URL.'
        : 'The backup is of an installation on SQLite: unset DATABASE_URL.',
    );
  }
  if (url !== undefined) return openFilled(folder, url, manifest);
  if (existsSync(folder) && (await readdir(folder)).length > 0) {
    throw new CliFailure(`${folder} is not empty.`, { advice: 'Name an empty folder with --data, or a new one.' });
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await copyFile(join(path, databaseFile), join(folder, databaseFile));
  return openDatabase({ folder });
}

async function openFilled(folder: string, url: string, { installation }: Manifest): Promise<Database> {
  const database = await openDatabase({ folder, url });
  try {
    if ((await identityOf(database.db)) !== installation) {
      throw new CliFailure('The database is not that of the installation that the backup is of.', {
        advice: 'Fill an empty one from its dump with pg_restore, and name it with DATABASE_URL.',
      });
    }
    const [host] = await livingServers(database.db);
    if (host !== undefined) throw new CliFailure(`A server runs on the database, on ${host}: stop it first.`);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

interface Target {
  readonly path: string;
  readonly database: Database;
  readonly missing: readonly string[];
}

async function putFiles(config: Config, { path, database, missing }: Target): Promise<MovedFiles> {
  const source = await createFileStorage(join(path, filesName));
  const target = await openStorage(config);
  try {
    const moved = await moveFiles(database.db, { source, target });
    if (moved.missing.length > missing.length) {
      for (const id of moved.missing) say(`The file of ${id} is not in the backup.`);
    }
    return moved;
  } finally {
    await target.close();
  }
}
