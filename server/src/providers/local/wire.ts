import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { MAX_SECONDS, nearestSize, type RenderJob, type RenderQuality } from '@reelay/renderer';
import type { GenerationRequest, Model, PreparedInput, StartInput } from '../../contract/index.ts';
import type { Directives } from './directives.ts';

/** Options of models that are drawn to an exact size and number of frames, as the open video models are. */
const exactOptions: readonly string[] = ['width', 'height', 'num_frames'];

/** Frames per second of a model whose length is told in frames: the Wan models' own rate. */
const optionFramesPerSecond = 16;

/** The options of a model that are rendered as asked for. */
export function honouredOptions({ options = {} }: Model): readonly string[] {
  return exactOptions.filter((name) => Object.hasOwn(options, name));
}

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
    ...exactShape(model, request),
    audio: request.audio ?? true,
    outputPath: outputPathOf(workFolder),
    workFolder,
  };
}

/** What replaces size and length where the model tells them to the pixel and to the frame; absent options have their defaults. */
function exactShape(model: Model, { operation, options }: GenerationRequest): Partial<RenderJob> {
  if (operation === 'edit' || operation === 'extend') return {};
  const read = (name: string) => {
    const parameter = model.options?.[name];
    const value = parameter === undefined ? undefined : (options[name] ?? parameter.default);
    return typeof value === 'number' ? value : undefined;
  };
  const [width, height, frames] = [read('width'), read('height'), read('num_frames')];
  return {
    ...(width !== undefined &&
      height !== undefined && {
        size: nearestSize({ width, height }),
        resolution: 'auto',
        aspectRatio: 'auto',
      }),
    ...(frames !== undefined && {
      framesPerSecond: optionFramesPerSecond,
      durationSeconds: Math.min(MAX_SECONDS, frames / optionFramesPerSecond),
    }),
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
