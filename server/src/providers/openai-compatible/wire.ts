import { openAsBlob } from 'node:fs';
import { FormData } from 'undici';
import type {
  AspectRatio,
  GenerationRequest,
  JsonObject,
  Model,
  PreparedInput,
  Resolution,
  StartInput,
  StatusOutcome,
} from '../../contract/index.ts';
import { objectOf } from '../exchange.ts';
import { jobExpired, jobFailed, jobStopped } from './errors.ts';

/**
 * The Videos API in the form that vLLM-Omni and SGLang Diffusion speak: multipart in, a video object out.
 *
 * Options go under the names of vLLM-Omni's fields. Both servers pass over a field that they do not know.
 *
 * Sources: https://docs.vllm.ai/projects/vllm-omni/en/latest/serving/videos_api/,
 * https://docs.sglang.io/docs/sglang-diffusion/api/openai_api.md
 */

const shortSides: Readonly<Record<Resolution, number>> = { '480p': 480, '720p': 720, '1080p': 1080, '4k': 2160 };

/** Open models want sides that their latents divide: 8 for the picture times 2 for the patch. */
const sideStep = 16;

/** Shapes beyond this are not what such models were trained on. */
const longestRatio = 2.4;

/** Width and height, or undefined where the server shall choose. `auto` follows the picture. */
export function sizeOf(
  { aspectRatio = 'auto', resolution = 'auto' }: Pick<GenerationRequest, 'aspectRatio' | 'resolution'>,
  picture: PreparedInput | undefined,
): string | undefined {
  if (aspectRatio === 'auto' && resolution === 'auto' && picture === undefined) return undefined;
  const { width, height } = picture?.probe ?? {};
  const own = width && height ? width / height : 16 / 9;
  const asked = aspectRatio === 'auto' ? own : ratioOf(aspectRatio);
  const ratio = Math.min(longestRatio, Math.max(1 / longestRatio, asked));
  const short = shortSides[resolution === 'auto' ? '480p' : resolution];
  const [across, down] = ratio >= 1 ? [short * ratio, short] : [short, short / ratio];
  return `${stepped(across)}x${stepped(down)}`;
}

function ratioOf(shape: AspectRatio): number {
  const [width = 16, height = 9] = shape.split(':').map(Number);
  return width / height;
}

function stepped(side: number): number {
  return Math.round(side / sideStep) * sideStep;
}

/** `model` is the server's own name for it. Rejects where an input is gone. */
export async function submissionForm(
  model: string,
  { model: { options: declared, framesPerSecond }, request, inputs }: Pick<StartInput, 'model' | 'request' | 'inputs'>,
): Promise<FormData> {
  const picture = inputs.find(({ role }) => role === 'image');
  const form = new FormData();
  const options = { ...defaultsOf(declared), ...request.options };
  const fields = {
    fps: framesPerSecond,
    ...options,
    model,
    prompt: request.prompt,
    negative_prompt: request.negativePrompt,
    // Whole seconds only, and not beside a count of pictures, which says it exactly.
    seconds: options['num_frames'] === undefined ? request.durationSeconds : undefined,
    size: sizeField(options, { request, picture }),
    seed: request.seed,
  };
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.append(name, String(value));
  if (picture !== undefined) {
    const { contentType: type, container } = picture.probe;
    form.append('input_reference', await openAsBlob(picture.path, { type }), `input.${container}`);
  }
  return form;
}

/** The page promises them, whatever the server would take without. */
function defaultsOf(declared: Model['options'] = {}): JsonObject {
  return Object.fromEntries(
    Object.entries(declared).flatMap(([name, { default: value }]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** SGLang reads the size here only; vLLM-Omni takes it before width and height. */
function sizeField(
  { width, height }: JsonObject,
  { request, picture }: { readonly request: GenerationRequest; readonly picture: PreparedInput | undefined },
): string | undefined {
  if (width === undefined && height === undefined) return sizeOf(request, picture);
  return width === undefined || height === undefined ? undefined : `${width}x${height}`;
}

/** A job's id becomes part of a path: `.` and `..` would lead elsewhere. */
export function jobIdOf(text: string): string | undefined {
  const id = objectOf(text)?.['id'];
  return typeof id === 'string' && id.length > 0 && id.length <= 512 && !/^\.{1,2}$/.test(id) ? id : undefined;
}

/** What a video object says; undefined for a status that we do not know. */
export function readJob(
  video: Readonly<Record<string, unknown>>,
  { checkAfterMs, resultUrl }: { readonly checkAfterMs: number; readonly resultUrl: string },
): StatusOutcome | undefined {
  switch (video['status']) {
    case 'queued':
      return { kind: 'queued', checkAfterMs };
    case 'in_progress':
      return { kind: 'running', ...progressOf(video['progress']), checkAfterMs };
    case 'completed':
      return { kind: 'done', outputs: [{ url: resultUrl }], costMicros: 0 };
    case 'failed':
      return { kind: 'failed', failure: jobFailed, costMicros: 0 };
    case 'cancelled':
      return { kind: 'failed', failure: jobStopped, costMicros: 0 };
    case 'expired':
      return { kind: 'failed', failure: jobExpired, costMicros: 0 };
    default:
      return undefined;
  }
}

function progressOf(value: unknown): { readonly progress?: number } {
  return typeof value === 'number' && Number.isFinite(value) ? { progress: Math.min(99, Math.max(0, value)) } : {};
}
