import type { Limit } from './api.ts';
import { moment, usd } from './format.ts';
import { AlertIcon } from './icons.tsx';
import { useLimits } from './queries.ts';

interface LimitsProps {
  /** What is about to be asked for. */
  readonly count: number;
  /** What one of them is expected to cost; undefined while that is not known. */
  readonly price: number | undefined;
}

/** What the key may still do, or why it may not do what is about to be asked for. */
export function LimitsLeft({ count, price }: LimitsProps) {
  const { data: limits = [] } = useLimits();
  const barriers = limits.flatMap((limit) => barrierOf(limit, { count, price }) ?? []);
  if (limits.length === 0) return null;
  if (barriers.length === 0) return <p className="estimate faint">{limits.toReversed().map(leftOf).join(' · ')}</p>;
  return barriers.map((text) => (
    <p key={text} className="note" data-level="refused" role="status">
      <AlertIcon size={14} /> {text}
    </p>
  ));
}

/** The budget that is nearest to its end. */
export function nearestBudget(limits: readonly Limit[]): Limit | undefined {
  const budgets = limits.filter(({ limit }) => limit === 'budget_day' || limit === 'budget_month');
  return budgets.toSorted((a, b) => a.remaining - b.remaining)[0];
}

export function periodOf({ limit }: Limit): string {
  return limit === 'budget_day' ? 'today' : 'this month';
}

/** `$3.20 of $10.00 left today` */
function leftOf(limit: Limit): string {
  const { limit: kind, of, maximum, remaining } = limit;
  const whose = of === 'account' ? ', for all keys' : '';
  switch (kind) {
    case 'requests_per_minute':
      return `${remaining} of ${maximum} requests left this minute${whose}`;
    case 'tasks_in_flight':
      return `${remaining} of ${maximum} places free for tasks${whose}`;
    case 'budget_day':
    case 'budget_month':
      return `${usd(remaining)} of ${usd(maximum)} left ${periodOf(limit)}${whose}`;
    default:
      return kind satisfies never;
  }
}

function barrierOf(limit: Limit, { count, price }: LimitsProps): string | undefined {
  const { limit: kind, maximum, remaining, resets } = limit;
  const again = resets === null ? '' : ` It is whole again at ${moment(resets)}.`;
  switch (kind) {
    case 'requests_per_minute':
      return remaining > 0 ? undefined : 'No requests are left in this minute.';
    case 'tasks_in_flight':
      if (remaining >= count) return undefined;
      return remaining === 0
        ? `${maximum === 1 ? 'The one place for a task is' : `All ${maximum} places for tasks are`} taken. One is free once a task has ended.`
        : `Only ${remaining} of ${maximum} places for tasks are free.`;
    case 'budget_day':
    case 'budget_month': {
      const needed = price === undefined ? 0 : price * count;
      // What costs nothing is never stopped by a budget.
      if (price === 0 || remaining >= Math.max(needed, Number.MIN_VALUE)) return undefined;
      if (remaining === 0) return `The budget of ${usd(maximum)} is used up ${periodOf(limit)}.${again}`;
      return `Only ${usd(remaining)} of the budget is left ${periodOf(limit)}; this needs ${usd(needed)}.${again}`;
    }
    default:
      return kind satisfies never;
  }
}
