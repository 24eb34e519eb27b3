/** Which operation renders a job, and what it is given. */
import { frameRate, outputFrames, outputSize, paintSize } from '../geometry.ts';
import type { RenderJob, RenderOperation } from '../job.ts';
import { planPrompt } from '../prompt/plan.ts';
import type { Operation, RenderContext } from './operation.ts';
import type { PreparedStill } from './still-motion.ts';

/**
 * Loaded when it is known which one is wanted: all modules of all operations take a fifth of a second to load, which every thread of a
 * job would wait for before its first frame.
 */
const FULL_OPERATIONS: Readonly<Record<RenderOperation, () => Promise<Operation>>> = {
  'text-to-video': async () => (await import('./text-to-video.ts')).renderTextToVideo,
  'image-to-video': async () => (await import('./image-to-video.ts')).renderImageToVideo,
  'reference-to-video': async () => (await import('./reference-to-video.ts')).renderReferenceToVideo,
  edit: async () => (await import('./edit.ts')).renderEdit,
  extend: async () => (await import('./extend.ts')).renderExtend,
};

export async function runOperation(context: RenderContext): Promise<void> {
  const { operation, quality } = context.job;
  const run = quality === 'draft' ? (await import('./draft.ts')).renderDraft : await FULL_OPERATIONS[operation]();
  await run(context);
}

/** What painting threads ask for: the pictures of an operation that shows stills, in the order of their use. */
export async function prepareStillOf(context: RenderContext, index: number): Promise<PreparedStill> {
  if (context.job.operation !== 'reference-to-video')
    return await (await import('./image-to-video.ts')).preparePicture(context);
  return await (await import('./reference-to-video.ts')).prepareReference(context, index);
}

export function createContext(
  job: RenderJob,
  target: Pick<RenderContext, 'path' | 'onFrame' | 'share'>,
): RenderContext {
  return {
    ...{ job, plan: planPrompt(job, job.operation), size: outputSize(job), paintSize: paintSize(job) },
    ...{ frames: outputFrames(job), framesPerSecond: frameRate(job) },
    ...target,
  };
}
