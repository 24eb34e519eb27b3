/**
 * Starts FFmpeg processes and owns their lives: none outlives this process's wish, none hangs for ever, and each one's end
 * is told as a RenderError with what FFmpeg itself said.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { RenderErrorCode } from '../job.ts';
import { RenderError } from '../render-error.ts';
import {
  CONFINEMENT_VARIABLE,
  type Confinement,
  confine,
  endedByOthers,
  exceededLimit,
  ffmpegMemoryBytes,
  type ProcessLimits,
  unconfined,
} from './confinement.ts';

/** A process that neither reads nor writes for so long hangs. A frame takes far less even at 1080p on a busy machine. */
const STALL_MILLISECONDS = 60_000;
const KEPT_STDERR_CHARACTERS = 4_000;
const SHOWN_STDERR_CHARACTERS = 600;

/**
 * The GNU allocator raises this limit by itself and then keeps what is freed: a fixed one takes 20 MB off an encoder's 235 at 720p.
 * Other allocators do not know the variable.
 */
const ENVIRONMENT = { ...process.env, MALLOC_MMAP_THRESHOLD_: '131072' };

/** Set by whoever starts the render child, after looking at what works on this machine. */
const CONFINEMENT: Confinement = JSON.parse(process.env[CONFINEMENT_VARIABLE] ?? JSON.stringify(unconfined));

/** Far above what any job takes: 8 s of 4k take minutes on two cores. */
const LIMITS: ProcessLimits = { cpuSeconds: 14_400, memoryBytes: ffmpegMemoryBytes(), fileBytes: 4e9 };

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export interface FfmpegProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Settles when the process ended: with nothing on exit code 0, else with a RenderError. */
  readonly finished: Promise<void>;
  /** Tells that the process moves: the clock that ends a hanging one starts again. */
  touch(): void;
  kill(): void;
}

const running = new Set<Child>();

/** Those that other threads of this process have started, by process id. */
const owned = new Set<number>();
let tellOwner: (pid: number, isRunning: boolean) => void = () => {};

/** For a thread that is ended from outside and cannot end its own processes then: `owner` is told of each. */
export function reportFfmpeg(owner: (pid: number, isRunning: boolean) => void): void {
  tellOwner = owner;
}

export function ownFfmpeg(pid: number, isRunning: boolean): void {
  if (isRunning) owned.add(pid);
  else owned.delete(pid);
}

/** Ends those of `pids` that still run and are owned. */
export function endFfmpeg(pids: Iterable<number>): void {
  for (const pid of pids) {
    if (!owned.delete(pid)) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended before its thread could say so.
    }
  }
}

export function killAllFfmpeg(): void {
  for (const child of running) child.kill('SIGKILL');
  endFfmpeg([...owned]);
}

function startError(error: Error): RenderError {
  if ('code' in error && error.code === 'ENOENT') {
    return new RenderError('ffmpeg_missing', 'The ffmpeg program was not found: install FFmpeg 5.1 or newer.');
  }
  return new RenderError('render_failed', `ffmpeg could not be started: ${error.message}`);
}

interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

function exitError(failure: RenderErrorCode, { code, signal, stderr }: Exit): RenderError {
  const exit = signal ?? `exit code ${code}`;
  const said = stderr.trim().slice(-SHOWN_STDERR_CHARACTERS);
  if (said.includes('No space left on device') || said.includes('Disk quota exceeded')) {
    return new RenderError('disk_full', 'The disk is full: free some space and render again.');
  }
  const limit = exceededLimit(exit, said);
  if (limit !== undefined)
    return new RenderError('too_complex', `FFmpeg would need more ${limit} than one job may take.`);
  if (endedByOthers(code, signal)) return new RenderError('interrupted', `ffmpeg was ended from outside (${exit}).`);
  return new RenderError(failure, said === '' ? `ffmpeg ended with ${exit}.` : `ffmpeg ended with ${exit}: ${said}`);
}

/** `failure` is the code for an exit that says nothing more specific: a decoder's means its input cannot be read. */
export function startFfmpeg(commandArguments: readonly string[], failure: RenderErrorCode): FfmpegProcess {
  const command = confine(
    ['ffmpeg', '-hide_banner', '-loglevel', 'error', '-nostdin', ...commandArguments],
    CONFINEMENT,
    LIMITS,
  );
  const child = spawn(command.program, command.args, {
    stdio: ['pipe', 'pipe', 'pipe', ...command.descriptors],
    env: ENVIRONMENT,
    // Behind a list of unknown length the types forget that the first three are pipes.
  }) as Child;
  command.release();
  const { pid } = child;
  running.add(child);
  if (pid !== undefined) tellOwner(pid, true);
  let stderr = '';
  let stalled = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-KEPT_STDERR_CHARACTERS);
  });
  // A write to a process that died reports EPIPE here; what matters is the exit, which `finished` tells.
  child.stdin.on('error', () => {});
  const clock = setTimeout(() => {
    stalled = true;
    child.kill('SIGKILL');
  }, STALL_MILLISECONDS);
  const finished = new Promise<void>((resolve, reject) => {
    child.on('error', (error) => reject(startError(error)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else if (stalled) reject(new RenderError('render_failed', 'ffmpeg made no progress for 60 seconds.'));
      else reject(exitError(failure, { code, signal, stderr }));
    });
  }).finally(() => {
    clearTimeout(clock);
    running.delete(child);
    if (pid !== undefined) tellOwner(pid, false);
  });
  // Whoever needs the outcome awaits it later; until then a failure is not an unhandled one.
  finished.catch(() => {});
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    finished,
    touch: () => clock.refresh(),
    kill: () => void child.kill('SIGKILL'),
  };
}
