import type { Machine } from './machine.ts';
import type { Plan } from './plan.ts';
import type { Measured, Row } from './section.ts';

export interface BenchReport {
  readonly machine: Machine;
  readonly plan: Plan;
  readonly sections: Readonly<Record<string, Measured>>;
  /** Why a part of the bench did not run. */
  readonly leftOut: readonly string[];
  readonly notMeasured: readonly string[];
  readonly seconds: number;
}

export const notMeasured: readonly string[] = [
  'rendering and media: taking in inputs, probing, converting',
  'jobs whose progress changes with every look; a vendor that is slow to answer, or far away',
  'searches, uploads, cancels, retries under an Idempotency-Key; lists further down than the first page',
  "Oxen's routes, but for the event stream, the queue and the history",
  'more than two servers on one database, TLS, a reverse proxy, a network: all goes over this machine’s loopback',
  'files in an object store',
  'loss of power: every commit is synced, but no disk was cut off',
  'days of running',
];

export function toMarkdown(report: BenchReport): string {
  const measured = Object.values(report.sections);
  const lines = [
    ['', 'Reelay', 'beside it', 'ratio', 'aim', 'met'],
    ['---', '---:', '---:', '---:', '---:', '---'],
    ...measured.flatMap(({ rows }) => rows.map(cells)),
  ];
  return `${lines.map((line) => `| ${line.join(' | ')} |`).join('\n')}\n\n${notes(report, measured)}`;
}

function cells({ figure, reelay, beside = '', ratio = '', aim }: Row): readonly string[] {
  return [figure, reelay, beside, ratio, aim?.text ?? '', aim === undefined ? '' : aim.met ? 'yes' : '**no**'];
}

function notes({ machine, leftOut, notMeasured, seconds }: BenchReport, measured: readonly Measured[]): string {
  const { node, ...packages } = machine.versions;
  const versions = Object.entries({ ...packages, ...Object.assign({}, ...measured.map((one) => one.versions)) });
  const paragraphs = [
    `${machine.cores} cores of ${machine.processor}, ${Math.round(machine.memoryBytes / 1024 ** 3)} GB, load ${machine.loadBefore.toFixed(1)} before${machine.loadBefore > machine.cores / 2 ? ' (a busy machine: trust ratios, not times)' : ''}; Node ${node}; ${versions.map(([name, version]) => `${name} ${version}`).join(', ')}. ${Math.round(seconds)} s in all.`,
    ...measured.flatMap((one) => one.notes),
    ...leftOut,
  ];
  return [
    ...paragraphs.flatMap((text) => [text, '']),
    'Not measured:',
    ...notMeasured.map((line) => `- ${line}`),
    '',
  ].join('\n');
}
