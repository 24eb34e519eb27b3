/** Which operation renders a job, and what it is given. */
import { frameRate, outputFrames, outputSize, paintSize } from '../geometry.ts';
import type { RenderJob, RenderOperation } from '../job.ts';
import { planPrompt } from '../prompt/plan.ts';
import { renderDraft } from './draft.ts';
import { renderEdit } from './edit.ts';
import { renderExtend } from './extend.ts';
import { renderImageToVideo } from './image-to-video.ts';
import type { Operation, RenderContext } from './operation.ts';
import { renderReferenceToVideo } from './reference-to-video.ts';
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
