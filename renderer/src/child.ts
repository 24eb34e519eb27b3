/**
 * The render child: `node child.js JOB.json`. Prints RenderMessage lines and exits 0 after `done`, 1 after `error`. It stops
 * with its FFmpeg processes on SIGTERM, SIGINT, when its standard input ends and when its standard output breaks: a
 * parent that died must not leave a render behind.
 */
import { readFile } from 'node:fs/promises';
import { STOPPED_EXIT_CODE } from './ffmpeg/confinement.ts';
import { killAllFfmpeg } from './ffmpeg/process.ts';
import type { RenderJob, RenderMessage } from './job.ts';
import { checkJob } from './job-check.ts';
import { formatRenderMessage } from './messages.ts';
import { render } from './render.ts';
import { RenderError, toRenderError } from './render-error.ts';

const PROGRESS_INTERVAL_MILLISECONDS = 200;

function stop(): void {
  killAllFfmpeg();
  process.exit(STOPPED_EXIT_CODE);
}

function print(message: RenderMessage): void {
  process.stdout.write(formatRenderMessage(message));
}

/** `done` and `error` must reach the parent before the process ends, however slowly it reads. */
async function printLast(message: RenderMessage): Promise<void> {
  await new Promise<void>((resolve) => {
    process.stdout.write(formatRenderMessage(message), () => resolve());
  });
}

function createProgressPrinter(): (fraction: number) => void {
  let printedAt = Number.NEGATIVE_INFINITY;
  return (fraction) => {
    const now = performance.now();
    if (now - printedAt < PROGRESS_INTERVAL_MILLISECONDS) return;
    printedAt = now;
    print({ type: 'progress', fraction: Math.round(fraction * 1000) / 1000 });
  };
}

async function readJob(path: string | undefined): Promise<RenderJob> {
  if (path === undefined) throw new RenderError('invalid_job', 'Usage: node child.js JOB.json');
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new RenderError('invalid_job', `The job file cannot be read: ${error.message}`);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RenderError('invalid_job', 'The job file is not valid JSON.');
  }
  return checkJob(value);
}

async function main(): Promise<number> {
  try {
    const job = await readJob(process.argv[2]);
    const result = await render(job, createProgressPrinter());
    await printLast({ type: 'done', ...result });
    return 0;
  } catch (error) {
    killAllFfmpeg();
    const { code, message } = toRenderError(error);
    if (code === 'render_failed') console.error(error);
    await printLast({ type: 'error', code, message });
    return 1;
  }
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
process.stdin.on('end', stop).on('error', stop).resume();
process.stdout.on('error', stop);
process.exit(await main());
