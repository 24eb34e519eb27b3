import { setTimeout as pause } from 'node:timers/promises';
import { startXaiEmulator } from '../server/dist/testing/emulators/xai.js';
import { accepts, openRows } from './foxapi.ts';
import { run } from './load.ts';
import type { Plan } from './plan.ts';
import { type MeasuredServer, startServer } from './server-process.ts';

/** What jobs that run at a vendor cost the server that waits for them, while nothing about them changes. */
export interface RunningJobs {
  readonly jobs: number;
  /** Looks at jobs that the vendor answered, by second. */
  readonly looksPerSecond: number;
  /** Share of one core that the server took. */
  readonly cpuShare: number;
  readonly cpuMicrosPerLook: number;
  readonly writtenBytes: number;
  readonly rssBytes: number;
}

const key = 'bench-vendor-key';

/** Longest wait for all jobs to run, in milliseconds. */
const startTimeoutMs = 240_000;

export async function measureRunningJobs(plan: Plan): Promise<RunningJobs> {
  const vendor = await startXaiEmulator({ key, video: Buffer.alloc(0) });
  const server = await startServer('vendors', {
    XAI_API_KEY: key,
    XAI_BASE_URL: vendor.baseUrl,
    REELAY_PROVIDER_JOBS: `xai=${plan.runningJobs}`,
    REELAY_POLL_SECONDS: String(plan.pollSeconds),
  });
  try {
    // A few connections: the start of the jobs needs the cores too.
    await run(server, { connections: 5, amount: plan.runningJobs, requests: accepts });
    await untilRunning(server, plan.runningJobs);
    // One round of looks at rest: what the start of the jobs left to do is over.
    await pause(plan.pollSeconds * 1_000);
    const [before, looksBefore, at] = [await server.usage(), vendor.requests.length, performance.now()];
    await pause(plan.watchedSeconds * 1_000);
    const [after, looksAfter] = [await server.usage(), vendor.requests.length];
    const elapsedMs = performance.now() - at;
    const looks = looksAfter - looksBefore;
    const cpuMs = after.cpuMs - before.cpuMs;
    return {
      jobs: plan.runningJobs,
      looksPerSecond: looks / (elapsedMs / 1_000),
      cpuShare: cpuMs / elapsedMs,
      cpuMicrosPerLook: (cpuMs * 1_000) / looks,
      writtenBytes: after.writtenBytes - before.writtenBytes,
      rssBytes: after.rssBytes,
    };
  } finally {
    await server.stop();
    await vendor.close();
  }
}

async function untilRunning({ folder }: MeasuredServer, jobs: number): Promise<void> {
  using file = openRows(folder);
  const count = file.database.prepare("select count(*) from tasks where state = 'running'").pluck();
  const giveUpAt = performance.now() + startTimeoutMs;
  while (count.get() !== jobs) {
    if (performance.now() > giveUpAt) throw new Error(`only ${count.get()} of ${jobs} jobs run`);
    await pause(200);
  }
}
