import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import {
  type Confinement,
  confine,
  endedByOthers,
  exceededLimit,
  lowerPriority,
  type ProcessLimits,
  unconfined,
} from '@reelay/renderer';
import { ReelayError } from '../errors.ts';
import { inJobFolder } from './job-folder.ts';
import { asStorageError } from './storage.ts';

/**
 * Runs FFmpeg's programs as children that cannot outstay or outgrow their bounds. They see none of the server's
 * environment (it holds keys), have a folder of their own as working directory, give way to the server on a busy machine, and
 * die as a process group.
 */

export interface ToolRun {
  readonly program: string;
  /** Files by `file:PATH`. */
  readonly args: readonly string[];
  readonly timeLimitMs: number;
  /** Default: none. */
  readonly bounds?: ToolBounds | undefined;
  /** For standard output; standard error keeps its last 16 KB. */
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal;
}

/** What the system holds a child to, and how it can do so on this machine. */
export interface ToolBounds {
  readonly confinement: Confinement;
  readonly limits: ProcessLimits;
}

export type ToolOutcome =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  /** Ended by somebody else, twice: what it was given has no part in that. */
  | { readonly kind: 'killed'; readonly stderr: string }
  /** Ended by a fault of its own, on its input. */
  | { readonly kind: 'crashed'; readonly signal: string; readonly stderr: string }
  /** It needed more of something than it may have. */
  | { readonly kind: 'over-limit'; readonly limit: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'too-much-output' }
  | { readonly kind: 'not-started'; readonly reason: string };

/** How soon a client may try again, in seconds. */
const retryAfterSeconds = 10;

/** A program that the machine does not let work: no fault of the file. */
export function toolTrouble(
  name: string,
  outcome: Extract<ToolOutcome, { readonly kind: 'killed' | 'not-started' }>,
): ReelayError {
  const [what, cause] =
    outcome.kind === 'killed'
      ? ['was ended from outside, by somebody or for want of memory', outcome.stderr]
      : ['does not start', outcome.reason];
  return new ReelayError('service_unavailable', `${name} ${what}`, { retryAfterSeconds, cause });
}

const unbounded: ToolBounds = { confinement: unconfined, limits: { cpuSeconds: 0, fileBytes: 0 } };

const keptErrorBytes = 16_384;
const passedOn = ['PATH', 'LD_LIBRARY_PATH', 'SystemRoot'];

function toolEnvironment(): NodeJS.ProcessEnv {
  const kept = passedOn.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(kept), LANG: 'C', LC_ALL: 'C', AV_LOG_FORCE_NOCOLOR: '1' };
}

/** Called only while the pipes are open: as long as somebody of the group lives, its number is not given to another. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended between the look and the kill.
  }
}

/**
 * Resolves when the child is gone; one that was killed is tried once more in what time is left. Rejects with the reason of the caller's
 * abort, or `storage_full`.
 */
export async function runTool(run: ToolRun): Promise<ToolOutcome> {
  run.signal?.throwIfAborted();
  const begun = performance.now();
  try {
    return await inJobFolder(tmpdir(), async (folder) => {
      const first = await runIn(folder, run);
      if (first.kind !== 'killed') return first;
      const again = await runIn(folder, { ...run, timeLimitMs: run.timeLimitMs - (performance.now() - begun) });
      return again.kind === 'timed-out' ? first : again;
    });
  } catch (error) {
    // A file that is handed over is made here.
    throw asStorageError(error);
  }
}

function startIn(folder: string, { program, args, bounds }: ToolRun) {
  const { confinement, limits } = bounds ?? unbounded;
  const command = confine([program, ...args], confinement, limits);
  try {
    const child = spawn(command.program, command.args, {
      cwd: folder,
      env: toolEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe', ...command.descriptors],
      detached: process.platform !== 'win32',
      windowsHide: true,
    }) as ChildProcessByStdio<null, Readable, Readable>;
    lowerPriority(child.pid);
    return child;
  } finally {
    command.release();
  }
}

function outcomeOf(code: number | null, signal: string | null, stdout: readonly Buffer[], stderr: string): ToolOutcome {
  // FFmpeg may go on without what it found no room for, and end with 0.
  const limit = exceededLimit(signal ?? '', stderr);
  if (limit !== undefined) return { kind: 'over-limit', limit };
  if (endedByOthers(code, signal)) return { kind: 'killed', stderr };
  if (signal !== null) return { kind: 'crashed', signal, stderr };
  return { kind: 'exited', code: code ?? 1, stdout: Buffer.concat(stdout).toString('utf8'), stderr };
}

function runIn(folder: string, run: ToolRun): Promise<ToolOutcome> {
  const maxOutputBytes = run.maxOutputBytes ?? 1_000_000;
  return new Promise((resolve, reject) => {
    const child = startIn(folder, run);
    let stopped: ToolOutcome | undefined;
    const stop = (outcome: ToolOutcome) => {
      stopped ??= outcome;
      killGroup(child);
    };
    const timer = setTimeout(() => stop({ kind: 'timed-out' }), run.timeLimitMs);
    const onAbort = () => killGroup(child);
    run.signal?.addEventListener('abort', onAbort, { once: true });

    const stdout: Buffer[] = [];
    let received = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > maxOutputBytes) stop({ kind: 'too-much-output' });
      else stdout.push(chunk);
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString('latin1')).slice(-keptErrorBytes);
    });
    child.on('error', (error) => {
      stopped ??= { kind: 'not-started', reason: error.message };
    });
    // 'close' comes after both pipes have ended, also when the child never started.
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      run.signal?.removeEventListener('abort', onAbort);
      if (run.signal?.aborted === true) reject(run.signal.reason);
      else if (stopped !== undefined) resolve(stopped);
      else resolve(outcomeOf(code, signal, stdout, stderr));
    });
  });
}
