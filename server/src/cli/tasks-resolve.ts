import type { ProviderOperation } from '../contract/index.ts';
import { type Resolution, ResolveError, resolveTask } from '../tasks/resolve.ts';
import { dataOption, defineCommand, jsonOption } from './command.ts';
import { CliFailure, usageFailure } from './failure.ts';
import { withDatabase } from './open-data.ts';
import { print, printJson } from './output.ts';

export const resolve = defineCommand({
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
