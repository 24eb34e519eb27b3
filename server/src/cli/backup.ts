import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Config, version } from '../config.ts';
import { type NamedFile, openSnapshot, type Snapshot } from '../database/snapshot.ts';
import { databaseFile } from '../database/sqlite.ts';
import { type BackupFiles, createBackupFiles } from '../media/backup-files.ts';
import { openStorage } from '../media/open-storage.ts';
import { beginBackup, completeBackup, filesName, hashOf, type Manifest, verifyBackup } from './backup-folder.ts';
import { dataOption, defineCommand, jsonOption } from './command.ts';
import { CliFailure } from './failure.ts';
import { fileSize, print, printJson, say } from './output.ts';
import { readSettings } from './settings.ts';

/** Moments tried at most for one at which all files are there. Under load, each takes what a few files take. */
const maximumMoments = 20;

export const backup = defineCommand({
  name: 'backup',
  summary: 'Save the database and the files, beside a running server',
  about: [
    'FOLDER is new, or holds an earlier backup of the same installation, to which only what is new is added. All files that the saved',
    'database names are in it. On the disk of the data folder they are second names of the same bytes: copy the folder to another machine.',
    'It holds what the installation holds: hashes of API keys, secrets that sign links and webhooks, prompts and videos. Keep it as safe.',
    'With DATABASE_URL set, only the files are saved here, and pg_dump saves the database.',
  ].join(' '),
  positionals: ['FOLDER'],
  options: {
    verify: { type: 'boolean', description: 'Save nothing: read every byte of the backup in FOLDER and compare it' },
    ...dataOption,
    ...jsonOption,
  },
  examples: ['backup /backups/reelay', 'backup /backups/reelay --verify'],
  async run({ values: { data, json, verify = false }, positionals: [folder = ''] }) {
    const path = resolve(folder);
    const manifest = verify ? await verifyBackup(path) : await make(readSettings({ data }), path);
    const { made } = manifest;
    if (json) printJson(manifest);
    else {
      print(
        `${made.tasks} tasks and ${made.files} files, ${fileSize(made.bytes)}, of ${made.at}${verify ? ', all as they were' : ''}.`,
      );
      for (const key of made.missing) say(`The file ${key} was gone already.`);
      if (!verify && manifest.database === 'postgres') say('The database is not among them: save it with pg_dump.');
    }
    return 0;
  },
});

type Complete = Manifest & Pick<Required<Manifest>, 'made'>;

async function make(config: Config, folder: string): Promise<Complete> {
  const { databaseUrl: url, dataFolder } = config;
  if (url === undefined && !existsSync(join(dataFolder, databaseFile))) {
    throw new CliFailure(`There is no Reelay database in ${dataFolder}.`, {
      advice: 'Name the data folder of your server with --data or REELAY_DATA_DIR.',
    });
  }
  const open = () => openSnapshot({ folder: dataFolder, url });
  const { installation, files: first } = await glance(open);
  if (installation === undefined) throw new CliFailure('No server has ever run here: there is nothing to save.');
  const manifest = { format: 1, version, installation, database: url === undefined ? 'sqlite' : 'postgres' } as const;
  await beginBackup(folder, manifest);
  const source = await openStorage(config);
  try {
    const files = await createBackupFiles(join(folder, filesName), source);
    // Nearly all of them, while no moment of the database has to be held.
    await files.carry(first);
    return await save({ open, folder, files, manifest });
  } finally {
    await source.close();
  }
}

async function glance(open: () => Promise<Snapshot>): Promise<Pick<Snapshot, 'installation' | 'files'>> {
  await using snapshot = await open();
  return { installation: snapshot.installation, files: snapshot.files };
}

interface Saving {
  readonly open: () => Promise<Snapshot>;
  readonly folder: string;
  readonly files: BackupFiles;
  readonly manifest: Manifest;
}

/**
 * Looks for a moment of the database at which every file that it names can be had. One may be removed between that moment and its turn;
 * then the next moment does not name it. What two moments name and nobody has was lost before.
 */
async function save({ open, folder, files, manifest }: Saving): Promise<Complete> {
  let lost: ReadonlySet<string> = new Set();
  for (let moment = 1; moment <= maximumMoments; moment += 1) {
    const at = new Date();
    await using snapshot = await open();
    const missing = await files.carry(snapshot.files);
    if (missing.every(({ key }) => lost.has(key))) {
      const sums = await complete({ snapshot, missing, folder, files, at });
      const bytes = snapshot.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      const made = {
        ...{ at: at.toISOString(), tasks: snapshot.tasks, files: snapshot.files.length - missing.length, bytes },
        missing: missing.map(({ key }) => key),
      };
      await completeBackup(folder, { manifest: { ...manifest, made }, sums });
      return { ...manifest, made };
    }
    lost = new Set(missing.map(({ key }) => key));
  }
  throw new CliFailure('Files are removed faster than they can be saved.', {
    advice: 'Try again, with FOLDER on the disk of the data folder.',
  });
}

interface Moment {
  readonly snapshot: Snapshot;
  readonly missing: readonly NamedFile[];
  readonly folder: string;
  readonly files: BackupFiles;
  readonly at: Date;
}

/** Saves the database of this moment and removes what it does not name; answers the hashes of all that is there. */
async function complete({
  snapshot,
  missing,
  folder,
  files,
  at,
}: Moment): Promise<readonly (readonly [string, string])[]> {
  const sums: (readonly [string, string])[] = [];
  if (snapshot.save !== undefined) {
    const path = join(folder, databaseFile);
    await rm(`${path}.new`, { force: true });
    await snapshot.save(`${path}.new`, at);
    await rename(`${path}.new`, path);
    sums.push([path, await hashOf(path)]);
  }
  const gone = new Set(missing.map(({ key }) => key));
  const present = snapshot.files.filter(({ key }) => !gone.has(key));
  await files.keepOnly(new Set(present.map(({ key }) => key)));
  for (const { key, sha256 } of present) {
    const path = await files.pathOf(key);
    if (path !== undefined) sums.push([path, sha256]);
  }
  return sums;
}
