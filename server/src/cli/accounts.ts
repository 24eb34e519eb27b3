import { setTimeout } from 'node:timers/promises';
import { type AccountInfo, Accounts } from '../access/accounts.ts';
import { type AccountContents, accountContents, deleteAccount, revokeKeysOf } from '../access/delete-account.ts';
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
        throw accountFailure(error);
      },
    );
    if (json) printJson(shown(info));
    else print(table([heading, row(info)]));
    return 0;
  },
});

/** Longer than a running server trusts a key that was revoked, in milliseconds. */
const trustedMs = 2_000;

export const removeAccount = defineCommand({
  name: 'accounts delete',
  summary: 'Delete an account with its keys, tasks and files',
  about: [
    'Says what would go, and does it with --yes. Refuses while tasks of the account live. What it was charged stays in the',
    'usage without its name. A running server removes the bytes of the files within ten minutes.',
  ].join(' '),
  positionals: ['NAME'],
  options: { yes: { type: 'boolean', description: 'Do it' }, ...dataOption, ...jsonOption },
  examples: ['accounts delete team-video', 'accounts delete team-video --yes'],
  async run({ values: { data, json, yes = false }, positionals: [name = ''] }) {
    const contents = await withDatabase({ data }, async ({ db }) => {
      const id = await new Accounts(db, Date.now).find(name);
      const found = await accountContents(db, id);
      if (!yes) return found;
      await revokeKeysOf(db, id, Date.now());
      await setTimeout(trustedMs);
      await deleteAccount(db, id, Date.now());
      return found;
    }).catch((error: unknown) => {
      throw accountFailure(error);
    });
    if (json) printJson({ account: name, deleted: yes, ...contents });
    else print(`${yes ? 'Deleted' : 'Would delete'} ${name} (${contentsInWords(contents)}).`);
    if (!yes) say('Nothing is deleted yet; --yes does it.');
    return yes ? 0 : 1;
  },
});

function contentsInWords({ keys, tasks, files }: AccountContents): string {
  return `keys: ${keys}, tasks: ${tasks}, files: ${files}`;
}

const heading = ['ACCOUNT', 'LIMITS', 'CREATED'] as const;

function row({ name, limits, createdAt }: AccountInfo): readonly string[] {
  return [name, limitsInWords(limits), dateTime(createdAt)];
}

function shown({ name, limits, createdAt }: AccountInfo) {
  return { name, limits: limitFields(limits), created: new Date(createdAt).toISOString() };
}

/** What was refused; an account that does not exist with where the others are. */
function accountFailure(error: unknown): unknown {
  if (!(error instanceof ReelayError)) return error;
  return new CliFailure(
    error.message,
    error.code === 'not_found' ? { advice: '"reelay accounts list" shows all.' } : {},
  );
}
