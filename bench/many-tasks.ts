import { fillTasks } from './fill.ts';
import { accepts, readsOf } from './foxapi.ts';
import { type Load, type Round, run } from './load.ts';
import type { Plan } from './plan.ts';
import { askRows } from './rows.ts';
import { type Aim, count, milliseconds, type Section, type Surroundings } from './section.ts';
import { type MeasuredServer, startServer } from './server-process.ts';
import { median } from './statistics.ts';

type Work = 'accept' | 'read' | 'list' | 'filtered' | 'failed' | 'processing' | 'queue' | 'history';

const works: Readonly<Record<Work, string>> = {
  accept: 'durable accept',
  read: 'read of an ended task',
  list: '`GET /v1/tasks`, the newest 20',
  filtered: '`GET /v1/tasks` by status, model, operation and a word, which nearly all fit',
  failed: '`GET /v1/tasks?status=failed`, one in fifty',
  processing: '`GET /v1/tasks?status=processing`, none',
  queue: '`GET /api/ai/queue`',
  history: '`GET /api/ai/generations`, with totals',
};

/** Those that the aim is for; the others are told. */
const aimedAt: readonly Work[] = ['accept', 'read', 'list', 'filtered', 'failed', 'processing', 'queue'];

/** p95 with many tasks by p95 with few. */
const aim = 1.2;

/** Totals over all tasks cannot be free: a few requests show what they cost. */
const historyShare = 0.02;

type Rounds = Readonly<Record<Work, Round>>;

interface Growth {
  readonly database: string;
  readonly few: Readonly<Record<Work, number>>;
  readonly many: Readonly<Record<Work, number>>;
  readonly ratios: Readonly<Record<Work, number>>;
}

/** Tasks spread over all that there are, which are read in turn. */
const readTasks = 500;

const connections = 10;

const filters = new URLSearchParams({
  status: 'completed',
  model: 'grok-imagine-text-to-video',
  operation: 'text-to-video',
  search: 'sunset',
});

export const manyTasksSection: Section = {
  name: 'many',
  title: 'A million tasks beside a thousand',
  async measure(surroundings) {
    const { plan } = surroundings;
    const grown = [await measureGrowth(surroundings, 'SQLite')];
    if (surroundings.postgres !== undefined) grown.push(await measureGrowth(surroundings, 'PostgreSQL'));
    return {
      figures: grown,
      rows: grown.flatMap(({ database, few, many, ratios }) =>
        (Object.keys(works) as Work[]).map((work) => ({
          figure: `${works[work]}, ${database}: p95 with ${count(plan.manyTasks)} tasks`,
          reelay: milliseconds(many[work]),
          beside: `${milliseconds(few[work])} with ${count(plan.fewTasks)}`,
          ratio: ratios[work].toFixed(2),
          ...(aimedAt.includes(work) && { aim: atMost(ratios[work]) }),
        })),
      ),
      notes: [
        `Many tasks: one account's, ended, each with its attempt, written straight into the tables over 20 days; no events of theirs. Medians of ${plan.rounds} interleaved rounds of ${count(plan.requestsAmongMany)} requests over ${connections} connections. On PostgreSQL after \`vacuum analyze\`.`,
      ],
    };
  },
};

function atMost(ratio: number): Aim {
  return { text: `≤ ${aim}`, met: ratio <= aim };
}

async function measureGrowth({ plan, postgres }: Surroundings, database: string): Promise<Growth> {
  await using begun = new AsyncDisposableStack();
  const start = async (tasks: number) => {
    const onServer = database === 'PostgreSQL' && postgres !== undefined;
    const url = onServer ? await postgres.createDatabase() : undefined;
    const server = await startServer('reelay', url === undefined ? {} : { DATABASE_URL: url });
    begun.defer(server.stop);
    await run(server, { connections: 1, amount: 1, requests: accepts });
    await fillTasks(server, tasks);
    return { server, reads: await spreadReads(server, tasks) };
  };
  const few = await start(plan.fewTasks);
  const many = await start(plan.manyTasks);
  const pairs: { few: Rounds; many: Rounds }[] = [];
  for (let round = 0; round <= plan.rounds; round++) {
    if (round % 2 === 0) pairs.push({ few: await runOne(few, plan), many: await runOne(many, plan) });
    else {
      const manyRounds = await runOne(many, plan);
      pairs.push({ many: manyRounds, few: await runOne(few, plan) });
    }
  }
  const [, ...counted] = pairs;
  const each = (value: (work: Work) => number) =>
    Object.fromEntries((Object.keys(works) as Work[]).map((work) => [work, value(work)])) as Record<Work, number>;
  return {
    database,
    few: each((work) => median(counted.map((pair) => pair.few[work].p95Ms))),
    many: each((work) => median(counted.map((pair) => pair.many[work].p95Ms))),
    ratios: each((work) => median(counted.map((pair) => pair.many[work].p95Ms / pair.few[work].p95Ms))),
  };
}

interface Filled {
  readonly server: MeasuredServer;
  readonly reads: Load['requests'];
}

async function runOne({ server, reads }: Filled, plan: Plan): Promise<Rounds> {
  const ask = (requests: Load['requests'], share = 1) =>
    run(server, { connections, amount: Math.max(connections, plan.requestsAmongMany * share), requests });
  return {
    accept: await ask(accepts),
    read: await ask(reads),
    list: await ask([{ method: 'GET', path: '/v1/tasks' }]),
    filtered: await ask([{ method: 'GET', path: `/v1/tasks?${filters}` }], 0.2),
    failed: await ask([{ method: 'GET', path: '/v1/tasks?status=failed' }], 0.2),
    processing: await ask([{ method: 'GET', path: '/v1/tasks?status=processing' }], 0.2),
    queue: await ask([{ method: 'GET', path: '/api/ai/queue' }], 0.2),
    history: await ask([{ method: 'GET', path: '/api/ai/generations' }], historyShare),
  };
}

async function spreadReads(server: MeasuredServer, tasks: number): Promise<Load['requests']> {
  const step = Math.max(1, Math.floor(tasks / readTasks));
  const attempts = Array.from({ length: readTasks }, (_, index) => {
    const number = ((index * step) % tasks) + 1;
    return `task-unified-1700000000-${number.toString(16).padStart(8, '0')}`;
  });
  const [found] = await askRows<{ readonly tasks: number | string }>(
    server,
    `select count(*) as tasks from tasks where id in (${attempts.map(() => '?').join(', ')})`,
    attempts,
  );
  if (Number(found?.tasks) !== new Set(attempts).size) throw new Error('the tasks that are to be read are not there');
  return readsOf(attempts);
}
