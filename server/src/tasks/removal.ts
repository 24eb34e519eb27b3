import { isTerminal, type Task } from '../contract/index.ts';
import type { Database } from '../database/open.ts';
import { ReelayError } from '../errors.ts';
import type { MediaLibrary } from '../media/library.ts';
import type { TaskStore } from './store.ts';

/** Takes away what a client asks to have deleted, and what has been kept long enough. */

interface Holdings {
  readonly store: TaskStore;
  readonly media: MediaLibrary;
  readonly database: Pick<Database, 'purge'>;
  readonly now: () => number;
}

export const resultsOf = (task: Task): readonly string[] =>
  task.state === 'succeeded' ? task.outputs.map(({ assetId }) => assetId) : [];

/** Throws `not_terminal` where the task, or another one that needs a result of it, has not ended. */
export async function removeTask({ store, media, database }: Holdings, task: Task): Promise<void> {
  if (!isTerminal(task.state)) throw new ReelayError('not_terminal', `the task has not ended yet: ${task.state}`);
  const results = resultsOf(task);
  for (const id of results) await refuseIfNeeded(store, task.accountId, id);
  // Before the task goes: what breaks off in between is found by it when its removal is asked for again.
  for (const id of results) await media.remove(id);
  await store.remove(task);
  database.purge();
}

/** Throws `not_found`, or `not_terminal` while a task that has not ended needs the file. */
export async function removeUpload(holdings: Holdings, accountId: string, id: string): Promise<void> {
  const { store, media, database, now } = holdings;
  const asset = await media.get(id);
  if (asset?.accountId !== accountId || asset.purpose !== 'upload' || asset.expiresAt <= now()) {
    throw new ReelayError('not_found', `there is no upload ${id}; it may have expired or been deleted`);
  }
  await refuseIfNeeded(store, accountId, id);
  await media.remove(id);
  database.purge();
}

async function refuseIfNeeded(store: TaskStore, accountId: string, assetId: string): Promise<void> {
  const user = await store.fileUser(accountId, assetId);
  if (user === undefined) return;
  throw new ReelayError('not_terminal', `the file is an input of ${user}, which has not ended yet`);
}
