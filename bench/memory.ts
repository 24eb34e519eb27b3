import { setTimeout as pause } from 'node:timers/promises';
import { accepts, reads } from './foxapi.ts';
import { run } from './load.ts';
import type { Plan } from './plan.ts';
import { startServer } from './server-process.ts';

/** Resident memory of a fresh server, in bytes. */
export interface Memory {
  readonly startedBytes: number;
  /** Right after the tasks were accepted and some were read. */
  readonly busyBytes: number;
  /** The same after a rest. */
  readonly restedBytes: number;
  readonly tasks: number;
}

export async function measureMemory(plan: Plan): Promise<Memory> {
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
