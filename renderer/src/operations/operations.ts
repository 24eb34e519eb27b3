/** Which operation renders a job, and what it is given. */
import { frameRate, outputFrames, outputSize, paintSize } from '../geometry.ts';
import type { RenderJob, RenderOperation } from '../job.ts';
import { planPrompt } from '../prompt/plan.ts';
import { renderDraft } from './draft.ts';
import { renderEdit } from './edit.ts';
import { renderExtend } from './extend.ts';
import { preparePicture, renderImageToVideo } from './image-to-video.ts';
import type { Operation, RenderContext } from './operation.ts';
import { prepareReference, renderReferenceToVideo } from './reference-to-video.ts';
import type { PreparedStill } from './still-motion.ts';
import { renderTextToVideo } from './text-to-video.ts';

const FULL_OPERATIONS: Readonly<Record<RenderOperation, Operation>> = {
  'text-to-video': renderTextToVideo,
  'image-to-video': renderImageToVideo,
  'reference-to-video': renderReferenceToVideo,
  edit: renderEdit,
  extend: renderExtend,
};

export function operationOf(job: RenderJob): Operation {
  return job.quality === 'draft' ? renderDraft : FULL_OPERATIONS[job.operation];
}

/** What painting threads ask for: the pictures of an operation that shows stills, in the order of their use. */
export async function prepareStillOf(context: RenderContext, index: number): Promise<PreparedStill> {
  return await (context.job.operation === 'reference-to-video'
    ? prepareReference(context, index)
    : preparePicture(context));
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
