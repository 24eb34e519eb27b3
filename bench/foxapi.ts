import type { Load } from './load.ts';
import { askRows } from './rows.ts';
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
  const tasks = await askRows<{ readonly id: string }>(server, 'select id from tasks limit ?', [readTasks]);
  return readsOf(tasks.map(({ id }) => id));
}

export function readsOf(ids: readonly string[]): Load['requests'] {
  return ids.map((id) => ({ method: 'GET' as const, path: `/v1/tasks/${id}` }));
}

/** Time of the event that tells of a task's end, in milliseconds since the epoch: taken just before its commit. */
export async function endedAt(server: MeasuredServer, taskId: string): Promise<number> {
  const [event] = await askRows<{ readonly created_at: number | string }>(
    server,
    "select created_at from events where task_id = ? and state in ('succeeded', 'failed')",
    [taskId],
  );
  if (event === undefined) throw new Error(`task ${taskId} has not ended`);
  return Number(event.created_at);
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
  const [row = {}] = await askRows<Record<string, unknown>>(server, 'select * from tasks where id = ?', [
    created['id'],
  ]);
  const own = ['id', 'account_id', 'key_id', 'created', 'created_at', 'due_at'];
  return JSON.stringify([created, read, row].map((object) => replaceValues(object, own)));
}

/** The named values differ from task to task; their sizes do not. */
function replaceValues(object: Record<string, unknown>, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, fields.includes(name) ? String(value).length : value]),
  );
}
