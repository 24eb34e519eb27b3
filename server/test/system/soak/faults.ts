/** What befalls the server, in turn. Each fault is over when its function resolves. */
import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import SqliteDatabase from 'better-sqlite3';
import { run, type Stand } from './stand.ts';

export interface Fault {
  readonly name: string;
  readonly strike: (stand: Stand) => Promise<void>;
}

/** How long a fault stays that has a beginning and an end, in milliseconds. */
const stayMs = 3_000;

/** How far the clock jumps, in milliseconds: longer than anybody would wait for it to come back. */
const jumpMs = 20 * 60_000;

/** Longer than the server waits for a database that somebody else writes to. */
const longLockMs = 7_000;

/** Faults that the process does not outlive. */
export const restarts: readonly Fault[] = [
  {
    name: 'SIGTERM',
    async strike(stand) {
      const code = await stand.server.stop();
      if (code !== 0) throw new Error(`SIGTERM ended the server with ${code}`);
      await stand.restart();
    },
  },
  {
    name: 'kill -9',
    async strike(stand) {
      await stand.server.kill();
      await stand.restart();
    },
  },
];

const killedFfmpeg: Fault = {
  name: 'killed ffmpeg',
  async strike(stand) {
    const deadline = performance.now() + stayMs;
    while (performance.now() < deadline) {
      for (const pid of descendants(stand.server.child.pid ?? 0)) if (isMediaTool(pid)) process.kill(pid, 'SIGKILL');
      await pause(100);
    }
  },
};

const clockJumps: readonly Fault[] = [jumpMs, -jumpMs].map((ms) => ({
  name: ms > 0 ? 'clock ahead' : 'clock behind',
  async strike(stand) {
    await stand.shiftClock(ms);
    await pause(stayMs);
    await stand.shiftClock(0);
  },
}));

const fullDisk: Fault = {
  name: 'full disk',
  async strike(stand) {
    const filler = join(stand.data, '..', 'filler');
    await run('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1M']).catch(() => undefined);
    await pause(stayMs);
    await rm(filler);
  },
};

/** Where the server makes files; those that it has open stay as they are. */
const writtenFolders = ['files/incoming', 'temporary', 'work'];

const readOnlyFolder: Fault = {
  name: 'read-only folder',
  async strike(stand) {
    const folders = writtenFolders.map((name) => join(stand.data, name));
    for (const folder of folders) await run('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', folder]);
    await pause(stayMs);
    for (const folder of folders) await run('umount', ['-l', folder]);
  },
};

const lockedDatabase: readonly Fault[] = [stayMs, longLockMs].map((ms) => ({
  name: ms === stayMs ? 'slow database' : 'locked database',
  async strike(stand) {
    const other = new SqliteDatabase(join(stand.data, 'reelay.sqlite'), { timeout: stayMs });
    other.exec('begin immediate');
    await pause(ms);
    other.exec('rollback');
    other.close();
  },
}));

const slowNetwork: readonly Fault[] = [
  {
    name: 'slow database',
    async strike({ postgres }) {
      postgres?.proxy.delay(150);
      await pause(stayMs);
      postgres?.proxy.mend();
    },
  },
  {
    name: 'silent database',
    async strike({ postgres }) {
      postgres?.proxy.stall();
      await pause(longLockMs);
      postgres?.proxy.mend();
    },
  },
];

/** Those that one process outlives. */
export function faultsOf({ canMount, postgres }: Stand): readonly Fault[] {
  return [
    killedFfmpeg,
    ...clockJumps,
    ...(canMount ? [fullDisk, readOnlyFolder] : []),
    ...(postgres === undefined ? lockedDatabase : slowNetwork),
  ];
}

function isMediaTool(pid: number): boolean {
  try {
    return /ffmpeg|ffprobe/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '');
  } catch {
    return false;
  }
}

/** Processes that the process has started, and those that they have. */
function descendants(root: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (Number.isInteger(pid)) parents.set(pid, parentOf(pid));
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && parent > 0 && (parent === root || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

/** 0 where the process has ended. */
function parentOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/PPid:\s+(\d+)/.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
