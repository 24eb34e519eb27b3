import {
  type JsonObject,
  type Model,
  type PreparedInput,
  type Provider,
  type ProviderFailure,
  type StartInput,
  type Use,
  useOf,
  usesOf,
} from '../../contract/index.ts';
import type { Bucket } from './bucket.ts';

/**
 * The body of `predictLongRunning`. Sources:
 * https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/video/extend-videos.md.txt
 * https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/veo-video-generation
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/Shared.Types/VideoGenerationModelInstance
 *
 * Not certain without a paid call:
 * - References with the fast model, and 4k or 1080p beside lengths under 8 seconds: no page shows or denies them.
 */

/** What an extension adds; the API takes no other length. */
const extensionSeconds = 7;

/** What Veo makes where a request does not say. */
const usualSeconds = 8;

/** Containers that Veo reads, with the types they are announced under: no other picture than PNG and JPEG. */
const videoTypes: Readonly<Record<string, string>> = { mp4: 'video/mp4', mov: 'video/mov' };
const pictureTypes: Readonly<Record<string, string>> = { png: 'image/png', jpeg: 'image/jpeg' };

/**
 * Pictures of a style are for veo-2.0-generate-exp alone, which none of ours runs on:
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/video/use-reference-images-to-guide-video-generation
 */
export const refusedValues: NonNullable<Provider['refusedValues']> = { reference_type: ['STYLE'] };

type Media = Readonly<Partial<Record<PreparedInput['role'], readonly JsonObject[]>>>;

/** What stands beside the prompt, by how the model is used. */
const instances: Partial<Readonly<Record<Use, (media: Media) => JsonObject>>> = {
  'text-to-video': () => ({}),
  'image-to-video': ({ image }) => first('image', image),
  'first-last-frame': (media) => ({ ...first('image', media.image), ...first('lastFrame', media['last-image']) }),
  'reference-to-video': ({ reference = [] }) => ({
    referenceImages: reference.map((image) => ({ image, referenceType: 'asset' })),
  }),
  extend: ({ video }) => first('video', video),
};

function first(name: string, media: readonly JsonObject[] = []): JsonObject {
  return media[0] === undefined ? {} : { [name]: media[0] };
}

/** Google's model that runs one of ours in all its uses; undefined where none does. */
export function googleModelOf(model: Model): string | undefined {
  const id = model.offers?.['vertex']?.model;
  const isServed = usesOf(model).every((use) => instances[use] !== undefined);
  return isServed && id !== undefined && /^[a-z0-9.-]+$/.test(id) ? id : undefined;
}

export function checkContainers({ inputs }: Pick<StartInput, 'inputs'>): ProviderFailure | undefined {
  const odd = inputs.find((input) => typeOf(input) === undefined);
  if (odd === undefined) return undefined;
  const taken = odd.role === 'video' ? 'videos in MP4 and MOV' : 'pictures in PNG and JPEG';
  return { code: 'input_container', message: `The provider takes ${taken}, not ${odd.probe.container}.` };
}

function typeOf({ role, probe: { container } }: PreparedInput): string | undefined {
  const types = role === 'video' ? videoTypes : pictureTypes;
  return Object.hasOwn(types, container) ? types[container] : undefined;
}

export interface Source {
  readonly input: PreparedInput;
  /** In the attempt's folder. */
  readonly name: string;
}

export function sourcesOf({ inputs }: Pick<StartInput, 'inputs'>): readonly Source[] {
  return inputs.map((input, index) => ({
    input,
    name: `input${inputs.length === 1 ? '' : `-${index + 1}`}.${input.probe.container}`,
  }));
}

export function bodyOf(input: StartInput, bucket: Bucket): JsonObject {
  const { attemptId, model, request } = input;
  const use = useOf({ operation: request.operation, inputs: input.inputs });
  const options = honoured(model, request.options);
  return {
    instances: [{ prompt: request.prompt, ...instances[use]?.(mediaOf(input, bucket)) }],
    parameters: {
      sampleCount: 1,
      // Without it the film comes inside an answer; with it the attempt can be found again.
      storageUri: bucket.uri(attemptId, ''),
      durationSeconds: use === 'extend' ? extensionSeconds : (request.durationSeconds ?? usualSeconds),
      resolution: request.resolution === undefined || request.resolution === 'auto' ? '720p' : request.resolution,
      ...(request.aspectRatio !== undefined && request.aspectRatio !== 'auto' && { aspectRatio: request.aspectRatio }),
      // Veo 3 wants it said; a model without the parameter has sound.
      generateAudio: request.audio ?? true,
      ...(request.seed !== undefined && { seed: request.seed }),
      ...(request.negativePrompt !== undefined && { negativePrompt: request.negativePrompt }),
      ...given('enhancePrompt', options['enhance_prompt']),
      ...given('personGeneration', options['person_generation']),
    },
    // For whoever reads the bill.
    labels: {
      'reelay-attempt': attemptId
        .toLowerCase()
        .replaceAll(/[^a-z0-9_-]/g, '-')
        .slice(0, 63),
    },
  };
}

function mediaOf(input: StartInput, bucket: Bucket): Media {
  const media: Partial<Record<PreparedInput['role'], JsonObject[]>> = {};
  for (const { input: one, name } of sourcesOf(input)) {
    const entry = { gcsUri: bucket.uri(input.attemptId, name), mimeType: typeOf(one) ?? one.probe.contentType };
    media[one.role] = [...(media[one.role] ?? []), entry];
  }
  return media;
}

function given(name: string, value: JsonObject[string] | undefined): JsonObject {
  return value === undefined || value === null ? {} : { [name]: value };
}

function honoured(model: Model, options: JsonObject): JsonObject {
  const names = model.offers?.['vertex']?.options ?? [];
  return Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)));
}
