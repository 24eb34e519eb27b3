import { setTimeout as pause } from 'node:timers/promises';
import { errors, isErrorCode } from '../errors.ts';
import { type ApiClient, type ApiTask, Unreachable } from './api-client.ts';
import { CliFailure } from './failure.ts';
import type { Progress } from './progress.ts';

const pollIntervalMs = 400;

/** How long a server may be away, as while it starts anew: the task is on its disk. In milliseconds. */
const patienceMs = 60_000;

const notes: Readonly<Record<ApiTask['status'], string>> = {
  pending: 'waiting',
  processing: 'rendering',
  completed: 'done',
  failed: 'failed',
};

/** Polls a task to its end and draws its progress. Resolves with it also where it failed. */
export async function followTask(
  client: ApiClient,
  id: string,
  { progress, signal }: { readonly progress: Progress; readonly signal?: AbortSignal },
): Promise<ApiTask> {
  let heardAt = Date.now();
  for (;;) {
    try {
      const task = await client.get<ApiTask>(`/v1/tasks/${encodeURIComponent(id)}`);
      heardAt = Date.now();
      progress.update(task.progress, notes[task.status] ?? task.status);
      if (task.status === 'completed' || task.status === 'failed') return task;
    } catch (error) {
      if (!(error instanceof Unreachable) || Date.now() - heardAt > patienceMs) throw error;
      progress.update(0, 'the server is away');
    }
    await pause(pollIntervalMs, undefined, signal === undefined ? {} : { signal });
  }
}

/** What a failed task comes to. */
export function taskFailure({ id, error }: ApiTask): CliFailure {
  const code = error?.code ?? 'unknown';
  const message = `The task ${id} failed with ${code}: ${error?.message ?? 'no reason was given'}`;
  return new CliFailure(message, isErrorCode(code) ? { advice: errors[code].remedy } : {});
}
