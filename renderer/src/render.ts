/** Renders one job to its output file: the whole file or nothing. */
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkAspectRatio, frameRate, outputFrames, outputSize, paintSize, type Size } from './geometry.ts';
import type { RenderJob, RenderOperation } from './job.ts';
import { renderDraft } from './operations/draft.ts';
import { renderEdit } from './operations/edit.ts';
import { renderExtend } from './operations/extend.ts';
import { renderImageToVideo } from './operations/image-to-video.ts';
import type { Operation } from './operations/operation.ts';
import { renderReferenceToVideo } from './operations/reference-to-video.ts';
import { renderTextToVideo } from './operations/text-to-video.ts';
import { planPrompt } from './prompt/plan.ts';

const FULL_OPERATIONS: Readonly<Record<RenderOperation, Operation>> = {
  'text-to-video': renderTextToVideo,
  'image-to-video': renderImageToVideo,
  'reference-to-video': renderReferenceToVideo,
  edit: renderEdit,
  extend: renderExtend,
};

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

/** `onProgress` gets the share of frames that are done, 0 to 1. */
export async function render(job: RenderJob, onProgress: (fraction: number) => void): Promise<RenderResult> {
  checkAspectRatio(job);
  const size = outputSize(job);
  const frames = outputFrames(job);
  const plan = planPrompt(job.prompt, job.operation);
  const operation = job.quality === 'draft' ? renderDraft : FULL_OPERATIONS[job.operation];
  await mkdir(job.workFolder, { recursive: true });
  const path = join(job.workFolder, 'rendering.mp4');
  try {
    await operation({
      ...{ job, plan, size, frames, path, paintSize: paintSize(job), framesPerSecond: frameRate(job) },
      onFrame: (done) => onProgress(Math.min(1, done / frames)),
    });
    await moveFile(path, job.outputPath);
  } finally {
    await rm(path, { force: true });
  }
  return { ...size, frames, durationSeconds: frames / frameRate(job) };
}
