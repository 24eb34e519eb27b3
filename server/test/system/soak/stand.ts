/** What the soak runs on: a real server, vendors that would cost money, a disk that fills up, and a clock that jumps. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type FalEmulator, startFalEmulator } from '../../../src/testing/emulators/fal.ts';
import { startXaiEmulator, type XaiEmulator } from '../../../src/testing/emulators/xai.ts';
import { startPostgresCluster } from '../../../src/testing/postgres-cluster.ts';
import { sampleVideo } from '../../../src/testing/sample-media.ts';
import { type ServerProcess, startServerProcess } from '../../../src/testing/server-process.ts';
import { startTcpProxy, type TcpProxy } from '../../../src/testing/tcp-proxy.ts';
import { tellingHeap } from './vitals.ts';

export const run = promisify(execFile);

const apiKey = 'sk-soak-soak-soak-soak-soak';
const vendorKeys = { xai: 'xai-emulated-key', fal: 'fal-emulated-key' };

/** What the server's disk holds, in megabytes, and more for each minute: a server takes no files where less than 256 are free. */
const diskMegabytes = { first: 400, perMinute: 8 };

export interface Stand {
  server: ServerProcess;
  readonly xai: XaiEmulator;
  readonly fal: FalEmulator;
  /** The data folder, alone on its disk where this user may mount one. */
  readonly data: string;
  readonly canMount: boolean;
  /** The file in which the server says what its heap holds, but for its process id at the end. */
  readonly heap: string;
  /** Of the PostgreSQL that the server reaches through the proxy, in place of SQLite. */
  readonly postgres: { readonly url: string; readonly proxy: TcpProxy } | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Has the server's clock differ from the machine's by this much, within a tenth of a second. */
  shiftClock(ms: number): Promise<void>;
  restart(): Promise<void>;
  remove(): Promise<void>;
}

/** Run by the server's process before anything else. */
const shiftingClock = (path: string): string => `
  import { readFileSync } from 'node:fs';
  const { now } = Date;
  let shift = 0;
  setInterval(() => { shift = Number(readFileSync(${JSON.stringify(path)}, 'utf8')); }, 100).unref();
  Date.now = () => now() + shift;`;

const imported = (program: string): string => `--import=data:text/javascript,${encodeURIComponent(program)}`;

export async function createStand({
  minutes,
  onPostgres,
}: {
  readonly minutes: number;
  readonly onPostgres: boolean;
}): Promise<Stand> {
  const undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'reelay-soak-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  try {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    const size = Math.ceil(diskMegabytes.first + diskMegabytes.perMinute * minutes);
    const canMount = await run('mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'tmpfs', disk]).then(
      () => true,
      () => false,
    );
    if (canMount) undo.defer(async () => void (await run('umount', ['-R', '-l', disk])));
    const video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1, width: 160, height: 90 }));
    const xai = undo.use(disposable(await startXaiEmulator({ key: vendorKeys.xai, video })));
    const fal = undo.use(disposable(await startFalEmulator({ key: vendorKeys.fal, video })));
    const postgres = onPostgres ? await startPostgres(undo) : undefined;
    const clock = join(folder, 'clock');
    const heap = join(folder, 'heap-');
    await writeFile(clock, '0');
    const environment = {
      REELAY_DATA_DIR: join(disk, 'data'),
      REELAY_API_KEY: apiKey,
      XAI_API_KEY: vendorKeys.xai,
      XAI_BASE_URL: xai.baseUrl,
      FAL_KEY: vendorKeys.fal,
      FAL_QUEUE_URL: fal.queueUrl,
      FAL_API_URL: fal.apiUrl,
      REELAY_POLL_SECONDS: '1',
      REELAY_SUBMIT_TIMEOUT_SECONDS: '5',
      REELAY_UNCERTAIN_SECONDS: '5',
      REELAY_RENDER_CONCURRENCY: '1',
      REELAY_LOG_LEVEL: 'fatal',
      NODE_OPTIONS: `${imported(shiftingClock(clock))} ${imported(tellingHeap(heap))}`,
      ...(postgres && { DATABASE_URL: postgres.url }),
    };
    const stand: Stand = {
      ...{ xai, fal, canMount, postgres, heap },
      data: environment.REELAY_DATA_DIR,
      server: await startServerProcess(environment),
      headers: { Authorization: `Bearer ${apiKey}` },
      shiftClock: (ms) => writeFile(clock, String(ms)),
      async restart() {
        stand.server = await startServerProcess(environment);
      },
      remove: () => parts.disposeAsync(),
    };
    undo.defer(() => stand.server.kill());
    const parts = undo.move();
    return stand;
  } catch (error) {
    await undo.disposeAsync();
    throw error;
  }
}

const disposable = <Part extends { close(): Promise<void> }>(part: Part): Part & AsyncDisposable =>
  Object.assign(part, { [Symbol.asyncDispose]: () => part.close() });

async function startPostgres(undo: AsyncDisposableStack): Promise<NonNullable<Stand['postgres']>> {
  const cluster = await startPostgresCluster();
  undo.defer(() => cluster.remove());
  const url = new URL(cluster.url);
  const proxy = undo.use(disposable(await startTcpProxy({ host: url.hostname, port: Number(url.port) })));
  url.port = String(proxy.port);
  return { url: url.href, proxy };
}
