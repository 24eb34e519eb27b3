import { setTimeout as pause } from 'node:timers/promises';
import { accepts, reads } from './foxapi.ts';
import { run } from './load.ts';
import type { Plan } from './plan.ts';
import { below, count, megabytes, type Section } from './section.ts';
import { startServer } from './server-process.ts';

/** Resident memory of a fresh server, in bytes. */
interface Memory {
  readonly startedBytes: number;
  /** Right after the tasks were accepted and some were read. */
  readonly busyBytes: number;
  /** The same after a rest. */
  readonly restedBytes: number;
  readonly tasks: number;
}

async function measureMemory(plan: Plan): Promise<Memory> {
  const server = await startServer('reelay');
  try {
    const rss = async () => (await server.usage()).rssBytes;
    const startedBytes = await rss();
    const { connections, heldTasks: tasks } = plan;
    await run(server, { connections, amount: tasks, requests: accepts });
    await run(server, { connections, amount: Math.ceil(tasks / 10), requests: await reads(server) });
    const busyBytes = await rss();
    await pause(plan.restMs);
    return { startedBytes, busyBytes, restedBytes: await rss(), tasks };
  } finally {
    await server.stop();
  }
}

/** Of a server at rest that accepted many tasks, in bytes. */
const restedAim = 250e6;

export const memorySection: Section = {
  name: 'memory',
  title: 'Memory',
  async measure({ plan }) {
    const figures = await measureMemory(plan);
    const { startedBytes, busyBytes, restedBytes, tasks } = figures;
    return {
      figures,
      rows: [
        { figure: 'memory after the start', reelay: megabytes(startedBytes) },
        { figure: `memory right after ${count(tasks)} accepted tasks`, reelay: megabytes(busyBytes) },
        {
          figure: `the same after ${plan.restMs / 1_000} s of rest`,
          reelay: megabytes(restedBytes),
          aim: below(restedBytes, restedAim, megabytes),
        },
      ],
      notes: [],
    };
  },
};
