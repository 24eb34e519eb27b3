import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { readConfig } from '../config.ts';
import { startReelay } from '../main.ts';

/** Characters of the server's warnings that are kept for a failure. */
const keptLog = 4_000;

export interface DemoServer {
  readonly url: string;
  readonly apiKey: string;
  /** Its temporary folder, with room for the demo's own files. */
  readonly folder: string;
  /** What it warned of. */
  log(): string;
  /** Stops it and removes its folder. */
  stop(): Promise<void>;
}

/**
 * A server on a free port with a data folder of its own. Its settings are these and no others: no vendor key of the
 * environment reaches it.
 */
export async function startDemoServer(quality: 'full' | 'draft'): Promise<DemoServer> {
  const folder = await mkdtemp(join(tmpdir(), 'reelay-demo-'));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  const apiKey = `sk-demo-${randomBytes(24).toString('hex')}`;
  let log = '';
  const keep = { write: (line: string) => (log = (log + line).slice(-keptLog)) };
  try {
    const config = readConfig({
      REELAY_DATA_DIR: join(folder, 'data'),
      REELAY_PORT: '0',
      REELAY_API_KEY: apiKey,
      REELAY_LOCAL_QUALITY: quality,
      FFMPEG_PATH: process.env['FFMPEG_PATH'],
    });
    const reelay = await startReelay(config, pino({ level: 'warn', base: null }, keep));
    return {
      url: reelay.url,
      apiKey,
      folder,
      log: () => log.trim(),
      async stop() {
        await reelay.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
