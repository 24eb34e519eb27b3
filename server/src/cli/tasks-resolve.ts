import type { Config } from '../config.ts';
import { type Resolution, ResolveError, resolveTask } from '../tasks/resolve.ts';
import { dataOption, defineCommand, jsonOption } from './command.ts';
import { CliFailure, usageFailure } from './failure.ts';
import { foundJobReader } from './found-job.ts';
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
      placeholder: 'JOB',
      description: 'The provider has the job: its id there, or its operation as JSON in the form that is stored here',
    },
    resubmit: { type: 'boolean', description: 'The provider has it not: submit it once more' },
    fail: { type: 'boolean', description: 'Give it up: the task fails with submission_unknown' },
    ...dataOption,
    ...jsonOption,
  },
  examples: [
    'tasks resolve task-unified-1763717160-a1b2c3d4 --attach 764cabcf-b745-4b3e-ae38-1200304cf45b',
    'tasks resolve task-unified-1763717160-a1b2c3d4 --resubmit',
  ],
  async run({ values: { data, json, ...how }, positionals: [id = ''] }) {
    const chosen = choiceOf(how);
    const task = await withDatabase({ data }, async ({ db }, config) =>
      resolveTask({ db, now: Date.now }, id, await resolutionOf(chosen, config)),
    ).catch((error: unknown) => {
      throw error instanceof ResolveError ? new CliFailure(`${error.message}.`) : error;
    });
    if (json) printJson({ id: task.id, state: task.state });
    else print(`Task ${task.id} is ${task.state} now.`);
    return 0;
  },
});

type Choice = { readonly attach: string } | 'resubmit' | 'fail';

function choiceOf({
  attach,
  resubmit = false,
  fail = false,
}: {
  readonly attach?: string | undefined;
  readonly resubmit?: boolean | undefined;
  readonly fail?: boolean | undefined;
}): Choice {
  const given = [attach !== undefined, resubmit, fail].filter(Boolean).length;
  if (given !== 1) throw usageFailure('Give exactly one of --attach JOB, --resubmit and --fail');
  if (attach === undefined) return resubmit ? 'resubmit' : 'fail';
  if (attach.trim() === '') throw usageFailure('--attach takes the id of a job at the provider');
  return { attach };
}

async function resolutionOf(choice: Choice, config: Config): Promise<Resolution> {
  if (typeof choice === 'string') return { kind: choice };
  return { kind: 'attach', operation: await foundJobReader(config, choice.attach) };
}
