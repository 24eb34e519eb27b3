import { accepts, reads, requireSameWork } from './foxapi.ts';
import { type Load, type Round, run } from './load.ts';
import type { Plan } from './plan.ts';
import { type MeasuredServer, startServer } from './server-process.ts';
import { median } from './statistics.ts';

/** Medians over the rounds, and the medians of the rounds' own ratios: a noisy minute changes both sides of a ratio. */
export interface Comparison {
  readonly reelay: Round;
  readonly floor: Round;
  /** The floor's CPU time for one request by ours: 1 is as good as the floor. */
  readonly cpuRatio: number;
  /** Our requests per second by the floor's. */
  readonly rateRatio: number;
  readonly rounds: number;
}

export interface Comparisons {
  readonly reads: Comparison;
  readonly accepts: Comparison;
}

interface Pair {
  readonly reelay: Round;
  readonly floor: Round;
}

/** Both servers run all the time and take turns, so that the machine's moods meet both. */
export async function compare(plan: Plan): Promise<Comparisons> {
  const reelay = await startServer('reelay');
  const floor = await startServer('floor');
  try {
    await requireSameWork(reelay, floor);
    const accepting: Pair[] = [];
    const reading: Pair[] = [];
    for (let round = 0; round <= plan.rounds; round++) {
      const order = round % 2 === 0 ? [reelay, floor] : [floor, reelay];
      accepting.push(await runBoth(order, plan, async () => accepts));
      reading.push(await runBoth(order, plan, reads));
    }
    return { reads: summary(reading), accepts: summary(accepting) };
  } finally {
    await reelay.stop();
    await floor.stop();
  }
}

async function runBoth(
  order: readonly MeasuredServer[],
  plan: Plan,
  requestsOf: (server: MeasuredServer) => Promise<Load['requests']>,
): Promise<Pair> {
  const rounds: Partial<Record<MeasuredServer['name'], Round>> = {};
  for (const server of order) {
    const requests = await requestsOf(server);
    const amount = requests === accepts ? plan.acceptsPerRound : plan.readsPerRound;
    rounds[server.name] = await run(server, { connections: plan.connections, amount, requests });
  }
  const { reelay, floor } = rounds;
  if (reelay === undefined || floor === undefined) throw new Error('a round needs both servers');
  return { reelay, floor };
}

/** The first pair warmed up: it does not count. */
function summary([, ...pairs]: readonly Pair[]): Comparison {
  return {
    reelay: medians(pairs.map((pair) => pair.reelay)),
    floor: medians(pairs.map((pair) => pair.floor)),
    cpuRatio: median(pairs.map(({ reelay, floor }) => floor.cpuMicros / reelay.cpuMicros)),
    rateRatio: median(pairs.map(({ reelay, floor }) => reelay.perSecond / floor.perSecond)),
    rounds: pairs.length,
  };
}

function medians(rounds: readonly Round[]): Round {
  const of = (name: keyof Round) => median(rounds.map((round) => round[name]));
  return {
    perSecond: of('perSecond'),
    medianMs: of('medianMs'),
    p95Ms: of('p95Ms'),
    cpuMicros: of('cpuMicros'),
    serverShare: of('serverShare'),
  };
}
