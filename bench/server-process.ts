import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report, Usage } from './measured-process.ts';

/** `vendors` is the server with its providers, `reelay` the one whose tasks wait; `stub` and `gateway` are no servers of ours. */
export type ServerName = 'reelay' | 'floor' | 'vendors' | 'stub' | 'gateway';

/** A server under measurement, in a process of its own with a data folder of its own. */
export interface MeasuredServer {
  readonly name: ServerName;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Of its PostgreSQL database; the database is a file in `folder` where there is none. */
  readonly databaseUrl: string | undefined;
  usage(): Promise<Usage>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** What `reelay` does by itself as it starts, before much is loaded: see `boundYoungMemory`. */
const boundYoungMemory = '--max-semi-space-size=8';
const ourServers: readonly ServerName[] = ['reelay', 'vendors'];

/** How long a server may take to start, in milliseconds. */
const startTimeoutMs = 60_000;

const key = 'sk-bench-bench-bench-bench-bench';

export async function startServer(
  name: ServerName,
  environment: Readonly<Record<string, string>> = {},
): Promise<MeasuredServer> {
  const folder = await mkdtemp(join(tmpdir(), `reelay-bench-${name}-`));
  const child = fork(join(import.meta.dirname, `${name}-server.ts`), {
    execArgv: [...process.execArgv, ...(ourServers.includes(name) ? [boundYoungMemory] : [])],
    env: {
      PATH: process.env['PATH'],
      REELAY_PORT: '0',
      REELAY_DATA_DIR: folder,
      REELAY_API_KEY: key,
      REELAY_LOG_LEVEL: 'warn',
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const next = (): Promise<Report> => nextReport(child, name);
  const started = await next();
  if (!('url' in started)) throw new Error(`the ${name} server did not say where it listens`);
  return {
    name,
    folder,
    databaseUrl: environment['DATABASE_URL'],
    url: started.url,
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    async usage() {
      child.send('usage');
      const usage = await next();
      if ('url' in usage) throw new Error(`the ${name} server started twice`);
      return usage;
    },
    async stop() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function nextReport(child: ChildProcess, name: ServerName): Promise<Report> {
  const given = new AbortController();
  const ended = async () => {
    const [code] = await once(child, 'exit', { signal: given.signal });
    throw new Error(`the ${name} server ended with ${code}`);
  };
  try {
    const signal = AbortSignal.any([given.signal, AbortSignal.timeout(startTimeoutMs)]);
    const [report] = (await Promise.race([once(child, 'message', { signal }), ended()])) as [Report];
    return report;
  } finally {
    given.abort();
  }
}
