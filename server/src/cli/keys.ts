import { type KeyInfo, Keys } from '../access/keys.ts';
import { ReelayError } from '../errors.ts';
import { dataOption, defineCommand, jsonOption } from './command.ts';
import { CliFailure } from './failure.ts';
import { withDatabase } from './open-data.ts';
import { dateTime, print, printJson, say, table } from './output.ts';

export const createKey = defineCommand({
  name: 'keys create',
  summary: 'Make an API key',
  about: 'Prints the key, alone on standard output and only this once. A running server takes it at once.',
  options: {
    account: {
      type: 'string',
      placeholder: 'NAME',
      description: 'Whose key it is; made where it does not exist (default "default")',
    },
    ...dataOption,
    ...jsonOption,
  },
  examples: ['keys create', 'keys create --account team-video'],
  async run({ values: { account, data, json } }) {
    if (account?.trim() === '') throw new CliFailure('--account must not be empty', { exitCode: 2 });
    const { key, info } = await withDatabase({ data, create: true }, ({ db }) =>
      new Keys(db, Date.now).create(account === undefined ? {} : { account }),
    );
    if (json) printJson({ key, ...shown(info) });
    else {
      print(key);
      say(`Key ${info.id} of account ${info.account}. It is not shown again.`);
    }
    return 0;
  },
});

export const listKeys = defineCommand({
  name: 'keys list',
  summary: 'List API keys by their first characters',
  options: { ...dataOption, ...jsonOption },
  examples: ['keys list', 'keys list --json'],
  async run({ values: { data, json } }) {
    const keys = await withDatabase({ data }, ({ db }) => new Keys(db, Date.now).list());
    if (json) printJson(keys.map(shown));
    else if (keys.length === 0) say('There are no keys yet; "reelay keys create" makes one.');
    else print(table([['ID', 'KEY', 'ACCOUNT', 'CREATED', 'REVOKED'], ...keys.map(row)]));
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
    const info = await withDatabase({ data }, ({ db }) => new Keys(db, Date.now).revoke(id)).catch((error: unknown) => {
      throw error instanceof ReelayError ? new CliFailure(error.message) : error;
    });
    if (json) printJson(shown(info));
    else print(`Key ${info.id} of account ${info.account} is revoked.`);
    return 0;
  },
});

function row({ id, hint, account, createdAt, revokedAt }: KeyInfo): readonly string[] {
  return [id, `${hint}…`, account, dateTime(createdAt), revokedAt === undefined ? '' : dateTime(revokedAt)];
}

function shown({ createdAt, revokedAt, ...info }: KeyInfo) {
  return {
    ...info,
    created: new Date(createdAt).toISOString(),
    revoked: revokedAt === undefined ? null : new Date(revokedAt).toISOString(),
  };
}
