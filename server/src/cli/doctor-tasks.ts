import type { Inspection } from '../database/inspect.ts';
import type { Finding } from './finding.ts';
import { dateTime, duration } from './output.ts';

/** A task that waits longer makes one ask why, in milliseconds. */
const longWaitMs = 3_600_000;

/** A task under way that nobody has looked at for so long is stuck, in milliseconds. */
const overdueMs = 5 * 60_000;

/** Tasks that are named one by one. */
const namedTasks = 5;

/** What waits, stands still, is unclear, or is set aside for nothing. */
export function checkTasks(database: Inspection): Promise<readonly Finding[]> {
  return Promise.all([waitingIn, overdueIn, uncertainIn, unsettledIn].map((check) => check(database)));
}

interface Waiting {
  readonly provider: string;
  readonly tasks: number;
  readonly since: number;
}

async function waitingIn(database: Inspection): Promise<Finding> {
  const name = 'Queue';
  const rows = await database.query<Waiting>(
    `select provider, count(*) as tasks, min(created_at) as since from tasks where state = 'queued' group by provider`,
  );
  if (rows.length === 0) return { name, state: 'ok', detail: 'no task waits' };
  const now = Date.now();
  const texts = rows.map(
    ({ provider, tasks, since }) => `${tasks} for ${provider}, the oldest since ${duration(now - since)}`,
  );
  const detail = texts.join('; ');
  if (rows.every(({ since }) => now - since < longWaitMs)) return { name, state: 'ok', detail };
  return {
    name,
    state: 'warning',
    detail,
    remedy:
      'Look whether a server runs, whether the provider is on and answers, and what REELAY_PROVIDER_JOBS, REELAY_PROVIDER_SUBMITS_PER_MINUTE and REELAY_RENDER_CONCURRENCY allow.',
  };
}

interface Overdue {
  readonly tasks: number;
  readonly since: number | null;
}

/** Whoever works on a task moves its time on, and a server looks for what is overdue every second. */
async function overdueIn(database: Inspection): Promise<Finding> {
  const name = 'Work';
  const now = Date.now();
  const [row] = await database.query<Overdue>(
    `select count(*) as tasks, min(due_at) as since from tasks
     where due_at is not null and state <> 'queued' and due_at < ${now - overdueMs}`,
  );
  if (row === undefined || row.since === null) return { name, state: 'ok', detail: 'no task under way is overdue' };
  return {
    name,
    state: 'warning',
    detail: `${row.tasks} tasks under way were to be looked at ${duration(now - row.since)} ago and were not`,
    remedy: 'Start a server that works (reelay serve); where one runs, look into its log for what it cannot do.',
  };
}

interface Uncertain {
  readonly id: string;
  readonly provider: string;
  readonly phase: string;
}

async function uncertainIn(database: Inspection): Promise<Finding> {
  const name = 'Uncertain';
  const rows = await database.query<Uncertain>(
    `select id, provider, phase from tasks
     where due_at is not null and state <> 'queued' and state = 'uncertain' order by created_at`,
  );
  if (rows.length === 0) return { name, state: 'ok', detail: 'no submission whose outcome is unknown' };
  const texts = rows.map(
    ({ id, provider, phase }) => `${id} (${provider}, until ${dateTime(JSON.parse(phase).searchUntil)})`,
  );
  return {
    name,
    state: 'warning',
    detail: `nobody knows whether these were taken: ${listed(texts)}`,
    remedy:
      'The server looks for them until then, and never sends them again. Who knows better says so: reelay tasks resolve ID --attach OPERATION, --resubmit or --fail.',
  };
}

interface Unsettled {
  readonly id: string;
  readonly provider: string;
  readonly estimated_cost_micros: number;
}

async function unsettledIn(database: Inspection): Promise<Finding> {
  const name = 'Reservations';
  const rows = await database.query<Unsettled>(
    `select id, provider, estimated_cost_micros from tasks
     where completed_at is not null and estimated_cost_micros > 0
     and id in (select task_id from attempts where cost_micros is null and follow_up_at is null)`,
  );
  if (rows.length === 0) return { name, state: 'ok', detail: 'none outlasts its task' };
  const dollars = rows.reduce((sum, row) => sum + row.estimated_cost_micros, 0) / 1_000_000;
  return {
    name,
    state: 'warning',
    detail: `$${dollars.toFixed(2)} for tasks that ended without a known cost: ${listed(rows.map(({ id, provider }) => `${id} (${provider})`))}`,
    remedy: "Look for them in the provider's own bill. A reservation ends when its task is deleted.",
  };
}

function listed(texts: readonly string[]): string {
  const more = texts.length - namedTasks;
  return `${texts.slice(0, namedTasks).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
