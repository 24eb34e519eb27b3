import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import {
  type GenerationRequest,
  type JsonObject,
  type MediaRole,
  type Model,
  type PreparedInput,
  type ProviderFailure,
  type StartInput,
  type Use,
  useOf,
  usesOf,
} from '../../contract/index.ts';

/**
 * fal's endpoints and their bodies, as its client's types state them. Unknown keys are not always refused there, so a
 * misspelt one costs money: every body is written out. A Grok duration is a number, a Veo duration a text with `s`.
 *
 * Not certain without a paid call:
 * - 4k at Veo's text and image endpoints: fal's playground and price list have it, older client types do not.
 * - That Veo with references takes neither seed nor negative prompt: its types name none. Nothing marks such a
 *   submission where its pictures are sent along, and nothing ever marks Grok's from a prompt alone.
 * - Which shapes Grok 1.5 makes: its types name no aspect ratio, so it follows the picture.
 */

/** Bytes of all inputs together that go into the body where fal cannot fetch them from us. */
export const maximumInlineBytes = 10 * 1024 * 1024;

/** Parameter of our file links by which a submission is found again: fal shows us the inputs of its requests. */
const markParameter = 'attempt';

type Draft = Readonly<Record<string, JsonObject[string] | undefined>>;

/** What a body is made of besides the request. */
interface Parts {
  readonly attemptId: string;
  /** Options that the offer names. */
  readonly options: JsonObject;
  readonly media: Readonly<Partial<Record<MediaRole, readonly string[]>>>;
}

interface Endpoint {
  /** What stands behind the path that the offer names. */
  readonly ending: string;
  readonly body: (request: GenerationRequest, parts: Parts) => Draft;
}

type Endpoints = Partial<Readonly<Record<Use, Endpoint>>>;

function clip({ prompt, durationSeconds, resolution }: GenerationRequest): Draft {
  return { prompt, duration: durationSeconds, resolution };
}

const grok: Endpoints = {
  'text-to-video': {
    ending: '/text-to-video',
    body: (request) => ({ ...clip(request), aspect_ratio: request.aspectRatio }),
  },
  'image-to-video': {
    ending: '/image-to-video',
    body: (request, { media }) => ({
      ...clip(request),
      aspect_ratio: request.aspectRatio,
      image_url: media.image?.[0],
    }),
  },
  'reference-to-video': {
    ending: '/reference-to-video',
    body: (request, { media }) => ({
      ...clip(request),
      aspect_ratio: request.aspectRatio,
      reference_image_urls: media.reference,
    }),
  },
  edit: {
    ending: '/edit-video',
    body: ({ prompt, resolution }, { media }) => ({ prompt, video_url: media.video?.[0], resolution }),
  },
  extend: {
    ending: '/extend-video',
    body: ({ prompt, durationSeconds }, { media }) => ({
      prompt,
      video_url: media.video?.[0],
      duration: durationSeconds,
    }),
  },
};

const laterGrok: Endpoints = {
  'image-to-video': {
    ending: '/image-to-video',
    body: (request, { media }) => ({ ...clip(request), image_url: media.image?.[0] }),
  },
};

/** What all of Veo's endpoints take. */
function veoClip({ prompt, aspectRatio, resolution, audio }: GenerationRequest, { options }: Parts): Draft {
  const tolerance = options['safety_tolerance'];
  return {
    prompt,
    aspect_ratio: aspectRatio,
    resolution: resolution === 'auto' ? undefined : resolution,
    // Also fal's default; a model without the parameter has sound.
    generate_audio: audio ?? true,
    auto_fix: options['auto_fix'],
    safety_tolerance: typeof tolerance === 'number' ? String(tolerance) : undefined,
  };
}

/** A seed of ours, where the client gave none, marks the submission. */
function veoWishes({ negativePrompt, seed }: GenerationRequest, { attemptId }: Parts): Draft {
  return { negative_prompt: negativePrompt, seed: seed ?? seedOf(attemptId) };
}

function veoFrames(request: GenerationRequest, parts: Parts): Draft {
  const { durationSeconds = 8 } = request;
  return { ...veoClip(request, parts), ...veoWishes(request, parts), duration: `${durationSeconds}s` };
}

const veoLite: Endpoints = {
  'text-to-video': { ending: '', body: veoFrames },
  'image-to-video': {
    ending: '/image-to-video',
    body: (request, parts) => ({ ...veoFrames(request, parts), image_url: parts.media.image?.[0] }),
  },
  'first-last-frame': {
    ending: '/first-last-frame-to-video',
    body: (request, parts) => ({
      ...veoFrames(request, parts),
      first_frame_url: parts.media.image?.[0],
      last_frame_url: parts.media['last-image']?.[0],
    }),
  },
};

const veo: Endpoints = {
  ...veoLite,
  'reference-to-video': {
    ending: '/reference-to-video',
    body: (request, parts) => ({
      ...veoClip(request, parts),
      duration: `${request.durationSeconds ?? 8}s`,
      image_urls: parts.media.reference,
    }),
  },
  extend: {
    ending: '/extend-video',
    body: (request, parts) => ({
      ...veoClip({ aspectRatio: 'auto', resolution: '720p', ...request }, parts),
      ...veoWishes(request, parts),
      video_url: parts.media.video?.[0],
      duration: '7s',
    }),
  },
};

/** By the path that an offer names. */
const families: Readonly<Record<string, Endpoints>> = {
  'xai/grok-imagine-video': grok,
  'xai/grok-imagine-video/v1.5': laterGrok,
  'fal-ai/veo3.1': veo,
  'fal-ai/veo3.1/fast': veo,
  'fal-ai/veo3.1/lite': veoLite,
};

function familyOf(model: Model): { readonly path: string; readonly endpoints: Endpoints } | undefined {
  const path = model.offers?.['fal']?.model ?? '';
  const endpoints = Object.hasOwn(families, path) ? families[path] : undefined;
  return endpoints && { path, endpoints };
}

/** Whether there is an endpoint for every way to use the model. */
export function serves(model: Model): boolean {
  const endpoints = familyOf(model)?.endpoints;
  return endpoints !== undefined && usesOf(model).every((use) => endpoints[use] !== undefined);
}

/** The path of a request's endpoint, by which fal also lists its requests; undefined where there is none. */
export function endpointOf(input: Asked): string | undefined {
  const family = familyOf(input.model);
  const endpoint = family?.endpoints[useOfInput(input)];
  return family && endpoint && `${family.path}${endpoint.ending}`;
}

/** A request with its inputs before or after they were prepared. */
export interface Asked extends Pick<StartInput, 'model' | 'request'> {
  readonly inputs: readonly { readonly role: MediaRole }[];
}

function useOfInput({ request: { operation }, inputs }: Asked): Use {
  return useOf({ operation, inputs });
}

/** The body of a submission; `null` and absent options are left out. */
export async function bodyOf(input: StartInput): Promise<JsonObject> {
  const { attemptId, model, request, inputs } = input;
  const media: Partial<Record<MediaRole, string[]>> = {};
  for (const one of inputs) media[one.role] = [...(media[one.role] ?? []), await mediaUrl(one, attemptId)];
  const parts = { attemptId, options: honoured(model, request.options), media };
  const draft = familyOf(model)?.endpoints[useOfInput(input)]?.body(request, parts) ?? {};
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

/** Whether a body holds something that no other attempt's holds. */
export function isMarked(body: JsonObject, { attemptId, request }: Pick<StartInput, 'attemptId' | 'request'>): boolean {
  const ownSeed = request.seed === undefined && body['seed'] === seedOf(attemptId);
  return (
    ownSeed ||
    Object.values(body)
      .flat()
      .some((value) => carriesMark(value, attemptId))
  );
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
