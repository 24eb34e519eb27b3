/** `npm run bench -- [--quick] [--json]`: what the server costs beside the least that its work could cost. */
import { parseArgs } from 'node:util';
import { compare } from './comparison.ts';
import { measureFanOut } from './fan-out.ts';
import { describeMachine } from './machine.ts';
import { measureMemory } from './memory.ts';
import { fullPlan, quickPlan } from './plan.ts';
import { type BenchReport, notMeasured, toMarkdown } from './report.ts';
import { measureRunningJobs } from './running-jobs.ts';
import { measureToldJobs } from './told-jobs.ts';

const usage = `Usage: npm run bench -- [--quick] [--json]

Measures the built server: reads and durable accepts beside a bare node:http server that does the same work, memory,
events to many clients, and jobs that run at a vendor. Takes three to four minutes; nothing is rendered and nothing leaves this machine.

  --quick  a few seconds: shows that everything runs, its figures say nothing
  --json   all figures as JSON instead of a table
`;

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
});

if (values.help) process.stdout.write(usage);
else await bench(values);

async function bench({ quick = false, json = false }: { readonly quick?: boolean; readonly json?: boolean }) {
  const tell = (text: string) => process.stderr.isTTY && process.stderr.write(`${text} …\n`);
  const plan = quick ? quickPlan : fullPlan;
  const startedAt = performance.now();
  const machine = describeMachine();
  tell('Reads and accepts beside the floor');
  const comparisons = await compare(plan);
  tell('Memory');
  const memory = await measureMemory(plan);
  tell('Events');
  const fanOut = await measureFanOut(plan);
  tell('Jobs that run at a vendor');
  const runningJobs = await measureRunningJobs(plan);
  tell('Ends that a vendor tells');
  const toldJobs = await measureToldJobs(plan);
  const seconds = (performance.now() - startedAt) / 1_000;
  const report: BenchReport = {
    machine,
    plan,
    ...comparisons,
    memory,
    fanOut,
    runningJobs,
    toldJobs,
    notMeasured,
    seconds,
  };
  process.stdout.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : toMarkdown(report));
}
