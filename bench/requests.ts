import { type Comparison, type Contender, compare, type Work } from './comparison.ts';
import type { Round } from './load.ts';
import type { Plan } from './plan.ts';
import { atLeast, below, count, difference, microseconds, milliseconds, type Row, type Section } from './section.ts';

/** Shares of the floor. */
const floorAims = { read: 0.7, accept: 0.6 } as const;

/** What an accept may add to an upstream that does nothing, its committed write included, in milliseconds at the median. */
const addedAim = 1;

const databases = { sqlite: 'SQLite', postgres: 'PostgreSQL' } as const;

type DatabaseName = keyof typeof databases;

const names: Readonly<Record<Exclude<Work, 'alone'>, string>> = { read: 'read', accept: 'durable accept' };

export const requestsSection: Section = {
  name: 'requests',
  title: 'Reads and accepts beside the floor and a gateway',
  async measure(surroundings) {
    const comparison = await compare(surroundings);
    const present = (Object.keys(databases) as DatabaseName[]).filter((name) => comparison.medians.has(name));
    return {
      figures: { ...comparison, medians: Object.fromEntries(comparison.medians) },
      rows: [
        ...present.flatMap((database) => floorRows(comparison, database)),
        ...present.flatMap((database) => gatewayRows(comparison, database)),
        ...aloneRows(comparison, present),
      ],
      notes: notes(comparison, surroundings.plan),
      versions: comparison.versions,
    };
  },
};

function figures({ medians }: Comparison, contender: Contender, work: Work): Round {
  const found = medians.get(contender);
  if (found === undefined) throw new Error(`${contender} was not measured`);
  return found[work];
}

function floorRows(comparison: Comparison, database: DatabaseName): readonly Row[] {
  const floor = `${database}-floor` as const;
  return (['read', 'accept'] as const).flatMap((work) => {
    const name = `${names[work]}, ${databases[database]}`;
    const [ours, theirs] = [figures(comparison, database, work), figures(comparison, floor, work)];
    const cpu = comparison.ratio(work, 'cpuMicros', floor, database);
    const rate = comparison.ratio(work, 'perSecond', database, floor);
    const beside = (what: string) => `${what} floor`;
    return [
      {
        figure: `${name}: server CPU`,
        reelay: microseconds(ours.cpuMicros),
        beside: beside(microseconds(theirs.cpuMicros)),
        ratio: cpu.toFixed(2),
        aim: atLeast(cpu, floorAims[work]),
      },
      {
        figure: `${name}: per second`,
        reelay: count(ours.perSecond),
        beside: beside(count(theirs.perSecond)),
        ratio: rate.toFixed(2),
        aim: atLeast(rate, floorAims[work]),
      },
      {
        figure: `${name}: median and p95 latency`,
        reelay: `${milliseconds(ours.medianMs)}, ${milliseconds(ours.p95Ms)}`,
        beside: beside(`${milliseconds(theirs.medianMs)}, ${milliseconds(theirs.p95Ms)}`),
        ratio: difference(ours.medianMs, theirs.medianMs),
      },
    ];
  });
}

function gatewayRows(comparison: Comparison, database: DatabaseName): readonly Row[] {
  if (!comparison.medians.has('gateway')) return [];
  return (['read', 'accept'] as const).map((work) => ({
    figure: `${names[work]}, ${databases[database]}, beside a gateway that stores nothing: per second`,
    reelay: count(figures(comparison, database, work).perSecond),
    beside: `${count(figures(comparison, 'gateway', work).perSecond)} Portkey`,
    ratio: comparison.ratio(work, 'perSecond', database, 'gateway').toFixed(2),
  }));
}

function aloneRows(comparison: Comparison, present: readonly DatabaseName[]): readonly Row[] {
  const stub = figures(comparison, 'stub', 'alone').medianMs;
  const added = (contender: Contender) => figures(comparison, contender, 'alone').medianMs - stub;
  const besideFloor = (database: DatabaseName) => `${milliseconds(added(`${database}-floor`))} floor`;
  const gateway = comparison.medians.has('gateway') ? [`${milliseconds(added('gateway'))} Portkey, unstored`] : [];
  return present.map((database) => ({
    figure: `durable accept of one client, ${databases[database]}: added to a bare stub, median`,
    reelay: milliseconds(added(database)),
    beside: [besideFloor(database), ...gateway].join('; '),
    ...(database === 'sqlite' && { aim: below(added(database), addedAim, milliseconds) }),
  }));
}

function notes(comparison: Comparison, plan: Plan): readonly string[] {
  const share = (contender: Contender) =>
    (['read', 'accept'] as const)
      .map((work) => `${Math.round(figures(comparison, contender, work).serverShare * 100)} %`)
      .join(' and ');
  const shares = [...comparison.medians.keys()].map((contender) => `${contender} ${share(contender)}`);
  const { withoutGateway } = comparison;
  return [
    `Requests: medians of ${plan.rounds} interleaved rounds of ${count(plan.readsPerRound)} reads and ${count(plan.acceptsPerRound)} accepts over ${plan.connections} connections that are always busy (a tenth of them for the gateway), and of ${count(plan.acceptsAlone)} accepts over one, after a round to warm up; ratios are medians of the rounds' ratios, 1 is as good as the floor.`,
    `The floor is bare \`node:http\` with the same key check, validation, statement and sync (\`bench/floor-server.ts\`), on PostgreSQL one statement for all rows of a commit. The gateway passes \`/v1/videos\` on to a stub on the loopback that answers at once, and keeps nothing of it. Shares of a core taken for reads and accepts: ${shares.join(', ')}; well below 100 % the load generator, the database or the disk limits the rate.`,
    ...(withoutGateway === undefined ? [] : [`The gateway could not be installed: ${withoutGateway}`]),
  ];
}
