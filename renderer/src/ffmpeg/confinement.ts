/**
 * Holds FFmpeg in bounds that the system keeps, whatever a hostile file makes of it. Owns the command line; what of it works
 * on a machine is found out by whoever starts the render child. The bounds are set by util-linux's small programs, which
 * become the next one in turn: there is no process between, so a signal and an exit code are FFmpeg's own.
 */
import { closeSync, fchmodSync, fchownSync, fstatSync, openSync } from 'node:fs';
import { availableParallelism, constants, setPriority } from 'node:os';

export interface Confinement {
  /** Words before a command that is to have no network and to gain no privileges. */
  readonly isolation: readonly string[];
  /** Whether the limits below can be set. */
  readonly limits: boolean;
  /** User and group for FFmpeg alone, where the server is root. */
  readonly user?: number;
  /** Most processes and threads, where they are counted for FFmpeg alone. */
  readonly processes?: number;
}

export interface ProcessLimits {
  /** Of all threads together. */
  readonly cpuSeconds: number;
  /** Address space; none for what reserves more than it uses. */
  readonly memoryBytes?: number;
  /** Of each file that is written. */
  readonly fileBytes: number;
}

export const unconfined: Confinement = { isolation: [], limits: false };

/** The variable that carries a Confinement as JSON to the render child: what FFmpeg needs beyond the child's own. */
export const CONFINEMENT_VARIABLE = 'REELAY_CONFINEMENT';

export interface ConfinedCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** To be passed on behind the three standard ones. */
  readonly descriptors: readonly number[];
  /** Closes what was opened for the child; called once it is started. */
  release(): void;
}

/**
 * Address space for one FFmpeg, in bytes. From 4k to 4k on two cores it takes 1.3 GB, of which 0.8 are used (measured): the rest
 * is stacks and arenas of its threads, which grow in number with the cores.
 */
export function ffmpegMemoryBytes(): number {
  return 4e9 + availableParallelism() * 300e6;
}

/** What a process ran out of, by how it ended (a signal, or other words) and what it said. */
export function exceededLimit(exit: string, said: string): string | undefined {
  if (exit === 'SIGXCPU') return 'processor time';
  if (exit === 'SIGXFSZ') return 'disk space';
  if (said.includes('Cannot allocate memory')) return 'memory';
  return undefined;
}

/** 128 and the number of SIGTERM, as shells report it: how the render child ends when it is stopped. */
export const STOPPED_EXIT_CODE = 143;

/** FFmpeg takes most signals, and ends by itself. */
const FFMPEG_STOPPED_EXIT_CODE = 255;

const SIGNALS_OF_OTHERS: readonly string[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'];

/**
 * Whether somebody else ended a process: an operator, a service that is stopped, a system without memory. What it was given has no part in
 * that: a fault or a limit ends it with another signal.
 */
export function endedByOthers(code: number | null, signal: string | null): boolean {
  if (signal !== null) return SIGNALS_OF_OTHERS.includes(signal);
  return code === STOPPED_EXIT_CODE || code === FFMPEG_STOPPED_EXIT_CODE;
}

/** Time between the signal that tells of the limit and the one that nothing survives. */
const GRACE_CPU_SECONDS = 5;

function limitWords(
  { limits, processes }: Confinement,
  { cpuSeconds, memoryBytes, fileBytes }: ProcessLimits,
): string[] {
  if (!limits) return [];
  const seconds = Math.ceil(cpuSeconds);
  return [
    ...['prlimit', '--core=0', `--cpu=${seconds}:${seconds + GRACE_CPU_SECONDS}`, `--fsize=${fileBytes}`],
    ...(memoryBytes === undefined ? [] : [`--as=${memoryBytes}`]),
    ...(processes === undefined ? [] : [`--nproc=${processes}`]),
    '--',
  ];
}

export function userWords(user: number): string[] {
  return ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--'];
}

function openFor(user: number, path: string, flags: 'r' | 'w'): number {
  const descriptor = openSync(path, flags);
  const found = fstatSync(descriptor);
  // The child opens it once more, by its number, and has to be let in by the file itself.
  if (flags === 'w' && found.isFile()) fchownSync(descriptor, user, user);
  else if (flags === 'r' && (found.mode & 0o004) === 0) {
    fchownSync(descriptor, found.uid, user);
    fchmodSync(descriptor, found.mode | 0o040);
  }
  return descriptor;
}

/** Another user cannot walk our folders: each `file:` is opened here, and the child is told its number in place of its path. */
function handOver(args: readonly string[], user: number): Pick<ConfinedCommand, 'args' | 'descriptors' | 'release'> {
  const descriptors: number[] = [];
  const release = () => descriptors.splice(0).forEach(closeSync);
  try {
    const numbered = args.map((word, index) => {
      if (!word.startsWith('file:')) return word;
      const flags = args[index - 1] === '-i' ? 'r' : 'w';
      return `file:/dev/fd/${descriptors.push(openFor(user, word.slice('file:'.length), flags)) + 2}`;
    });
    return { args: numbered, descriptors, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** The command in all of these bounds. */
export function confine(
  [program, ...args]: readonly [string, ...string[]],
  confinement: Confinement,
  limits: ProcessLimits,
): ConfinedCommand {
  const { isolation, user } = confinement;
  const handed = user === undefined ? { args, descriptors: [], release: () => undefined } : handOver(args, user);
  const other = user === undefined ? [] : userWords(user);
  const [first = program, ...words] = [...isolation, ...other, ...limitWords(confinement, limits), program];
  return { ...handed, program: first, args: [...words, ...handed.args] };
}

/** Lets a child that has just been started, and all it starts, give way to the server. */
export function lowerPriority(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It may be gone already; its end is told by its events.
  }
}
