import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import SqliteDatabase from 'better-sqlite3';
import { faultOfFile } from '../database/snapshot.ts';
import { databaseFile } from '../database/sqlite.ts';
import { CliFailure } from './failure.ts';

/**
 * The folder of a backup:
 *
 * - `reelay.sqlite`, where the installation is on SQLite;
 * - `files/objects/…`, laid out as a data folder's;
 * - `files.sha256`, the hash of each of them, as `sha256sum --check` reads it;
 * - `backup.json`, which says what it is of, and with `made` that it is complete.
 */
export const filesName = 'files';
const sumsName = 'files.sha256';
const manifestName = 'backup.json';

export interface Manifest {
  readonly format: 1;
  /** Of Reelay. */
  readonly version: string;
  readonly installation: string;
  readonly database: 'sqlite' | 'postgres';
  readonly made?: {
    readonly at: string;
    readonly tasks: number;
    readonly files: number;
    readonly bytes: number;
    /** Files that the database names and that were gone already: keys. */
    readonly missing: readonly string[];
  };
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  const text = await readFile(join(folder, manifestName), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Manifest);
}

/** Whole or not at all: an older one stays until then. */
async function write(folder: string, name: string, text: string): Promise<void> {
  const temporary = join(folder, `${name}.new`);
  await writeFile(temporary, text, { mode: 0o600, flush: true });
  await rename(temporary, join(folder, name));
}

/** Throws where the folder is no place for a backup of this installation. One that is there counts as incomplete from here on. */
export async function beginBackup(folder: string, manifest: Manifest): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const earlier = await readManifest(folder);
  const isPlace =
    earlier === undefined ? (await readdir(folder)).length === 0 : earlier.installation === manifest.installation;
  if (!isPlace) {
    throw new CliFailure(`${folder} holds something else than a backup of this installation.`, {
      advice: 'Name a new folder, or that of an earlier backup, which is then brought up to date.',
    });
  }
  await write(folder, manifestName, manifestText(manifest));
}

/** `sums` are the hashes of its files, by their paths. */
export async function completeBackup(
  folder: string,
  { manifest, sums }: { readonly manifest: Manifest; readonly sums: readonly (readonly [string, string])[] },
): Promise<void> {
  const lines = sums.map(([path, hash]) => `${hash}  ${relative(folder, path)}\n`);
  await write(folder, sumsName, lines.join(''));
  await write(folder, manifestName, manifestText(manifest));
}

const manifestText = (manifest: Manifest): string => `${JSON.stringify(manifest, null, 2)}\n`;

/** Reads every byte of a backup. Throws, for the operator, where one is not as it was. */
export async function verifyBackup(folder: string): Promise<Manifest & Pick<Required<Manifest>, 'made'>> {
  const manifest = await readManifest(folder);
  if (manifest?.made === undefined) throw new CliFailure(`There is no complete backup in ${folder}.`);
  const { made } = manifest;
  if (manifest.format !== 1) {
    throw new CliFailure(`The backup in ${folder} was made by Reelay ${manifest.version}.`, {
      advice: 'Use that version or a newer one.',
    });
  }
  const faults: string[] = [];
  const listed = new Set<string>();
  for (const line of (await readFile(join(folder, sumsName), 'utf8')).split('\n').filter(Boolean)) {
    const [hash, path = ''] = line.split('  ');
    listed.add(path);
    const found = await hashOf(join(folder, path)).catch(() => 'missing');
    if (found !== hash) faults.push(`${path} is ${found === 'missing' ? 'missing' : 'not as it was'}`);
  }
  if (manifest.database === 'sqlite') faults.push(...databaseFaults(folder, new Set([...listed, ...made.missing])));
  if (faults.length > 0) {
    throw new CliFailure(`The backup is broken: ${faults.slice(0, 5).join('; ')}.`, {
      ...(faults.length > 5 && { advice: `${faults.length - 5} more files are broken as well.` }),
    });
  }
  return { ...manifest, made };
}

/** Of a database that is what it was written as: whether it is whole, and whether the files that it names are in the list. */
function databaseFaults(folder: string, listed: ReadonlySet<string>): readonly string[] {
  const path = join(folder, databaseFile);
  const fault = faultOfFile(path);
  if (fault !== undefined) return [`${databaseFile}: ${fault}`];
  const file = new SqliteDatabase(path, { readonly: true });
  const names = new Set([...listed].map((name) => name.split('/').at(-1)));
  const rows = file.prepare('select storage_key from assets').pluck().all() as readonly string[];
  file.close();
  return rows.filter((key) => !names.has(key)).map((key) => `${key} is not in the list`);
}

export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
