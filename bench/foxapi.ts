import SqliteDatabase from 'better-sqlite3';
import type { Load } from './load.ts';
import type { MeasuredServer } from './server-process.ts';

/** The text-to-video request of the documentation. */
const body = JSON.stringify({
  model: 'grok-imagine-text-to-video',
  prompt: 'A calm sea at sunset, the camera slowly pans to the right',
  duration: 6,
  aspect_ratio: '16:9',
  resolution: '720p',
});

/** Different tasks that are read in turn. */
const readTasks = 500;

export const accepts: Load['requests'] = [{ method: 'POST', path: '/v1/videos/generations', body }];

/** Reads of tasks that the server has accepted. */
export async function reads(server: MeasuredServer): Promise<Load['requests']> {
  const ids = taskIds(server, readTasks);
  return ids.map((id) => ({ method: 'GET' as const, path: `/v1/tasks/${id}` }));
}

function taskIds({ folder }: MeasuredServer, limit: number): readonly string[] {
  using file = openRows(folder);
  return file.database.prepare<[number], string>('select id from tasks limit ?').pluck().all(limit);
}

/** The database of a server that runs, for reading. */
export function openRows(folder: string): Disposable & { readonly database: SqliteDatabase.Database } {
  const database = new SqliteDatabase(`${folder}/reelay.sqlite`, { readonly: true });
  return { database, [Symbol.dispose]: () => void database.close() };
}

/** Time of the event that tells of a task's end, in milliseconds since the epoch: taken just before its commit. */
export function endedAt({ folder }: MeasuredServer, taskId: string): number {
  using file = openRows(folder);
  const select = file.database.prepare<[string], number>(
    "select created_at from events where task_id = ? and state in ('succeeded', 'failed')",
  );
  const at = select.pluck().get(taskId);
  if (at === undefined) throw new Error(`task ${taskId} has not ended`);
  return at;
}

/** Throws unless the floor answers what the server answers and stores what it stores: else the two do different work. */
export async function requireSameWork(reelay: MeasuredServer, floor: MeasuredServer): Promise<void> {
  const [right, given] = [await workOf(reelay), await workOf(floor)];
  if (right !== given) throw new Error(`the floor does different work:\n${given}\ninstead of\n${right}`);
}

async function workOf(server: MeasuredServer): Promise<string> {
  const request = async (method: string, path: string, init: RequestInit = {}) => {
    const answer = await fetch(server.url + path, { method, headers: server.headers, ...init });
    return (await answer.json()) as Record<string, unknown>;
  };
  const created = await request('POST', '/v1/videos/generations', { body });
  const read = await request('GET', `/v1/tasks/${created['id']}`);
  using file = openRows(server.folder);
  const row = file.database.prepare('select * from tasks where id = ?').get(created['id']) as Record<string, unknown>;
  const own = ['id', 'account_id', 'created', 'created_at', 'due_at'];
  return JSON.stringify([created, read, row].map((object) => replaceValues(object, own)));
}

/** The named values differ from task to task; their sizes do not. */
function replaceValues(object: Record<string, unknown>, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, fields.includes(name) ? String(value).length : value]),
  );
}
