import { readFile } from 'node:fs/promises';
import type {
  GenerationRequest,
  JsonObject,
  Operation,
  PreparedInput,
  StartInput,
  StatusOutcome,
} from '../../contract/index.ts';
import { asObject, objectOf } from '../exchange.ts';
import { expired, failureOfJob, moderated } from './errors.ts';

/**
 * xAI's video API in our words. Requests carry known keys only: xAI ignores unknown ones, so a typo would cost money.
 * Answers are read tolerantly: only the fields used here.
 *
 * Sources: https://docs.x.ai/developers/model-capabilities/video.md, …/video/extension, …/imagine/files/outputs
 */

/** How long xAI keeps the file by which a lost submission is found, in seconds: longer than any search for it. */
const markLifetimeSeconds = 2 * 86_400;

/** The name under which the finished file can be found in xAI's file list: the mark of the attempt. */
export function markOf(attemptId: string): string {
  return `${attemptId}.mp4`;
}

export const endpoints: Readonly<Record<Operation, string>> = {
  'text-to-video': 'videos/generations',
  'image-to-video': 'videos/generations',
  'reference-to-video': 'videos/generations',
  edit: 'videos/edits',
  extend: 'videos/extensions',
};

type Source = { readonly url: string };
type Sources = Readonly<Record<PreparedInput['role'], readonly Source[]>>;

/** What an operation sends beside model, prompt and mark. */
const fields: Readonly<Record<Operation, (request: GenerationRequest, sources: Sources) => JsonObject>> = {
  'text-to-video': (request) => frameFields(request),
  'image-to-video': (request, { image }) => ({ ...frameFields(request), ...first('image', image) }),
  'reference-to-video': (request, { reference }) => ({ ...frameFields(request), reference_images: [...reference] }),
  edit: (_request, { video }) => first('video', video),
  extend: (request, { video }) => ({ ...durationField(request), ...first('video', video) }),
};

function first(name: string, [source]: readonly Source[]): JsonObject {
  return source === undefined ? {} : { [name]: source };
}

function durationField({ durationSeconds }: GenerationRequest): JsonObject {
  return durationSeconds === undefined ? {} : { duration: durationSeconds };
}

/** `auto` is xAI's own default for a picture, which it follows. */
function frameFields(request: GenerationRequest): JsonObject {
  const { aspectRatio = 'auto', resolution = 'auto', audio } = request;
  return {
    ...durationField(request),
    ...(aspectRatio !== 'auto' && { aspect_ratio: aspectRatio }),
    ...(resolution !== 'auto' && { resolution }),
    ...(audio !== undefined && { generate_audio: audio }),
  };
}

/** Reads the inputs that no public link leads to; rejects where one is gone. */
export async function submissionBody(
  { attemptId, request, inputs }: Pick<StartInput, 'attemptId' | 'request' | 'inputs'>,
  model: string,
): Promise<JsonObject> {
  const sources: Record<PreparedInput['role'], Source[]> = { video: [], image: [], 'last-image': [], reference: [] };
  for (const input of inputs) sources[input.role].push({ url: await sourceUrl(input) });
  return {
    model,
    prompt: taggedPrompt(request.prompt, sources.reference.length),
    ...fields[request.operation](request, sources),
    storage_options: { filename: markOf(attemptId), expires_after: markLifetimeSeconds },
  };
}

async function sourceUrl({ path, probe, publicUrl }: PreparedInput): Promise<string> {
  return publicUrl ?? `data:${probe.contentType};base64,${await readFile(path, 'base64')}`;
}

/** `@Image2` is `<IMAGE_2>` at xAI; a number beyond the list stays the text it is. */
export function taggedPrompt(prompt: string, references: number): string {
  return prompt.replaceAll(/@Image(\d{1,2})\b/gi, (text, digits: string) => {
    const number = Number(digits);
    return number >= 1 && number <= references ? `<IMAGE_${number}>` : text;
  });
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return asObject(value) ?? {};
}

/** A job's id becomes part of a path: `.` and `..` would lead elsewhere. */
export function requestIdOf(text: string): string | undefined {
  const id = objectOf(text)?.['request_id'];
  return typeof id === 'string' && id.length > 0 && id.length <= 512 && !/^\.{1,2}$/.test(id) ? id : undefined;
}

/** One tick is 1e-10 USD (xAI's Python SDK, cost.py). */
const ticksPerMicro = 10_000;

function costMicros(usage: unknown): number | undefined {
  const ticks = record(usage)['cost_in_usd_ticks'];
  const number = typeof ticks === 'number' || typeof ticks === 'string' ? Number(ticks) : Number.NaN;
  return Number.isFinite(number) && number >= 0 ? Math.round(number / ticksPerMicro) : undefined;
}

export interface JobContext {
  readonly checkAfterMs: number;
  /** What a finished job is taken to have cost where xAI does not say. */
  readonly estimateMicros: number;
  /** Where the content of a stored file is. */
  readonly fileUrl: (fileId: string) => string;
}

/** What a job's status object says; undefined for a status that we do not know. */
export function readJob(job: Readonly<Record<string, unknown>>, context: JobContext): StatusOutcome | undefined {
  const cost = costMicros(job['usage']);
  switch (job['status']) {
    case 'pending':
      return { kind: 'running', ...progressOf(job['progress']), checkAfterMs: context.checkAfterMs };
    case 'done': {
      const url = resultUrl(record(job['video']), context.fileUrl);
      if (url === undefined) return { kind: 'failed', failure: moderated, costMicros: cost ?? 0 };
      return { kind: 'done', outputs: [{ url }], costMicros: cost ?? context.estimateMicros };
    }
    case 'expired':
      return { kind: 'failed', failure: expired, costMicros: cost ?? 0 };
    case 'failed': {
      const { code, message } = record(job['error']);
      return {
        kind: 'failed',
        failure: failureOfJob(String(code ?? ''), String(message ?? '')),
        costMicros: cost ?? 0,
      };
    }
    default:
      return undefined;
  }
}

function progressOf(value: unknown): { readonly progress?: number } {
  return typeof value === 'number' && Number.isFinite(value) ? { progress: Math.min(99, Math.max(0, value)) } : {};
}

/** A withheld video has no address, or `respect_moderation: false`. A stored file stands in for a missing address. */
function resultUrl(video: Readonly<Record<string, unknown>>, fileUrl: (fileId: string) => string): string | undefined {
  if (video['respect_moderation'] === false) return undefined;
  if (typeof video['url'] === 'string' && video['url'] !== '') return video['url'];
  const fileId = record(video['file_output'])['file_id'];
  return typeof fileId === 'string' && fileId !== '' ? fileUrl(fileId) : undefined;
}

export interface FilePage {
  /** Ids of the files of that name. */
  readonly ids: readonly string[];
  readonly nextToken?: string;
}

/** A page of the file list. REST names the fields `id` and `filename`, the SDK `file_id` and `name`; both are read. */
export function readFilePage(text: string, filename: string): FilePage | undefined {
  const page = objectOf(text);
  const list = page?.['data'] ?? page?.['files'];
  if (!Array.isArray(list)) return undefined;
  const ids = list.map(record).flatMap((file) => {
    const id = file['id'] ?? file['file_id'];
    return (file['filename'] ?? file['name']) === filename && typeof id === 'string' && id !== '' ? [id] : [];
  });
  const token = page?.['pagination_token'];
  return { ids, ...(typeof token === 'string' && token !== '' && list.length > 0 && { nextToken: token }) };
}
