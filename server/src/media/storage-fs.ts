import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, open, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { explainDiskFault } from './disk-faults.ts';
import { OpenFiles } from './open-files.ts';
import { asStorageError, type ByteRange, checkKey, type MediaStorage } from './storage.ts';

/**
 * Files in a folder. Several nodes may share it.
 *
 * 1. A file appears under its key whole: it is written beside the objects, synced, renamed, and its folder synced.
 * 2. Keys spread over 256 folders by their hash, so that no folder grows to where listing it hurts.
 */

const incomingFolder = 'incoming';
const objectsFolder = 'objects';
/** Longer than any upload takes: what is older was left by a crash. */
const leftoverAgeMs = 24 * 3_600_000;

function codeOf(error: unknown): unknown {
  return error instanceof Error ? (error as { readonly code?: unknown }).code : undefined;
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A folder's entry is only safe once the folder is synced; not every system can (Windows refuses). */
async function syncFolder(path: string): Promise<void> {
  if (process.platform !== 'win32') await syncPath(path);
}

async function moveOrCopy(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
    await copyFile(from, to);
    await rm(from, { force: true });
  }
}

/** Of the disk that a folder is on. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function clearLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > leftoverAgeMs) await rm(path, { force: true });
  }
}

async function unlessMissing<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function openStream(path: string, { start = 0, end }: ByteRange = {}): Promise<Readable | undefined> {
  const handle = await unlessMissing(open(path, 'r'));
  if (handle === undefined) return undefined;
  const { size } = await handle.stat();
  const last = Math.min(end ?? size - 1, size - 1);
  if (start < 0 || (start > last && size > 0)) {
    await handle.close();
    throw new RangeError(`no bytes ${start} to ${end ?? ''} in a file of ${size}`);
  }
  return last < start ? handle.createReadStream() : handle.createReadStream({ start, end: last });
}

/** Creates the folder where it is missing. */
export async function createFileStorage(folder: string): Promise<MediaStorage> {
  const root = resolve(folder);
  const incoming = join(root, incomingFolder);
  await mkdir(incoming, { recursive: true });
  await mkdir(join(root, objectsFolder), { recursive: true });
  await clearLeftovers(incoming);

  const pathOf = (key: string): string => {
    checkKey(key);
    return join(root, objectsFolder, createHash('sha256').update(key).digest('hex').slice(0, 2), key);
  };

  const openFiles = new OpenFiles(pathOf);

  return {
    async put(key, source) {
      const path = pathOf(key);
      const temporary = join(incoming, randomUUID());
      try {
        await mkdir(dirname(path), { recursive: true });
        if ('path' in source) await moveOrCopy(source.path, temporary);
        else await pipeline(source.stream, createWriteStream(temporary, { flags: 'wx' }));
        await syncPath(temporary);
        await rename(temporary, path);
        await openFiles.forget(key);
        await syncFolder(dirname(path));
      } catch (error) {
        await rm(temporary, { force: true });
        throw asStorageError(error);
      }
    },

    open: async (key, range) => openStream(pathOf(key), range),

    openFile: async (key) => unlessMissing(openFiles.open(key)),

    async stat(key) {
      const found = await unlessMissing(stat(pathOf(key)));
      return found === undefined ? undefined : { sizeBytes: found.size };
    },

    async materialise(key) {
      const path = pathOf(key);
      return (await unlessMissing(stat(path))) === undefined ? undefined : path;
    },

    async remove(key) {
      await rm(pathOf(key), { force: true });
      await openFiles.forget(key);
    },

    freeBytes: () => freeBytesOf(root),

    async fault() {
      const path = join(incoming, randomUUID());
      try {
        await writeFile(path, '', { flag: 'wx' });
        await rm(path, { force: true });
        return undefined;
      } catch (error) {
        return explainDiskFault(error, root);
      }
    },

    close: () => openFiles.close(),
  };
}
