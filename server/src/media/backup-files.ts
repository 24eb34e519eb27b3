import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { constants, copyFile, link, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MediaStorage } from './storage.ts';
import { createFileStorage } from './storage-fs.ts';

export interface BackupFiles {
  /** Takes these files over, those alone that are not there yet; answers those that the source does not have. */
  carry<File extends { readonly key: string; readonly sizeBytes: number }>(
    files: readonly File[],
  ): Promise<readonly File[]>;
  /** Removes what an earlier backup left and this one does not name. */
  keepOnly(keys: ReadonlySet<string>): Promise<void>;
  pathOf(key: string): Promise<string | undefined>;
}

/**
 * Files of a backup, laid out as those of a server are. Keys are never used twice, and no file is ever changed in its place: one that
 * is there under its key, in its length, is the same. So one on the same disk is a second name of the server's own, which takes neither
 * time nor room; elsewhere it is a copy.
 */
export async function createBackupFiles(folder: string, source: MediaStorage): Promise<BackupFiles> {
  const target = await createFileStorage(folder);
  const incoming = join(folder, 'incoming');

  async function take(key: string): Promise<boolean> {
    const path = await source.materialise(key, incoming);
    if (path === undefined) return false;
    const own = dirname(path) === incoming ? path : await duplicate(path, join(incoming, randomUUID()));
    if (own === undefined) return false;
    await target.put(key, { path: own });
    return true;
  }

  return {
    async carry(files) {
      const missing = [];
      for (const file of files) {
        if ((await target.stat(file.key))?.sizeBytes === file.sizeBytes) continue;
        if (!(await take(file.key))) missing.push(file);
      }
      return missing;
    },
    async keepOnly(keys) {
      for (const name of await readdir(join(folder, 'objects'), { recursive: true, withFileTypes: true })) {
        if (name.isFile() && !keys.has(name.name)) await target.remove(name.name);
      }
    },
    pathOf: (key) => target.materialise(key, incoming),
  };
}

/** Gives the file a second name where the system can, else copies it. Undefined where it has gone meanwhile. */
async function duplicate(path: string, name: string): Promise<string | undefined> {
  try {
    await link(path, name).catch(() => copyFile(path, name, constants.COPYFILE_FICLONE));
    return name;
  } catch (error) {
    if (!existsSync(path)) return undefined;
    throw error;
  }
}
