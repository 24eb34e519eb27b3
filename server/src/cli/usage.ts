import { Accounts } from '../access/accounts.ts';
import { Keys } from '../access/keys.ts';
import { ReelayError } from '../errors.ts';
import { periodsAt } from '../tasks/allowance.ts';
import { readUsage, type UsageGroup, type UsageRow, usageFields, usageGroups } from '../tasks/usage.ts';
import { dataOption, defineCommand, jsonOption } from './command.ts';
import { CliFailure, usageFailure } from './failure.ts';
import { withDatabase } from './open-data.ts';
import { print, printJson, say, table } from './output.ts';

export const usage = defineCommand({
  name: 'usage',
  summary: 'Show what was made and spent, by day, model, provider or key',
  about: [
    'Days are those of UTC. A task counts on the day of its creation, and as long as it is kept; a charge on the day when it was settled.',
    'Reserved is what live tasks, and submissions whose cost is not known yet, are expected to cost.',
  ].join(' '),
  options: {
    account: { type: 'string', placeholder: 'NAME', description: 'Only of this account' },
    key: { type: 'string', placeholder: 'ID', description: 'Only of this key' },
    since: {
      type: 'string',
      placeholder: 'DATE',
      description: 'From this day on, such as 2026-11-01 (default: this month)',
    },
    by: { type: 'string', placeholder: 'WHAT', description: `${usageGroups.join(', ')} (default day)` },
    ...dataOption,
    ...jsonOption,
  },
  examples: ['usage', 'usage --by key --since 2026-11-01', 'usage --account team-video --by model --json'],
  async run({ values: { account, key, since, by = 'day', data, json } }) {
    if (!isGroup(by)) throw usageFailure(`--by has to be one of ${usageGroups.join(', ')}, not ${by}`);
    const from = since === undefined ? periodsAt(Date.now()).month.from : dayOf(since);
    const { rows, names } = await withDatabase({ data }, async ({ db }) => {
      const accountId = account === undefined ? undefined : await new Accounts(db, Date.now).find(account);
      const keys = await new Keys(db, Date.now).list();
      if (key !== undefined && !keys.some(({ id }) => id === key)) {
        throw new ReelayError('not_found', `no key has the id ${key}; "reelay keys list" shows them`);
      }
      const query = { by, since: from, ...(accountId && { accountId }), ...(key && { keyId: key }) };
      return {
        rows: await readUsage(db, query),
        names: new Map(keys.map(({ id, account: owner, name = '' }) => [id, `${id} ${owner} ${name}`.trim()])),
      };
    }).catch((error: unknown) => {
      throw error instanceof ReelayError ? new CliFailure(error.message) : error;
    });
    if (json) printJson(rows.map(usageFields));
    else if (rows.length === 0) say('Nothing was made and nothing was spent in that time.');
    else print(table(lines(by, rows, (group) => names.get(group) ?? group)));
    return 0;
  },
});

function isGroup(text: string): text is UsageGroup {
  return usageGroups.some((group) => group === text);
}

function dayOf(text: string): number {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw usageFailure(`--since has to be a day such as 2026-11-01, not ${text}`);
  return at;
}

function lines(
  by: UsageGroup,
  rows: readonly UsageRow[],
  nameOf: (group: string) => string,
): readonly (readonly string[])[] {
  const total = rows.reduce(added);
  const cells = ({ tasks, succeeded, failed, cancelled, seconds, chargedMicros, reservedMicros }: UsageRow) => [
    ...[tasks, succeeded, failed, cancelled, Math.round(seconds)].map(String),
    ...[chargedMicros, reservedMicros].map((micros) => `$${(micros / 1_000_000).toFixed(2)}`),
  ];
  return [
    [by.toUpperCase(), 'TASKS', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'SECONDS', 'CHARGED', 'RESERVED'],
    ...rows.map((row) => [row.group === null ? '(not kept)' : nameOf(row.group), ...cells(row)]),
    ...(rows.length > 1 ? [['all', ...cells(total)]] : []),
  ];
}

function added(a: UsageRow, b: UsageRow): UsageRow {
  return {
    group: null,
    tasks: a.tasks + b.tasks,
    succeeded: a.succeeded + b.succeeded,
    failed: a.failed + b.failed,
    cancelled: a.cancelled + b.cancelled,
    seconds: a.seconds + b.seconds,
    chargedMicros: a.chargedMicros + b.chargedMicros,
    reservedMicros: a.reservedMicros + b.reservedMicros,
  };
}
