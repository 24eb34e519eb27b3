import { type Receiver, startReceiver } from '../server/dist/testing/receiver.js';
import { Audience, endOneTask } from './audience.ts';
import { endedAt } from './foxapi.ts';
import { count, milliseconds, type Section, type Surroundings } from './section.ts';
import { type MeasuredServer, startServer } from './server-process.ts';
import { median, percentile } from './statistics.ts';

/** In milliseconds, until a client is told the end of a task: by its event stream, or by a webhook to a receiver on this machine. */
interface Delay {
  readonly where: string;
  readonly told: 'event' | 'webhook';
  /** Since the client's request for a task that fails at once: accepted, ended and told. */
  readonly sinceRequest: Times;
  /**
   * Since just before the commit of the end. Not on PostgreSQL: servers go by the database's clock there, as each reckons it,
   * which is off by more than this takes.
   */
  readonly sinceEnd?: Times;
}

interface Times {
  readonly medianMs: number;
  readonly p95Ms: number;
}

export const endsSection: Section = {
  name: 'ends',
  title: 'From the end of a task to its event and its webhook',
  async measure(surroundings) {
    const delays = await measureDelays(surroundings);
    const write = ({ medianMs, p95Ms }: Times) => `${milliseconds(medianMs)}, ${milliseconds(p95Ms)}`;
    return {
      figures: delays,
      rows: delays.flatMap(({ where, told, sinceRequest, sinceEnd }) => [
        ...(sinceEnd === undefined
          ? []
          : [{ figure: `end of a task to a client's ${told}, ${where}: median and p95`, reelay: write(sinceEnd) }]),
        {
          figure: `request for a task that fails at once to a client's ${told}, ${where}: median and p95`,
          reelay: write(sinceRequest),
        },
      ]),
      notes: [
        `End to event and webhook: ${count(surroundings.plan.heardEnds)} tasks one after the other, one client, one receiver on the loopback without TLS. The end is the event's own time, in whole milliseconds, its commit included in the delay; on PostgreSQL it cannot be timed so, because servers go by the database's clock as each reckons it. The request's time includes both commits, that of the accept and that of the end.`,
      ],
    };
  },
};

async function measureDelays({ plan, postgres }: Surroundings): Promise<readonly Delay[]> {
  await using begun = new AsyncDisposableStack();
  const start = async (environment: Readonly<Record<string, string>> = {}) => {
    const server = await startServer('reelay', { REELAY_ALLOW_ADDRESSES: '127.0.0.1', ...environment });
    begun.defer(server.stop);
    return server;
  };
  const alone = await start();
  const delays = await measureDelay('SQLite', { heardBy: alone, endedBy: alone, ends: plan.heardEnds });
  if (postgres === undefined) return delays;
  const shared = { DATABASE_URL: await postgres.createDatabase() };
  const [first, second] = [await start(shared), await start(shared)];
  return [
    ...delays,
    ...(await measureDelay('PostgreSQL', { heardBy: first, endedBy: first, ends: plan.heardEnds })),
    ...(await measureDelay('PostgreSQL, the client at another server', {
      heardBy: first,
      endedBy: second,
      ends: plan.heardEnds,
    })),
  ];
}

interface Ends {
  readonly heardBy: MeasuredServer;
  readonly endedBy: MeasuredServer;
  readonly ends: number;
}

async function measureDelay(where: string, { heardBy, endedBy, ends }: Ends): Promise<readonly Delay[]> {
  const audience = new Audience(1);
  const receiver = await startReceiver();
  const told = { event: emptyTimes(), webhook: emptyTimes() };
  try {
    await audience.join([heardBy]);
    for (let end = 0; end <= ends; end++) {
      const heard = audience.expectAll();
      const posted = nextPost(receiver);
      const requestedAt = timeNow();
      const taskId = await endOneTask(endedBy, receiver.url);
      const [[event], webhook] = await Promise.all([heard, posted]);
      if (event === undefined) throw new Error(`nobody was told of the end of task ${taskId}`);
      const endedOn = await endedAt(endedBy, taskId);
      for (const [times, at] of [
        [told.event, event],
        [told.webhook, webhook],
      ] as const) {
        times.sinceRequest.push(at - requestedAt);
        times.sinceEnd.push(at - endedOn);
      }
    }
    const exact = endedBy.databaseUrl === undefined;
    return (['event', 'webhook'] as const).map((kind) => ({
      ...{ where, told: kind, sinceRequest: timesOf(told[kind].sinceRequest) },
      ...(exact && { sinceEnd: timesOf(told[kind].sinceEnd) }),
    }));
  } finally {
    audience.leave();
    await receiver.close();
  }
}

function emptyTimes(): { readonly sinceRequest: number[]; readonly sinceEnd: number[] } {
  return { sinceRequest: [], sinceEnd: [] };
}

function timeNow(): number {
  return performance.timeOrigin + performance.now();
}

/** When the next webhook comes. */
function nextPost(receiver: Receiver): Promise<number> {
  return new Promise((resolve) => {
    receiver.answer = (_request, response) => {
      resolve(timeNow());
      response.writeHead(204).end();
    };
  });
}

/** The first one warmed up: it does not count. */
function timesOf([, ...counted]: readonly number[]): Times {
  return { medianMs: median(counted), p95Ms: percentile(counted, 95) };
}
