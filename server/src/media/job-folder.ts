import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { asStorageError } from './storage.ts';

/** Temporary folders, one per job, gone whichever way the job ends. What a crash leaves is cleared a day later. */

export const jobPrefix = 'reelay-job-';

/** Longer than any job takes. */
const leftoverAgeMs = 24 * 3_600_000;

async function createFolder(parent: string): Promise<string> {
  try {
    await mkdir(parent, { recursive: true });
    return await mkdtemp(join(parent, jobPrefix));
  } catch (error) {
    throw asStorageError(error);
  }
}

export async function inJobFolder<T>(parent: string, job: (folder: string) => Promise<T>): Promise<T> {
  const folder = await createFolder(parent);
  try {
    return await job(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what has not been touched for a day and whose name starts as given. */
export async function clearLeftovers(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const path = join(parent, name);
    const found = name.startsWith(prefix) ? await stat(path).catch(() => undefined) : undefined;
    // The machine's clock, not the one passed in: it is what stamps files.
    if (found !== undefined && Date.now() - found.mtimeMs > leftoverAgeMs) {
      await rm(path, { recursive: true, force: true });
    }
  }
}
