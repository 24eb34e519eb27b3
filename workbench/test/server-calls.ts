import { setTimeout as pause } from 'node:timers/promises';
import type { Task, Values } from '../src/api.ts';

/** A running server and a key for it. */
export interface ShownServer {
  readonly url: string;
  readonly key: string;
}

const pollMs = 100;

/** Asks the server something beside the page. */
export async function call<Answer>({ url, key }: ShownServer, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url + path, { ...init, headers: { Authorization: `Bearer ${key}`, ...init.headers } });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
  return JSON.parse(text) as Answer;
}

/** Answers the id of a new task. */
export async function create(server: ShownServer, body: Values): Promise<string> {
  const { id } = await send<Pick<Task, 'id'>>(server, '/v1/videos/generations', body);
  return id;
}

/** Answers a new key of an account of its own. */
export async function createKey(server: ShownServer, limits: Values): Promise<string> {
  const { key } = await send<{ readonly key: string }>(server, '/admin/keys', {
    account: crypto.randomUUID(),
    ...limits,
  });
  return key;
}

function send<Answer>(server: ShownServer, path: string, body: Values): Promise<Answer> {
  const headers = { 'Content-Type': 'application/json' };
  return call<Answer>(server, path, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Waits until a task has ended; answers it. */
export async function untilEnded(server: ShownServer, id: string): Promise<Task> {
  for (;;) {
    const task = await call<Task>(server, `/v1/tasks/${id}?include=request`);
    if (task.status === 'completed' || task.status === 'failed') return task;
    await pause(pollMs);
  }
}
