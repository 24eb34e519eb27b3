import type { Comparison, Comparisons } from './comparison.ts';
import type { FanOut } from './fan-out.ts';
import type { Machine } from './machine.ts';
import type { Memory } from './memory.ts';
import type { Plan } from './plan.ts';
import type { RunningJobs } from './running-jobs.ts';
import type { ToldJobs } from './told-jobs.ts';

export interface BenchReport extends Comparisons {
  readonly machine: Machine;
  readonly plan: Plan;
  readonly memory: Memory;
  readonly fanOut: FanOut;
  readonly runningJobs: RunningJobs;
  readonly toldJobs: ToldJobs;
  readonly notMeasured: readonly string[];
  readonly seconds: number;
}

/** What is aimed at: shares of the floor, and bytes. */
const aims = { reads: 0.7, accepts: 0.6, memoryBytes: 250e6, pollShare: 0.25, toldMs: 50 };

export const notMeasured: readonly string[] = [
  'rendering and media: taking in inputs, probing, converting, handing out files',
  'jobs whose progress changes with every look; a vendor that is slow to answer, or far away',
  'lists, searches, uploads, cancels, retries under an Idempotency-Key, reads of finished tasks (each signs a link)',
  "Oxen's routes, but for the event stream",
  'several server processes, TLS, a reverse proxy, a network: all goes over this machine’s loopback',
  'loss of power: every commit is synced, but no disk was cut off',
  'a database of more than some 100,000 tasks, and days of running',
];

type Row = readonly [figure: string, reelay: string, floor: string, ratio: string, aim: string];

export function toMarkdown(report: BenchReport): string {
  const { machine, plan, memory, fanOut, runningJobs, toldJobs } = report;
  const jobs = `${count(runningJobs.jobs)} jobs at a vendor`;
  const rows: readonly Row[] = [
    ['', 'Reelay', 'floor', 'ratio', 'aim'],
    ['---', '---:', '---:', '---:', '---:'],
    ...comparisonRows('read', report.reads, aims.reads),
    ...comparisonRows('durable accept', report.accepts, aims.accepts),
    ['memory after the start', megabytes(memory.startedBytes), '', '', ''],
    [`memory right after ${count(memory.tasks)} accepted tasks`, megabytes(memory.busyBytes), '', '', ''],
    [
      `the same after ${plan.restMs / 1_000} s of rest`,
      megabytes(memory.restedBytes),
      '',
      '',
      `< ${megabytes(aims.memoryBytes)}`,
    ],
    [`event to ${count(fanOut.clients)} clients: the last has it`, milliseconds(fanOut.lastMs), '', '', ''],
    ['event: server CPU for each client', microseconds(fanOut.cpuMicros), '', '', ''],
    ['events received', `${count(fanOut.received)} of ${count(fanOut.clients * fanOut.events)}`, '', '', 'all'],
    ['memory with all streams open', megabytes(fanOut.rssBytes), '', '', ''],
    [`${jobs}: looks at them per second`, count(runningJobs.looksPerSecond), '', '', ''],
    [`${jobs}: server's share of a core`, percent(runningJobs.cpuShare), '', '', `< ${percent(aims.pollShare)}`],
    [`${jobs}: server CPU for one look`, microseconds(runningJobs.cpuMicrosPerLook), '', '', ''],
    [`${jobs}: written in ${plan.watchedSeconds} s`, `${count(runningJobs.writtenBytes / 1e3)} kB`, '', '', ''],
    [`${jobs}: memory`, megabytes(runningJobs.rssBytes), '', '', ''],
    ['vendor’s webhook to client’s event: median', milliseconds(toldJobs.medianMs), '', '', `< ${aims.toldMs} ms`],
    ['vendor’s webhook to client’s event: p95', milliseconds(toldJobs.p95Ms), '', '', ''],
  ];
  return `${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n\n${notes(report, machine)}`;
}

function comparisonRows(name: string, { reelay, floor, cpuRatio, rateRatio }: Comparison, aim: number): readonly Row[] {
  const added = (ours: number, theirs: number) =>
    `${ours < theirs ? '−' : '+'}${milliseconds(Math.abs(ours - theirs))}`;
  return [
    [
      `${name}: server CPU`,
      microseconds(reelay.cpuMicros),
      microseconds(floor.cpuMicros),
      cpuRatio.toFixed(2),
      `≥ ${aim}`,
    ],
    [`${name}: per second`, count(reelay.perSecond), count(floor.perSecond), rateRatio.toFixed(2), `≥ ${aim}`],
    [
      `${name}: median latency`,
      milliseconds(reelay.medianMs),
      milliseconds(floor.medianMs),
      added(reelay.medianMs, floor.medianMs),
      '',
    ],
    [
      `${name}: p95 latency`,
      milliseconds(reelay.p95Ms),
      milliseconds(floor.p95Ms),
      added(reelay.p95Ms, floor.p95Ms),
      '',
    ],
  ];
}

function notes({ reads, accepts, toldJobs, plan, seconds }: BenchReport, machine: Machine): string {
  const { node, ...packages } = machine.versions;
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  const share = (side: 'reelay' | 'floor') =>
    [reads, accepts].map((comparison) => `${Math.round(comparison[side].serverShare * 100)} %`).join(' and ');
  return [
    `${machine.cores} cores of ${machine.processor}, ${Math.round(machine.memoryBytes / 1024 ** 3)} GB, load ${machine.loadBefore.toFixed(1)} before; Node ${node}; ${versions.join(', ')}.`,
    '',
    `Medians of ${plan.rounds} interleaved rounds of ${count(plan.readsPerRound)} reads and ${count(plan.acceptsPerRound)} accepts over ${plan.connections} connections that are always busy, after one to warm up; ratios are medians of the rounds' ratios, 1 is as good as the floor. ${Math.round(seconds)} s in all.`,
    '',
    `The floor is bare \`node:http\` with the same key check, validation, statement and sync (\`bench/floor-server.ts\`). Reelay took ${share('reelay')} of a core for reads and accepts, the floor ${share('floor')}: well below 100 % the load generator or the disk limits the rate, and the CPU ratio is the one to trust.`,
    '',
    `Jobs at a vendor: ${count(plan.runningJobs)} of them, each looked at every ${plan.pollSeconds} s over kept connections to an emulator on the loopback, nothing new to tell; measured for ${plan.watchedSeconds} s. Webhook to event: ${plan.toldJobs} jobs one after the other, a result of ${megabytes(toldJobs.resultBytes)} fetched over the loopback, probed and stored in between.`,
    '',
    'Not measured:',
    ...notMeasured.map((line) => `- ${line}`),
    '',
  ].join('\n');
}

function microseconds(value: number): string {
  return `${value.toFixed(1)} µs`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}
