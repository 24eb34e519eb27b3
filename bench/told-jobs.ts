import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type FalEmulator, startFalEmulator } from '../server/dist/testing/emulators/fal.js';
import { sampleVideo } from '../server/dist/testing/sample-media.js';
import type { Plan } from './plan.ts';
import { below, megabytes, milliseconds, type Section } from './section.ts';
import { type MeasuredServer, startServer } from './server-process.ts';
import { median, percentile } from './statistics.ts';

/** From a vendor's webhook until the client's event stream tells the end: result fetched, checked and stored meanwhile. */
interface ToldJobs {
  readonly jobs: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  /** Of the result that is fetched, in bytes. */
  readonly resultBytes: number;
}

const key = 'bench-vendor-key';

/** Pause in which a new job gets to its rest: submitted, looked at once, waiting for news. */
const restMs = 250;

const arrivalTimeoutMs = 10_000;

const body = JSON.stringify({ model: 'grok-imagine-text-to-video', prompt: 'A calm sea', duration: 6 });

async function measureToldJobs(plan: Plan): Promise<ToldJobs> {
  const video = await resultVideo();
  const vendor = await startFalEmulator({ key, video });
  const server = await startServer('vendors', {
    FAL_KEY: key,
    FAL_QUEUE_URL: vendor.queueUrl,
    FAL_API_URL: vendor.apiUrl,
    FAL_JWKS_URL: vendor.jwksUrl,
    // Webhooks are asked for where the address is public in form; here they are brought to the server itself.
    REELAY_PUBLIC_URL: 'https://reelay.example',
    REELAY_POLL_SECONDS: '3600',
  });
  const agent = new Agent();
  try {
    const request = get(`${server.url}/api/events`, { agent, headers: server.headers });
    const [events] = (await once(request, 'response')) as [IncomingMessage];
    events.on('error', () => {});
    const times: number[] = [];
    for (let job = 0; job <= plan.toldJobs; job++) times.push(await endOneJob(server, vendor, events));
    events.destroy();
    const [, ...measured] = times;
    const p95Ms = percentile(measured, 95);
    return { jobs: plan.toldJobs, medianMs: median(measured), p95Ms, resultBytes: video.length };
  } finally {
    agent.destroy();
    await server.stop();
    await vendor.close();
  }
}

/** Milliseconds. */
async function endOneJob(server: MeasuredServer, vendor: FalEmulator, events: IncomingMessage): Promise<number> {
  vendor.fate = 'running';
  const made = new Promise<string>((resolve) => {
    vendor.onSubmission = async ({ requestId }) => resolve(requestId);
  });
  const answer = await fetch(`${server.url}/api/ai/queue`, { method: 'POST', headers: server.headers, body });
  if (answer.status !== 200) throw new Error(`the queue answered ${answer.status}`);
  const requestId = await made;
  await pause(restMs);
  vendor.fate = 'done';
  const webhook = new URL(vendor.jobs.find((job) => job.requestId === requestId)?.webhookUrl ?? '').pathname;
  const delivery = vendor.delivery(requestId);
  const told = nextEnd(events);
  const at = performance.now();
  const taken = await fetch(server.url + webhook, { method: 'POST', headers: delivery.headers, body: delivery.body });
  if (!taken.ok) throw new Error(`a webhook was answered with ${taken.status}`);
  return (await told) - at;
}

function nextEnd(events: IncomingMessage): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('a job ended and no event came')), arrivalTimeoutMs);
    const look = (chunk: Buffer) => {
      if (!chunk.includes('event: media_generation_completed\n')) return;
      clearTimeout(timer);
      events.off('data', look);
      resolve(performance.now());
    };
    events.on('data', look);
  });
}

async function resultVideo(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'reelay-bench-result-'));
  try {
    return await readFile(await sampleVideo(folder, 'result.mp4', { width: 640, height: 360, seconds: 6 }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** In milliseconds, at the median. */
const toldAim = 50;

export const toldJobsSection: Section = {
  name: 'told',
  title: 'Ends that a vendor tells',
  async measure({ plan }) {
    const figures = await measureToldJobs(plan);
    const { medianMs, p95Ms, resultBytes } = figures;
    return {
      figures,
      rows: [
        {
          figure: 'vendor’s webhook to client’s event: median',
          reelay: milliseconds(medianMs),
          aim: below(medianMs, toldAim, milliseconds),
        },
        { figure: 'vendor’s webhook to client’s event: p95', reelay: milliseconds(p95Ms) },
      ],
      notes: [
        `Webhook to event: ${plan.toldJobs} jobs one after the other, a result of ${megabytes(resultBytes)} fetched over the loopback, probed and stored in between.`,
      ],
    };
  },
};
