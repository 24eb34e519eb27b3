import type { Caller, JsonObject, Limits } from '../../contract/index.ts';
import { periodsAt, type Used } from '../../tasks/allowance.ts';
import type { DialectDependencies } from '../dialect.ts';

type Source = Pick<DialectDependencies, 'tasks' | 'rates' | 'now'>;

/** How one limit stands. Money is US dollars, times are Unix seconds. */
interface Standing {
  readonly limit: 'requests_per_minute' | 'tasks_in_flight' | 'budget_day' | 'budget_month';
  readonly of: 'key' | 'account';
  readonly maximum: number;
  readonly used: number;
  readonly reserved: number;
  readonly remaining: number;
  readonly resets: number | null;
}

/** The answer to `GET /v1/account/limits`: what the key may do, and how much of it is left. */
export async function limitsBody(caller: Caller, source: Source): Promise<JsonObject> {
  return {
    object: 'limits',
    scopes: caller.scopes,
    models: caller.models ?? null,
    limits: [
      ...(await requests(caller, source)),
      ...(await spending(caller, source)),
    ] as unknown as readonly JsonObject[],
  };
}

/** US dollars that the nearest budgets leave: of the key and its account, and of the account alone. Undefined without any. */
export async function budgetsLeft(caller: Caller, source: Source) {
  const budgets = (await spending(caller, source)).filter(({ limit }) => limit !== 'tasks_in_flight');
  const least = (some: readonly Standing[]) =>
    some.length === 0 ? undefined : Math.min(...some.map(({ remaining }) => remaining));
  return { token: least(budgets), user: least(budgets.filter(({ of }) => of === 'account')) };
}

async function requests(caller: Caller, { rates, now }: Source): Promise<readonly Standing[]> {
  return (await rates.read(caller)).map(({ of, limit, used, resetSeconds }) =>
    standing('requests_per_minute', of, { maximum: limit, used, resets: unixSeconds(now()) + resetSeconds }),
  );
}

async function spending({ accountId, keyId, limits }: Caller, { tasks, now }: Source): Promise<readonly Standing[]> {
  const standings: Standing[] = [];
  for (const [of, owner] of [
    ['key', { accountId, keyId }],
    ['account', { accountId }],
  ] as const) {
    const own = limits?.[of] ?? {};
    if (Object.keys(own).some((name) => name !== 'requestsPerMinute')) {
      standings.push(...spendingOf(of, { limits: own, used: await tasks.used(owner), now: now() }));
    }
  }
  return standings;
}

function spendingOf(
  of: Standing['of'],
  { limits, used, now }: { readonly limits: Limits; readonly used: Used; readonly now: number },
): readonly Standing[] {
  const { tasksInFlight, budgetDayMicros, budgetMonthMicros } = limits;
  const periods = periodsAt(now);
  const budget = (period: 'day' | 'month', maximum: number) => {
    const { chargedMicros, reservedMicros } = used[period];
    const resets = unixSeconds(periods[period].until);
    const micros = { maximum, used: chargedMicros, reserved: reservedMicros };
    return standing(`budget_${period}`, of, { ...micros, resets, unit: 1_000_000 });
  };
  return [
    ...(tasksInFlight === undefined
      ? []
      : [standing('tasks_in_flight', of, { maximum: tasksInFlight, used: used.tasksInFlight })]),
    ...(budgetDayMicros === undefined ? [] : [budget('day', budgetDayMicros)]),
    ...(budgetMonthMicros === undefined ? [] : [budget('month', budgetMonthMicros)]),
  ];
}

/** `unit` is what one of the answer's units is in those of the figures. */
function standing(
  limit: Standing['limit'],
  of: Standing['of'],
  figures: {
    readonly maximum: number;
    readonly used: number;
    readonly reserved?: number;
    readonly resets?: number;
    readonly unit?: number;
  },
): Standing {
  const { maximum, used, reserved = 0, resets = null, unit = 1 } = figures;
  const remaining = Math.max(0, maximum - used - reserved);
  return {
    ...{ limit, of, maximum: maximum / unit, used: used / unit },
    ...{ reserved: reserved / unit, remaining: remaining / unit, resets },
  };
}

function unixSeconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
