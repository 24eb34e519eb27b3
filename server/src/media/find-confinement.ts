import { randomUUID } from 'node:crypto';
import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Confinement, unconfined, userWords } from '@reelay/renderer';
import type { MediaTools } from './ffmpeg.ts';
import { runTool } from './run-tool.ts';

/** Finds out in which bounds this machine lets us hold FFmpeg: by trials, since settings alone do not tell. */

export interface FoundConfinement {
  readonly confinement: Confinement;
  /** What holds, in words. */
  readonly held: readonly string[];
  readonly missing: readonly MissingBound[];
}

export interface MissingBound {
  readonly bound: string;
  /** What the trial said. */
  readonly reason: string;
  readonly remedy: string;
}

interface Trial {
  readonly bound: string;
  readonly remedy: string;
  /** Words that set the bound, before a command. */
  readonly words: readonly string[];
  /** The command that is tried behind them. Default: one that does nothing. */
  readonly command?: readonly string[];
}

type Programs = Pick<MediaTools, 'ffmpeg' | 'ffprobe'>;

type Tried = Trial & { readonly reason: string | undefined };

/** Belongs to nobody: Debian keeps the number free, and systemd's passing accounts avoid what the system lists. */
const ffmpegUser = 65_533;

/** Far above what many jobs at once start, far below what a machine can hold. */
const mostProcesses = 8_192;

const trialLimitMs = 20_000;

const install = 'Install util-linux; Debian has it, on Alpine: apk add util-linux.';

const networkRemedy = [
  'Allow user namespaces: sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0,',
  'in a container a seccomp profile that lets unshare through. Or keep the server out of networks that only insiders should reach.',
].join(' ');

async function attempt(trial: Trial): Promise<Tried> {
  const [program = '', ...args] = [...trial.words, ...(trial.command ?? ['true'])];
  const outcome = await runTool({ program, args, timeLimitMs: trialLimitMs });
  switch (outcome.kind) {
    case 'exited':
      return { ...trial, reason: outcome.code === 0 ? undefined : (outcome.stderr.trim().split('\n').at(-1) ?? '') };
    case 'not-started':
      return { ...trial, reason: outcome.reason };
    default:
      return { ...trial, reason: outcome.kind };
  }
}

/** Why files in a folder cannot be given to FFmpeg's own user, as on NFS, where root may be nobody special. */
async function givingFault(folder: string): Promise<string | undefined> {
  const path = join(folder, `owner-${randomUUID()}`);
  try {
    await writeFile(path, '', { flag: 'wx' });
    await chown(path, ffmpegUser, ffmpegUser);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await rm(path, { force: true });
  }
}

async function attemptUser({ ffmpeg, ffprobe }: Programs, folder: string | undefined): Promise<Tried> {
  const tried = await attempt({
    bound: 'a user of its own',
    remedy: 'Put FFmpeg where every user may run it, or run the server as another user than root.',
    words: userWords(ffmpegUser),
    command: ['sh', '-c', 'test -x "$1" -a -x "$2" || { echo "may not run $1" >&2; exit 1; }', 'sh', ffmpeg, ffprobe],
  });
  if (tried.reason !== undefined || folder === undefined) return tried;
  return { ...tried, reason: await givingFault(folder) };
}

/** For the two programs that are to run in these bounds, on files in `folder`, which is not written to where it is absent. */
export async function findConfinement(programs: Programs, folder?: string): Promise<FoundConfinement> {
  if (process.platform !== 'linux') {
    const missing = {
      bound: 'bounds of the system',
      reason: 'only Linux has them',
      remedy: 'Take uploads from people you know, or run the server on Linux.',
    };
    return { confinement: unconfined, held: [], missing: [missing] };
  }
  const isRoot = process.geteuid?.() === 0;
  const namespaces = isRoot ? ['--net'] : ['--user', '--map-current-user', '--net'];
  const [network, privileges, limits, user] = await Promise.all([
    attempt({ bound: 'no network', remedy: networkRemedy, words: ['unshare', ...namespaces, '--'] }),
    attempt({ bound: 'no new privileges', remedy: install, words: ['setpriv', '--no-new-privs', '--'] }),
    attempt({
      bound: 'limited memory, processor time and file sizes',
      remedy: install,
      words: ['prlimit', '--core=0', '--'],
    }),
    isRoot ? attemptUser(programs, folder) : undefined,
  ]);
  const tried = [network, privileges, limits, ...(user === undefined ? [] : [user])];
  const holds = (trial: Tried | undefined) => trial !== undefined && trial.reason === undefined;
  return {
    confinement: {
      isolation: [network, privileges].filter(holds).flatMap(({ words }) => words),
      limits: holds(limits),
      ...(holds(user) && { user: ffmpegUser }),
      // Elsewhere the system counts whatever runs under the server's account.
      ...(holds(user) || (!isRoot && holds(network)) ? { processes: mostProcesses } : {}),
    },
    held: tried.filter(holds).map(({ bound }) => bound),
    missing: tried.flatMap(({ bound, reason, remedy }) => (reason === undefined ? [] : [{ bound, reason, remedy }])),
  };
}
