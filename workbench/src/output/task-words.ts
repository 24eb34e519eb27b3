import type { JsonValue, Model, Task } from '../api.ts';
import { clipLength, length, words } from '../format.ts';

export function promptOf(task: Task): string {
  const { prompt } = task.request.parameters;
  return typeof prompt === 'string' ? prompt : '';
}

export function isCancelled({ error }: Task): boolean {
  return error?.code === 'request_cancelled';
}

/** `Waiting`, `37 %`, `Ready`, `Failed`. */
export function statusWord(task: Task): string {
  if (task.status === 'pending') return 'Waiting';
  if (task.status === 'processing') return `${task.progress} %`;
  if (task.status === 'completed') return 'Ready';
  return isCancelled(task) ? 'Cancelled' : 'Failed';
}

/** Seconds since it was accepted, or from then to its end. */
export function elapsed(task: Task, now: number): number {
  return (task.completed ?? now) - task.created;
}

/** A guess from what has been done so far, once there is enough of it. */
export function remaining(task: Task, now: number): string | undefined {
  const enough = 8;
  if (task.started === null || task.progress < enough || task.progress >= 100) return undefined;
  const passed = now - task.started;
  return `about ${length(Math.max(1, (passed / task.progress) * (100 - task.progress)))} left`;
}

export function queueWords({ queue_position: before }: Task): string {
  if (before === null) return 'The provider takes it up soon';
  return before === 0 ? 'Next in the queue' : `${before} before it in the queue`;
}

/** What was asked for besides the prompt, by the names that people read. */
export function settingsOf({ request }: Task): readonly (readonly [name: string, value: JsonValue])[] {
  const { prompt: _prompt, ...settings } = request.parameters;
  return Object.entries(settings).map(([name, value]) => [
    words(name),
    name === 'duration' && typeof value === 'number' ? clipLength(value) : value,
  ]);
}

/** The model as people call it, also where the task was made under another API's id. */
export function modelName({ request }: Task, models: readonly Model[] | undefined): string {
  return models?.find((model) => model.id === request.model)?.display_name ?? request.model;
}

/** What a card shows without words, for those who do not see it. */
export function cardLabel(task: Task, models: readonly Model[] | undefined): string {
  const code = task.error === null || isCancelled(task) ? '' : ` with ${task.error.code}`;
  return `${statusWord(task)}${code}, ${modelName(task, models)}: `;
}
