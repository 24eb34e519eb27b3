import { type Static, Type } from 'typebox';
import { scopes } from '../contract/index.ts';
import { usageGroups } from '../tasks/usage.ts';

/** Bodies and queries of the admin routes: what is taken, what is answered, and what the OpenAPI document says of both. */

const closed = { additionalProperties: false };

const nullable = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Union([schema, Type.Null()]);

/** Not only spaces. */
const names = { minLength: 1, maxLength: 200, pattern: '\\S' };
const time = (description: string) => Type.Integer({ minimum: 0, maximum: 8_000_000_000, description });
const whole = (description: string) => nullable(Type.Integer({ minimum: 1, maximum: 1_000_000_000, description }));
const dollars = (description: string) => nullable(Type.Number({ minimum: 0, maximum: 100_000_000, description }));

const limits = {
  requests_per_minute: whole('Requests of any kind; null for no limit, as all of these.'),
  tasks_in_flight: whole('Tasks that have not ended.'),
  budget_day_usd: dollars('US dollars in a day, UTC.'),
  budget_month_usd: dollars('US dollars in a month, UTC.'),
};

const rights = {
  name: nullable(Type.String({ maxLength: 200, description: 'What you call the key.' })),
  scopes: Type.Array(Type.Enum([...scopes]), { minItems: 1, uniqueItems: true }),
  models: nullable(
    Type.Array(Type.String(names), {
      minItems: 1,
      maxItems: 1_000,
      description: 'Ids of any API; null for all models.',
    }),
  ),
  expires: nullable(time('Unix seconds; null for never.')),
};

const settings = { ...rights, ...limits };

export const newKey = Type.Object(
  {
    account: Type.Optional(
      Type.String({ ...names, description: 'Made where it does not exist; `default` where it is left out.' }),
    ),
    ...Type.Partial(Type.Object(settings)).properties,
  },
  closed,
);

export const keyChanges = Type.Partial(Type.Object(settings, closed), closed);

export const accountChanges = Type.Partial(Type.Object(limits, closed), closed);

export const usageQuery = Type.Object(
  {
    by: Type.Optional(Type.Enum([...usageGroups], { description: '`day` where it is left out.' })),
    since: Type.Optional(
      Type.String({
        pattern: '^\\d{4}-\\d{2}-\\d{2}$',
        description: 'First day, UTC; the first of this month where it is left out.',
      }),
    ),
    account: Type.Optional(Type.String({ ...names, description: 'Name of an account.' })),
    key: Type.Optional(Type.String({ ...names, description: 'Id of a key.' })),
  },
  closed,
);

const shownLimits = Type.Object(limits);

export const shownKey = Type.Object({
  id: Type.String(),
  object: Type.Literal('key'),
  account: Type.String(),
  hint: Type.String({ description: 'First characters of the key.' }),
  ...rights,
  limits: shownLimits,
  created: time('Unix seconds.'),
  revoked: nullable(time('Unix seconds.')),
});

export const madeKey = Type.Object({
  ...shownKey.properties,
  key: Type.String({ description: 'The key itself. It is told this once.' }),
});

export const shownAccount = Type.Object({
  name: Type.String(),
  object: Type.Literal('account'),
  limits: shownLimits,
  created: time('Unix seconds.'),
});

export const usageRow = Type.Object({
  group: nullable(Type.String({ description: 'The day, or an id; null where it was not kept.' })),
  tasks: Type.Integer(),
  succeeded: Type.Integer(),
  failed: Type.Integer(),
  cancelled: Type.Integer(),
  seconds: Type.Number({ description: 'Length of the videos that were made.' }),
  charged_usd: Type.Number(),
  reserved_usd: Type.Number(),
});

export type NewKeyBody = Static<typeof newKey>;
export type KeyChangesBody = Static<typeof keyChanges>;
export type UsageQueryBody = Static<typeof usageQuery>;
