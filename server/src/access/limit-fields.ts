import type { Limits } from '../contract/index.ts';
import type { LimitChanges } from './accounts.ts';

/** Limits as people read and write them: in US dollars, and null where there is none. */
export interface LimitFields {
  readonly requests_per_minute: number | null;
  readonly tasks_in_flight: number | null;
  readonly budget_day_usd: number | null;
  readonly budget_month_usd: number | null;
}

const microsPerDollar = 1_000_000;

export function limitFields({
  requestsPerMinute,
  tasksInFlight,
  budgetDayMicros,
  budgetMonthMicros,
}: Limits): LimitFields {
  const usd = (micros: number | undefined) => (micros === undefined ? null : micros / microsPerDollar);
  return {
    requests_per_minute: requestsPerMinute ?? null,
    tasks_in_flight: tasksInFlight ?? null,
    budget_day_usd: usd(budgetDayMicros),
    budget_month_usd: usd(budgetMonthMicros),
  };
}

/** A field that is absent changes nothing, one that is null takes its limit away. */
export function limitChanges(fields: Partial<LimitFields>): LimitChanges {
  const micros = (usd: number | null | undefined) =>
    typeof usd === 'number' ? Math.round(usd * microsPerDollar) : usd;
  const changes = {
    requestsPerMinute: fields.requests_per_minute,
    tasksInFlight: fields.tasks_in_flight,
    budgetDayMicros: micros(fields.budget_day_usd),
    budgetMonthMicros: micros(fields.budget_month_usd),
  };
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}
