import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleVideo } from '../server/dist/testing/sample-media.js';
import { measureDownloads } from './downloads.ts';
import { startNginx } from './nginx.ts';
import type { Plan } from './plan.ts';
import { atLeast, megabytes, percent, type Section } from './section.ts';
import { type MeasuredServer, startServer } from './server-process.ts';
import { median } from './statistics.ts';

type Part = 'whole' | 'part';

const parts: Readonly<Record<Part, string>> = { whole: 'whole', part: 'in ranges of 1 MB' };

const fileBytes = 20_000_000;
const partBytes = 1_000_000;

const connections = 4;

/** Share of nginx's bytes per second. */
const aim = 0.7;

interface Serving {
  readonly bytesPerSecond: number;
  /** Of the server, of one core. */
  readonly cpuShare: number;
}

/** By who serves, `undefined` where nginx is not installed. */
interface Comparison {
  readonly reelay: Readonly<Record<Part, Serving>>;
  readonly nginx?: Readonly<Record<Part, number>>;
  readonly ratios?: Readonly<Record<Part, number>>;
  readonly version?: string;
}

export const filesSection: Section = {
  name: 'files',
  title: 'Files beside nginx',
  async measure({ plan }) {
    const figures = await measureFiles(plan);
    const { reelay, nginx, ratios, version } = figures;
    return {
      figures,
      rows: (Object.keys(parts) as Part[]).map((part) => ({
        figure: `a file of ${megabytes(fileBytes)}, ${parts[part]}: bytes per second`,
        reelay: `${megabytes(reelay[part].bytesPerSecond)} at ${percent(reelay[part].cpuShare)} of a core`,
        beside: nginx === undefined ? 'nginx is not installed' : `${megabytes(nginx[part])} nginx`,
        ...(ratios && { ratio: ratios[part].toFixed(2), aim: atLeast(ratios[part], aim) }),
      })),
      notes: [
        `Files: the same MP4 over ${connections} kept connections of the loopback, from the page cache, signed links and their rows looked up for each request; medians of ${plan.rounds} interleaved rounds. nginx has one worker and sends with \`sendfile\`, which no network slows down here.`,
      ],
      ...(version !== undefined && { versions: { nginx: version } }),
    };
  },
};

async function measureFiles(plan: Plan): Promise<Comparison> {
  await using begun = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'reelay-bench-file-'));
  begun.defer(() => rm(folder, { recursive: true, force: true }));
  const path = await videoOf(folder, fileBytes);
  const server = await startServer('reelay');
  begun.defer(server.stop);
  const url = await upload(server, path);
  const nginx = await startNginx(path);
  if (nginx !== undefined) begun.defer(nginx.stop);
  const taken: Record<Part, { reelay: Serving; nginx: number }[]> = { whole: [], part: [] };
  for (let round = 0; round <= plan.rounds; round++) {
    for (const part of ['whole', 'part'] as const) {
      const download = {
        fileBytes,
        connections,
        ...(part === 'whole'
          ? { bytes: fileBytes, amount: plan.downloads }
          : { bytes: partBytes, amount: plan.partDownloads }),
      };
      const ofNginx = async () =>
        nginx === undefined ? Number.NaN : measureDownloads({ ...download, url: nginx.url });
      const first = round % 2 === 0 ? undefined : await ofNginx();
      const [before, startedAt] = [await server.usage(), performance.now()];
      const bytesPerSecond = await measureDownloads({ ...download, url });
      const elapsedMs = performance.now() - startedAt;
      const cpuShare = ((await server.usage()).cpuMs - before.cpuMs) / elapsedMs;
      if (round > 0) taken[part].push({ reelay: { bytesPerSecond, cpuShare }, nginx: first ?? (await ofNginx()) });
    }
  }
  return summary(taken, nginx?.version);
}

function summary(
  taken: Readonly<Record<Part, readonly { readonly reelay: Serving; readonly nginx: number }[]>>,
  version: string | undefined,
): Comparison {
  const both = <Value>(value: (part: Part) => Value) => ({ whole: value('whole'), part: value('part') });
  const of = (part: Part, figure: (round: { readonly reelay: Serving; readonly nginx: number }) => number) =>
    median(taken[part].map(figure));
  return {
    reelay: both((part) => ({
      bytesPerSecond: of(part, ({ reelay }) => reelay.bytesPerSecond),
      cpuShare: of(part, ({ reelay }) => reelay.cpuShare),
    })),
    ...(version !== undefined && {
      nginx: both((part) => of(part, ({ nginx }) => nginx)),
      ratios: both((part) => of(part, ({ reelay, nginx }) => reelay.bytesPerSecond / nginx)),
      version,
    }),
  };
}

/** A clip of exactly this size: an MP4 may end with a box that is to be skipped. */
async function videoOf(folder: string, bytes: number): Promise<string> {
  const path = await sampleVideo(folder, 'video.mp4', { width: 640, height: 360, seconds: 4 });
  const boxBytes = bytes - (await stat(path)).size;
  const box = Buffer.alloc(boxBytes);
  box.writeUInt32BE(boxBytes);
  box.write('free', 4, 'latin1');
  await appendFile(path, box);
  return path;
}

async function upload(server: MeasuredServer, path: string): Promise<string> {
  const form = new FormData();
  form.set('file', new Blob([await readFile(path)], { type: 'video/mp4' }), 'video.mp4');
  const { Authorization = '' } = server.headers;
  const answer = await fetch(`${server.url}/v1/files/upload/stream`, {
    method: 'POST',
    headers: { Authorization },
    body: form,
  });
  const text = await answer.text();
  const [url] = /http:\/\/127\.0\.0\.1[^"]*\/files\/[^"]*/.exec(text) ?? [];
  if (!answer.ok || url === undefined) throw new Error(`the upload was answered with ${answer.status}: ${text}`);
  return url;
}
