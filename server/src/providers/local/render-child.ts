import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseRenderMessage, type RenderJob, type RenderMessage } from '@reelay/renderer';

/** How long a child has to end after SIGTERM, in milliseconds. */
const terminateMs = 3_000;

/** Memory of the child's JavaScript heap, in MB; frames live outside it. */
const heapMegabytes = 768;

/** Characters of the child's diagnostics kept for a failure's log line. */
const diagnosticsLimit = 4_000;

export type RenderResult = Exclude<RenderMessage, { readonly type: 'progress' }>;

export interface RenderOptions {
  readonly job: RenderJob;
  readonly ffmpegPath: string;
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number) => void;
}

/**
 * Runs one job in a process of its own and answers its last message. The child sees none of our secrets, works at a
 * lower priority than the API, and ends when we end: its standard input is a pipe of ours.
 */
export async function render({ job, ffmpegPath, signal, onProgress }: RenderOptions): Promise<RenderResult> {
  await mkdir(job.workFolder, { recursive: true });
  const jobPath = join(job.workFolder, 'job.json');
  await writeFile(jobPath, JSON.stringify(job));
  const script = fileURLToPath(import.meta.resolve('@reelay/renderer/child'));
  const child = spawn(process.execPath, [`--max-old-space-size=${heapMegabytes}`, script, jobPath], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: childEnvironment(ffmpegPath),
    cwd: job.workFolder,
  });
  if (child.pid !== undefined) lowerPriority(child.pid);
  child.stdin.on('error', () => undefined);
  const stop = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), terminateMs).unref();
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  let last: RenderResult | undefined;
  let diagnostics = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    diagnostics = (diagnostics + text).slice(-diagnosticsLimit);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = parseRenderMessage(line);
    if (message?.type === 'progress') onProgress(message.fraction);
    else if (message !== undefined) last = message;
  });
  const { promise, resolve } = Promise.withResolvers<string>();
  child.once('error', (error) => resolve(error.message));
  child.once('close', (code, killedBy) => resolve(`it ended with ${killedBy ?? `code ${code}`}`));
  const ending = await promise;
  signal.removeEventListener('abort', stop);
  return (
    last ?? {
      type: 'error',
      code: 'render_failed',
      message: `the renderer said nothing: ${ending}. ${diagnostics}`.trim(),
    }
  );
}

function childEnvironment(ffmpegPath: string): NodeJS.ProcessEnv {
  const names = ['HOME', 'LANG', 'TMPDIR', 'SystemRoot'];
  const kept = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(kept), PATH: [dirname(ffmpegPath), process.env['PATH']].join(delimiter) };
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // The child may be gone already; its end is told by its events.
  }
}
