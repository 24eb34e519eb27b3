import type { ProviderOperation } from '../contract/index.ts';
import { type Resolution, ResolveError, resolveTask } from '../tasks/resolve.ts';
import { type ApiTask, clientFromEnvironment } from './api-client.ts';
import { dataOption, defineCommand, jsonOption } from './command.ts';
import { CliFailure, usageFailure } from './failure.ts';
import { withDatabase } from './open-data.ts';
import { dateTime, print, printJson, say, table } from './output.ts';

/** Tasks listed where nothing else is asked for. */
const defaultLimit = 20;

const showTasks = defineCommand({
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

const cancelTask = defineCommand({
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

const resolveCommand = defineCommand({
  name: 'tasks resolve',
  summary: 'Settle a task whose submission nobody knows the outcome of',
  about: [
    'A submission whose answer got lost is never sent again by itself, because that could be paid twice. Look for the job',
    "in the provider's console, then say which it is. Opens the database, also beside a running server; works while the",
    'task is uncertain and nowhere else.',
  ].join(' '),
  positionals: ['ID'],
  options: {
    attach: {
      type: 'string',
      placeholder: 'JSON',
      description: 'The provider has the job: its operation as JSON, in the form of its own answer',
    },
    resubmit: { type: 'boolean', description: 'The provider has it not: submit it once more' },
    fail: { type: 'boolean', description: 'Give it up: the task fails with submission_unknown' },
    ...dataOption,
    ...jsonOption,
  },
  examples: [
    `tasks resolve task-unified-1763717160-a1b2c3d4 --attach '{"request_id":"0f1e2d3c"}'`,
    'tasks resolve task-unified-1763717160-a1b2c3d4 --resubmit',
  ],
  async run({ values: { data, json, ...how }, positionals: [id = ''] }) {
    const resolution = resolutionOf(how);
    const task = await withDatabase({ data }, ({ db }) => resolveTask({ db, now: Date.now }, id, resolution)).catch(
      (error: unknown) => {
        throw error instanceof ResolveError ? new CliFailure(`${error.message}.`) : error;
      },
    );
    if (json) printJson({ id: task.id, state: task.state });
    else print(`Task ${task.id} is ${task.state} now.`);
    return 0;
  },
});

export const tasks = [showTasks, cancelTask, resolveCommand];

function resolutionOf(how: {
  readonly attach?: string | undefined;
  readonly resubmit?: boolean | undefined;
  readonly fail?: boolean | undefined;
}): Resolution {
  const chosen = [how.attach !== undefined, how.resubmit === true, how.fail === true].filter(Boolean).length;
  if (chosen !== 1) throw usageFailure('Give exactly one of --attach JSON, --resubmit and --fail');
  if (how.attach !== undefined) return { kind: 'attach', operation: operationOf(how.attach) };
  return how.resubmit === true ? { kind: 'resubmit' } : { kind: 'fail' };
}

function operationOf(text: string): ProviderOperation {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below, with what it should have been.
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0) {
    throw usageFailure(
      '--attach takes the operation as a JSON object',
      `For example: --attach '{"request_id":"0f1e2d3c"}'`,
    );
  }
  return value as ProviderOperation;
}

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
