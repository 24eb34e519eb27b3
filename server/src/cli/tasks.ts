import { type ApiTask, clientFromEnvironment } from './api-client.ts';
import { defineCommand, jsonOption } from './command.ts';
import { dateTime, print, printJson, say, table } from './output.ts';

/** Tasks listed where nothing else is asked for. */
const defaultLimit = 20;

export const showTasks = defineCommand({
  name: 'tasks',
  summary: 'List your newest tasks, or show one',
  positionals: ['[ID]'],
  options: {
    status: {
      type: 'string',
      placeholder: 'STATUS',
      description: 'Only pending, processing, completed or failed ones',
    },
    limit: { type: 'string', placeholder: 'N', description: `How many, 1 to 100 (default ${defaultLimit})` },
    ...jsonOption,
  },
  examples: ['tasks', 'tasks --status failed', 'tasks task-unified-1763717160-a1b2c3d4 --json'],
  async run({ values: { status, limit = String(defaultLimit), json }, positionals: [id] }) {
    const client = clientFromEnvironment(process.env);
    if (id !== undefined) {
      const task = await client.get<ApiTask>(taskPath(id));
      if (json) printJson(task);
      else print(describe(task));
      return 0;
    }
    const query = new URLSearchParams({ limit, ...(status !== undefined && { status }) });
    const { data } = await client.get<{ readonly data: readonly ApiTask[] }>(`/v1/tasks?${query}`);
    if (json) printJson(data);
    else if (data.length === 0) say('There are no such tasks.');
    else print(table([['TASK', 'STATUS', 'DONE', 'CREATED', 'MODEL'], ...data.map(row)]));
    return 0;
  },
});

export const cancelTask = defineCommand({
  name: 'tasks cancel',
  summary: 'Cancel a task that has not ended',
  positionals: ['ID'],
  options: jsonOption,
  examples: ['tasks cancel task-unified-1763717160-a1b2c3d4'],
  async run({ values: { json }, positionals: [id = ''] }) {
    const task = await clientFromEnvironment(process.env).post<ApiTask>(`${taskPath(id)}/cancel`);
    if (json) printJson(task);
    else if (task.error?.code === 'request_cancelled') print(`Task ${task.id} is cancelled.`);
    else print(`Task ${task.id} will be cancelled once the provider has said whether it took the job.`);
    return 0;
  },
});

function taskPath(id: string): string {
  return `/v1/tasks/${encodeURIComponent(id)}`;
}

function row({ id, status, progress, created, model }: ApiTask): readonly string[] {
  return [id, status, `${progress} %`, dateTime(created * 1_000), model];
}

function describe(task: ApiTask): string {
  return table([
    ['Task', task.id],
    ['Model', task.model],
    ['Status', task.status === 'failed' ? 'failed' : `${task.status}, ${task.progress} %`],
    ['Created', dateTime(task.created * 1_000)],
    ...(task.provider === undefined ? [] : [['Provider', task.provider]]),
    ...(task.error ? [['Error', `${task.error.code}: ${task.error.message}`]] : []),
    ...(task.results ?? []).map(({ url }) => ['Result', url]),
    ...(task.warnings ?? []).map((warning) => ['Warning', warning]),
  ]);
}
