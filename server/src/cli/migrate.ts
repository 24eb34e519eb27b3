import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { lockFolder } from '../database/folder-lock.ts';
import { giveUp, type MovedTable, MoveError, moveRows, placeOfMoved } from '../database/move.ts';
import { type Database, openDatabase } from '../database/open.ts';
import { databaseFile } from '../database/sqlite.ts';
import { type MovedFiles, moveFiles } from '../media/move-files.ts';
import { createFileStorage } from '../media/storage-fs.ts';
import { createS3Storage } from '../media/storage-s3.ts';
import { dataOption, defineCommand, jsonOption } from './command.ts';
import { CliFailure } from './failure.ts';
import { print, printJson, say, table } from './output.ts';
import { readSettings } from './settings.ts';

export const migrate = defineCommand({
  name: 'migrate',
  summary: 'Move a SQLite installation to PostgreSQL',
  about: [
    'Copies every row to the database and compares it there. Stop the server first. The data folder is given up at the end: no server starts on',
    'its database any more, so that no task runs twice. A move that was broken off goes on when the command is given again, and',
    'one that is complete changes nothing. With REELAY_S3_* set, files go to the bucket and are compared there; else they stay where they are,',
    'and the servers share the data folder.',
  ].join(' '),
  options: {
    to: { type: 'string', placeholder: 'URL', description: 'The PostgreSQL database, an empty one: postgres://…' },
    ...dataOption,
    ...jsonOption,
  },
  examples: ['migrate --to postgres://reelay:secret@db.example.com/reelay'],
  async run({ values: { to, data, json } }) {
    if (to === undefined || !/^postgres(ql)?:\/\//.test(to)) {
      throw new CliFailure('--to has to name a PostgreSQL database, such as postgres://user:password@host/name.', {
        exitCode: 2,
      });
    }
    const config = readSettings({ data });
    if (!existsSync(join(config.dataFolder, databaseFile))) {
      throw new CliFailure(`There is no Reelay database in ${config.dataFolder}.`, {
        advice: 'Name the data folder of your server with --data or REELAY_DATA_DIR.',
      });
    }
    const moved = await move(config, to).catch((error: unknown) => {
      throw error instanceof MoveError ? new CliFailure(`${error.message}.`) : error;
    });
    if (json) printJson(moved ?? {});
    else if (moved === undefined) say('It was moved there before: nothing is left to do.');
    else tell(moved);
    return 0;
  },
});

interface Moved {
  readonly tables: readonly MovedTable[];
  readonly files?: MovedFiles;
}

function tell({ tables, files }: Moved): void {
  print(table([['TABLE', 'ROWS', 'WRITTEN NOW'], ...tables.map(rowOf)]));
  if (files !== undefined) {
    print(
      `\n${files.files} files, ${Math.ceil(files.bytes / 1e6)} MB, each read back and compared; ${files.copied} copied now.`,
    );
    for (const id of files.missing) say(`The file of ${id} was gone already.`);
  }
  say('Every row is in the target as it was. Start your servers with DATABASE_URL.');
}

const rowOf = ({ name, rows, written }: MovedTable): readonly string[] => [name, String(rows), String(written)];

async function move(config: Config, url: string): Promise<Moved | undefined> {
  const { dataFolder: folder } = config;
  await using opened = new AsyncDisposableStack();
  opened.defer(lockIdle(folder).release);
  const open = async (which: Parameters<typeof openDatabase>[0]): Promise<Database> => {
    const database = await openDatabase(which);
    opened.defer(database.close);
    return database;
  };
  const source = await open({ folder });
  const place = placeOf(url);
  const moved = await placeOfMoved(source.db);
  if (moved === place) return undefined;
  if (moved !== undefined) throw new MoveError(`this installation was moved to ${moved} already`);
  const target = await open({ folder, url });
  const tables: MovedTable[] = [];
  await moveRows(source.db, target.db, (one) => tables.push(one));
  const files = await carryFiles(config, source, opened);
  await giveUp(source.db, place);
  return { tables, ...(files && { files }) };
}

/** Where REELAY_S3_* name a bucket; else the servers share the data folder. */
async function carryFiles(
  { s3, dataFolder }: Config,
  { db }: Database,
  opened: AsyncDisposableStack,
): Promise<MovedFiles | undefined> {
  if (s3 === undefined) return undefined;
  const source = await createFileStorage(join(dataFolder, 'files'));
  const target = createS3Storage({ settings: s3, localFolder: dataFolder });
  opened.defer(() => target.close());
  return moveFiles(db, { source, target });
}

function lockIdle(folder: string): ReturnType<typeof lockFolder> {
  try {
    return lockFolder(folder);
  } catch {
    throw new CliFailure(`A server runs on the data folder ${folder}.`, {
      advice: 'Stop it first: what it does meanwhile would be lost.',
    });
  }
}

/** The address without what is secret in it. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `postgres://${host}${pathname}`;
}
