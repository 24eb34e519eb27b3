/** `npm run bench -- [--quick] [--json] [--only NAME]`: what the server costs beside the least that its work could cost. */
import { parseArgs } from 'node:util';
import { type PostgresCluster, startPostgresCluster } from '../server/dist/testing/postgres-cluster.js';
import { describeMachine } from './machine.ts';
import { fullPlan, quickPlan } from './plan.ts';
import { type BenchReport, notMeasured, toMarkdown } from './report.ts';
import { askRows } from './rows.ts';
import type { Measured, Section } from './section.ts';
import { sections } from './sections.ts';

const usage = `Usage: npm run bench -- [--quick] [--json] [--only NAME]...

Measures the built server: reads and durable accepts on both databases beside a bare server that does the same work and beside
a gateway that stores nothing, a million tasks beside a thousand, memory, events to many clients, jobs that run at a vendor,
and files beside nginx. PostgreSQL and nginx take part where they are installed. Takes about a quarter of an hour; nothing is
rendered, and nothing leaves this machine but the installation of the gateway from npm.

  --quick      half a minute: shows that everything runs, its figures say nothing
  --json       all figures as JSON instead of a table
  --only NAME  one part, may be given again:
${sections.map(({ name, title }) => `                 ${name.padEnd(10)}${title}`).join('\n')}
`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', short: 'h' },
  },
});

const unknown = values.only.find((wanted) => !sections.some(({ name }) => name === wanted));

if (values.help) process.stdout.write(usage);
else if (unknown !== undefined) {
  process.stderr.write(`There is no part "${unknown}".\n\n${usage}`);
  process.exitCode = 2;
} else await bench(values);

async function bench({
  quick,
  json,
  only,
}: {
  readonly quick: boolean;
  readonly json: boolean;
  readonly only: string[];
}) {
  const plan = quick ? quickPlan : fullPlan;
  const startedAt = performance.now();
  const machine = describeMachine();
  const postgres = await startPostgres();
  const cluster = 'fault' in postgres ? undefined : postgres;
  try {
    const chosen = sections.filter(({ name }) => only.length === 0 || only.includes(name));
    const measured = await measureAll(chosen, { plan, postgres: cluster });
    const report: BenchReport = {
      machine: { ...machine, versions: { ...machine.versions, ...(cluster && (await postgresVersion(cluster))) } },
      plan,
      sections: measured,
      leftOut: 'fault' in postgres ? [`PostgreSQL took no part: ${postgres.fault}.`] : [],
      notMeasured,
      seconds: (performance.now() - startedAt) / 1_000,
    };
    process.stdout.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : toMarkdown(report));
  } finally {
    await cluster?.remove();
  }
}

async function measureAll(
  chosen: readonly Section[],
  surroundings: Parameters<Section['measure']>[0],
): Promise<Record<string, Measured>> {
  const measured: Record<string, Measured> = {};
  for (const section of chosen) {
    if (process.stderr.isTTY) process.stderr.write(`${section.title} …\n`);
    measured[section.name] = await section.measure(surroundings);
  }
  return measured;
}

/** With PostgreSQL's defaults: every commit is synced. */
async function startPostgres(): Promise<PostgresCluster | { readonly fault: string }> {
  try {
    return await startPostgresCluster();
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

async function postgresVersion({ url }: PostgresCluster): Promise<{ readonly PostgreSQL: string }> {
  const [row] = await askRows<{ server_version: string }>({ folder: '', databaseUrl: url }, 'show server_version');
  return { PostgreSQL: row?.server_version.split(' ')[0] ?? 'unknown' };
}
