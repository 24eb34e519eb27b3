import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The folders in which providers work on an attempt. */
export interface WorkFolders {
  pathOf(attemptId: string): string;
  /** Attempts that have one. */
  list(): Promise<readonly string[]>;
  /** Does nothing where there is none. */
  remove(attemptId: string): Promise<void>;
}

/** As children of one folder, which has to be there. */
export function workFoldersIn(folder: string): WorkFolders {
  const pathOf = (attemptId: string) => join(folder, attemptId);
  return {
    pathOf,
    list: () => readdir(folder),
    remove: (attemptId) => rm(pathOf(attemptId), { recursive: true, force: true }),
  };
}
