/**
 * A folder for the temporary files of one run of the tests, in place of the system's: whatever a test leaves behind that failed, was
 * timed out or killed goes with it, browsers' profiles and databases included. What a killed run left goes with the next one.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'reelay-run-';

/** For whatever starts in this process from now on; the folder goes when the process ends. */
export function useRunFolder(): void {
  const parent = tmpdir();
  if (parent.includes(prefix)) return;
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith(prefix))) {
    if (!isAlive(Number(name.slice(prefix.length)))) clear(join(parent, name));
  }
  const folder = join(parent, `${prefix}${process.pid}`);
  mkdirSync(folder, { recursive: true });
  // PostgreSQL runs as a user of its own, who has to get through.
  chmodSync(folder, 0o711);
  process.env['TMPDIR'] = folder;
  // Some two hundred processes compile the same modules: a fifth of what their start takes.
  process.env['NODE_COMPILE_CACHE'] = join(folder, 'compile-cache');
  process.on('exit', () => clear(folder));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Ends the databases that were left running in it, too, and takes disks away that were left mounted. */
function clear(folder: string): void {
  const mounts = existsSync('/proc/mounts') ? readFileSync('/proc/mounts', 'utf8').split('\n') : [];
  for (const [, path = ''] of mounts.map((line) => line.split(' '))) {
    if (path.startsWith(`${folder}/`)) spawnSync('umount', ['-l', path]);
  }
  for (const name of readdirSync(folder).filter((entry) => entry.startsWith('reelay-postgres-'))) {
    try {
      const [pid = ''] = readFileSync(join(folder, name, 'data', 'postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(pid), 'SIGQUIT');
    } catch {
      // It has ended.
    }
  }
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  } catch {
    // Somebody still writes there: the next run removes it.
  }
}
