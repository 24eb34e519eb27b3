/** Renders one job to its output file: the whole file or nothing. */
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { checkAspectRatio, framePictures, type Size } from './geometry.ts';
import type { RenderJob, RenderOperation } from './job.ts';
import type { RenderContext } from './operations/operation.ts';
import { createContext, runOperation } from './operations/operations.ts';
import { paintInThreads } from './threads/paint-in-threads.ts';

/** More add memory, about 60 MB at 720p, and little speed: the encoder needs a core too. */
const MAX_THREADS = 2;
/** Pixels in all that are worth the start of threads: two seconds of 480p. */
const WORTHWHILE_PIXELS = 854 * 480 * 48;
const PAINTED: ReadonlySet<RenderOperation> = new Set(['text-to-video', 'image-to-video', 'reference-to-video']);

export interface RenderResult extends Size {
  readonly frames: number;
  readonly durationSeconds: number;
}

/** A rename cannot cross file systems; a copy beside the target can be renamed there, so the target is never partial. */
async function moveFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error;
    const beside = `${to}.partial`;
    await copyFile(from, beside);
    await rename(beside, to);
  }
}

/** A picture that develops into what its prompt says has each frame's sky found from that of the frame before. */
function needsOrder({ job, plan }: RenderContext): boolean {
  return job.operation === 'image-to-video' && plan.effects.some(({ kind }) => kind !== 'speed');
}

/** A clip between two pictures may be painted in 4k, where each thread would take a quarter of a gigabyte. */
function threadCount(context: RenderContext): number {
  const { job, paintSize, frames } = context;
  if (job.quality === 'draft' || !PAINTED.has(job.operation) || framePictures(job).last !== undefined) return 1;
  if (needsOrder(context)) return 1;
  const worthwhile = paintSize.width * paintSize.height * frames >= WORTHWHILE_PIXELS;
  return job.threads ?? (worthwhile ? Math.min(MAX_THREADS, availableParallelism()) : 1);
}

/** `onProgress` gets the share of frames that are done, 0 to 1. */
export async function render(job: RenderJob, onProgress: (fraction: number) => void): Promise<RenderResult> {
  checkAspectRatio(job);
  await mkdir(job.workFolder, { recursive: true });
  const path = join(job.workFolder, 'rendering.mp4');
  const context = createContext(job, { path, onFrame: (done) => onProgress(Math.min(1, done / frames)) });
  const { size, frames, framesPerSecond } = context;
  const threads = threadCount(context);
  try {
    if (threads > 1) await paintInThreads(context, threads);
    else await runOperation(context);
    await moveFile(path, job.outputPath);
  } finally {
    await rm(path, { force: true });
  }
  return { ...size, frames, durationSeconds: frames / framesPerSecond };
}
