import { accepts, reads, requireSameWork } from './foxapi.ts';
import { type Load, type Round, run } from './load.ts';
import { gatewayVersion, installPeers } from './peers.ts';
import type { Plan } from './plan.ts';
import type { Surroundings } from './section.ts';
import { type MeasuredServer, type ServerName, startServer } from './server-process.ts';
import { median } from './statistics.ts';

export type Contender = 'sqlite' | 'sqlite-floor' | 'postgres' | 'postgres-floor' | 'gateway' | 'stub';

/** What every contender does in a round. `alone` is an accept by one client that waits for its answer before the next. */
export type Work = 'read' | 'accept' | 'alone';

/** Medians of the rounds. */
export interface Comparison {
  readonly rounds: number;
  readonly medians: ReadonlyMap<Contender, Readonly<Record<Work, Round>>>;
  /** Medians of the rounds' own ratios, first by second: a noisy minute changes both sides of a ratio. */
  ratio(work: Work, figure: keyof Round, first: Contender, second: Contender): number;
  /** Why the gateway is not among them. */
  readonly withoutGateway?: string;
  readonly versions: Readonly<Record<string, string>>;
}

interface Running {
  readonly server: MeasuredServer;
  /** Share of the plan's amounts that it gets: a slow one would take most of the run. */
  readonly share: number;
  readonly accepts: Load['requests'];
  reads(): Promise<Load['requests']>;
}

/** The gateway answers a tenth as fast as the others. */
const gatewayShare = 0.1;

/** All servers run all the time and take turns, so that the machine's moods meet all. */
export async function compare({ plan, postgres }: Surroundings): Promise<Comparison> {
  await using begun = new AsyncDisposableStack();
  const running = new Map<Contender, Running>();
  const start = async (name: ServerName, environment?: Readonly<Record<string, string>>) => {
    const server = await startServer(name, environment);
    begun.defer(server.stop);
    return server;
  };
  for (const kind of ['sqlite', 'postgres'] as const) {
    if (kind === 'postgres' && postgres === undefined) continue;
    const environment = async () =>
      kind === 'postgres' && postgres !== undefined ? { DATABASE_URL: await postgres.createDatabase() } : {};
    const reelay = await start('reelay', await environment());
    const floor = await start('floor', await environment());
    await requireSameWork(reelay, floor);
    running.set(kind, ownWork(reelay)).set(`${kind}-floor`, ownWork(floor));
  }
  const stub = await start('stub');
  running.set('stub', upstreamWork(stub, 1));
  const withoutGateway = await installPeers();
  if (withoutGateway === undefined) {
    const bare = await start('gateway', { NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1' });
    const gateway = upstreamWork(throughGateway(bare, stub), gatewayShare);
    await requireSameAnswers(gateway, upstreamWork(stub, 1));
    running.set('gateway', gateway);
  }
  const versions = withoutGateway === undefined ? { '@portkey-ai/gateway': gatewayVersion() } : {};
  return { ...(await runRounds(running, plan)), ...(withoutGateway && { withoutGateway }), versions };
}

function ownWork(server: MeasuredServer): Running {
  return { server, share: 1, accepts, reads: () => reads(server) };
}

/** A video of the OpenAI API, which the stub answers: made, and asked for. */
function upstreamWork(server: MeasuredServer, share: number): Running {
  const [{ body = '' } = {}] = accepts;
  return {
    server,
    share,
    accepts: [{ method: 'POST', path: '/v1/videos', body }],
    reads: async () => [{ method: 'GET', path: '/v1/videos/video_0123456789abcdef0123456789abcdef' }],
  };
}

function throughGateway(gateway: MeasuredServer, stub: MeasuredServer): MeasuredServer {
  const headers = { ...gateway.headers, 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${stub.url}/v1` };
  return { ...gateway, headers };
}

/** Throws unless the gateway hands on what the stub answers. */
async function requireSameAnswers(gateway: Running, stub: Running): Promise<void> {
  const answersOf = async ({ server, accepts, reads }: Running) => {
    const answers = [...accepts, ...(await reads())].map(async ({ method, path, body }) => {
      const { headers } = server;
      const answer = await fetch(server.url + path, { method, headers, ...(body !== undefined && { body }) });
      return answer.json();
    });
    return JSON.stringify(await Promise.all(answers));
  };
  const [given, right] = [await answersOf(gateway), await answersOf(stub)];
  if (given !== right) throw new Error(`the gateway answers\n${given}\ninstead of\n${right}`);
}

type Rounds = Record<Work, Round>;

async function runRounds(running: ReadonlyMap<Contender, Running>, plan: Plan) {
  const rounds: Map<Contender, Rounds>[] = [];
  for (let round = 0; round <= plan.rounds; round++) {
    const order = [...running];
    if (round % 2 === 1) order.reverse();
    const taken = new Map<Contender, Rounds>();
    for (const [contender, one] of order) taken.set(contender, await runOne(one, plan));
    rounds.push(taken);
  }
  // The first round warmed up: it does not count.
  const [, ...counted] = rounds;
  return summary(counted, [...running.keys()]);
}

async function runOne({ server, share, ...requests }: Running, plan: Plan): Promise<Rounds> {
  const amountOf = (amount: number) => Math.ceil(amount * share);
  const accept = await run(server, {
    connections: plan.connections,
    amount: amountOf(plan.acceptsPerRound),
    requests: requests.accepts,
  });
  const read = await run(server, {
    connections: plan.connections,
    amount: amountOf(plan.readsPerRound),
    requests: await requests.reads(),
  });
  const alone = await run(server, { connections: 1, amount: plan.acceptsAlone, requests: requests.accepts });
  return { accept, read, alone };
}

function summary(rounds: readonly ReadonlyMap<Contender, Rounds>[], contenders: readonly Contender[]) {
  const figuresOf = (contender: Contender, work: Work, figure: keyof Round) =>
    rounds.map((round) => round.get(contender)?.[work][figure] ?? Number.NaN);
  const mediansOf = (contender: Contender, work: Work): Round => {
    const of = (figure: keyof Round) => median(figuresOf(contender, work, figure));
    return {
      perSecond: of('perSecond'),
      medianMs: of('medianMs'),
      p95Ms: of('p95Ms'),
      cpuMicros: of('cpuMicros'),
      serverShare: of('serverShare'),
    };
  };
  const worksOf = (contender: Contender) => ({
    read: mediansOf(contender, 'read'),
    accept: mediansOf(contender, 'accept'),
    alone: mediansOf(contender, 'alone'),
  });
  return {
    rounds: rounds.length,
    medians: new Map(contenders.map((contender) => [contender, worksOf(contender)])),
    ratio(work: Work, figure: keyof Round, first: Contender, second: Contender): number {
      const seconds = figuresOf(second, work, figure);
      return median(figuresOf(first, work, figure).map((value, index) => value / (seconds[index] ?? Number.NaN)));
    },
  };
}
