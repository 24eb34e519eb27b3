import { type AccountInfo, Accounts } from '../access/accounts.ts';
import { limitFields } from '../access/limit-fields.ts';
import { ReelayError } from '../errors.ts';
import { dataOption, defineCommand, jsonOption } from './command.ts';
import { CliFailure, usageFailure } from './failure.ts';
import { limitOptions, limitsInWords, readLimitFlags } from './limit-flags.ts';
import { withDatabase } from './open-data.ts';
import { dateTime, print, printJson, say, table } from './output.ts';

export const listAccounts = defineCommand({
  name: 'accounts list',
  summary: 'List accounts, with the limits that cover all keys of one',
  options: { ...dataOption, ...jsonOption },
  examples: ['accounts list'],
  async run({ values: { data, json } }) {
    const accounts = await withDatabase({ data }, ({ db }) => new Accounts(db, Date.now).list());
    if (json) printJson(accounts.map(shown));
    else if (accounts.length === 0) say('There are no accounts yet; "reelay keys create --account NAME" makes one.');
    else print(table([heading, ...accounts.map(row)]));
    return 0;
  },
});

export const updateAccount = defineCommand({
  name: 'accounts update',
  summary: 'Change what all keys of an account together may use up',
  about: 'A running server heeds it within a second. A key with limits of its own has to keep to both.',
  positionals: ['NAME'],
  options: { ...limitOptions, ...dataOption, ...jsonOption },
  examples: ['accounts update team-video --budget-month 200', 'accounts update team-video --tasks-in-flight none'],
  async run({ values: { data, json, ...flags }, positionals: [name = ''] }) {
    if (Object.keys(flags).length === 0) throw usageFailure('Name what is to change, such as --budget-month 200');
    const changes = readLimitFlags(flags);
    const info = await withDatabase({ data }, ({ db }) => new Accounts(db, Date.now).setLimits(name, changes)).catch(
      (error: unknown) => {
        throw error instanceof ReelayError ? new CliFailure(error.message) : error;
      },
    );
    if (json) printJson(shown(info));
    else print(table([heading, row(info)]));
    return 0;
  },
});

const heading = ['ACCOUNT', 'LIMITS', 'CREATED'] as const;

function row({ name, limits, createdAt }: AccountInfo): readonly string[] {
  return [name, limitsInWords(limits), dateTime(createdAt)];
}

function shown({ name, limits, createdAt }: AccountInfo) {
  return { name, limits: limitFields(limits), created: new Date(createdAt).toISOString() };
}
