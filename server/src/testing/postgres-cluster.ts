import { execFile, spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort } from './free-port.ts';

const run = promisify(execFile);

/** Where Debian keeps the programs of each version. */
const debianFolder = '/usr/lib/postgresql';
/** How long a start may take, in milliseconds. */
const startTimeoutMs = 20_000;

/** A PostgreSQL of our own, on a free port of the loopback. */
export interface PostgresCluster {
  /** Of its own database, empty at first. */
  readonly url: string;
  /** Makes an empty database; answers its address. */
  createDatabase(): Promise<string>;
  dropDatabase(url: string): Promise<void>;
  /** Runs a program of this version of PostgreSQL, such as pg_dump. */
  run(program: string, args: readonly string[]): Promise<unknown>;
  /** Ends it as an administrator would, or as a power cut. */
  stop(how?: 'fast' | 'immediate'): Promise<void>;
  /** After `stop`: the same data on the same port. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root: there it runs as the user that Debian's package makes. */
async function identityOf(): Promise<Identity> {
  if (process.getuid?.() !== 0) return {};
  const id = async (what: string) => Number((await run('id', [what, 'postgres'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

function programFolder(): string {
  const versions = readdirSync(debianFolder).sort((one, other) => Number(other) - Number(one));
  const [newest] = versions;
  if (newest === undefined) throw new Error(`there is no PostgreSQL in ${debianFolder}`);
  return join(debianFolder, newest, 'bin');
}

export async function startPostgresCluster({
  settings = {},
}: {
  readonly settings?: Record<string, string>;
} = {}): Promise<PostgresCluster> {
  const programs = programFolder();
  const identity = await identityOf();
  const folder = mkdtempSync(join(tmpdir(), 'reelay-postgres-'));
  const data = join(folder, 'data');
  mkdirSync(data);
  for (const path of [folder, data]) {
    if (identity.uid !== undefined && identity.gid !== undefined) chownSync(path, identity.uid, identity.gid);
  }
  const options = { ...identity, cwd: folder };
  await run(join(programs, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'reelay', '-E', 'UTF8', '--no-sync'], options);
  const port = await freePort();
  const flags = Object.entries({
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    ...settings,
  });
  const url = `postgres://reelay@127.0.0.1:${port}/postgres`;
  let databases = 0;

  async function control(...args: readonly string[]): Promise<void> {
    // pg_ctl leaves the server behind with our pipes open, so nothing of it is read.
    const child = spawn(join(programs, 'pg_ctl'), ['-D', data, '-l', join(folder, 'log'), '-w', ...args], {
      ...options,
      stdio: 'ignore',
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    if (code !== 0) throw new Error(`pg_ctl ${args.join(' ')} ended with ${code}; see ${join(folder, 'log')}`);
  }

  const start = () =>
    control(
      '-t',
      String(startTimeoutMs / 1_000),
      '-o',
      flags.map(([name, value]) => `-c ${name}=${value}`).join(' '),
      'start',
    );
  const stop = (how: 'fast' | 'immediate' = 'fast') => control('-m', how, 'stop');

  async function asAdministrator(text: string): Promise<void> {
    const client = new Client(url);
    await client.connect();
    try {
      await client.query(text);
    } finally {
      await client.end();
    }
  }

  await start();
  return {
    url,
    start,
    stop,
    run: (program, args) => run(join(programs, program), args),
    async createDatabase() {
      databases += 1;
      const name = `test_${process.pid}_${databases}`;
      await asAdministrator(`create database ${name}`);
      return url.replace(/postgres$/, name);
    },
    dropDatabase: (address) =>
      asAdministrator(`drop database if exists ${new URL(address).pathname.slice(1)} with (force)`),
    async remove() {
      await stop('immediate').catch(() => undefined);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
