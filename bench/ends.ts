import { Audience, endOneTask } from './audience.ts';
import { endedAt } from './foxapi.ts';
import { count, milliseconds, type Section, type Surroundings } from './section.ts';
import { type MeasuredServer, startServer } from './server-process.ts';
import { median, percentile } from './statistics.ts';

/** From the end of a task, just before its commit, until a client's event stream has it. */
interface Delay {
  readonly where: string;
  readonly medianMs: number;
  readonly p95Ms: number;
}

export const endsSection: Section = {
  name: 'ends',
  title: 'From the end of a task to its event',
  async measure(surroundings) {
    const delays = await measureDelays(surroundings);
    return {
      figures: delays,
      rows: delays.map(({ where, medianMs, p95Ms }) => ({
        figure: `end of a task to a client's event, ${where}: median and p95`,
        reelay: `${milliseconds(medianMs)}, ${milliseconds(p95Ms)}`,
      })),
      notes: [
        `End to event: ${count(surroundings.plan.heardEnds)} tasks one after the other, one client; the end is the event's own time, in whole milliseconds, its commit included in the delay.`,
      ],
    };
  },
};

async function measureDelays({ plan, postgres }: Surroundings): Promise<readonly Delay[]> {
  await using begun = new AsyncDisposableStack();
  const start = async (environment: Readonly<Record<string, string>> = {}) => {
    const server = await startServer('reelay', environment);
    begun.defer(server.stop);
    return server;
  };
  const alone = await start();
  const delays = [await measureDelay('SQLite', { heardBy: alone, endedBy: alone, ends: plan.heardEnds })];
  if (postgres === undefined) return delays;
  const shared = { DATABASE_URL: await postgres.createDatabase() };
  const [first, second] = [await start(shared), await start(shared)];
  return [
    ...delays,
    await measureDelay('PostgreSQL', { heardBy: first, endedBy: first, ends: plan.heardEnds }),
    await measureDelay('PostgreSQL, the client at another server', {
      heardBy: first,
      endedBy: second,
      ends: plan.heardEnds,
    }),
  ];
}

interface Ends {
  readonly heardBy: MeasuredServer;
  readonly endedBy: MeasuredServer;
  readonly ends: number;
}

async function measureDelay(where: string, { heardBy, endedBy, ends }: Ends): Promise<Delay> {
  const audience = new Audience(1);
  try {
    await audience.join(heardBy);
    const times: number[] = [];
    for (let end = 0; end <= ends; end++) {
      const heard = audience.expectAll();
      const taskId = await endOneTask(endedBy);
      const [at] = await heard;
      if (at === undefined) throw new Error(`nobody was told of the end of task ${taskId}`);
      times.push(at - (await endedAt(endedBy, taskId)));
    }
    const [, ...counted] = times;
    return { where, medianMs: median(counted), p95Ms: percentile(counted, 95) };
  } finally {
    audience.leave();
  }
}
