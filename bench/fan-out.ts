import { setTimeout as pause } from 'node:timers/promises';
import { Audience, accountsFor, endOneTask } from './audience.ts';
import { endedAt } from './foxapi.ts';
import { below, count, kilobytes, megabytes, microseconds, milliseconds, percent, type Section } from './section.ts';
import { type MeasuredServer, startServer } from './server-process.ts';
import { median } from './statistics.ts';

/** Events to many clients of Oxen's `GET /api/events`. */
interface FanOut {
  readonly clients: number;
  readonly events: number;
  /** Events that arrived, of `clients` times `events`. */
  readonly received: number;
  /** From the event's time, just before its commit, until the last client has it, in milliseconds; the median event. */
  readonly lastMs: number;
  /** Server CPU time by event and client, in microseconds; accepting the task and ending it included. */
  readonly cpuMicros: number;
  /** Share of one core that the server took meanwhile. */
  readonly cpuShare: number;
  /** The server's resident memory while all streams are open, in bytes. */
  readonly rssBytes: number;
  /** What it grew by since others had listened and were gone, by client. */
  readonly bytesPerClient: number;
}

interface Told {
  readonly clients: number;
  readonly events: number;
  /** From one event to the next; 0 has the next one follow as soon as everybody has the one before. */
  readonly intervalMs: number;
}

const warmingEvents = 5;

async function measureFanOut({ clients, events, intervalMs }: Told): Promise<FanOut> {
  const server = await startServer('reelay');
  const audience = new Audience(clients);
  try {
    const accounts = await accountsFor(server, clients);
    await warmUp(accounts, clients);
    const empty = await server.usage();
    await audience.join(accounts);
    await tell(accounts, audience);
    const [before, startedAt] = [await server.usage(), performance.now()];
    const rounds = [];
    for (let event = 0; event < events; event++) {
      const next = pause(intervalMs);
      rounds.push(await tell(accounts, audience));
      if (intervalMs > 0) await next;
    }
    const [after, elapsedMs] = [await server.usage(), performance.now() - startedAt];
    const cpuMs = after.cpuMs - before.cpuMs;
    return {
      clients,
      events,
      received: rounds.reduce((sum, round) => sum + round.received, 0),
      lastMs: median(rounds.map((round) => round.lastMs)),
      cpuMicros: (cpuMs * 1_000) / (clients * events),
      cpuShare: cpuMs / elapsedMs,
      rssBytes: after.rssBytes,
      bytesPerClient: (Math.max(before.rssBytes, after.rssBytes) - empty.rssBytes) / clients,
    };
  } finally {
    audience.leave();
    await server.stop();
  }
}

/** Events to a tenth of the clients, who leave: what the server's code and heap take anyway is no client's. */
async function warmUp(accounts: readonly MeasuredServer[], clients: number): Promise<void> {
  const first = new Audience(Math.ceil(clients / 10));
  try {
    await first.join(accounts);
    for (let event = 0; event < warmingEvents; event++) await tell(accounts, first);
  } finally {
    first.leave();
  }
}

/** Has a task of each account end. */
async function tell(accounts: readonly MeasuredServer[], audience: Audience) {
  const arrivals = audience.expectAll();
  const ended = await Promise.all(accounts.map(async (account) => ({ account, taskId: await endOneTask(account) })));
  const times = await arrivals;
  const ends = await Promise.all(ended.map(({ account, taskId }) => endedAt(account, taskId)));
  return { received: times.length, lastMs: Math.max(...times) - Math.min(...ends) };
}

export const fanOutSection: Section = {
  name: 'events',
  title: 'Events one after the other to many clients',
  async measure({ plan }) {
    const figures = await measureFanOut({ clients: plan.streamClients, events: plan.streamEvents, intervalMs: 0 });
    return {
      figures,
      rows: [
        { figure: `event to ${count(figures.clients)} clients: the last has it`, reelay: milliseconds(figures.lastMs) },
        { figure: 'event: server CPU for each client', reelay: microseconds(figures.cpuMicros) },
        receivedRow(figures),
        { figure: 'memory with all streams open', reelay: megabytes(figures.rssBytes) },
      ],
      notes: [],
    };
  },
};

/** For each client, in bytes, and for all of them, of a core. */
const steadyAims = { bytesPerClient: 30_000, cpuShare: 0.25 };

const secondMs = 1_000;

export const steadyEventsSection: Section = {
  name: 'streams',
  title: 'An event a second to very many clients',
  async measure({ plan }) {
    const { steadyClients: clients, steadyEvents: events } = plan;
    const figures = await measureFanOut({ clients, events, intervalMs: secondMs });
    const name = `${count(clients)} clients, one event a second to all`;
    return {
      figures,
      rows: [
        {
          figure: `${name}: server's share of a core`,
          reelay: percent(figures.cpuShare),
          aim: below(figures.cpuShare, steadyAims.cpuShare, percent),
        },
        {
          figure: `${name}: memory for each`,
          reelay: kilobytes(figures.bytesPerClient),
          aim: below(figures.bytesPerClient, steadyAims.bytesPerClient, kilobytes),
        },
        { figure: `${name}: the last has it`, reelay: milliseconds(figures.lastMs) },
        receivedRow(figures),
      ],
      notes: [
        `An event a second: each is the end of a task, with the padding that comes with it; ${events} of them. Memory is what the server's resident size grew by since a tenth of them had been told five events and were gone.`,
      ],
    };
  },
};

function receivedRow({ received, clients, events }: FanOut) {
  const all = clients * events;
  return {
    figure: 'events received',
    reelay: `${count(received)} of ${count(all)}`,
    aim: { text: 'all', met: received === all },
  };
}
