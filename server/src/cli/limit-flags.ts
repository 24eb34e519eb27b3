import type { LimitChanges } from '../access/accounts.ts';
import type { KeyChanges } from '../access/keys.ts';
import { type LimitFields, limitChanges, limitFields } from '../access/limit-fields.ts';
import { loadCatalogue, modelByAnyId } from '../catalogue/catalogue.ts';
import { type Limits, type Scope, scopes } from '../contract/index.ts';
import type { Options, Values } from './command.ts';
import { usageFailure } from './failure.ts';
import { say } from './output.ts';

export const limitOptions = {
  'requests-per-minute': {
    type: 'string',
    placeholder: 'N',
    description: 'Requests of any kind in a minute, or "none" for no limit',
  },
  'tasks-in-flight': { type: 'string', placeholder: 'N', description: 'Tasks that have not ended, or "none"' },
  'budget-day': {
    type: 'string',
    placeholder: 'USD',
    description: 'What may be spent in a day (UTC), such as 5 or 0.50, or "none"',
  },
  'budget-month': { type: 'string', placeholder: 'USD', description: 'What may be spent in a month (UTC), or "none"' },
} as const satisfies Options;

export const keyOptions = {
  name: { type: 'string', placeholder: 'NAME', description: 'What you call the key' },
  scopes: {
    type: 'string',
    placeholder: 'LIST',
    description: `Any of ${scopes.join(',')} (a new key has create,read,files)`,
  },
  expires: {
    type: 'string',
    placeholder: 'WHEN',
    description: 'In 30d, 12h or 90m, or on 2027-01-31 (UTC), or "never"',
  },
  models: { type: 'string', placeholder: 'LIST', description: 'Ids of the models that it may use, or "all"' },
  ...limitOptions,
} as const satisfies Options;

export function readLimitFlags(values: Values<typeof limitOptions>): LimitChanges {
  const fields: { -readonly [Name in keyof LimitFields]?: LimitFields[Name] } = {};
  const read = (flag: keyof typeof limitOptions, field: keyof LimitFields, form: RegExp, example: string) => {
    const text = values[flag];
    if (text === undefined) return;
    if (text !== 'none' && !form.test(text))
      throw usageFailure(`--${flag} has to be ${example}, or "none", not ${text}`);
    fields[field] = text === 'none' ? null : Number(text);
  };
  const whole = /^[1-9]\d{0,8}$/;
  const dollars = /^\d{1,8}(\.\d{1,6})?$/;
  read('requests-per-minute', 'requests_per_minute', whole, 'a whole number from 1 on');
  read('tasks-in-flight', 'tasks_in_flight', whole, 'a whole number from 1 on');
  read('budget-day', 'budget_day_usd', dollars, 'US dollars such as 5 or 0.50');
  read('budget-month', 'budget_month_usd', dollars, 'US dollars such as 5 or 0.50');
  return limitChanges(fields);
}

export async function readKeyFlags(values: Values<typeof keyOptions>, now: number): Promise<KeyChanges> {
  const { name, scopes: listed, expires, models } = values;
  return {
    ...(name !== undefined && { name: name.trim() === '' ? null : name }),
    ...(listed !== undefined && { scopes: readScopes(listed) }),
    ...(expires !== undefined && { expiresAt: readExpiry(expires, now) }),
    ...(models !== undefined && { models: models === 'all' ? null : await readModels(words(models)) }),
    limits: readLimitFlags(values),
  };
}

function words(list: string): readonly string[] {
  return list.split(',').flatMap((word) => word.trim() || []);
}

function readScopes(list: string): readonly Scope[] {
  const named = words(list);
  const known = scopes.filter((scope) => named.includes(scope));
  if (known.length > 0 && known.length === new Set(named).size) return known;
  throw usageFailure(`--scopes has to be one or more of ${scopes.join(', ')}, with commas between them`);
}

const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000 } as const;

function readExpiry(text: string, now: number): number | null {
  if (text === 'never') return null;
  const [, count, unit] = /^(\d{1,5})([dhm])$/.exec(text) ?? [];
  const at = unit === undefined ? Date.parse(text) : now + Number(count) * unitMs[unit as keyof typeof unitMs];
  const isDate = unit !== undefined || /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/.test(text);
  if (isDate && at > now) return at;
  throw usageFailure('--expires has to be later than now: 30d, 12h, 90m, 2027-01-31, 2027-01-31T12:00Z, or "never"');
}

async function readModels(ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) throw usageFailure('--models has to name one model or more, or "all"');
  const { models } = await loadCatalogue();
  return ids.map((id) => {
    const known = modelByAnyId(models, id);
    if (known === undefined)
      say(`${id} is none of the catalogue's models; it counts once your own video server lists it.`);
    return known?.id ?? id;
  });
}

/** `60/min, 4 in flight, $5/day`; empty without any. */
export function limitsInWords(limits: Limits): string {
  const {
    requests_per_minute: requests,
    tasks_in_flight: tasks,
    budget_day_usd: day,
    budget_month_usd: month,
  } = limitFields(limits);
  return [
    ...(requests === null ? [] : [`${requests}/min`]),
    ...(tasks === null ? [] : [`${tasks} in flight`]),
    ...(day === null ? [] : [`$${day}/day`]),
    ...(month === null ? [] : [`$${month}/month`]),
  ].join(', ');
}
