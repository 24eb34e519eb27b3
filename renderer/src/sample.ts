/** The demo's own source clip: a lake under a clear sky, whose horizon is easy to see and whose water mirrors any other sky. */
import type { RenderJob } from './job.ts';

const SAMPLE_PROMPT = 'A calm mountain lake under a clear blue day sky, the camera slowly pans right';

export function sampleClipJob(outputPath: string, workFolder: string): RenderJob {
  return {
    operation: 'text-to-video',
    prompt: SAMPLE_PROMPT,
    seed: 7,
    quality: 'full',
    inputs: [],
    resolution: '480p',
    aspectRatio: '16:9',
    durationSeconds: 5,
    audio: true,
    outputPath,
    workFolder,
  };
}
