import { setTimeout as pause } from 'node:timers/promises';
import { startXaiEmulator } from '../server/dist/testing/emulators/xai.js';
import { accepts } from './foxapi.ts';
import { run } from './load.ts';
import type { Plan } from './plan.ts';
import { askRows } from './rows.ts';
import { below, count, megabytes, microseconds, percent, type Section } from './section.ts';
import { type MeasuredServer, startServer } from './server-process.ts';

/** What jobs that run at a vendor cost the server that waits for them, while nothing about them changes. */
interface RunningJobs {
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

async function measureRunningJobs(plan: Plan): Promise<RunningJobs> {
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

async function untilRunning(server: MeasuredServer, jobs: number): Promise<void> {
  const giveUpAt = performance.now() + startTimeoutMs;
  const started = async () => {
    const [row] = await askRows<{ jobs: number }>(server, "select count(*) as jobs from tasks where state = 'running'");
    return row?.jobs;
  };
  while ((await started()) !== jobs) {
    if (performance.now() > giveUpAt) throw new Error(`only ${await started()} of ${jobs} jobs run`);
    await pause(200);
  }
}

/** Share of a core that the waiting for jobs may take. */
const shareAim = 0.25;

export const runningJobsSection: Section = {
  name: 'jobs',
  title: 'Jobs that run at a vendor',
  async measure({ plan }) {
    const figures = await measureRunningJobs(plan);
    const jobs = `${count(figures.jobs)} jobs at a vendor`;
    const { looksPerSecond, cpuShare, cpuMicrosPerLook, writtenBytes, rssBytes } = figures;
    return {
      figures,
      rows: [
        { figure: `${jobs}: looks at them per second`, reelay: count(looksPerSecond) },
        {
          figure: `${jobs}: server's share of a core`,
          reelay: percent(cpuShare),
          aim: below(cpuShare, shareAim, percent),
        },
        { figure: `${jobs}: server CPU for one look`, reelay: microseconds(cpuMicrosPerLook) },
        { figure: `${jobs}: written in ${plan.watchedSeconds} s`, reelay: `${count(writtenBytes / 1e3)} kB` },
        { figure: `${jobs}: memory`, reelay: megabytes(rssBytes) },
      ],
      notes: [
        `Jobs at a vendor: each looked at every ${plan.pollSeconds} s over kept connections to an emulator on the loopback, nothing new to tell; measured for ${plan.watchedSeconds} s.`,
      ],
    };
  },
};
