import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { JsonObject, Model, PreparedInput, ProviderFailure, StartInput } from '../../contract/index.ts';

/**
 * The bodies of fal's endpoints, as its client's types state them. Unknown keys are not always refused there, so a
 * misspelt one costs money: every body is written out. A Grok duration is a number, a Veo duration a text with `s`.
 */

/** Bytes of all inputs together that go into the body where fal cannot fetch them from us. */
export const maximumInlineBytes = 10 * 1024 * 1024;

/** Parameter of our file links by which a submission is found again: fal shows us the inputs of its requests. */
const markParameter = 'attempt';

type Draft = Readonly<Record<string, JsonObject[string] | undefined>>;

type Body = (input: StartInput, media: readonly string[]) => Draft;

function extendVeo({ attemptId, model, request }: StartInput, [video]: readonly string[]): Draft {
  const options = honoured(model, request.options);
  const tolerance = options['safety_tolerance'];
  return {
    prompt: request.prompt,
    video_url: video,
    aspect_ratio: request.aspectRatio ?? 'auto',
    duration: '7s',
    resolution: request.resolution === undefined || request.resolution === 'auto' ? '720p' : request.resolution,
    negative_prompt: request.negativePrompt,
    generate_audio: request.audio,
    seed: request.seed ?? seedOf(attemptId),
    auto_fix: options['auto_fix'],
    safety_tolerance: typeof tolerance === 'number' ? String(tolerance) : undefined,
  };
}

/** By the path of the endpoint, which is the offer's model. */
const bodies: Readonly<Record<string, Body>> = {
  'xai/grok-imagine-video/text-to-video': ({ request }) => ({
    prompt: request.prompt,
    duration: request.durationSeconds,
    aspect_ratio: request.aspectRatio,
    resolution: request.resolution,
  }),
  'xai/grok-imagine-video/image-to-video': ({ request }, [image]) => ({
    prompt: request.prompt,
    image_url: image,
    duration: request.durationSeconds,
    aspect_ratio: request.aspectRatio,
    resolution: request.resolution,
  }),
  'xai/grok-imagine-video/reference-to-video': ({ request }, images) => ({
    prompt: request.prompt,
    reference_image_urls: images,
    duration: request.durationSeconds,
    aspect_ratio: request.aspectRatio,
    resolution: request.resolution,
  }),
  'xai/grok-imagine-video/edit-video': ({ request }, [video]) => ({
    prompt: request.prompt,
    video_url: video,
    resolution: request.resolution,
  }),
  'xai/grok-imagine-video/extend-video': ({ request }, [video]) => ({
    prompt: request.prompt,
    video_url: video,
    duration: request.durationSeconds,
  }),
  'fal-ai/veo3.1/extend-video': extendVeo,
  'fal-ai/veo3.1/fast/extend-video': extendVeo,
};

/** The endpoint that runs a model; undefined where none does. */
export function endpointOf(model: Model): string | undefined {
  const endpoint = model.offers?.['fal']?.model;
  return endpoint !== undefined && Object.hasOwn(bodies, endpoint) ? endpoint : undefined;
}

/** The body of a submission; `null` and absent options are left out. */
export async function bodyOf(endpoint: string, input: StartInput): Promise<JsonObject> {
  const media = await Promise.all(input.inputs.map((one) => mediaUrl(one, input.attemptId)));
  const draft = bodies[endpoint]?.(input, media) ?? {};
  return Object.fromEntries(
    Object.entries(draft).filter((entry): entry is [string, JsonObject[string]] => entry[1] != null),
  );
}

export function checkSizes({ inputs }: Pick<StartInput, 'inputs'>): ProviderFailure | undefined {
  const inline = inputs.filter(({ publicUrl }) => publicUrl === undefined);
  const bytes = inline.reduce((sum, { path }) => sum + statSync(path).size, 0);
  if (bytes <= maximumInlineBytes) return undefined;
  const mebibytes = (value: number): string => (value / 1024 / 1024).toFixed(1);
  return {
    code: 'input_too_large',
    message: `The inputs have ${mebibytes(bytes)} MB; as this server has no public address, at most ${mebibytes(maximumInlineBytes)} MB can be handed to the provider.`,
  };
}

async function mediaUrl({ path, probe, publicUrl }: PreparedInput, attemptId: string): Promise<string> {
  if (publicUrl === undefined) return `data:${probe.contentType};base64,${await readFile(path, 'base64')}`;
  const url = new URL(publicUrl);
  url.searchParams.set(markParameter, attemptId);
  return url.href;
}

/** Whether a text is one of our links with the attempt's mark. */
export function carriesMark(value: unknown, attemptId: string): boolean {
  return (
    typeof value === 'string' && URL.canParse(value) && new URL(value).searchParams.get(markParameter) === attemptId
  );
}

/** A seed where the client gave none: another one for every attempt, so that it marks it. */
export function seedOf(attemptId: string): number {
  return createHash('sha256').update(attemptId).digest().readUInt32BE(0) >>> 1;
}

function honoured(model: Model, options: JsonObject): JsonObject {
  const names = model.offers?.['fal']?.options ?? [];
  return Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)));
}
