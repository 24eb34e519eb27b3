import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { RenderJob, RenderQuality } from '@reelay/renderer';
import type { PreparedInput, StartInput } from '../../contract/index.ts';
import type { Directives } from './directives.ts';

/** Where the child of an attempt leaves its result. */
export function outputPathOf(workFolder: string): string {
  return join(workFolder, 'output.mp4');
}

/** The renderer's job for a request. */
export function renderJob(
  { attemptId, model, request, inputs, workFolder }: StartInput,
  { prompt, fast }: Directives,
  quality: RenderQuality,
): RenderJob {
  return {
    operation: request.operation,
    prompt,
    ...(request.negativePrompt !== undefined && { negativePrompt: request.negativePrompt }),
    seed: (request.seed ?? seedOf(attemptId)) % 2 ** 31,
    quality: fast ? 'draft' : quality,
    inputs: inputs.map(renderInput),
    resolution:
      request.resolution ?? extensionResolution(model.mediaRules.video?.normalise?.shortSide?.maximum, inputs),
    aspectRatio: request.aspectRatio ?? 'auto',
    durationSeconds: request.durationSeconds ?? 6,
    audio: request.audio ?? true,
    outputPath: outputPathOf(workFolder),
    workFolder,
  };
}

function renderInput({ role, path, probe }: PreparedInput): RenderJob['inputs'][number] {
  return {
    role,
    path,
    demuxer: probe.demuxer,
    width: probe.width ?? 0,
    height: probe.height ?? 0,
    ...(probe.durationSeconds !== undefined && { durationSeconds: probe.durationSeconds }),
    hasAudio: probe.audioCodec !== undefined,
  };
}

/** The renderer's `auto` stops at 720p; a model whose sources may be larger keeps theirs. */
function extensionResolution(
  maximumShortSide: number | undefined,
  inputs: readonly PreparedInput[],
): RenderJob['resolution'] {
  const { width = 0, height = 0 } = inputs[0]?.probe ?? {};
  if (maximumShortSide === undefined || maximumShortSide < 1080) return 'auto';
  return Math.min(width, height) > 900 ? '1080p' : '720p';
}

/** A seed where the client gave none: another one for every attempt. */
function seedOf(attemptId: string): number {
  return createHash('sha256').update(attemptId).digest().readUInt32BE(0);
}
