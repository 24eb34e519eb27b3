import { type KeyInfo, Keys } from '../access/keys.ts';
import { limitFields } from '../access/limit-fields.ts';
import { ReelayError } from '../errors.ts';
import { dataOption, defineCommand, jsonOption } from './command.ts';
import { CliFailure, usageFailure } from './failure.ts';
import { keyOptions, limitsInWords, readKeyFlags } from './limit-flags.ts';
import { withDatabase } from './open-data.ts';
import { dateTime, print, printJson, say, table } from './output.ts';

export const createKey = defineCommand({
  name: 'keys create',
  summary: 'Make an API key',
  about: [
    'Prints the key, alone on standard output and only this once. A running server takes it at once. What no flag says has no limit;',
    'limits of the account, which cover all its keys, are set with "reelay accounts update".',
  ].join(' '),
  options: {
    account: {
      type: 'string',
      placeholder: 'NAME',
      description: 'Whose key it is; made where it does not exist (default "default")',
    },
    ...keyOptions,
    ...dataOption,
    ...jsonOption,
  },
  examples: [
    'keys create',
    'keys create --account team-video --name ci --expires 30d --budget-day 5 --tasks-in-flight 4',
  ],
  async run({ values: { account, data, json, ...flags } }) {
    if (account?.trim() === '') throw new CliFailure('--account must not be empty', { exitCode: 2 });
    const settings = await readKeyFlags(flags, Date.now());
    const { key, info } = await withDatabase({ data, create: true }, ({ db }) =>
      new Keys(db, Date.now).create({ ...settings, ...(account !== undefined && { account }) }),
    );
    if (json) printJson({ key, ...shown(info) });
    else {
      print(key);
      say(`Key ${info.id} of account ${info.account}. It is not shown again.`);
    }
    return 0;
  },
});

export const updateKey = defineCommand({
  name: 'keys update',
  summary: 'Change what an API key may do; a running server heeds it within a second',
  positionals: ['ID'],
  options: { ...keyOptions, ...dataOption, ...jsonOption },
  examples: [
    'keys update key-1a2b3c4d5e6f --budget-day 10',
    'keys update key-1a2b3c4d5e6f --expires never --models all',
  ],
  async run({ values: { data, json, ...flags }, positionals: [id = ''] }) {
    if (Object.keys(flags).length === 0) throw usageFailure('Name what is to change, such as --budget-day 10');
    const changes = await readKeyFlags(flags, Date.now());
    const info = await onKey(data, (keys) => keys.update(id, changes));
    if (json) printJson(shown(info));
    else print(table([heading, row(info)]));
    return 0;
  },
});

export const listKeys = defineCommand({
  name: 'keys list',
  summary: 'List API keys by their first characters, with what they may do',
  options: { ...dataOption, ...jsonOption },
  examples: ['keys list', 'keys list --json'],
  async run({ values: { data, json } }) {
    const keys = await onKey(data, (all) => all.list());
    if (json) printJson(keys.map(shown));
    else if (keys.length === 0) say('There are no keys yet; "reelay keys create" makes one.');
    else print(table([heading, ...keys.map(row)]));
    return 0;
  },
});

export const revokeKey = defineCommand({
  name: 'keys revoke',
  summary: 'Revoke an API key; a running server refuses it within a second',
  positionals: ['ID'],
  options: { ...dataOption, ...jsonOption },
  examples: ['keys revoke key-1a2b3c4d5e6f'],
  async run({ values: { data, json }, positionals: [id = ''] }) {
    const info = await onKey(data, (keys) => keys.revoke(id));
    if (json) printJson(shown(info));
    else print(`Key ${info.id} of account ${info.account} is revoked.`);
    return 0;
  },
});

async function onKey<Result>(data: string | undefined, work: (keys: Keys) => Promise<Result>): Promise<Result> {
  return withDatabase({ data }, ({ db }) => work(new Keys(db, Date.now))).catch((error: unknown) => {
    throw error instanceof ReelayError ? new CliFailure(error.message) : error;
  });
}

const heading = ['ID', 'KEY', 'ACCOUNT', 'NAME', 'SCOPES', 'LIMITS', 'CREATED', 'ENDS'] as const;

function row(info: KeyInfo): readonly string[] {
  const { id, hint, account, name = '', scopes, models, limits, createdAt } = info;
  const all = [limitsInWords(limits), ...(models === undefined ? [] : [`only ${models.join(' ')}`])];
  const may = all.filter((words) => words !== '').join(', ');
  return [id, `${hint}…`, account, name, scopes.join(','), may, dateTime(createdAt), endOf(info)];
}

function endOf({ expiresAt, revokedAt }: KeyInfo): string {
  if (revokedAt !== undefined) return `revoked ${dateTime(revokedAt)}`;
  return expiresAt === undefined ? '' : `expires ${dateTime(expiresAt)}`;
}

function shown({ createdAt, expiresAt, revokedAt, limits, name, models, ...info }: KeyInfo) {
  return {
    ...info,
    name: name ?? null,
    models: models ?? null,
    limits: limitFields(limits),
    created: new Date(createdAt).toISOString(),
    expires: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
    revoked: revokedAt === undefined ? null : new Date(revokedAt).toISOString(),
  };
}
