import { execFile } from 'node:child_process';
import { readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * How many processes work in a folder: those whose command names it or, as far as this system tells, that stand in it. FFmpeg as
 * a user of its own is not told the paths of our files.
 */
export async function processesIn(folder: string): Promise<number> {
  const { stdout } = await run('ps', ['-eo', 'pid,args']);
  const found = await Promise.all(
    stdout.split('\n').map(async (line) => {
      if (line.includes(`${folder}/`)) return true;
      const place = await readlink(`/proc/${Number.parseInt(line, 10)}/cwd`).catch(() => '');
      return `${place}/`.startsWith(`${folder}/`);
    }),
  );
  return found.filter(Boolean).length;
}
