export {
  CONFINEMENT_VARIABLE,
  type Confinement,
  confine,
  endedByOthers,
  exceededLimit,
  ffmpegMemoryBytes,
  lowerPriority,
  type ProcessLimits,
  unconfined,
  userWords,
} from './ffmpeg/confinement.ts';
export { type ExtractFrameOptions, extractFrame } from './ffmpeg/extract-frame.ts';
export { AUDIO_CODECS, inputArguments, MAX_INPUT_PIXELS, VIDEO_CODECS } from './ffmpeg/input.ts';
export { FRAMES_PER_SECOND, nearestSize, outputFrames, outputSize, type Size } from './geometry.ts';
export type * from './job.ts';
export { checkJob, MAX_SECONDS } from './job-check.ts';
export { parseRenderMessage } from './messages.ts';
export { type Effect, type PlannedNoun, type PromptPlan, planPrompt } from './prompt/plan.ts';
export { RenderError } from './render-error.ts';
export { sampleClipJob } from './sample.ts';
