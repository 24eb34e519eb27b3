import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  CONFINEMENT_VARIABLE,
  type Confinement,
  confine,
  endedByOthers,
  lowerPriority,
  type ProcessLimits,
  parseRenderMessage,
  type RenderErrorCode,
  type RenderJob,
  type RenderMessage,
  unconfined,
} from '@reelay/renderer';

/** How long a child has to end after SIGTERM, in milliseconds. */
const terminateMs = 3_000;

/** Memory of the child's JavaScript heap, in MB; frames live outside it. */
const heapMegabytes = 768;

/** Its address space is left alone: JavaScript and WebAssembly reserve far more than they use. */
const childLimits: ProcessLimits = { cpuSeconds: 14_400, fileBytes: 4e9 };

/** Characters of the child's diagnostics kept for a failure's log line. */
const diagnosticsLimit = 4_000;

export type RenderResult = Exclude<RenderMessage, { readonly type: 'progress' }>;

export interface RenderOptions {
  readonly job: RenderJob;
  readonly ffmpegPath: string;
  /** Default: none. */
  readonly confinement?: Confinement | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number) => void;
}

/**
 * Runs one job in a process of its own and answers its last message. The child sees none of our secrets and, where the
 * system lets us, no network; it works at a lower priority than the API, and ends when we end: its standard input is a pipe of ours.
 */
export async function render(options: RenderOptions): Promise<RenderResult> {
  const { job, ffmpegPath, confinement = unconfined, signal, onProgress } = options;
  await makeFolder(job.workFolder);
  const jobPath = join(job.workFolder, 'job.json');
  await writeFile(jobPath, JSON.stringify(job));
  const script = fileURLToPath(import.meta.resolve('@reelay/renderer/child'));
  const { isolation, limits } = confinement;
  const command = confine(
    [process.execPath, `--max-old-space-size=${heapMegabytes}`, script, jobPath],
    // It needs our files, so only the FFmpeg that it starts is another user.
    { isolation, limits },
    childLimits,
  );
  // What it starts is isolated with it.
  const within = JSON.stringify({ ...confinement, isolation: [] });
  const child = spawn(command.program, command.args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...childEnvironment(ffmpegPath), [CONFINEMENT_VARIABLE]: within },
    cwd: job.workFolder,
  });
  lowerPriority(child.pid);
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
  const { promise, resolve } = Promise.withResolvers<Silence>();
  child.once('error', ({ message }) => resolve({ code: 'render_failed', ending: message }));
  child.once('close', (code, killedBy) => {
    const ending = `it ended with ${killedBy ?? `code ${code}`}`;
    resolve({ code: endedByOthers(code, killedBy) ? 'interrupted' : 'render_failed', ending });
  });
  const { code, ending } = await promise;
  signal.removeEventListener('abort', stop);
  return last ?? { type: 'error', code, message: `the renderer said nothing: ${ending}. ${diagnostics}`.trim() };
}

/** Not `recursive`: of a disk that is read-only, Node 24 would say that it has no such folder. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/** What is made of a child that ends without a last message. */
interface Silence {
  readonly code: RenderErrorCode;
  readonly ending: string;
}

function childEnvironment(ffmpegPath: string): NodeJS.ProcessEnv {
  const names = ['HOME', 'LANG', 'TMPDIR', 'SystemRoot'];
  const kept = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(kept), PATH: [dirname(ffmpegPath), process.env['PATH']].join(delimiter) };
}
